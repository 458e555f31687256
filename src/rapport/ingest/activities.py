"""`PUT /activities`: the reference's own JSON address for activities (`contract.md` "Bearer-token JSON siblings")."""

from __future__ import annotations

import logging
from functools import cache
from zoneinfo import ZoneInfo

import orjson
from uuid_utils import uuid7

from rapport.db.queries import statement
from rapport.db.write import Actor
from rapport.groups.rendering import as_json
from rapport.groups.submission import Result
from rapport.ingest import doors as library
from rapport.ingest.cache import Cache
from rapport.ingest.doors import BODY_LIMIT, Doors, Sender
from rapport.ingest.http import Invalidated, Refusal, Request, not_allowed
from rapport.ingest.mappings import CONFIGURATION_SECONDS, Configuration
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.records.activities import ActivityMapping
from rapport.records.errors import Malformed
from rapport.records.types.activity import OBJECT
from rapport.records.wire import Call, read_form, read_object

log = logging.getLogger("rapport.ingest")

_HINT = "Send the activity with PUT, as a JSON object."
_CLOCK = statement("tenant_clock")


@cache
def _mapping(zone: str) -> ActivityMapping:
    """One mapping for all tenants of a time zone."""
    return ActivityMapping(ZoneInfo(zone), lambda: str(uuid7()))


class Clocks:
    """What the address takes in the place of a configuration, per tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: Cache[int, Configuration] = Cache(self._find, CONFIGURATION_SECONDS)

    async def find(self, tenant: int) -> Configuration | None:
        """The tenant's own. Raises `Unavailable`."""
        return await self._cache.get(tenant)

    async def _find(self, tenant: int) -> Configuration | None:
        row = await self._store.fetchrow(tenant, _CLOCK)
        if row is None:
            return None
        try:
            mapping = _mapping(row["time_zone"])
        except (KeyError, ValueError):
            log.error("the time zone %s is unknown; UTC is used", row["time_zone"])
            mapping = _mapping("UTC")
        return Configuration(None, mapping, row["sent_days"] > 0)


async def put(request: Request, doors: Doors, clocks: Clocks) -> None:
    """Answer `PUT` or `POST /activities`. Raises `Refusal`."""
    if request.method not in ("PUT", "POST"):
        raise not_allowed("PUT, POST", _HINT)
    request.check_size(BODY_LIMIT)
    grant = await doors.tokens.check(request)
    await doors.rates.take(request, grant)
    call = await _read(request)
    library.check_scope(request, grant, doors)
    configuration = await clocks.find(grant.tenant)
    # An app that is limited to named configurations needs the one for activities among them.
    own = await doors.configurations.find(grant.tenant, "activity") if grant.configurations is not None else None
    library.check_configuration(request, grant, doors, own or configuration)
    sender = Sender(grant.tenant, Actor("app", grant.app_id))
    try:
        submission, result = await library.take(request, doors, sender, call, configuration, {})
    except Invalidated as refusal:
        errors: dict[str, list[str]] = refusal.payload["errors"]
        refusal.payload["errors"] = {name.removeprefix("record."): told for name, told in errors.items()}
        raise
    await _answer(request, submission, result)


async def _read(request: Request) -> Call:
    """The activity, with the query's options. Raises `Refusal` 400, 413, 415."""
    try:
        call = read_form(request.query)
        body = await request.body(BODY_LIMIT)
        if body and request.media_type != "application/json":
            raise Refusal(415, "The body must be application/json.")
        # Nothing at all lacks every required key.
        call.configuration, call.record = None, read_object(body or b"{}", verbatim=OBJECT) or {"reference": None}
        return call
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None


async def _answer(request: Request, submission: Queued, result: Result) -> None:
    """201 or 200, with the activity's id and reference, or with the receipt where the caller prefers it."""
    if result.replay is not None:
        receipt = orjson.loads(result.replay)
    else:
        receipt = orjson.loads(as_json(result.receipts[0].as_json(dry_run=submission.dry_run)))
    activity = receipt["objects"][0]
    status = 201 if receipt["outcome"] == "created" and not submission.dry_run else 200
    if submission.dry_run or library.prefers_representation(request):
        await library.answer(request, submission, result, status)
        return
    _, reference = activity["changes"].get("reference") or (None, submission.records[0].values["reference"])
    await request.reply_json(status, {"id": activity["id"], "reference": reference})
