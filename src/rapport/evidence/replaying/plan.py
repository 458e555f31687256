"""What a replay would do, and the token by which exactly that is committed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.db import OperationalError
from django.db.models import Count, Model, Q
from psycopg import errors

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.db.write import Actor
from rapport.evidence import jobs, reach, searching
from rapport.evidence.models import Replay
from rapport.tenants import audit, writing
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError, Place
from rapport.tenants.scope import bound, tenant_scope

from . import chosen, deciding, run, telling
from .cases import VERDICTS, MovedError, Part, following, moved, parts, versions

if TYPE_CHECKING:
    from rapport.history.models import SentRecord
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

    from .chosen import Wanted

#: How long a plan can be committed, in seconds.
LIFETIME = 3600
#: Records of a replay that is done at once.
FEW = 500
#: Records that a plan tries, and for how many seconds; those behind them are counted only.
TRIED, SECONDS = 10_000, 30.0
#: Milliseconds that a plan may look for records.
PLANNING = 60_000
LONG = "There is too much to look through: name a from, or a later one."
_SALT = "rapport.replay"
_NOBODY = Actor("replay", UUID(int=0))
#: Kind -> its rows, and what they are given by.
_KEYS: dict[str, tuple[type[Model], str]] = {
    "configuration": (Configuration, "reference"),
    "app": (ConnectedApp, "client_id"),
}


@dataclass(slots=True)
class Plan:
    """What would become of the records."""

    token: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    #: Records that were not tried, because there are so many.
    more: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    #: Configurations that read them, and those that the commit would read the rest with.
    versions: dict[str, int | None] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many records there are."""
        return self.counts.total() + self.more

    def as_json(self) -> dict[str, Any]:
        """As the API answers."""
        counts = {name: self.counts[name] for name in VERDICTS}
        told = {"reasons": dict(self.reasons), "examples": self.examples}
        return {"plan": self.token, **counts, "more": self.more, **told}


def plan(tenant: Tenant, asked: Mapping[str, Any], limit: reach.Limit = None) -> Plan:
    """Tries, changes nothing; `limit` is through which configurations alone its author may write.

    Raises `ParametersError`, also where there is too much to look through, `BusyError`, and what `reach` raises.
    """
    until, found = datetime.now(UTC), Plan()
    try:
        _check(tenant, asked, limit)
        _fill(found, tenant, asked, until)
    except OperationalError as fault:
        if not isinstance(fault.__cause__, errors.QueryCanceled):
            raise
        raise ParametersError({"from": [LONG]}) from None
    kept = {
        "tenant": tenant.pk,
        "asked": dict(asked),
        "until": until.isoformat(),
        "versions": found.versions,
        "total": found.total,
    }
    found.token = signing.dumps(kept, salt=_SALT, compress=True)
    return found


def _fill(found: Plan, tenant: Tenant, asked: Mapping[str, Any], until: datetime) -> None:
    """Tries the first records, and counts those behind them."""
    stop, place = monotonic() + SECONDS, None
    while True:
        rows, some, more = _look(tenant, asked, place, until)
        for part in some:
            _try(tenant, part)
            _tell(found, part)
        place = Place(rows[-1].at, rows[-1].id) if rows else place
        if not more or found.counts.total() >= TRIED or monotonic() > stop:
            break
    if more:
        with tenant_scope(tenant) as tenant_id:
            bound(PLANNING)
            _count(tenant_id, found, chosen.read(tenant_id, asked), place, until)


def _check(tenant: Tenant, asked: Mapping[str, Any], limit: reach.Limit) -> None:
    if limit is not None:
        with tenant_scope(tenant) as tenant_id:
            bound(PLANNING)
            reach.check_records(tenant_id, limit, asked)


def _look(
    tenant: Tenant, asked: Mapping[str, Any], place: Place | None, until: datetime
) -> tuple[list[SentRecord], list[Part], bool]:
    """The next records, and whether there are more behind them."""
    with tenant_scope(tenant) as tenant_id:
        bound(PLANNING)
        wanted = chosen.read(tenant_id, asked)
        rows, more = following(wanted, place, until)
        return rows, list(parts(tenant_id, wanted, rows)), more


def _count(tenant_id: int, found: Plan, wanted: Wanted, place: Place | None, until: datetime) -> None:
    """What is not tried, and which configurations will read it."""
    rest = wanted.behind(place, until).order_by().values_list("configuration_id")
    counted: dict[UUID | None, int] = dict(rest.annotate(number=Count("*")))
    found.more = sum(counted.values())
    readers = {wanted.reader or id for id in counted} - {None}
    found.versions = versions(tenant_id, [id for id in readers if id is not None]) | found.versions


def _try(tenant: Tenant, part: Part) -> None:
    """Decides a part, and writes nothing."""
    if part.going:
        dry = deciding.submission(tenant.pk, part, _NOBODY, keep_sent=False, dry_run=True)
        deciding.judge(part, writing.write(tenant, dry))


def _tell(found: Plan, part: Part) -> None:
    if part.reader is not None:
        found.versions.setdefault(str(part.reader), part.configuration.version if part.configuration else None)
    for case in part.cases:
        found.counts[case.verdict] += 1
        telling.count(found.reasons, case)
        telling.show(found.examples, case)


def commit(tenant: Tenant, author: Author, token: str, limit: reach.Limit = None) -> Replay:
    """Does what was planned: at once where it is little, else in the worker. The same token is the same replay.

    The worker has it in any case, and finds it done where nothing came between. Raises `ParametersError` for a token
    that is no plan any more, `MovedError` where a configuration is another one by now, `BusyError`, and what `reach`
    raises.
    """
    digest = hashlib.sha256(token.encode()).digest()
    with tenant_scope(tenant) as tenant_id:
        row = Replay.objects.filter(tenant_id=tenant_id, token=digest).first()
        kept = _opened(tenant_id, token, LIFETIME if row is None else None)
        if row is None:
            bound(PLANNING)
            reach.check_records(tenant_id, limit, kept["asked"])
        row = row or _begun(tenant_id, author, digest, kept)
    if row.state == Replay.State.RUNNING and row.total <= FEW:
        with suppress(BusyError):
            run.whole(tenant, row.id)
        with tenant_scope(tenant):
            row = Replay.objects.get(tenant_id=tenant.pk, id=row.id)
    return row


def _opened(tenant_id: int, token: str, lifetime: int | None) -> dict[str, Any]:
    """What a token holds that is so many seconds old at most. Raises `ParametersError`."""
    try:
        kept: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=lifetime)
    except signing.BadSignature:
        kept = {}
    if kept.get("tenant") != tenant_id:
        raise ParametersError({"commit": ["The plan does not exist, or is older than an hour: plan again."]})
    return kept


def _begun(tenant_id: int, author: Author, digest: bytes, kept: Mapping[str, Any]) -> Replay:
    """The replay of a plan, which the worker is told of. Raises `MovedError`."""
    if moved(tenant_id, kept["versions"]):
        raise MovedError
    asked = {name: given for name, given in kept["asked"].items() if name != "sent"}
    row, made = Replay.objects.get_or_create(
        tenant_id=tenant_id,
        token=digest,
        defaults={
            "asked": asked,
            "corrected": kept["asked"].get("sent"),
            "until": datetime.fromisoformat(kept["until"]),
            "versions": kept["versions"],
            "total": kept["total"],
            "author_type": author.type,
            "author_id": author.id,
            "author_name": author.name,
        },
    )
    if made:
        audit.note(tenant_id, author, "replay.start", audit.Object(row.id, told(asked)))
        jobs.replay.defer(tenant_id=tenant_id, replay_id=str(row.id))
    return row


def named(tenant_id: int, asked: Mapping[str, Any]) -> str:
    """What a replay is about, by names in the place of ids; in the tenant's scope."""
    return names(tenant_id, [asked])[0]


def names(tenant_id: int, many: Sequence[Mapping[str, Any]]) -> list[str]:
    """`named` of many replays, in two queries."""
    given = [asked["records"] if isinstance(asked.get("records"), dict) else asked for asked in many]
    found = {kind: called(tenant_id, kind, [str(each[kind]) for each in given if each.get(kind)]) for kind in _KEYS}
    texts = []
    for asked, each in zip(many, given, strict=True):
        own = {kind: found[kind][str(each[kind])] for kind in _KEYS if str(each.get(kind)) in found[kind]}
        texts.append(told({**each, **own} if each is asked else {**asked, "records": {**each, **own}}))
    return texts


def called(tenant_id: int, kind: str, given: Iterable[str]) -> dict[str, str]:
    """The names of configurations or apps, by what they are given by: a reference or client id, or an id."""
    ids = {text: searching.as_id(text) for text in given}
    if not ids:
        return {}
    model, key = _KEYS[kind]
    wanted = Q(**{f"{key}__in": ids}) | Q(id__in={id for id in ids.values() if id})
    rows = list(model._default_manager.filter(wanted, tenant_id=tenant_id).values_list("id", key, "name"))
    by_key, by_id = {key: name for _, key, name in rows}, {id: name for id, _, name in rows}
    found = {text: by_key.get(text) or by_id.get(id) for text, id in ids.items()}
    return {text: name for text, name in found.items() if name}


def told(asked: Mapping[str, Any]) -> str:
    """What a replay is about, in a few words, without what somebody is found by."""
    given = asked.get("records")
    if given is None:
        return f"{asked['heading']} of {asked['configuration']}"[:200]
    if isinstance(given, list):
        return "1 record" if len(given) == 1 else f"{len(given)} records"
    texts = [f"{name} {text}" for name, text in given.items() if name not in ("text", "containing")]
    return ", ".join(["refused records", *texts])[:200]
