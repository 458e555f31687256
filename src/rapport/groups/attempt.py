"""One try to read, decide and write a group, as the statements that a driver has to run in one transaction.

Nothing is written twice for two drivers: whoever runs an attempt sends it the rows of each statement that it yields.
Where a guard is lost the transaction is rolled back and another attempt made (`tries`).
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from uuid_utils import uuid7

from rapport.db import snapshot, write
from rapport.db.queries import statement
from rapport.groups import history
from rapport.groups.group import Answers, Broken, Group
from rapport.groups.ids import AsId, as_id
from rapport.groups.submission import Submission, Target
from rapport.records import hand
from rapport.records.decide import State
from rapport.records.errors import sentence

log = logging.getLogger("rapport.groups")

#: Attempts before a group gives up, and from which on it keeps the tenant's other writers out.
TRIES = 6
ALONE_FROM = 2

#: Rows that are entered before others get their turn (2 ms).
FILLED = 500
#: Rows of a large batch that are written with one statement: a driver makes its parameters at one go, 20 µs a row of
#: 100 fields.
PART = 200

_READ_CONTACTS, _READ_CONTACT = statement("read_contacts"), statement("read_contact")
_READ_ACCOUNTS, _READ_ACCOUNT = statement("read_accounts"), statement("read_account")
_READ_LINKED_ACCOUNTS = statement("read_linked_accounts")
_READ_ACTIVITIES = statement("read_activities")
_READ_ANSWERS = statement("read_answers")
_WRITE_GROUP = statement("write_group")


class Step(NamedTuple):
    """A statement to run, whose rows the attempt wants."""

    sql: str
    arguments: list[Any]
    #: The decided group that this statement makes durable.
    writes: Group | None = None
    #: Whether it is durable only together with the statement behind it.
    part: bool = False
    #: Whether it takes the tenant's head row, for which all its other writers wait until the commit.
    head: bool = False


#: Yields what to run, or None where others may have their turn; returns the group.
Attempt = Generator[Step | None, Any, Group]


def tries() -> Iterator[bool]:
    """For each attempt that a group has, whether it keeps the tenant's other writers out."""
    return (number >= ALONE_FROM for number in range(TRIES))


def attempt(tenant: int, submissions: Sequence[Submission], as_id: AsId = as_id) -> Attempt:
    """Read, decide and, unless it is a dry run, write; `as_id` makes the records' ids."""
    group = yield from _decided(tenant, submissions, as_id)
    if not submissions[0].dry_run:
        yield from _written(tenant, group)
    return group


def _decided(tenant: int, submissions: Sequence[Submission], as_id: AsId) -> Attempt:
    """Read and decide; again without a record that cannot be decided."""
    while True:
        group = yield from _read(tenant, submissions, as_id)
        try:
            yield from group.decide()
        except Broken as broken:
            log.error("a record of a batch could not be decided", exc_info=broken.__cause__)
            broken.record.errors = {"record": [sentence("broken")]}
            continue
        return group


def _read(tenant: int, submissions: Sequence[Submission], as_id: AsId) -> Attempt:
    """R: every row that the submissions' keys can reach, and the database's time."""
    state, moment = State(lambda: as_id(uuid7().bytes)), datetime.now(UTC)
    wanted = snapshot.reach(record for each in submissions if each.type is not None for record in each.records)
    for submission in submissions:
        if submission.target is not None:
            keys, moment = yield from _read_target(tenant, state, submission.target, moment)
            wanted.contacts.extend(keys)
    for keys, sql, fill in (
        (wanted.accounts, _READ_ACCOUNTS, snapshot.fill_accounts),
        (wanted.activities, _READ_ACTIVITIES, snapshot.fill_activities),
        (wanted.contacts, _READ_CONTACTS, snapshot.fill_contacts),
    ):
        if keys:
            rows = yield Step(sql, [tenant, keys])
            for at in range(0, len(rows), FILLED):
                fill(state, rows[at : at + FILLED])
                if len(rows) > FILLED:
                    yield None
            moment = rows[-1][-1]
    if any(each.type is not None and each.type.reads_linked_accounts for each in submissions):
        rows = yield Step(_READ_LINKED_ACCOUNTS, [tenant, snapshot.linked_accounts(state)])
        snapshot.fill_accounts(state, rows)
    earlier = yield from _read_answers(tenant, submissions)
    return Group(submissions, state, moment, earlier, as_id)


def _read_target(
    tenant: int, state: State, target: Target, moment: datetime
) -> Generator[Step, Any, tuple[list[str], datetime]]:
    """Objects with all their keys: keys of contacts' own e-mails and phones, which may find others; and the time."""
    of_contact = target.type == "contact"
    rows = yield Step(_READ_CONTACT if of_contact else _READ_ACCOUNT, [tenant, [*target.ids]])
    (snapshot.fill_contacts if of_contact else snapshot.fill_accounts)(state, rows)
    own = chain.from_iterable(hand.contact_keys(row).values() for row in state.contacts.rows.values())
    return list(own), rows[0][-1] if rows else moment


def _read_answers(tenant: int, submissions: Sequence[Submission]) -> Generator[Step, Any, Answers]:
    """Earlier answers under the submissions' idempotency keys."""
    wanted = [(each.actor.id, each.once.key) for each in submissions if each.once]
    if not wanted:
        return {}
    actors, keys = zip(*wanted, strict=True)
    found = yield Step(_READ_ANSWERS, [tenant, list(actors), list(keys)])
    return {(actor_id, key): (fingerprint, receipt) for actor_id, key, fingerprint, receipt in found}


def _written(tenant: int, group: Group) -> Generator[Step | None, Any, None]:
    """W; a discarded group leaves its history only. The rows of a large batch go in parts."""
    state = None if group.discarded else group.state
    answers = ((*owner, *answer) for owner, answer in group.answers.items())
    requests = yield from history.rows(group)
    if len(requests) <= PART or group.submissions[0].single:
        whole = write.arguments(tenant, group.moment, state, answers=answers, requests=requests)
        yield Step(_WRITE_GROUP, whole, group, head=bool(whole[-1]))
        return
    parts = write.parts(tenant, group.moment, state, answers=answers, requests=requests, size=PART)
    part = next(parts)
    for following in parts:
        yield Step(_WRITE_GROUP, part, part=True, head=bool(part[-1]))
        part = following
    yield Step(_WRITE_GROUP, part, group, head=bool(part[-1]))
