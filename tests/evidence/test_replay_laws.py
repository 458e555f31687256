"""Laws of replay over random histories: exactly what an oracle says is written, and twice is once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.cast import Cast
from tests.directory.desk import Desk
from tests.evidence.again import Resender

if TYPE_CHECKING:
    from tests.conftest import Database

NAMES = ("a", "b", "c")
EMAILS = tuple(f"{name}@example.com" for name in NAMES)
_TEXT = st.sampled_from(("x", "y", "z"))
#: Who does what: sends or mends a contact, refuses or deletes one.
_SENT = st.tuples(
    st.sampled_from(("ours", "ours", "other")),
    st.sampled_from(EMAILS),
    st.fixed_dictionaries({}, optional={"First Name": _TEXT, "Last Name": _TEXT, "Vorname": _TEXT, "Nachname": _TEXT}),
)
_BY_HAND = st.tuples(
    st.just("hand"), st.sampled_from(EMAILS), st.fixed_dictionaries({"First Name": st.just("") | _TEXT})
)
_DELETED = st.tuples(st.just("delete"), st.sampled_from(EMAILS), st.just({}))
_REFUSED = st.tuples(
    st.just("refused"),
    st.sampled_from(EMAILS),
    st.fixed_dictionaries({}, optional={"First Name": _TEXT, "Last Name": _TEXT}),
)
OF_HEADINGS = st.lists(st.one_of(_SENT, _SENT, _SENT, _BY_HAND, _DELETED), min_size=1, max_size=12)
OF_RECORDS = st.lists(st.one_of(_SENT, _REFUSED, _REFUSED, _BY_HAND, _DELETED), min_size=1, max_size=12)
HEADINGS = {"Vorname": "first_name", "Nachname": "last_name"}
FIELDS = {"First Name": "first_name", "Last Name": "last_name"}


class World:
    """A new system, and beside it what should be there: object -> field -> (when it was written, value)."""

    def __init__(self) -> None:
        person = Cast().alice
        self.ours = Resender(person)
        self.other = Resender(person, issue.create_app(person.tenant, COMMAND, "Other").client_id)
        self.desk = Desk(person)
        self.found: dict[str, Any] = {}
        self.values: dict[Any, dict[str, tuple[int, str | None]]] = {}
        #: What is not stored yet: when, object or address, field, value.
        self.waiting: list[tuple[int, Any, str, str]] = []
        #: Addresses of refused records, each with when the last one came; and when their contacts were deleted.
        self.refused: dict[str, int] = {}
        self.deleted: dict[str, int] = {}

    def act(self, moment: int, act: Any) -> None:
        who, email, record = act
        if who in ("ours", "other"):
            [receipt] = getattr(self, who).send({"Email": email, **record})
            id = self.found[email] = receipt.objects[0].id
            self._wrote(moment, id, {FIELDS[name]: text for name, text in record.items() if name in FIELDS})
            self.waiting += [
                (moment, id, HEADINGS[heading], record[heading])
                for heading, mapped in (("Vorname", "First Name"), ("Nachname", "Last Name"))
                if heading in record and mapped not in record
            ]
        elif who == "refused":
            self.ours.refused(**{"Mail": email, **record})
            self.refused[email] = moment
            self.waiting += [(moment, email, FIELDS[name], text) for name, text in record.items()]
        elif email in self.found and who == "hand":
            id = self.found[email]
            text = record["First Name"]
            self.desk.save("contact", id, first_name=text, email=email)
            self._wrote(moment, id, {"first_name": text or None})
        elif email in self.found:
            id = self.found.pop(email)
            assert self.ours.api.delete(f"/api/contacts/{id}").status_code == 204
            del self.values[id]
            self.deleted[email] = moment

    def _wrote(self, moment: int, id: Any, given: dict[str, str | None]) -> None:
        """What only confirms is no write."""
        own = self.values.setdefault(id, {})
        for field, value in given.items():
            if own.get(field, (0, None))[1] != value:
                own[field] = (moment, value)

    def expected(self) -> dict[str, dict[str, str | None]]:
        """Each address with what its contact should be, once what waits is stored."""
        for moment, whom, field, value in self.waiting:
            if whom not in self.found and self.deleted.get(whom, -1) > moment:
                continue
            id = self.found.get(whom, whom) if isinstance(whom, str) else whom
            if isinstance(whom, str):
                self.values.setdefault(id, {})
            if id in self.values and self.values[id].get(field, (-1, None))[0] < moment:
                self.values[id][field] = (moment, value)
        come = {email for email, moment in self.refused.items() if self.deleted.get(email, -1) < moment}
        there = {email: self.found.get(email, email) for email in {*self.found, *come}}
        return {
            email: {field: self.values.get(id, {}).get(field, (0, None))[1] for field in FIELDS.values()}
            for email, id in there.items()
        }

    def told(self) -> dict[str, dict[str, str | None]]:
        return {
            each["email"]: {field: each[field] for field in FIELDS.values()}
            for each in self.ours.api.get("/api/contacts").json()["data"]
        }


def _check_headings(history: Any) -> None:
    world = World()
    for moment, act in enumerate(history):
        world.act(moment, act)
    for heading, field in HEADINGS.items():
        world.ours.map(heading, field)
    before = world.ours.stored()
    for heading in HEADINGS:
        world.ours.again(heading=heading, configuration="contact")
    assert world.told() == world.expected()
    after = world.ours.stored()
    assert before.keys() == after.keys()
    for key, columns in before.items():
        kept = [name for name in columns if name not in HEADINGS.values()] if isinstance(key, tuple) else list(columns)
        assert all(columns[name] == after[key][name] for name in kept), "nothing but these fields is written"
    head = world.ours.head()
    for heading in HEADINGS:
        assert world.ours.again(heading=heading, configuration="contact")["apply"] == 0
    assert world.ours.head() == head


def _check_records(history: Any) -> None:
    world = World()
    for moment, act in enumerate(history):
        who, email, record = act
        world.act(moment, (who, email, {name: text for name, text in record.items() if name in FIELDS}))
    world.ours.map("Mail", "email")
    world.ours.again(records={})
    assert world.told() == world.expected()
    head = world.ours.head()
    assert world.ours.again(records={})["apply"] == 0
    assert world.ours.head() == head


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(OF_HEADINGS)
def test_a_heading_is_applied_as_if_it_had_been_mapped(database: Database, history: Any) -> None:
    _check_headings(history)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(OF_RECORDS)
def test_refused_records_are_stored_as_if_they_had_been_right(database: Database, history: Any) -> None:
    _check_records(history)


@pytest.mark.endure
@settings(
    max_examples=int(os.environ.get("REPLAY_EXAMPLES", "500")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(OF_HEADINGS, OF_RECORDS)
def test_the_laws_hold_for_very_many(database: Database, headings: Any, records: Any) -> None:
    _check_headings(headings)
    _check_records(records)
