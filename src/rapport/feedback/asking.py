"""Makes survey records by hand and by the API, closes them, and revokes their links; each is an entry of the ledger.

Everything here opens transactions of its own and must not be called inside a tenant's scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import orjson
from django.db import Error, connection
from psycopg import errors

from rapport.configurations import catalogue
from rapport.db.queries import statement
from rapport.db.write import Actor
from rapport.groups import ids
from rapport.groups.submission import Decision, Submission, Target
from rapport.records import hand
from rapport.records.decide import State
from rapport.records.types import ALL, survey
from rapport.surveys.models import Survey, SurveyRecord
from rapport.tenants import writing
from rapport.tenants.actors import current_request
from rapport.tenants.errors import BusyError
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from .errors import SurveyFaultsError, SurveyStateError

if TYPE_CHECKING:
    from rapport.records.receipt import Prepared, Receipt

_CHANGE_ASKED = statement("change_asked")
_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)
TRIES = 6
_NOBODY = "There is no such contact."


class Wanted(NamedTuple):
    """Whom to ask, by a key or by id, and what; without a survey the system's default."""

    #: `email` or `phone` -> text.
    keys: Mapping[str, str]
    contact_id: UUID | None
    survey: Survey | None


def ask(tenant: Tenant, actor: Actor, origin: str, wanted: Wanted) -> UUID:
    """A new survey record; its id. Raises `SurveyFaultsError` (by `email`, `phone` or `id`), `BusyError`."""
    with tenant_scope(tenant) as tenant_id:
        record = hand.prepare(ALL["survey"], wanted.keys, catalogue.of_tenant(tenant_id))
    if record.errors:
        raise SurveyFaultsError(record.errors)
    how: dict[str, Any] = {"origin": origin}
    if wanted.survey is not None:
        how["survey_id"] = wanted.survey.id

    def apply(state: State, record: Prepared) -> Receipt:
        person = None if wanted.contact_id is None else state.contacts.rows.get(wanted.contact_id)
        if wanted.contact_id is not None and person is None:
            raise SurveyFaultsError({"id": [_NOBODY]})
        return survey.ask(state, record, how, person)

    submission = Submission(
        actor=actor,
        request_id=current_request.get(),
        type=Decision(apply, reads_linked_accounts=True),
        records=[record],
        keep_sent=tenant.sent_days > 0,
        target=Target("contact", [wanted.contact_id]) if wanted.contact_id else None,
    )
    [receipt] = writing.write(tenant, submission).receipts
    return UUID(str(receipt.objects[0].id))


def close(tenant_id: int, id: UUID, actor: Actor, *, state: str = SurveyRecord.State.CLOSED) -> bool:
    """Takes no answers that are opened from now on; whether that is any different. Raises `BusyError`."""

    def closed(row: SurveyRecord) -> dict[str, Any] | None:
        over = (SurveyRecord.State.CLOSED, SurveyRecord.State.CANCELLED)
        return None if row.state in over or row.closed_at else {"state": _kept(row, state), "closed_at": now()}

    return _change(tenant_id, id, actor, closed)


def revoke(tenant_id: int, id: UUID, actor: Actor) -> bool:
    """Its links lead nowhere from now on, and new ones are made. Raises `BusyError`."""
    return _change(tenant_id, id, actor, lambda row: {"generation": row.generation + 1})


def state_now(row: SurveyRecord, moment: datetime | None = None) -> str:
    """Its state as people and callers see it: one whose time is over is closed."""
    if row.state in SurveyRecord.WAITING and row.ends_at <= (moment or now()):
        return SurveyRecord.State.CLOSED
    return row.state


def survey_to_ask(tenant_id: int, reference: str) -> Survey:
    """A live survey; inside the tenant's scope. Raises `SurveyStateError`."""
    found = Survey.objects.filter(tenant_id=tenant_id, reference=reference).first()
    if found is None:
        raise SurveyStateError(f"There is no survey {reference}.")
    if found.state != Survey.State.LIVE:
        raise SurveyStateError(f"The survey {reference} is not live.")
    return found


def _kept(row: SurveyRecord, state: str) -> str:
    """Who has answered stays answered."""
    return row.state if row.state == SurveyRecord.State.ANSWERED else state


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def _change(tenant_id: int, id: UUID, actor: Actor, made: Any) -> bool:
    """Changes a survey record as `made(row)` says (None: not), in one guarded statement."""
    for _ in range(TRIES):
        with tenant_scope(tenant_id):
            row = SurveyRecord.objects.get(tenant_id=tenant_id, id=id)
        wanted = made(row)
        if wanted is None:
            return False
        if _write(row, actor, wanted):
            return True
    raise BusyError


def _write(row: SurveyRecord, actor: Actor, wanted: Mapping[str, Any]) -> bool:
    record = ids.first(now())
    diff = {name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value}
    told = orjson.dumps(diff).decode()
    origin = (*actor, current_request.get(), None, None)
    entry = ("survey_record", row.id, row.version + 1, "updated", told, *origin, record, row.last_record, None)
    state, generation, closed_at = (
        wanted.get(name, getattr(row, name)) for name in ("state", "generation", "closed_at")
    )
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors:
            fetch(_CHANGE_ASKED, row.tenant_id, row.id, row.version, state, generation, closed_at, record, [entry])
    except Error as error:
        if isinstance(error.__cause__, _CONFLICTS):
            return False
        raise
    return True
