"""The ledger's laws under any order of steps: each person gets one, and the counts are counts of rows.

Two campaigns over the same people, two senders, the rest rule on; refusals, lost leases and senders that go on although
they lost theirs. What a mail server would have taken is counted beside the ledger.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.db.queries import statement
from rapport.groups import ids
from tests.cast import new_tenant
from tests.sender import office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

OUTCOMES = ("sent", "4xx", "5xx", "lost", "silent", "forgotten")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("claim", "hand over", "answer", "lose", "recover", "due", "again")),
        st.integers(0, 1),
        st.integers(0, 1),
        st.sampled_from(OUTCOMES),
    ),
    min_size=5,
    max_size=40,
)


class World:
    """One history: people, two campaigns, two senders, and what a server has taken."""

    def __init__(self, app: psycopg.Connection, tenant: Tenant, people: int) -> None:
        self.app, self.tenant = app, tenant.pk
        self.taken: Counter[UUID] = Counter()
        self.senders = [uuid4(), uuid4()]
        #: Of each sender: delivery -> (campaign, claim, contact), claimed, and handed over.
        self.claimed: list[dict[UUID, tuple[UUID, int, UUID]]] = [{}, {}]
        self.begun: list[dict[UUID, tuple[UUID, int, UUID]]] = [{}, {}]
        #: Senders that have forgotten a mail under way, which only those do that end.
        self.forgetful: set[int] = set()
        contacts = [uuid4() for _ in range(people)]
        self.people = contacts
        for contact in contacts:
            email = f"{contact.hex}@example.com"
            self.run(
                "insert into contacts (tenant_id, id, email, version, created_at, updated_at)"
                " values (%s, %s, %s, 1, now(), now())",
                self.tenant,
                contact,
                email,
            )
            self.run("insert into contact_keys values (%s, %s, %s)", self.tenant, f"e:{email}", contact)
        self.campaigns = [self.campaign(contacts), self.campaign(contacts)]
        for sender in self.senders:
            self.call("renew_lease", sender, 3600)

    def campaign(self, contacts: list[UUID]) -> UUID:
        id = uuid4()
        self.run(
            "insert into campaigns"
            " (tenant_id, id, name, kind, recipients, sender_name, sender_address, state, start_at, waves)"
            " values (%s, %s, 'c', 'invitation', '{}', 'n', 'a@example.com', 'running', now(), 1)",
            self.tenant,
            id,
        )
        for contact in contacts:
            self.run(
                "insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, address, address_key, state,"
                " due_at, updated_at) select %s, uuidv7(), %s, 0, id, email, 'e:' || email, 'queued', now(), now()"
                " from contacts where tenant_id = %s and id = %s",
                self.tenant,
                id,
                self.tenant,
                contact,
            )
        values = (self.tenant, id, len(contacts))
        self.run("insert into campaign_counts values (%s, %s, 0, 'queued', '', 0, %s)", *values)
        return id

    def run(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.app.transaction():
            self.app.execute(f"set local rapport.tenant_id = '{self.tenant:d}'")
            found = self.app.execute(text, parameters)
            return found.fetchall() if found.description else []

    def call(self, name: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.RawCursor(self.app) as cursor:
            cursor.execute(statement(name), (self.tenant, *parameters))
            return cursor.fetchall()

    def step(self, what: str, sender: int, campaign: int, outcome: str) -> None:
        getattr(self, what.replace(" ", "_"))(sender, self.campaigns[campaign], outcome)

    def claim(self, sender: int, campaign: UUID, _: str) -> None:
        new, first = [uuid4() for _ in range(3)], ids.first(office.now())
        records = [ids.following(first, step) for step in range(3)]
        rows = self.call("claim_deliveries", campaign, self.senders[sender], 3, "UTC", new, records, sender)
        for row in rows:
            [(contact,)] = self.run(
                "select contact_id from deliveries where tenant_id = %s and id = %s", self.tenant, row[0]
            )
            self.claimed[sender][row[0]] = (campaign, row[1], contact)

    def hand_over(self, sender: int, campaign: UUID, _: str) -> None:
        mine = {id: told for id, told in self.claimed[sender].items() if told[0] == campaign}
        if not mine:
            return
        numbers = [told[1] for told in mine.values()]
        rows = self.call("hand_over", campaign, self.senders[sender], list(mine), numbers, "UTC", sender)
        passed = {row[0] for row in rows}
        for id, told in mine.items():
            del self.claimed[sender][id]
            if id in passed:
                self.begun[sender][id] = told

    def answer(self, sender: int, campaign: UUID, outcome: str) -> None:
        """A server answers the oldest mail that is under way."""
        mine = [(id, told) for id, told in self.begun[sender].items() if told[0] == campaign]
        if not mine:
            return
        id, (_, number, contact) = mine[0]
        del self.begun[sender][id]
        if outcome in ("sent", "silent", "forgotten"):
            self.taken[contact] += 1
        told = {"sent": "sent", "4xx": "deferred", "5xx": "failed", "lost": "deferred", "silent": "in doubt"}.get(
            outcome
        )
        if outcome == "forgotten":
            self.forgetful.add(sender)
        if told:
            pause = 0 if told == "deferred" else None
            row = f"(array[row(%s, %s, %s, 'refused', null, {pause or 'null'}, null, false)::outcome_1])"
            parameters = (self.tenant, campaign, self.senders[sender], id, number, told, sender)
            self.run(f"select settle_deliveries_1(%s, %s, %s, {row}, %s)", *parameters)

    def lose(self, sender: int, *_: Any) -> None:
        """The sender loses its lease, and forgets everything: it is another one from now on."""
        self.run("update sender_leases set until = now() - interval '1 hour' where tenant_id = %s and sender_id = %s",
                 self.tenant, self.senders[sender])  # fmt: skip
        for _, _, contact in self.begun[sender].values():
            self.taken[contact] += 1
        self.claimed[sender], self.begun[sender], self.senders[sender] = {}, {}, uuid4()
        self.forgetful.discard(sender)
        self.call("renew_lease", self.senders[sender], 3600)

    def recover(self, sender: int, *_: Any) -> None:
        self.run("update deliveries set handed_over_at = now() - interval '1 hour' where tenant_id = %s and state ="
                 " 'handed over' and sender_id <> all(%s)", self.tenant, self.senders)  # fmt: skip
        self.call("recover_deliveries", self.senders[sender], None, 200, sender)

    def due(self, *_: Any) -> None:
        self.run("update deliveries set due_at = now() where tenant_id = %s and state in"
                 " ('queued', 'deferred') and campaign_id = any(%s)", self.tenant, self.campaigns)  # fmt: skip

    def again(self, sender: int, campaign: UUID, _: str) -> None:
        """Somebody sends again to those that failed."""
        self.call("requeue_deliveries", campaign, "failed", None, sender)

    def finish(self) -> None:
        """Everything that can go goes."""
        for sender in sorted(self.forgetful):
            self.lose(sender)
        for _ in range(4):
            for sender in (0, 1):
                self.recover(sender)
                self.due()
                for campaign in self.campaigns:
                    self.claim(sender, campaign, "")
                    self.claim(sender, campaign, "")
                    self.hand_over(sender, campaign, "")
                    while any(told[0] == campaign for told in self.begun[sender].values()):
                        self.answer(sender, campaign, "sent")

    def check(self) -> None:
        rows = self.run(
            "select contact_id, campaign_id, state, coalesce(reason, '') from deliveries"
            " where tenant_id = %s and campaign_id = any(%s)", self.tenant, self.campaigns)  # fmt: skip
        assert len(rows) == 2 * len(self.people)
        final = ("skipped", "failed", "bounced", "cancelled", "in doubt")
        there = Counter((campaign, state, reason if state in final else "") for _, campaign, state, reason in rows)
        kept = self.run(
            "select campaign_id, state, reason, sum(count)::integer from campaign_counts where tenant_id = %s"
            " and campaign_id = any(%s) group by 1, 2, 3 having sum(count) <> 0",
            self.tenant,
            self.campaigns,
        )
        assert {(campaign, state, reason): number for campaign, state, reason, number in kept} == there
        assert all(self.taken[contact] <= 1 for contact in self.people), "nobody gets it twice"


@pytest.fixture(scope="module")
def tenant(database: Database) -> Tenant:
    """One for all histories, each with people of its own."""
    return new_tenant()


@pytest.fixture(scope="module")
def app(database: Database) -> Iterator[psycopg.Connection]:
    """The application role."""
    with psycopg.connect(database.app, autocommit=True) as connection:
        yield connection


def history(app: psycopg.Connection, tenant: Tenant, people: int, steps: list[Any]) -> None:
    world = World(app, tenant, people)
    for step in steps:
        world.step(*step)
        assert all(world.taken[contact] <= 1 for contact in world.people)
    world.check()
    world.finish()
    world.check()
    states = world.run(
        "select contact_id, array_agg(state) from deliveries where tenant_id = %s and campaign_id = any(%s) group by 1",
        world.tenant,
        world.campaigns,
    )
    for contact, both in states:
        assert set(both) <= {"sent", "skipped", "in doubt", "failed"}, both
        assert sum(state in ("sent", "in doubt") for state in both) <= 1
        if world.taken[contact] == 0:
            assert "failed" in both or "in doubt" in both, "nobody is left out"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.integers(1, 4), steps=STEPS)
def test_two_campaigns_and_two_senders_reach_everybody_once(
    app: psycopg.Connection, tenant: Tenant, people: int, steps: list[Any]
) -> None:
    history(app, tenant, people, steps)


@pytest.mark.endure
@settings(
    max_examples=int(os.environ.get("HISTORIES", "1000")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(people=st.integers(1, 4), steps=STEPS)
def test_a_thousand_histories(app: psycopg.Connection, tenant: Tenant, people: int, steps: list[Any]) -> None:
    history(app, tenant, people, steps)
