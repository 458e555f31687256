"""`PUT /records`: one record in, an empty 200 or every fault at once out (`contract.md` "Records")."""

from __future__ import annotations

from rapport.db.write import Actor
from rapport.ingest.doors import (
    BODY_LIMIT,
    SCOPE,
    Doors,
    Sender,
    answer,
    as_configured,
    check_configuration,
    check_scope,
    find_configuration,
    known_configuration,
    take,
)
from rapport.ingest.http import Refusal, Request, not_allowed
from rapport.ingest.submission import Queued
from rapport.records.errors import Malformed
from rapport.records.wire import Call, form_body, read_form, read_json

#: Headers that ask for more than the record's writing.
_SPECIAL = frozenset((b"prefer", b"idempotency-key", b"expect", b"transfer-encoding", b"content-encoding", b"upgrade"))
_HINT = "Send the record with PUT; with cURL add -X PUT, put the URL in quotes and add -g for the brackets."


async def put(request: Request, doors: Doors) -> None:
    """Answer `PUT` or `POST /records`. Raises `Refusal`."""
    if request.method not in ("PUT", "POST"):
        raise not_allowed("PUT, POST", _HINT)
    request.check_size(BODY_LIMIT)
    grant = await doors.tokens.check(request)
    await doors.rates.take(request, grant)
    call = await _read(request)
    check_scope(request, grant, doors)
    configuration, errors = await find_configuration(doors, grant.tenant, call.configuration)
    check_configuration(request, grant, doors, configuration)
    sender = Sender(grant.tenant, Actor("app", grant.app_id))
    await answer(request, *await take(request, doors, sender, call, configuration, errors))


async def _read(request: Request) -> Call:
    """The call from query and body. Raises `Refusal` 400, 413, 415."""
    try:
        query = read_form(request.query)
        body = await request.body(BODY_LIMIT)
        if not body:
            return query
        match request.media_type:
            case "application/x-www-form-urlencoded":
                return read_form(form_body(body)).over(query)
            case "application/json":
                return read_json(body).over(query)
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None
    raise Refusal(415, "The body must be application/json or application/x-www-form-urlencoded; or send none.")


def plain(request: Request, doors: Doors) -> tuple[int, Queued] | None:
    """The tenant and the record of a request that is nothing but a record without a fault in its address.

    None where anything is to be looked up, waited for or told: `put` says what. Raises `Refusal`, which it would, too.
    """
    if request.method not in ("PUT", "POST") or request.unread or not request.headers.keys().isdisjoint(_SPECIAL):
        return None
    request.check_size(BODY_LIMIT)
    grant = doors.tokens.known(request)
    if grant is None or grant.rate is not None or SCOPE not in grant.scopes:
        return None
    try:
        call = read_form(request.query)
    except Malformed:
        return None
    configuration = known_configuration(doors, grant, call.configuration)
    if configuration is None or call.options or not call.record or not isinstance(call.record, dict):
        return None
    prepared = configuration.mapping.prepare(call.record)
    if prepared.errors:
        return None
    actor, told = Actor("app", grant.app_id), as_configured(configuration)
    return grant.tenant, Queued(actor=actor, request_id=request.id, records=[prepared], size=request.size, **told)
