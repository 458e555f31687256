"""Laws of undo over random histories of several writers.

Undo and redo are the identity; what others wrote is never touched; undoing everything since a moment is what `as_of`
tells of it; step by step an undo gets where it gets at once; nobody shows an address by which somebody else is found;
chains of merges are undone outer first; an undo does what its plan says; a plan says the same whether it looks at all
entries in one way or not.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from rapport.connected_apps import issue
from rapport.directory.errors import HandError
from rapport.evidence.undoing import chosen, plan
from rapport.history.models import Change
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch
from tests.cast import Cast
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import Database

EMAILS = ("a@example.com", "b@example.com", "c@example.com")
PHONES = ("+44 20 1111", "+44 20 2222")
NAMES = ("Engines", "Looms", "Mills")
TEXTS = ("x", "y", "z")


@st.composite
def _records(draw: Any) -> tuple[str, dict[str, str]]:
    """A configuration and a record for it."""
    kind = draw(st.sampled_from(["contact"] * 5 + ["account", "account-alias"]))
    if kind == "account-alias":
        return kind, {"Account Name": draw(st.sampled_from(NAMES)), "Alias": draw(st.sampled_from(("One", "Two")))}
    some = st.sampled_from(TEXTS)
    if kind == "account":
        return kind, {"Account Name": draw(st.sampled_from(NAMES)), "Industry": draw(some), "Region": draw(some)}
    record = {"First Name": draw(some)}
    if draw(st.booleans()):
        record["Last Name"] = draw(some)
    if draw(st.integers(0, 2)) == 0:
        record["Account Name"] = draw(st.sampled_from((*NAMES, "One", "Two")))
    keys = draw(st.sampled_from(("e", "e", "e", "p", "ep")))
    if "e" in keys:
        record["Email"] = draw(st.sampled_from(EMAILS))
    if "p" in keys:
        record["Phone"] = draw(st.sampled_from(PHONES))
    return kind, record


#: Who writes what: one of two apps, or a person who edits or deletes the oldest contact or account.
_ACTS = st.tuples(st.sampled_from(("ours", "ours", "other", "other", "hand", "delete", "restore", "merge")), _records())
HISTORIES = st.tuples(st.lists(_ACTS, max_size=8), st.lists(_ACTS, min_size=1, max_size=10))


class World:
    """A new system with two apps and a person."""

    def __init__(self) -> None:
        person = Cast().alice
        self.ours = Sender(person)
        self.other = Sender(person, issue.create_app(person.tenant, COMMAND, "Other").client_id)
        self.desk = Desk(person)

    def act(self, who: str, what: tuple[str, dict[str, str]]) -> None:
        configuration, record = what
        if who in ("ours", "other"):
            getattr(self, who).send(record, configuration=configuration)
            return
        kind = "contact" if configuration == "contact" else "account"
        ids = sorted(
            id for model, id in (key for key in self.ours.stored() if isinstance(key, tuple)) if model.lower() == kind
        )
        if who == "restore":
            listed = self.ours.api.get(f"/api/{kind}s/deleted").json()["data"]
            for each in listed[:1]:
                self.ours.api.post(f"/api/{kind}s/{each['id']}/restore")
        elif who == "merge":
            if len(ids) > 1:
                self.merge(kind, ids[0], ids[-1], keep="First Name" in record and record["First Name"] == "x")
        elif ids and who == "delete":
            assert self.ours.api.delete(f"/api/{kind}s/{ids[0]}").status_code == 204
        elif ids:
            given = {
                "contact": {
                    "first_name": record.get("First Name", ""),
                    "email": record.get("Email", "d@example.com"),
                    "account_name": record.get("Account Name", ""),
                },
                "account": {"account_name": record.get("Alias", record.get("Account Name", "")), "region": "w"},
            }
            with suppress(HandError):
                self.desk.save(kind, ids[0], **given[kind])

    def merge(self, kind: str, into: UUID, merged: UUID, *, keep: bool) -> str:
        """The merge of one into another, which may take its e-mail address."""
        kept = {"email": str(merged)} if keep and kind == "contact" else {}
        body = {"into": str(into), "from": [str(merged)], "keep": kept}
        answer = self.ours.api.post(f"/api/{kind}s/merge", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        told: str = answer.json()["merge"]
        return told

    def check_keys(self) -> None:
        """No two contacts share an address, and whoever shows one is found by it."""
        stored = self.ours.stored()
        for key, values in stored.items():
            if isinstance(key, tuple) and key[0] == "Contact" and values["email"]:
                assert stored["contact_keys"].get(f"e:{values['email']}") == key[1]

    def ledger(self) -> list[Change]:
        with tenant_scope(self.ours.tenant) as tenant_id:
            return list(Change.objects.filter(tenant_id=tenant_id).order_by("seq"))


def _check(history: Any) -> None:
    before, after = history
    world = World()
    for who, what in before:
        world.act(who, what)
    began = world.ours.head()
    earlier, start = world.ours.stored(), datetime.now(UTC).isoformat()
    objects = {key for key in earlier if isinstance(key, tuple)}
    told = {key: world.ours.api.get(f"/api/{key[0].lower()}s/{key[1]}").json() for key in objects}
    for who, what in after:
        world.act(who, what)
    full, entries = world.ours.stored(), world.ledger()
    for asked in (
        {"app": world.ours.person.client_id, "from": start},
        {"app": world.ours.person.client_id},
        {"from": start},
    ):
        _check_plan(world, asked)

    # What one app did: nothing that it did not write is touched, and it all comes again.
    undo = world.ours.undo(app=world.ours.person.client_id, start=start)
    _check_untouched(world, entries, start)
    world.check_keys()
    without = world.ours.stored()
    world.ours.undo(undo=undo["id"])
    assert world.ours.stored() == full

    # And step by step; but what the app itself has deleted comes back first then, and stays where others use it.
    own = [change for change in entries if change.actor_id == world.ours.app.id and change.seq > began]
    steps: dict[Any, list[int]] = {}
    for change in reversed(own):
        # A merge is one step; what is sent here has no request of its own.
        steps.setdefault(change.record if change.request_id == "sent" else change.request_id, []).append(change.seq)
    for numbers in steps.values():
        world.ours.undo(changes=numbers)
        world.check_keys()
    if not any(change.kind in ("deleted", "restored", "merged") for change in own):
        now = world.ours.stored()
        assert _plain(now) == _plain(without)
        assert now == without or undo["keep"]

    # Everything since the moment: what is there is what was there.
    world.ours.undo(start=start)
    assert world.ours.stored() == earlier
    for (model, id), then in told.items():
        now = world.ours.api.get(f"/api/{model.lower()}s/{id}?as_of={start.replace('+', '%2B')}").json()
        assert now == then


def _plain(stored: dict[Any, Any]) -> dict[Any, Any]:
    """What stays with no key: at once, an object that others use keeps what it shows of these."""
    fields = ("first_name", "last_name", "industry", "region")
    return {key: [row.get(each) for each in fields] for key, row in stored.items() if isinstance(key, tuple)}


def _check_plan(world: World, asked: dict[str, str]) -> None:
    """Objects of which one thing alone is to be said are counted as looking at every field of them counts them."""
    with tenant_scope(world.ours.tenant) as tenant_id:
        entries = chosen.read(tenant_id, asked)
        [(*quick, _)] = fetch(plan._PLAN, tenant_id, entries.text, 0)
        [(*whole, _)] = fetch(plan._PLAN, tenant_id, entries.text, 1 << 30)
    assert quick == whole


def _check_untouched(world: World, entries: list[Change], start: str) -> None:
    """The undo wrote only to objects, and only fields of them, that the app had written since."""
    app = world.ours.app.id
    own = [change for change in entries if change.actor_id == app and change.at >= datetime.fromisoformat(start)]
    fields: dict[Any, set[str]] = {}
    for change in own:
        fields.setdefault(change.object_id, set()).update(change.diff)
    for change in world.ledger()[len(entries) :]:
        assert change.object_id in fields
        assert set(change.diff) <= fields[change.object_id]


def test_what_shares_a_key_with_something_else_is_not_counted_alone(database: Database) -> None:
    world = World()
    id = world.desk.make("contact", email="ada@example.com", first_name="Ada")
    start = datetime.now(UTC).isoformat()
    world.desk.save("contact", id, email="ada@new.example")
    for email in ("ada@example.com", "bob@example.com"):
        world.ours.put(Email=email, First_Name="New")
    _check_plan(world, {"from": start})
    planned = world.ours.plan(start=start)
    assert (planned["restore"], planned["delete"], planned["keep"]) == (1, 2, 0)


#: Somebody gives an account another name, and merges a second one into it: two aliases go.
TWO_ALIASES = (
    [
        ("hand", ("contact", {"First Name": "x", "Last Name": "x", "Phone": "+44 20 2222"})),
        ("ours", ("account", {"Account Name": "Mills", "Industry": "y", "Region": "y"})),
        (
            "other",
            ("contact", {"First Name": "x", "Last Name": "z", "Account Name": "Mills", "Email": "a@example.com"}),
        ),
    ],
    [
        ("ours", ("contact", {"First Name": "x", "Email": "b@example.com"})),
        ("other", ("account", {"Account Name": "Looms", "Industry": "z", "Region": "y"})),
        ("ours", ("contact", {"First Name": "x", "Email": "a@example.com"})),
        ("hand", ("account-alias", {"Account Name": "Looms", "Alias": "One"})),
        ("other", ("contact", {"First Name": "z", "Account Name": "Two", "Email": "a@example.com"})),
        ("other", ("contact", {"First Name": "x", "Account Name": "Engines", "Email": "c@example.com"})),
        ("merge", ("account-alias", {"Account Name": "Engines", "Alias": "Two"})),
        ("hand", ("contact", {"First Name": "x", "Email": "c@example.com"})),
        ("other", ("contact", {"First Name": "y", "Email": "b@example.com"})),
        ("other", ("contact", {"First Name": "y", "Email": "a@example.com"})),
    ],
)


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(HISTORIES)
@example(TWO_ALIASES)
def test_the_laws_hold_for_any_history(database: Database, history: Any) -> None:
    _check(history)


@pytest.mark.endure
@settings(max_examples=int(os.environ.get("UNDO_EXAMPLES", "1000")), suppress_health_check=list(HealthCheck))
@given(HISTORIES)
def test_the_laws_hold_for_very_many(database: Database, history: Any) -> None:
    _check(history)


#: Whose contacts, accounts first, are merged into whose, and whether an address is taken along.
MERGES = st.tuples(
    st.sampled_from(("contact", "account")),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=4),
)


@settings(max_examples=15, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(MERGES)
def test_chains_of_merges_are_undone_outer_first(database: Database, merges: Any) -> None:
    kind, pairs = merges
    world = World()
    address, other = ("Email", "First Name") if kind == "contact" else ("Account Name", "Region")
    records = [{address: f"{n}@example.com", other: TEXTS[n % 3]} for n in range(4)]
    made = [receipt.objects[0].id for receipt in world.ours.send(*records, configuration=kind)]
    done, gone = [], set()
    for into, merged, keep in pairs:
        if into != merged and not {into, merged} & gone:
            done.append((world.ours.stored(), world.merge(kind, made[into], made[merged], keep=keep)))
            gone.add(merged)
    for before, merge in reversed(done):
        world.ours.undo(merge=merge)
        assert world.ours.stored() == before
        world.check_keys()
