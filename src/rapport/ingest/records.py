"""`PUT /records`: one record in, an empty 200 or every fault at once out (`contract.md` "Records")."""

from __future__ import annotations

from rapport.db.write import Actor
from rapport.ingest.doors import (
    BODY_LIMIT,
    Doors,
    Sender,
    answer,
    check_configuration,
    check_scope,
    find_configuration,
    take,
)
from rapport.ingest.http import Refusal, Request, not_allowed
from rapport.records.errors import Malformed
from rapport.records.wire import Call, form_body, read_form, read_json

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
