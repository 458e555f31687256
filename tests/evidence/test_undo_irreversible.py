"""What an undo cannot take back is in its plan: mails that went out to what the undone entries made, or for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from rapport.campaigns.models import Delivery
from rapport.evidence.undoing import irreversible
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


def mail(alice: Sender, contact: UUID, state: str = "sent", **more: Any) -> str:
    """A delivery, as senders leave it."""
    id, at = uuid4(), datetime.now(UTC)
    given = {"campaign_id": uuid4(), "wave": 0, "due_at": at, "updated_at": at, "sent_at": at, "address": "x@x.example"}
    with tenant_scope(alice.tenant) as tenant_id:
        Delivery.objects.create(tenant_id=tenant_id, id=id, contact_id=contact, state=state, **given, **more)
    return str(id)


def made(alice: Sender, configuration: str = "contact", **record: str) -> dict[str, Any]:
    """What a record wrote, by type, and the record."""
    receipt = alice.put(configuration, **record)
    return {each.type: each.id for each in receipt.objects} | {"record": receipt.record}


def listed(alice: Sender, **asked: Any) -> tuple[int, set[str]]:
    told = alice.plan(**asked)["irreversible"]
    return told["mails"], {each["delivery"] for each in told["examples"]}


@pytest.mark.parametrize("state", [state for state, _ in Delivery.State.choices])
def test_a_mail_that_went_to_a_contact_that_was_made_is_told(alice: Sender, state: str) -> None:
    ada = made(alice, Email="ada@example.com")
    sent = mail(alice, ada["contact"], state)
    went = state in ("handed over", "sent", "bounced", "in doubt")
    assert listed(alice, record=ada["record"]) == ((1, {sent}) if went else (0, set()))


def test_a_mail_for_a_survey_record_that_was_made_is_told_once_to_whomever_it_belongs_now(alice: Sender) -> None:
    ada, kept = made(alice, Email="ada@example.com")["contact"], made(alice, Email="kept@example.com")["contact"]
    asked = made(alice, "survey", Email="ada@example.com")
    again = made(alice, "survey", Email="ada@example.com")
    mail(alice, ada)
    mail(alice, ada, subject_id=again["survey_record"])
    sent = {mail(alice, ada, **{name: asked["survey_record"]}) for name in ("subject_id", "survey_record_id")}
    assert listed(alice, record=asked["record"]) == (2, sent)
    body = {"into": str(kept), "from": [str(ada)]}
    assert alice.api.post("/api/contacts/merge", body, "application/json").status_code == 200
    sent.add(mail(alice, kept, subject_id=asked["survey_record"]))
    assert listed(alice, record=asked["record"]) == (3, sent)


def test_mails_to_what_was_there_before_are_nobodys_concern(alice: Sender) -> None:
    before = made(alice, Email="ada@example.com")
    changed = made(alice, Email="ada@example.com", First_Name="Ada")
    mail(alice, before["contact"])
    assert listed(alice, record=changed["record"]) == (0, set())
    assert alice.plan(record=changed["record"])["irreversible"] == {"mails": 0, "cut_short": False, "examples": []}


def test_of_very_much_only_what_was_made_last_is_looked_at(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime.now(UTC).isoformat()
    for number in range(3):
        sent = mail(alice, made(alice, Email=f"c{number}@example.com")["contact"])
    monkeypatch.setattr(irreversible, "EXAMPLES", 1)
    told = alice.plan(start=start)["irreversible"]
    assert (told["mails"], told["cut_short"], [each["delivery"] for each in told["examples"]]) == (3, False, [sent])
    monkeypatch.setattr(irreversible, "LOOKED_AT", 1)
    told = alice.plan(start=start)["irreversible"]
    assert (told["mails"], told["cut_short"]) == (2, True)


def test_single_entries_have_theirs_and_charlie_none(alice: Sender, cast: Cast) -> None:
    ids = [made(alice, Email=f"c{number}@example.com")["contact"] for number in range(2)]
    first, _ = [mail(alice, id) for id in ids]
    changes = alice.api.get("/api/changes").json()["data"]
    seq = next(each["seq"] for each in changes if each["object_id"] == str(ids[0]))
    assert listed(alice, changes=[seq]) == (1, {first})
    assert listed(Sender(cast.charlie), start="2001-01-01") == (0, set())


def test_the_page_tells_them(alice: Sender, cast: Cast) -> None:
    ada = made(alice, Email="ada@example.com", First_Name="Ada")
    address = f"/s/{alice.tenant.slug}/data/undo/new?record={ada['record']}"
    assert "Cannot be taken back" not in visitor(cast.alice).get(address).content.decode()
    mail(alice, ada["contact"])
    shown = visitor(cast.alice).get(address).content.decode()
    assert "1 mail that went out" in shown
    assert "x@x.example" in shown
