"""Who is meant: spellings of one key find one object, others never do, and what is stored keeps its first spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.records.errors import SENTENCES
from tests.edge.crm import DOORS, Crm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.ingest.serving import Server

SPACE, INVISIBLE, MAILTO, BRACKETS, ONE, EMAIL, PHONE = (
    SENTENCES[code]
    for code in ("email_space", "email_invisible", "email_mailto", "email_brackets", "email_one", "email", "phone")
)
#: What is no address -> the sentence that says why.
NO_EMAILS = {
    "mailto:john@example.com": MAILTO,
    "MailTo:john@example.com": MAILTO,
    "<jane@x.example": BRACKETS,
    "jane@x.example>": BRACKETS,
    '"Doe, Jane" <jane@x.example>': BRACKETS,
    "a@x, b@x": ONE,
    "a@x;b@x": ONE,
    "a b@x.example": SPACE,
    "a\u200bb@x.example": INVISIBLE,
    "a\tb@x.example": SPACE,
    ",john@example.com": EMAIL,
    "[jane@x.example": EMAIL,
    "(c)jane@x.example": EMAIL,
    "=?utf-8?q?a?=@x.example": EMAIL,
    ".jane@x.example": EMAIL,
    "jane.@x.example": EMAIL,
    "ja..ne@x.example": EMAIL,
    "jane@x..example": EMAIL,
    "jane@": EMAIL,
    "jane": EMAIL,
    "jane@exa_mple.com": EMAIL,
}
#: What stands beside a record in a batch.
NEIGHBOURS = {"before@x.example", "after@x.example"}
NO_PHONES = ["2026-01-31", "00000", "0000000000", "-447911123456", "1234", "1" * 21, "12345a", "+44/20/7946", "٣٤٥٦٧"]
#: Spellings of one key, the first one new -> what is stored in the end.
EMAILS = {
    ("churn@x.example", "Churn@X.Example", "\u200bchurn@x.example\u00a0"): "churn@x.example",
    ("JOSÉ@x.example", "jose\u0301@x.example"): "JOSÉ@x.example",
    ("a@bücher.example", "A@xn--bcher-kva.EXAMPLE", "a@BÜCHER.example"): "a@bücher.example",
}
PHONES = {
    ("447700900123", "+44 7700 900123", "00447700900123", "447700900123"): "+44 7700 900123",
    ("\u202a+44 20 7946 0958\u202c", "+442079460958", "\u200e0044 (20) 7946\u20110958"): "+44 20 7946 0958",
    ("+447911123456", "00447911123456"): "+447911123456",
    ("05511", "05511", "0 55-11"): "05511",
}
NAMES = {
    ("Acme Inc.", "Acme Inc.\u200b", "\u200fAcme Inc.", "Acme\u00ad Inc.", "ACME  inc."): "Acme Inc.",
    ("İSTANBUL A.Ş.", "istanbul a.ş.", "ISTANBUL A.Ş.", "\u0131stanbul a.s\u0327."): "İSTANBUL A.Ş.",
    ("Straße", "STRASSE", "strasse"): "Straße",
    ("AT&T", "at&t"): "AT&T",
}


@pytest.fixture(scope="module")
def shared(service: Server) -> Iterator[Crm]:
    """For what is refused and leaves nothing."""
    from tests.cast import Cast  # noqa: PLC0415

    with Crm(service, Cast().alice) as program:
        yield program


@pytest.fixture
def crm(service: Server, cast: Cast) -> Iterator[Crm]:
    """Alice's program."""
    with Crm(service, cast.alice) as program:
        yield program


def everything(crm: Crm, collection: str = "contacts") -> list[dict[str, Any]]:
    return crm.read(collection, limit="1000")


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_address_or_number_is_told_why(shared: Crm, door: str) -> None:
    for heading, wrong in (("Email", NO_EMAILS), ("Phone", dict.fromkeys(NO_PHONES, PHONE))):
        found = {text: shared.through(door, {heading: text}).errors for text in wrong}
        assert found == {text: {heading: told.format(heading=heading)} for text, told in wrong.items()}
    assert {each["email"] for each in everything(shared)} <= NEIGHBOURS


def in_turn(crm: Crm, record: dict[str, str], heading: str, spellings: tuple[str, ...]) -> list[str]:
    """Each spelling through each door in turn; the outcomes."""
    doors, configuration = list(DOORS), "account" if heading == "Account Name" else "crm"
    sent = ((doors[number % len(doors)], spellings[number % len(spellings)]) for number in range(len(doors) + 1))
    return [crm.through(door, record | {heading: text}, configuration).outcome for door, text in sent]


@pytest.mark.parametrize(("spellings", "kept"), EMAILS.items())
def test_an_address_is_one_contact_and_keeps_its_first_spelling(
    crm: Crm, spellings: tuple[str, ...], kept: str
) -> None:
    assert set(in_turn(crm, {"Email": spellings[0]}, "Email", spellings)[1:]) == {"unchanged"}
    assert kept in [each["email"] for each in everything(crm)]
    assert len([each for each in everything(crm) if "@x.example" not in each["email"] or each["email"] == kept]) == 1


@pytest.mark.parametrize(("spellings", "kept"), PHONES.items())
def test_a_number_is_one_contact_and_is_replaced_by_one_with_a_plus_only(
    crm: Crm, spellings: tuple[str, ...], kept: str
) -> None:
    outcomes = in_turn(crm, {}, "Phone", spellings)
    assert outcomes.count("updated") == (spellings[0] == "447700900123")
    assert outcomes.count("created") == 1
    assert [each["phone"] for each in everything(crm) if each["email"] not in NEIGHBOURS] == [kept]


@pytest.mark.parametrize(("spellings", "kept"), NAMES.items())
def test_a_name_is_one_account_and_keeps_its_first_spelling(crm: Crm, spellings: tuple[str, ...], kept: str) -> None:
    outcomes = in_turn(crm, {}, "Account Name", spellings)
    assert (outcomes[0], set(outcomes[1:])) == ("created", {"unchanged"})
    assert [each["name"] for each in everything(crm, "accounts") if each["name"] not in NEIGHBOURS] == [kept]
    for spelling in spellings:
        assert [each["name"] for each in crm.read("accounts", name=spelling)] == [kept]


@pytest.mark.parametrize(
    ("heading", "one", "other"),
    [
        ("Email", "sam@fold.example", "\u017fam@fold.example"),
        ("Email", "strasse@x.example", "straße@x.example"),
        ("Email", "a@strasse.example", "a@straße.example"),
        ("Phone", "+447911123456", "+447911123457"),
    ],
)
def test_what_only_looks_alike_is_somebody_else(crm: Crm, heading: str, one: str, other: str) -> None:
    assert [crm.through("JSON", {heading: text}).outcome for text in (one, other)] == ["created", "created"]
    assert [each[heading.lower()] for each in everything(crm)] == [one, other]


@pytest.mark.parametrize(
    ("heading", "first", "again"),
    [
        ("First Name", "José", "Jose\u0301"),
        ("Notes", "a\nb\n", "a\r\nb\r"),
        ("Second Email", "a@x.example", "A@X.EXAMPLE"),
        ("Second Phone", "+44 20 7946", "004420-7946"),
        ("Account Name", "Acme", "ACME\u200b"),
        ("Amount", "12.5", "+12.500e0"),
        ("Seen", "2026-01-31T14:30:00+01:00", "2026-01-31 13:30 UTC"),
    ],
)
@pytest.mark.parametrize("door", ["query", "lines", "hook JSON"])
def test_another_spelling_of_a_value_changes_nothing(crm: Crm, door: str, heading: str, first: str, again: str) -> None:
    ada = {"Email": "ada@x.example"}
    assert crm.through(door, ada | {heading: first}).outcome == "created"
    for text in (again, first, again):
        assert crm.through(door, ada | {heading: text}).outcome == "unchanged"
    [before] = crm.read(email="ada@x.example")
    assert before["created_at"] == before["updated_at"]


@pytest.mark.parametrize("nothing", ["\u200b", " \u00ad\ufeff", ""])
@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_nobody_sees_is_none(crm: Crm, door: str, nothing: str) -> None:
    for configuration, record in (
        ("account", {"Account Name": nothing}),
        ("account-alias", {"Alias": nothing, "Account Name": "Steel"}),
    ):
        heading = next(iter(record))
        assert crm.through(door, record, configuration).errors == {heading: f"The {heading} field is required."}
    assert {each["name"] for each in everything(crm, "accounts")} <= NEIGHBOURS


def test_a_record_with_a_good_address_is_kept_beside_a_mark_that_nobody_sees(crm: Crm) -> None:
    told = crm.through("query", {"Email": "good@x.example", "Phone": "\u200b+44 20 7946"})
    assert (told.outcome, told.errors) == ("created", {})
    assert crm.read(phone="+44 20 7946")[0]["phone"] == "+44 20 7946"


def test_an_alias_that_is_another_accounts_name_is_refused_until_they_are_merged(crm: Crm) -> None:
    crm.through("JSON", {"Email": "o@x.example", "Account Name": "Omega Inc."})
    told = crm.through("JSON", {"Account Name": "Omega Corporation", "Alias": "OMEGA inc."}, "account-alias")
    assert told.errors == {"Alias": SENTENCES["alias_is_name"].format(heading="Alias")}
