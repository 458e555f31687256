"""Deleted contacts and accounts: out of sight at once, taken back for 30 days, their keys free meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from rapport.directory import follower, removing
from rapport.directory.models import Contact, SearchToken
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token
from tests.directory.desk import Desk

if TYPE_CHECKING:
    from tests.cast import Cast, Person

EACH = pytest.mark.parametrize("kind", ["contact", "account"])
GIVEN = {
    "contact": {"email": "ada@example.com", "phone": "+44 20 1234", "first_name": "Ada", "account_name": "Engines"},
    "account": {"account_name": "Engines", "industry": "Looms"},
}


def api(person: Person) -> Client:
    return Client(headers=person.bearer)


def made(person: Person, kind: str) -> UUID:
    return Desk(person).make(kind, **GIVEN[kind])


def get(person: Person, path: str, status: int = 200) -> Any:
    answer = api(person).get(path)
    assert answer.status_code == status, answer.content
    return answer.json()


@EACH
def test_what_is_deleted_is_out_of_sight_at_once_and_comes_back_as_it_was(cast: Cast, kind: str) -> None:
    id = made(cast.alice, kind)
    address, desk = f"/api/{kind}s/{id}", Desk(cast.alice)
    before, keys = get(cast.alice, address), (desk.contact_keys(), desk.account_keys())
    assert before["id"] == str(id)
    assert api(cast.alice).delete(address).status_code == 204
    gone = get(cast.alice, address, 410)
    assert datetime.fromisoformat(gone["deleted_at"]) > datetime.now(UTC) - timedelta(minutes=1)
    assert get(cast.alice, f"/api/{kind}s")["data"] == []
    assert get(cast.alice, f"/api/{kind}s?updated_since=2020-01-01")["data"] == []
    assert get(cast.alice, f"/api/{kind}s?id={id}")["data"] == []
    assert id not in {*desk.contact_keys().values(), *(owner for owner, _ in desk.account_keys().values())}
    [listed] = get(cast.alice, f"/api/{kind}s/deleted")["data"]
    assert listed == before | {"deleted_at": gone["deleted_at"], "updated_at": listed["updated_at"]}
    again = api(cast.alice).post(f"{address}/restore")
    assert again.status_code == 200
    assert again.json() == before | {"updated_at": again.json()["updated_at"]}
    assert (desk.contact_keys(), desk.account_keys()) == keys
    assert [(row.kind, row.actor_type) for row in desk.ledger()][-2:] == [("deleted", "app"), ("restored", "app")]
    assert api(cast.alice).post(f"{address}/restore").status_code == 200, "it is so already"


@EACH
def test_a_deleted_objects_key_makes_a_new_one_and_restoring_says_so(cast: Cast, kind: str) -> None:
    id = made(cast.alice, kind)
    api(cast.alice).delete(f"/api/{kind}s/{id}")
    other = made(cast.alice, kind)
    assert other != id
    refused = api(cast.alice).post(f"/api/{kind}s/{id}/restore")
    assert refused.status_code == 409
    assert refused.json()["owner"] == {
        "type": kind,
        "id": str(other),
        "name": "Ada" if kind == "contact" else "Engines",
    }
    assert "Merge the two" in refused.json()["message"]
    assert get(cast.alice, f"/api/{kind}s/{id}", 410)


@EACH
def test_after_thirty_days_nothing_comes_back(cast: Cast, kind: str) -> None:
    id = made(cast.alice, kind)
    api(cast.alice).delete(f"/api/{kind}s/{id}")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        long_ago = datetime.now(UTC) - timedelta(days=30, minutes=1)
        removing.MODELS[kind].ever.filter(tenant_id=tenant_id, id=id).update(deleted_at=long_ago)
    assert api(cast.alice).post(f"/api/{kind}s/{id}/restore").status_code == 410
    assert get(cast.alice, f"/api/{kind}s/deleted")["data"] == []


@EACH
def test_what_was_deleted_long_ago_is_emptied_for_good(cast: Cast, kind: str) -> None:
    id, desk = made(cast.alice, kind), Desk(cast.alice)
    before = datetime.now(UTC)
    api(cast.alice).delete(f"/api/{kind}s/{id}")
    removing.empty(cast.alice.tenant)
    assert desk.ledger()[-1].kind == "deleted", "not yet"
    long_ago = datetime.now(UTC) - timedelta(days=30, minutes=1)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        rows = removing.MODELS[kind].ever.filter(tenant_id=tenant_id, id=id)
        rows.update(deleted_at=long_ago, updated_at=long_ago)
    for _ in range(2):
        removing.empty(cast.alice.tenant)
    last = desk.ledger()[-1]
    assert (last.kind, last.diff, last.links) == ("updated", {}, {"emptied": True})
    assert desk.ledger()[-2].kind == "deleted", "once"
    with tenant_scope(cast.alice.tenant):
        row = rows.get()
    assert {getattr(row, name) or None for name in removing.COLUMNS[kind]} == {None}
    get(cast.alice, f"/api/{kind}s/{id}?as_of={before.isoformat()}", 410)
    assert api(cast.alice).post(f"/api/{kind}s/{id}/restore").status_code == 410


@EACH
def test_what_was_is_told_of_every_moment(cast: Cast, kind: str) -> None:
    before = datetime.now(UTC)
    id, desk = made(cast.alice, kind), Desk(cast.alice)
    moments, told = [], []
    for step in range(3):
        told.append(get(cast.alice, f"/api/{kind}s/{id}"))
        moments.append(datetime.now(UTC))
        name = {"first_name": f"Ada {step}"} if kind == "contact" else {"industry": f"Looms {step}"}
        desk.save(kind, id, **name)
    deleted = datetime.now(UTC)
    api(cast.alice).delete(f"/api/{kind}s/{id}")
    for moment, then in zip(moments, told, strict=True):
        assert get(cast.alice, f"/api/{kind}s/{id}?as_of={moment.isoformat()}") == then
    get(cast.alice, f"/api/{kind}s/{id}?as_of={before.isoformat()}", 404)
    get(cast.alice, f"/api/{kind}s/{id}?as_of={deleted.isoformat()}")
    get(cast.alice, f"/api/{kind}s/{id}?as_of={datetime.now(UTC).isoformat()}", 410)
    get(cast.alice, f"/api/{kind}s/{id}?as_of=yesterday", 422)


@EACH
def test_charlie_finds_and_changes_nothing(cast: Cast, kind: str) -> None:
    id = made(cast.alice, kind)
    address = f"/api/{kind}s/{id}"
    assert api(cast.charlie).get(address).status_code == 404
    assert api(cast.charlie).delete(address).status_code == 404
    api(cast.alice).delete(address)
    assert api(cast.charlie).post(f"{address}/restore").status_code == 404
    assert get(cast.charlie, f"/api/{kind}s/deleted")["data"] == []
    assert api(cast.charlie).get(f"/api/{kind}s/{uuid4()}").status_code == 404


@EACH
def test_deleting_takes_a_scope_of_its_own(cast: Cast, kind: str) -> None:
    id = made(cast.alice, kind)
    reader = Client(
        headers={"Authorization": f"Bearer {new_token(cast.alice.tenant, cast.alice.client_id, ['directory:read'])}"}
    )
    assert reader.get(f"/api/{kind}s/{id}").status_code == 200
    assert reader.delete(f"/api/{kind}s/{id}").status_code == 403
    assert reader.post(f"/api/{kind}s/{id}/restore").status_code == 403


def test_search_forgets_what_is_deleted_and_knows_it_again(cast: Cast) -> None:
    id = made(cast.alice, "contact")

    def words() -> int:
        follower.step(cast.alice.tenant.pk)
        with tenant_scope(cast.alice.tenant) as tenant_id:
            return SearchToken.objects.filter(tenant_id=tenant_id, object_id=id).count()

    assert words() > 0
    api(cast.alice).delete(f"/api/contacts/{id}")
    assert words() == 0
    api(cast.alice).post(f"/api/contacts/{id}/restore")
    assert words() > 0


def test_a_deleted_account_is_nobodys(cast: Cast) -> None:
    id, desk = made(cast.alice, "contact"), Desk(cast.alice)
    [(account, _)] = desk.account_keys().values()
    api(cast.alice).delete(f"/api/accounts/{account}")
    assert get(cast.alice, f"/api/contacts/{id}")["account"] is None
    api(cast.alice).post(f"/api/accounts/{account}/restore")
    assert get(cast.alice, f"/api/contacts/{id}")["account"] == {"id": str(account), "name": "Engines"}
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert Contact.objects.get(tenant_id=tenant_id, id=id).account_id == account
