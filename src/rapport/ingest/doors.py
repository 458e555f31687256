"""What the doors to the records engine have in common: who may, which configuration, and how it is answered."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from rapport.db.write import Actor
from rapport.groups.rendering import as_json
from rapport.groups.submission import REUSED, Once, Result
from rapport.ingest.auth import Grant, Tokens
from rapport.ingest.http import Invalidated, Refusal, Request
from rapport.ingest.mappings import Configuration, Configurations
from rapport.ingest.rates import Rates
from rapport.ingest.submission import Queued
from rapport.ingest.turns import Turns
from rapport.ingest.writer import Writer
from rapport.records.errors import Invalid, sentence
from rapport.records.fields import check_text
from rapport.records.receipt import Prepared, Receipt
from rapport.records.wire import Call

BODY_LIMIT = 1024 * 1024
REFERENCE_LIMIT = 255
KEY_LIMIT = 255
SCOPE = "records:write"
#: RFC 6750 §3.1.
_INSUFFICIENT = [(b"www-authenticate", f'Bearer realm="rapport", error="insufficient_scope", scope="{SCOPE}"'.encode())]
PREFERRED = [(b"preference-applied", b"return=representation")]


class Doors(NamedTuple):
    """What every door to the records engine needs."""

    tokens: Tokens
    configurations: Configurations
    writer: Writer
    rates: Rates
    turns: Turns


class Sender(NamedTuple):
    """Whose record it is."""

    tenant: int
    actor: Actor


async def take(
    request: Request,
    doors: Doors,
    sender: Sender,
    call: Call,
    configuration: Configuration | None,
    errors: dict[str, list[str]],
) -> tuple[Queued, Result]:
    """Put the call's record through the engine, whatever door it came through.

    `errors` are those found so far. Raises `Invalidated` with them and the record's own, `Unavailable`.
    """
    errors |= call.faults()
    submission = _submission(request, sender, call, configuration, errors)
    if configuration is None:
        submission.records[0].reference = await named_as(doors, sender.tenant, call)
    result = await hand_over(request, doors, sender.tenant, submission, errors)
    if result.status == 422:
        raise _refused(request, submission, result.receipts[0].errors, result)
    return submission, result


def _submission(
    request: Request,
    sender: Sender,
    call: Call,
    configuration: Configuration | None,
    errors: dict[str, list[str]],
) -> Queued:
    """The call's record, mapped and checked; its faults go into `errors`."""
    dry_run = read_flag(call, "dry_run", errors)
    key = read_key(request, dry_run, errors)
    record = call.record if isinstance(call.record, dict) else {}
    prepared = configuration.mapping.prepare(record) if configuration and record else Prepared(record)
    prepared.parameters = call.leftovers()
    errors |= prepared.errors
    return Queued(
        actor=sender.actor,
        request_id=request.id,
        records=[prepared],
        size=request.size,
        dry_run=dry_run,
        once=None if key is None else Once(key, hashlib.sha256(content(request, call)).digest()),
        answer=_receipt,
        **as_configured(configuration),
    )


async def named_as(doors: Doors, tenant: int, call: Call) -> str | None:
    """What the caller named as its configuration, for the history that keeps what was sent. Raises `Unavailable`."""
    given = call.configuration
    if not isinstance(given, str) or not given or not await doors.configurations.keeps_sent(tenant):
        return None
    return given[:REFERENCE_LIMIT].encode(errors="replace").decode()


def as_configured(configuration: Configuration | None) -> dict[str, Any]:
    """What a submission has from its configuration."""
    if configuration is None:
        return {"type": None, "keep_sent": False}
    return {
        "configuration_id": configuration.id,
        "configuration_version": configuration.version,
        "type": configuration.mapping.type,
        "keep_sent": configuration.keep_sent,
    }


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
    told = as_configured(configuration) | {"type": None, "keep_sent": False}
    actor = Actor("app", grant.app_id)
    note = Queued(actor=actor, request_id=request.id, records=[prepared], refused=403, **told)
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


def known_configuration(doors: Doors, grant: Grant, reference: Any) -> Configuration | None:
    """The configuration that the caller named and may use, where it need not be looked up."""
    if not isinstance(reference, str) or not 0 < len(reference) <= REFERENCE_LIMIT:
        return None
    found = doors.configurations.known(grant.tenant, reference.strip())
    if found is None or (grant.configurations is not None and found.id not in grant.configurations):
        return None
    return found


def read_flag(call: Call, name: str, errors: dict[str, list[str]]) -> bool:
    """A true-or-false option; a fault goes into `errors`."""
    try:
        return call.flag(name)
    except Invalid as fault:
        errors[name] = [fault.sentence(name)]
        return False


def read_key(request: Request, dry_run: bool, errors: dict[str, list[str]]) -> str | None:
    """The idempotency key; a fault goes into `errors`."""
    raw = request.headers.get(b"idempotency-key", b"").strip()
    if not raw or dry_run:
        return None
    if len(raw) > KEY_LIMIT:
        errors["Idempotency-Key"] = [sentence("idempotency_max", limit=KEY_LIMIT)]
        return None
    return raw.decode("latin-1")


def content(request: Request, call: Call, more: Any = None) -> bytes:
    """What an idempotency key stands for, as a text that can be digested."""
    pairs = list(call.record.items()) if isinstance(call.record, dict) else call.record
    return as_json([request.path.rstrip("/"), call.configuration, pairs, more])


async def hand_over(
    request: Request, doors: Doors, tenant: int, submission: Queued, errors: dict[str, list[str]]
) -> Result:
    """What became of the submission; with `errors` it is refused, which the history notes, but for a dry run.

    A repeat is answered all the same: what was right when it first came is not written again, however its
    configuration has changed since. Raises `Invalidated`, `Unavailable`.
    """
    if errors:
        if submission.dry_run:
            raise _refused(request, submission, errors)
        for record in submission.records:
            record.errors = errors | record.errors
        submission.refused, submission.type = 422, None
        if submission.once is None and not prefers_representation(request):
            doors.writer.enqueue(tenant, submission)
            raise Invalidated(errors)
    result = await doors.writer.submit(tenant, submission)
    if result.conflict:
        raise _refused(request, submission, REUSED, result)
    if errors and result.replay is None:
        raise _refused(request, submission, errors, result)
    return result


async def refuse(request: Request, submission: Queued, outcome: Result | Exception) -> None:
    """Raises what a record is answered with that was not written."""
    if isinstance(outcome, Exception):
        raise outcome
    raise _refused(request, submission, outcome.receipts[0].errors, outcome)


def _refused(
    request: Request, submission: Queued, errors: dict[str, list[str]], result: Result | None = None
) -> Invalidated:
    """The 422; who prefers the receipt is told what else is known of the record, or the id of a batch."""
    if not prefers_representation(request):
        return Invalidated(errors)
    id = None if result is None or submission.dry_run else result.request
    warnings = submission.records[0].warnings
    if submission.single:
        sent = submission.records[0]
        parameters = {"parameters": sent.parameters} if sent.parameters else {}
        told = Invalidated(errors, record=id, ignored=sent.ignored, warnings=warnings, **parameters)
    else:
        told = Invalidated(errors, request=id)
    told.headers = [*told.headers, *PREFERRED]
    return told


def _receipt(receipts: list[Receipt]) -> list[bytes]:
    return [as_json(receipts[0].as_json())]


async def answer(request: Request, submission: Queued, result: Result, status: int = 200) -> None:
    """The receipt where the caller prefers it or asked for a dry run, else nothing but the status."""
    preferred = prefers_representation(request)
    headers = PREFERRED if preferred else []
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
    preferences = request.joined(b"prefer").lower().replace(b" ", b"").replace(b'"', b"").split(b",")
    return any(preference.split(b";")[0] == b"return=representation" for preference in preferences)
