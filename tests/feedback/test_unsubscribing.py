"""`/u/`: nobody is unsubscribed by a look, everybody by a press, and nothing but a person takes that back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from rapport.db.write import Actor
from rapport.feedback import asking, links, suppressing, visitors
from rapport.records.errors import Invalid
from rapport.surveys.models import Fetch, Suppressed, Suppression, SurveyRecord
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, responses

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

BOB = Author("user", UUID(int=9), "Bob")


@pytest.fixture
def asked(database: Database, tenant: Tenant) -> UUID:
    """A survey record of Ada's."""
    return ask(database, tenant)


@pytest.fixture
def ada(tenant: Tenant, asked: UUID) -> Respondent:
    """Ada, who has the link."""
    return Respondent(link(tenant, asked, links.UNSUBSCRIBE))


def state(tenant: Tenant) -> list[tuple[str, str]]:
    """What gets nothing now."""
    with tenant_scope(tenant) as tenant_id:
        return list(Suppressed.objects.filter(tenant_id=tenant_id).order_by("key", "list").values_list("key", "list"))


def acts(tenant: Tenant) -> list[Suppression]:
    """The ledger of suppressions."""
    with tenant_scope(tenant) as tenant_id:
        return list(Suppression.objects.filter(tenant_id=tenant_id).order_by("id"))


def test_a_press_unsubscribes_the_address_that_the_link_was_made_for(tenant: Tenant, ada: Respondent) -> None:
    ada.open()
    assert "Unsubscribe" in ada.text
    assert "example.com" not in ada.html
    ada.post({})
    assert "You are unsubscribed" in ada.text
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]
    ada.post({})
    [act] = acts(tenant)
    assert (act.source, act.actor_type, act.address, act.act) == ("link", "respondent", "ada@example.com", "added")
    assert act.proof["survey_record"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_one_click_is_a_post_without_cookie_redirect_or_question(
    tenant: Tenant, ada: Respondent, content_type: str
) -> None:
    body = "List-Unsubscribe=One-Click"
    if "multipart" in content_type:
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    answer = ada.client.post(ada.path, body, content_type=content_type)
    assert answer.status_code == 200
    assert not answer.cookies
    assert [act.source for act in acts(tenant)] == ["one_click"]


def test_a_deleted_survey_records_link_unsubscribes(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    with tenant_scope(tenant) as tenant_id:
        SurveyRecord.objects.filter(tenant_id=tenant_id, id=asked).update(deleted_at=datetime.now(UTC))
    ada.open().post({})
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]


def test_it_never_closes(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    asking.close(tenant.pk, asked, Actor("user", UUID(int=9)))
    asking.revoke(tenant.pk, asked, Actor("user", UUID(int=9)))
    ada.open().post({})
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]


def test_a_robot_that_fetches_every_link_answers_nothing_and_unsubscribes_nobody(
    database: Database, tenant: Tenant, asked: UUID
) -> None:
    robot = "SafeLinks scanner/1.0"
    for _ in range(2):
        for score in range(11):
            Respondent(link(tenant, asked), robot).open(f"?score={score}")
        Respondent(link(tenant, asked), robot).open("?trap=1")
        Respondent(link(tenant, asked, links.UNSUBSCRIBE), robot).open()
        Respondent(link(tenant, asked, links.UNSUBSCRIBE), robot).client.head(link(tenant, asked, links.UNSUBSCRIBE))
    assert responses(tenant) == []
    assert acts(tenant) == []
    with tenant_scope(tenant) as tenant_id:
        looks = Fetch.objects.filter(tenant_id=tenant_id)
        assert {look.device for look in looks} == {"robot"}
        assert {(look.purpose, look.score): look.fetches for look in looks} == {
            **{("a", score): 2 for score in range(-1, 11)},
            ("u", -1): 2,
        }
        assert looks.get(purpose="a", score=-1).trapped == 2


def test_only_an_act_with_a_reason_lifts_it(database: Database, tenant: Tenant, ada: Respondent) -> None:
    ada.open().post({})
    ask(database, tenant)
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]
    [act] = acts(tenant)
    with tenant_scope(tenant) as tenant_id:
        assert suppressing.lift(tenant_id, act.id, BOB, "She asked for it by phone")
        assert not suppressing.lift(tenant_id, act.id, BOB, "Again")
    assert state(tenant) == []
    assert [(each.act, each.reason) for each in acts(tenant)] == [
        ("added", None),
        ("lifted", "She asked for it by phone"),
    ]
    ada.post({})
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]
    assert len(acts(tenant)) == 3


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        ("email", " Ada@Example.com ", "e:ada@example.com"),
        ("phone", "+44 20 7946 0018", "p:442079460018"),
        ("domain", "Example.COM", "d:example.com"),
        ("domain", "@bücher.example", "d:xn--bcher-kva.example"),
    ],
)
def test_keys_are_those_that_contacts_have(kind: str, text: str, key: str) -> None:
    assert suppressing.address(kind, text).key == key


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "ada"),
        ("phone", "x"),
        ("domain", "a b"),
        ("domain", ""),
        ("email", f"{'a' * 309}@example.com"),
        ("domain", "a." * 126 + "ab"),
    ],
)
def test_what_is_no_address_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Invalid):
        suppressing.address(kind, text)


def test_both_lists_can_have_an_address_and_lose_it_apart(tenant: Tenant) -> None:
    given = suppressing.address("email", "ada@example.com")
    with tenant_scope(tenant) as tenant_id:
        assert suppressing.add(tenant_id, given, BOB, source="hand")
        assert not suppressing.add(tenant_id, given, BOB, source="hand")
        assert suppressing.add(tenant_id, given, BOB, on=suppressing.BOUNCE, source="hand", reason="550 5.1.1")
        suppressing.lift(tenant_id, Suppression.objects.get(tenant_id=tenant_id, list="bounce").id, BOB, "Works again")
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]


def test_scanners_keep_nobody_from_unsubscribing_or_answering(
    database: Database, tenant: Tenant, asked: UUID, ada: Respondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "COUNTERS", visitors.Counters())
    answering = Respondent(link(tenant, asked)).open()
    for path in (ada.path, answering.path):
        scanner = Respondent(path)
        for _ in range(visitors.LIMITS["link"]):
            scanner.client.get(path)
        scanner.open(status=429)
    for _ in range(visitors.LIMITS["link"] + 1):
        assert ada.client.post(ada.path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert state(tenant) == [("e:ada@example.com", "unsubscribe")]
    answering.send(nps="9", comment="All of it")
    assert [row.comment for row in responses(tenant)] == ["All of it"]
