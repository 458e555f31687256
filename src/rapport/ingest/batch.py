"""`POST /records/batch`: many records, one transaction, a result for each (`contract.md` "Batch")."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

import orjson

from rapport.db.write import Actor
from rapport.groups import ids
from rapport.groups.group import SLICE
from rapport.groups.rendering import as_json
from rapport.ingest.doors import (
    PREFERRED,
    Doors,
    as_configured,
    check_configuration,
    check_scope,
    find_configuration,
    hand_over,
    prefers_representation,
    read_flag,
    read_once,
)
from rapport.ingest.http import Refusal, Request, not_allowed
from rapport.ingest.mappings import Configuration
from rapport.ingest.submission import Queued
from rapport.records.errors import Malformed, sentence
from rapport.records.receipt import Prepared, Receipt
from rapport.records.wire import Call, load_json, read_form, read_lines, records_fault

log = logging.getLogger("rapport.ingest")

BODY_LIMIT = 16 * 1024 * 1024
RECORDS_LIMIT = 10_000
#: What the address may hold.
PARAMETERS = ("configuration", "atomic", "dry_run")
_HINT = "Send a JSON array or NDJSON of records."
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
_COUNTED = ("created", "updated", "unchanged", "rejected")


async def post(request: Request, doors: Doors) -> None:
    """Answer `POST /records/batch`. Raises `Refusal`."""
    if request.method != "POST":
        raise not_allowed("POST", _HINT)
    request.check_size(BODY_LIMIT)
    grant = await doors.tokens.check(request)
    await doors.rates.take(request, grant)
    call, sent = await _read(request)
    await doors.rates.owe(request, grant, min(len(sent), RECORDS_LIMIT) - 1 if isinstance(sent, list) else 0)
    check_scope(request, grant, doors)
    configuration, errors = await find_configuration(doors, grant.tenant, call.configuration)
    check_configuration(request, grant, doors, configuration)
    errors |= call.unknown(PARAMETERS)
    if (fault := records_fault(sent, RECORDS_LIMIT)) is not None:
        errors["records"], sent = [fault], []
    submission = _submission(request, Actor("app", grant.app_id), call, configuration, sent, errors)
    if configuration and not errors:
        submission.records = await _prepare(configuration, sent)
    result = await hand_over(request, doors, grant.tenant, submission, errors)
    preferred = prefers_representation(request)
    if result.replay is None:
        body = _render(result.receipts, submission.dry_run, named=preferred)
    else:
        body = _named(result.replay) if preferred else result.replay.encode()
    await request.reply_json(result.status, body, PREFERRED if preferred else ())


def _submission(
    request: Request,
    actor: Actor,
    call: Call,
    configuration: Configuration | None,
    sent: list[Any],
    errors: dict[str, list[str]],
) -> Queued:
    """The batch without its records, but for one that a refusal is noted with; its faults go into `errors`."""
    dry_run, atomic = read_flag(call, "dry_run", errors), read_flag(call, "atomic", errors)
    return Queued(
        actor=actor,
        request_id=request.id,
        records=[Prepared({})],
        size=request.size,
        single=False,
        dry_run=dry_run,
        atomic=atomic,
        once=read_once(request, call, dry_run, errors, [atomic, [_told(record) for record in sent]]),
        answer=lambda receipts: _render(receipts, dry_run),
        **as_configured(configuration),
    )


async def _read(request: Request) -> tuple[Call, Any]:
    """The query's call and the records of the body. Raises `Refusal` 400, 413, 415."""
    try:
        call = read_form(request.query)
        body = await request.body(BODY_LIMIT)
        if not body or request.media_type == "application/json":
            return call, load_json(body) if body else []
        if request.media_type in _LINES:
            return call, read_lines(body, RECORDS_LIMIT)
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None
    raise Refusal(415, "The body must be application/json or application/x-ndjson.")


def _told(record: Any) -> Any:
    """A record as its fingerprint sees it: pairs in order."""
    if isinstance(record, Malformed):
        return str(record)
    return list(record.items()) if isinstance(record, dict) else [record]


async def _prepare(configuration: Configuration, sent: list[Any]) -> list[Prepared]:
    """Map and check the records, letting others run now and then."""
    prepared = []
    for record in sent:
        prepared.append(_prepared(configuration, record))
        if len(prepared) % SLICE == 0:
            await asyncio.sleep(0)
    return prepared


def _prepared(configuration: Configuration, record: Any) -> Prepared:
    """One record, mapped and checked; a mistake of ours refuses that record, and leaves its batch alone."""
    if not isinstance(record, dict) or not record:
        return _unfit(record)
    try:
        return configuration.mapping.prepare(record)
    except Exception:
        log.exception("a record of a batch could not be read")
        broken = Prepared({})
        broken.errors["record"] = [sentence("broken")]
        return broken


def _unfit(record: Any) -> Prepared:
    """What is no record at all, with the sentence that says so."""
    prepared = Prepared({})
    if isinstance(record, Malformed):
        prepared.errors["record"] = [sentence("json_line")]
    elif record == {}:
        prepared.errors["record"] = [sentence("required", "record")]
    else:
        prepared.errors["record"] = [sentence("object")]
    return prepared


def _render(receipts: list[Receipt], dry_run: bool, *, named: bool = False) -> bytes:
    """The answer's JSON: counts, and a result per record in input order, `named` by the record's id."""
    counts = dict.fromkeys(_COUNTED, 0)
    results = []
    # Objects that a dry run would create; nobody will ever meet their ids.
    imagined = {touched.id for receipt in receipts for touched in receipt.objects if touched.outcome == "created"}
    for index, receipt in enumerate(receipts):
        if receipt.outcome in counts:
            counts[receipt.outcome] += 1
        result: dict[str, Any] = {"index": index, "outcome": receipt.outcome}
        if receipt.objects and not (dry_run and receipt.objects[0].id in imagined):
            result["id"] = receipt.objects[0].id
        if receipt.errors:
            result["errors"] = receipt.errors
        if receipt.ignored:
            result["ignored"] = receipt.ignored
        if receipt.warnings:
            result["warnings"] = receipt.warnings
        if named:
            result["record"] = None if dry_run else receipt.record
        results.append(result)
    request = None if dry_run else receipts[0].record
    return as_json({"request": request, "received": len(receipts), **counts, "results": results})


def _named(answer: str) -> bytes:
    """An earlier answer with the ids of its records, which count on from the request's; one from before has none."""
    told: dict[str, Any] = orjson.loads(answer)
    first = told.get("request") and UUID(told["request"])
    for result in told["results"]:
        result["record"] = first and ids.following(first, result["index"])
    return as_json(told)
