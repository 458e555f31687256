"""Contact: every rule of matching, sent together and one by one."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.records.fields import TOLD
from rapport.records.receipt import Receipt
from rapport.records.types.contact import CONTACT_FIELDS
from tests.records.shelves import Shelves

ADA, BOB = "ada@example.com", "bob@example.com"
P1, P2 = "+1 234 567", "7654321"


@pytest.fixture(params=["together", "one by one"])
def send(request: pytest.FixtureRequest, shelves: Shelves) -> Any:
    """Sends records to `shelves`."""
    return shelves.send if request.param == "together" else shelves.send_one_by_one


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


def brief(receipt: Receipt) -> str:
    """Outcome, what the contact was matched by, warnings."""
    matched = [receipt.objects[0].matched_by] if receipt.objects and receipt.objects[0].matched_by else []
    return " ".join([receipt.outcome, *matched, *receipt.warnings])


#: What is sent -> what each record did, and the (e-mail, phone) of all contacts afterwards.
MATCHING: dict[str, tuple[list[dict[str, str]], list[str], list[tuple[str | None, str | None]]]] = {
    "a new e-mail": ([{"Email": ADA}], ["created"], [(ADA, None)]),
    "a known e-mail": ([{"Email": ADA}, {"Email": ADA}], ["created", "unchanged email"], [(ADA, None)]),
    "another spelling is the same contact, and the first one stays": (
        [{"Email": ADA}, {"Email": "ADA@EXAMPLE.com"}],
        ["created", "unchanged email"],
        [(ADA, None)],
    ),
    "two systems that spell in turn change nothing": (
        [{"Email": "C@X.example", "Phone": P1}, {"Email": "c@x.example", "Phone": "1234567"}] * 2,
        ["created", "unchanged email", "unchanged email", "unchanged email"],
        [("C@X.example", P1)],
    ),
    "a letter that only looks like another is another mailbox": (
        [{"Email": "sam@fold.example"}, {"Email": "\u017fam@fold.example"}],
        ["created", "created"],
        [("sam@fold.example", None), ("\u017fam@fold.example", None)],
    ),
    "a new phone": ([{"Phone": P1}], ["created"], [(None, P1)]),
    "a known phone": ([{"Phone": P1}, {"Phone": P1}], ["created", "unchanged phone"], [(None, P1)]),
    "a phone that lost its plus is the same": (
        [{"Phone": "+1234567"}, {"Phone": "1234567"}, {"Phone": "001234567"}],
        ["created", "unchanged phone", "unchanged phone"],
        [(None, "+1234567")],
    ),
    "a phone with a plus says more": (
        [{"Phone": "001234567"}, {"Phone": P1}, {"Phone": "(+1) 234-567"}],
        ["created", "updated phone", "unchanged phone"],
        [(None, P1)],
    ),
    "nobody sees the marks of direction around a phone": (
        [{"Phone": P1}, {"Phone": "\u202a+1 234\u200b 567\u202c"}, {"Phone": "\u202a7654\u200e321\u202c"}],
        ["created", "unchanged phone", "created"],
        [(None, P1), (None, P2)],
    ),
    "with an e-mail, the e-mail is the key": (
        [{"Email": ADA, "Phone": P1}, {"Email": ADA, "Phone": P2}],
        ["created", "updated email"],
        [(ADA, P2)],
    ),
    "an empty e-mail is none": (
        [{"Phone": P1}, {"Email": " ", "Phone": P1}],
        ["created", "unchanged phone"],
        [(None, P1)],
    ),
    "a phone finds a contact with an e-mail": (
        [{"Email": ADA, "Phone": P1}, {"Phone": P1, "First Name": "Ada"}],
        ["created", "updated phone"],
        [(ADA, P1)],
    ),
    "a phone finds its first owner, also when that has another number by now": (
        [{"Email": ADA, "Phone": P1}, {"Email": ADA, "Phone": P2}, {"Phone": P1}],
        ["created", "updated email", "updated phone"],
        [(ADA, P1)],
    ),
    "a contact without an e-mail is adopted": (
        [{"Phone": P1}, {"Email": ADA, "Phone": P1}, {"Email": ADA}],
        ["created", "updated phone", "unchanged email"],
        [(ADA, P1)],
    ),
    "an adopted contact is not adopted again": (
        [{"Phone": P1}, {"Email": ADA, "Phone": P1}, {"Email": BOB, "Phone": P1}],
        ["created", "updated phone", "created phone_shared"],
        [(ADA, P1), (BOB, P1)],
    ),
    "a shared phone stays with its owner": (
        [{"Email": ADA, "Phone": P1}, {"Email": BOB, "Phone": P1}, {"Phone": P1, "First Name": "Ada"}],
        ["created", "created phone_shared", "updated phone"],
        [(ADA, P1), (BOB, P1)],
    ),
    "sharing is warned about each time": (
        [{"Email": ADA, "Phone": P1}, {"Email": BOB, "Phone": P1}, {"Email": BOB, "Phone": P1}],
        ["created", "created phone_shared", "unchanged email phone_shared"],
        [(ADA, P1), (BOB, P1)],
    ),
    "e-mail and phone of two contacts: the e-mail's is written": (
        [{"Email": ADA}, {"Phone": P1}, {"Email": ADA, "Phone": P1}],
        ["created", "created", "updated email phone_shared"],
        [(ADA, P1), (None, P1)],
    ),
    "nothing is merged": (
        [{"Email": ADA, "Phone": P1}, {"Email": BOB, "Phone": P2}, {"Email": ADA, "Phone": P2}, {"Phone": P2}],
        ["created", "created", "updated email phone_shared", "unchanged phone"],
        [(ADA, P2), (BOB, P2)],
    ),
    "a number of one's own brings no warning": (
        [{"Email": ADA, "Phone": P1}, {"Email": ADA, "Phone": P2}, {"Email": ADA, "Phone": P1}],
        ["created", "updated email", "updated email"],
        [(ADA, P1)],
    ),
    "a known e-mail with a new phone owns it from then on": (
        [{"Email": ADA}, {"Email": ADA, "Phone": P1}, {"Phone": P1, "First Name": "Ada"}],
        ["created", "updated email", "updated phone"],
        [(ADA, P1)],
    ),
    "a rejected record changes nothing": (
        [{"Email": ADA}, {"Email": "ada", "Phone": P1}, {"First Name": "Ada"}],
        ["created", "rejected", "rejected"],
        [(ADA, None)],
    ),
}


@pytest.mark.parametrize(("records", "outcomes", "people"), MATCHING.values(), ids=MATCHING)
def test_matching(
    send: Any, shelves: Shelves, records: list[dict[str, str]], outcomes: list[str], people: list[Any]
) -> None:
    receipts = send(*records)
    assert [brief(receipt) for receipt in receipts] == outcomes
    assert [person[:2] for person in shelves.people()] == people


def test_every_field_is_stored_as_sent_but_for_white_space_around(send: Any, shelves: Shelves) -> None:
    (receipt,) = send(
        {
            "Email": " Ada@Example.com ",
            "Phone": "+44 (20) 1234-5678",
            "First Name": "Ada",
            "Last Name": " King  Lovelace",
            "Job Title": "株式会社",
            "Job Level": "C",
            "Language": "en",
            "Frist Name": "Ada",
        }
    )
    stored = {
        "email": "Ada@Example.com",
        "phone": "+44 (20) 1234-5678",
        "first_name": "Ada",
        "last_name": "King  Lovelace",
        "job_title": "株式会社",
        "job_level": "C",
        "language": "en",
    }
    [contact] = shelves.contacts.values()
    assert contact.values == stored
    assert receipt.ignored == ["Frist Name"]
    assert receipt.objects[0].changes == {name: (None, value) for name, value in stored.items()}


def test_a_time_zone_is_kept_among_the_attributes(send: Any, shelves: Shelves) -> None:
    receipts = send(
        {"Email": ADA, "Time Zone": "europe/berlin"},
        {"Email": ADA, "Time Zone": "Europe/Berlin"},
        {"Email": ADA, "Time Zone": "Mars/X"},
        {"Email": ADA, "Time Zone": "UTC"},
    )
    assert [receipt.outcome for receipt in receipts] == ["created", "unchanged", "rejected", "updated"]
    [told] = receipts[2].errors["record.Time Zone"]
    assert told == "The Time Zone must be the name of a time zone such as Europe/London."
    assert receipts[3].as_json()["objects"][0]["changes"] == {"time_zone": ("Europe/Berlin", "UTC")}
    assert {field.entry: field.name for field in CONTACT_FIELDS if field.kept_in} == TOLD
    [contact] = shelves.contacts.values()
    assert contact.custom == {"time_zone": "UTC"}


def test_what_is_not_sent_or_sent_empty_stays(send: Any, shelves: Shelves) -> None:
    full = {"Email": ADA, "Phone": P1, "First Name": "Ada", "Account Name": "Acme"}
    receipts = send(full, {"Email": ADA}, {"Email": ADA, "Phone": "", "First Name": " ", "Account Name": ""})
    assert [receipt.outcome for receipt in receipts] == ["created", "unchanged", "unchanged"]
    assert shelves.people() == [(ADA, P1, "Acme")]
    assert len(shelves.ledger) == 2, "one for the account, one for the contact"


def test_the_same_text_in_another_encoding_changes_nothing(send: Any, shelves: Shelves) -> None:
    first = {"Email": ADA, "First Name": "Jos\u00e9", "Job Title": "a\nb"}
    receipts = send(first, first | {"First Name": "Jose\u0301", "Job Title": "a\r\nb"})
    assert [receipt.outcome for receipt in receipts] == ["created", "unchanged"]
    assert next(iter(shelves.contacts.values())).values["first_name"] == "Jos\u00e9"


def test_only_what_changes_is_noted(send: Any, shelves: Shelves) -> None:
    _, receipt = send({"Email": ADA, "First Name": "A", "Language": "en"}, {"Email": ADA, "First Name": "Ada"})
    assert receipt.objects[0].changes == {"first_name": ("A", "Ada")}
    assert shelves.ledger[-1].diff == {"first_name": ("A", "Ada")}
    assert [(note.version, note.kind) for note in shelves.ledger] == [(1, "created"), (2, "updated")]


class TestAccountName:
    def test_an_unknown_account_is_created_and_linked(self, send: Any, shelves: Shelves) -> None:
        (receipt,) = send({"Email": ADA, "Account Name": "Example  Corp"})
        contact, account = receipt.objects
        assert (contact.type, account.type) == ("contact", "account")
        assert receipt.outcome == account.outcome == "created"
        assert account.changes == {"name": (None, "Example Corp")}
        assert contact.changes["account_name"] == (None, "Example Corp")
        assert shelves.people() == [(ADA, None, "Example Corp")]

    def test_the_first_spelling_is_kept(self, send: Any, shelves: Shelves) -> None:
        _, receipt = send({"Email": ADA, "Account Name": "Acme"}, {"Email": BOB, "Account Name": " ACME "})
        assert receipt.objects[1].matched_by == "name"
        assert shelves.people() == [(ADA, None, "Acme"), (BOB, None, "Acme")]
        assert len(shelves.accounts) == 1

    def test_another_spelling_of_the_linked_account_changes_nothing(self, send: Any, shelves: Shelves) -> None:
        _, receipt = send({"Email": ADA, "Account Name": "Acme"}, {"Email": ADA, "Account Name": "acme"})
        assert [touched.outcome for touched in receipt.objects] == ["unchanged", "unchanged"]

    def test_another_account_is_linked_instead(self, send: Any, shelves: Shelves) -> None:
        _, receipt = send({"Email": ADA, "Account Name": "Acme"}, {"Email": ADA, "Account Name": "Bolt"})
        assert receipt.objects[0].changes == {"account_name": ("Acme", "Bolt")}
        assert shelves.people() == [(ADA, None, "Bolt")]
        assert len(shelves.accounts) == 2

    def test_the_outcome_is_the_contacts(self, send: Any, shelves: Shelves) -> None:
        _, receipt = send({"": "account", "Account Name": "Acme"}, {"Email": ADA, "Account Name": "Acme"})
        assert receipt.outcome == "created"
        assert [touched.outcome for touched in receipt.objects] == ["created", "unchanged"]

    def test_a_rejected_contact_creates_no_account(self, send: Any, shelves: Shelves) -> None:
        send({"Email": "ada", "Account Name": "Acme"})
        assert shelves.accounts == {}

    def test_an_alias_finds_the_account(self, shelves: Shelves) -> None:
        shelves.send({"": "account-alias", "Account Name": "Acme", "Alias": "the acme company"})
        (receipt,) = shelves.send({"Email": ADA, "Account Name": "The Acme  Company"})
        assert receipt.objects[1].matched_by == "alias"
        assert shelves.people() == [(ADA, None, "Acme")]
