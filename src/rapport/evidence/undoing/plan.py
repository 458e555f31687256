"""What an undo would do, and the token by which exactly that is committed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core import signing
from psycopg import errors

from rapport.db.queries import statement
from rapport.evidence import jobs, reach
from rapport.evidence.models import Undo
from rapport.history import ledger
from rapport.tenants import audit
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import bound, tenant_scope
from rapport.tenants.statements import fetch

from . import chosen, irreversible, run
from .chosen import Entries

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: How long a plan can be committed, in seconds.
LIFETIME = 3600
#: Objects of an undo that is done at once, and refused where they moved since the plan.
FEW = 1_000
#: Milliseconds that a plan may take.
PLANNING = 120_000
LONG = "There is too much to look through: name a from, or a later one."
IF_MOVED = ("refuse", "skip")
_SALT = "rapport.undo"
_PLAN, _MOVED = statement("plan_undo"), statement("find_moved")


class MovedError(Exception):
    """What would be undone has moved since it was planned; `objects` are up to 20 of (type, id)."""

    def __init__(self, objects: list[tuple[str, Any]]) -> None:
        super().__init__("What would be undone has changed since the plan; plan again, or skip what moved.")
        self.objects = objects


class Plan(NamedTuple):
    """What would become of the entries' objects."""

    token: str
    #: Fields that go back, objects that go, fields that stay; why those stay.
    restore: int
    delete: int
    keep: int
    objects: int
    reasons: dict[str, int]
    examples: list[dict[str, Any]]
    #: Mails that went out: how many, and the newest.
    irreversible: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As the API answers."""
        told = self._asdict()
        return {"plan": told.pop("token"), **told}


def plan(tenant: Tenant | int, asked: Mapping[str, Any], limit: reach.Limit = None) -> Plan:
    """Looks, changes nothing; `limit` is through which configurations alone its author may write.

    Raises `ParametersError`, also where there is too much to look through, and what `reach` raises.
    """
    try:
        with tenant_scope(tenant) as tenant_id:
            entries = chosen.read(tenant_id, asked)
            bound(PLANNING)
            reach.check_entries(tenant_id, limit, entries)
            behind = ledger.head(tenant_id)
            found, digest = _look(tenant_id, entries)
            found = found._replace(irreversible=irreversible.look(tenant_id, entries))
    except errors.QueryCanceled:
        raise ParametersError({"from": [LONG]}) from None
    kept = {
        "tenant": tenant_id,
        "asked": dict(asked),
        "entries": entries.as_json(),
        "behind": behind,
        "objects": found.objects,
        "digest": digest,
    }
    return found._replace(token=signing.dumps(kept, salt=_SALT, compress=True))


def _look(tenant_id: int, entries: Entries) -> tuple[Plan, str]:
    bound(PLANNING)
    [row] = fetch(_PLAN, tenant_id, entries.text, FEW)
    restore, delete, keep, objects, reasons, examples, digest = row
    return Plan("", restore, delete, keep, objects, _loaded(reasons), _loaded(examples), {}), digest


def commit(
    tenant: Tenant | int, author: Author, token: str, if_moved: str | None = None, limit: reach.Limit = None
) -> Undo:
    """Does what was planned: at once where it is little, else in the worker. The same token is the same undo.

    The worker has it in any case, and finds it done where nothing came between. Raises `ParametersError` for a token
    that is no plan any more, `MovedError`, `BusyError`, and what `reach` raises.
    """
    digest = hashlib.sha256(token.encode()).digest()
    with tenant_scope(tenant) as tenant_id:
        row = Undo.objects.filter(tenant_id=tenant_id, token=digest).first()
        kept = _opened(tenant_id, token, LIFETIME if row is None else None)
        if row is None:
            bound(PLANNING)
            reach.check_entries(tenant_id, limit, Entries.parse(kept["entries"]))
        row = row or _begun(tenant_id, author, digest, kept, if_moved)
    if row.state == Undo.State.RUNNING and kept["objects"] <= FEW:
        with suppress(BusyError):
            run.whole(tenant_id, row.id)
        with tenant_scope(tenant_id):
            row = Undo.objects.get(tenant_id=tenant_id, id=row.id)
    return row


def _begun(tenant_id: int, author: Author, digest: bytes, kept: Mapping[str, Any], if_moved: str | None) -> Undo:
    """The undo of a plan, which the worker is told of. Raises `MovedError`."""
    entries = Entries.parse(kept["entries"])
    if (if_moved or ("refuse" if kept["objects"] <= FEW else "skip")) == "refuse":
        _check_still(tenant_id, entries, kept)
    row, made = Undo.objects.get_or_create(
        tenant_id=tenant_id,
        token=digest,
        defaults={
            "asked": kept["asked"],
            "entries": kept["entries"],
            "behind": kept["behind"],
            "position": entries.high + 1,
            "author_type": author.type,
            "author_id": author.id,
            "author_name": author.name,
        },
    )
    if made:
        audit.note(tenant_id, author, "undo.start", audit.Object(row.id, told(kept["asked"])), kept["asked"])
        jobs.run.defer(tenant_id=tenant_id, undo_id=str(row.id))
    return row


def told(asked: Mapping[str, Any]) -> str:
    """What an undo is about, in a few words."""
    texts = {name: given if isinstance(given, str) else json.dumps(given) for name, given in asked.items()}
    return ", ".join(f"{name} {text}" for name, text in texts.items())[:200]


def _opened(tenant_id: int, token: str, lifetime: int | None) -> dict[str, Any]:
    """What a token holds that is so many seconds old at most. Raises `ParametersError`."""
    try:
        kept: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=lifetime)
    except signing.BadSignature:
        kept = {}
    if kept.get("tenant") != tenant_id:
        raise ParametersError({"commit": ["The plan does not exist, or is older than an hour: plan again."]})
    return kept


def _check_still(tenant_id: int, entries: Entries, kept: Mapping[str, Any]) -> None:
    """Raises `MovedError`."""
    moved = fetch(_MOVED, tenant_id, entries.text, kept["behind"])
    if moved or (kept["objects"] <= FEW and _look(tenant_id, entries)[1] != kept["digest"]):
        raise MovedError([(kind, id) for kind, id in moved])


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
