"""`PUT /records`: one record in, an empty 200 or every fault at once out (`contract.md` "Records")."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from rapport.db.write import Actor
from rapport.ingest.auth import Grant, Tokens
from rapport.ingest.http import Invalidated, Refusal, Request, as_json, not_allowed
from rapport.ingest.mappings import Configuration, Configurations
from rapport.ingest.rates import Rates
from rapport.ingest.submission import REUSED, Once, Result, Submission
from rapport.ingest.unmapped import Unmapped
from rapport.ingest.writer import Writer
from rapport.records.errors import Invalid, Malformed, sentence
from rapport.records.fields import check_text
from rapport.records.receipt import Prepared, Receipt
from rapport.records.wire import Call, read_form, read_json

BODY_LIMIT = 1024 * 1024
REFERENCE_LIMIT = 255
KEY_LIMIT = 255
SCOPE = "records:write"
_HINT = "Send the record with PUT; with cURL add -X PUT, put the URL in quotes and add -g for the brackets."
#: RFC 6750 §3.1.
_INSUFFICIENT = [(b"www-authenticate", f'Bearer realm="rapport", error="insufficient_scope", scope="{SCOPE}"'.encode())]
_PREFERRED = [(b"preference-applied", b"return=representation")]


class Doors(NamedTuple):
    """What every door to the records engine needs."""

    tokens: Tokens
    configurations: Configurations
    writer: Writer
    rates: Rates
    unmapped: Unmapped


class Sender(NamedTuple):
    """Whose record it is."""

    tenant: int
    actor: Actor


async def put(request: Request, doors: Doors) -> None:
    """Answer `PUT` or `POST /records`. Raises `Refusal`."""
    if request.method not in ("PUT", "POST"):
        raise not_allowed("PUT, POST", _HINT)
    request.check_size(BODY_LIMIT)
    grant = await doors.tokens.check(request)
    await doors.rates.take(request, grant, 1)
    call = await _read(request)
    check_scope(request, grant, doors)
    configuration, errors = await find_configuration(doors, grant.tenant, call.configuration)
    check_configuration(request, grant, doors, configuration)
    sender = Sender(grant.tenant, Actor("app", grant.app_id))
    await answer(request, *await take(request, doors, sender, call, configuration, errors))


async def take(
    request: Request,
    doors: Doors,
    sender: Sender,
    call: Call,
    configuration: Configuration | None,
    errors: dict[str, list[str]],
) -> tuple[Submission, Result]:
    """Put the call's record through the engine, whatever door it came through.

    `errors` are those found so far. Raises `Invalidated` with them and the record's own, `Unavailable`.
    """
    errors |= _faults(call.record)
    submission = _submission(request, sender, call, configuration, errors)
    doors.unmapped.note(sender.tenant, submission)
    result = await hand_over(doors, sender.tenant, submission, errors)
    if result.status == 422:
        raise Invalidated(result.receipts[0].errors)
    return submission, result


def _submission(
    request: Request,
    sender: Sender,
    call: Call,
    configuration: Configuration | None,
    errors: dict[str, list[str]],
) -> Submission:
    """The call's record, mapped and checked; its faults go into `errors`."""
    dry_run = read_flag(call, "dry_run", errors)
    once = read_once(request, call, dry_run, errors)
    record = as_record(call.record)
    prepared = configuration.mapping.prepare(record) if configuration and record else Prepared(record)
    errors |= prepared.errors
    return Submission(
        actor=sender.actor,
        request_id=request.id,
        configuration_id=configuration and configuration.id,
        type=configuration and configuration.mapping.type,
        records=[prepared],
        keep_sent=configuration is not None and configuration.keep_sent,
        size=request.size,
        dry_run=dry_run,
        once=once,
        answer=_receipt,
    )


async def _read(request: Request) -> Call:
    """The call from query and body. Raises `Refusal` 400, 413, 415."""
    try:
        query = read_form(request.query)
        body = await request.body(BODY_LIMIT)
        if not body:
            return query
        match request.media_type:
            case "application/x-www-form-urlencoded":
                return read_form(body).over(query)
            case "application/json":
                return read_json(body).over(query)
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None
    raise Refusal(415, "The body must be application/json or application/x-www-form-urlencoded; or send none.")


def check_scope(request: Request, grant: Grant, doors: Doors) -> None:
    """Raises `Refusal` 403, noted in the history, where the token may not write records."""
    if SCOPE not in grant.scopes:
        refusal = Refusal(403, f"The access token lacks the scope {SCOPE}.", _INSUFFICIENT)
        _note(request, grant, doors, refusal, None)
        raise refusal


def check_configuration(request: Request, grant: Grant, doors: Doors, configuration: Configuration | None) -> None:
    """Raises `Refusal` 403, noted in the history, where the app is limited to other configurations."""
    if configuration and grant.configurations is not None and configuration.id not in grant.configurations:
        refusal = Refusal(403, "The Connected App may not send records for this configuration.")
        _note(request, grant, doors, refusal, configuration)
        raise refusal


def _note(request: Request, grant: Grant, doors: Doors, refusal: Refusal, configuration: Configuration | None) -> None:
    """Enter a 403 into the history, without what was sent: no mapping has seen whom it is about."""
    prepared = Prepared({})
    prepared.errors["configuration" if configuration else "scope"] = [str(refusal)]
    place = configuration and configuration.id
    note = Submission(Actor("app", grant.app_id), request.id, place, None, [prepared], keep_sent=False, refused=403)
    doors.writer.enqueue(grant.tenant, note)


async def find_configuration(
    doors: Doors, tenant: int, reference: Any
) -> tuple[Configuration | None, dict[str, list[str]]]:
    """The configuration that the caller named, or the fault to report. Raises `Unavailable`."""
    if reference is None or reference == "":
        return None, {"configuration": [sentence("required", "configuration")]}
    if isinstance(reference, str) and len(reference) <= REFERENCE_LIMIT:
        try:
            check_text(reference)
        except Invalid:
            return None, {"configuration": [sentence("configuration")]}
        found = await doors.configurations.find(tenant, reference.strip())
        if found is not None:
            return found, {}
    return None, {"configuration": [sentence("configuration")]}


def as_record(value: Any) -> dict[str, Any]:
    """Headings and values of what came as `record`; a list's headings are its positions."""
    if isinstance(value, list):
        return {str(position): inner for position, inner in enumerate(value)}
    return value if isinstance(value, dict) else {}


def _faults(record: Any) -> dict[str, list[str]]:
    if record in (None, "", {}, []):
        return {"record": [sentence("required", "record")]}
    if not isinstance(record, dict | list):
        return {"record": [sentence("array", "record")]}
    return {}


def read_flag(call: Call, name: str, errors: dict[str, list[str]]) -> bool:
    """A true-or-false option; a fault goes into `errors`."""
    try:
        return call.flag(name)
    except Invalid as fault:
        errors[name] = [fault.sentence(name)]
        return False


def read_once(
    request: Request, call: Call, dry_run: bool, errors: dict[str, list[str]], content: Any = None
) -> Once | None:
    """The idempotency key with the digest of what came with it; a fault goes into `errors`."""
    raw = request.headers.get(b"idempotency-key", b"").strip()
    if not raw or dry_run:
        return None
    if len(raw) > KEY_LIMIT:
        errors["Idempotency-Key"] = [sentence("idempotency_max", limit=KEY_LIMIT)]
        return None
    pairs = list(call.record.items()) if isinstance(call.record, dict) else call.record
    told = as_json([request.path.rstrip("/"), call.configuration, pairs, content])
    return Once(raw.decode("latin-1"), hashlib.sha256(told).digest())


async def hand_over(doors: Doors, tenant: int, submission: Submission, errors: dict[str, list[str]]) -> Result:
    """What became of the submission; with `errors` it is refused, which the history notes, but for a dry run.

    A repeat is answered all the same: what was right when it first came is not written again, however its
    configuration has changed since. Raises `Invalidated`, `Unavailable`.
    """
    if errors:
        if submission.dry_run:
            raise Invalidated(errors)
        for record in submission.records:
            record.errors = errors | record.errors
        submission.refused, submission.type = 422, None
        if submission.once is None:
            doors.writer.enqueue(tenant, submission)
            raise Invalidated(errors)
    result = await doors.writer.submit(tenant, submission)
    if result.conflict:
        raise Invalidated(REUSED)
    if errors and result.replay is None:
        raise Invalidated(errors)
    return result


def _receipt(receipts: list[Receipt]) -> bytes:
    return as_json(receipts[0].as_json())


async def answer(request: Request, submission: Submission, result: Result, status: int = 200) -> None:
    """The receipt where the caller prefers it or asked for a dry run, else nothing but the status."""
    preferred = prefers_representation(request)
    headers = _PREFERRED if preferred else []
    if result.replay is not None:
        body = result.replay.encode()
    elif preferred or submission.dry_run:
        body = as_json(result.receipts[0].as_json(dry_run=submission.dry_run))
    if preferred or submission.dry_run:
        await request.reply_json(status, body, headers)
    else:
        await request.reply(status)


def prefers_representation(request: Request) -> bool:
    """Whether `Prefer` (RFC 7240) asks for the receipt."""
    if b"prefer" not in request.headers:
        return False
    lines = b",".join(value for name, value in request.scope["headers"] if name == b"prefer")
    preferences = lines.lower().replace(b" ", b"").replace(b'"', b"").split(b",")
    return any(preference.split(b";")[0] == b"return=representation" for preference in preferences)
