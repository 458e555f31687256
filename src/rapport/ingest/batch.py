"""`POST /records/batch`: many records, one transaction, a result for each (`contract.md` "Batch")."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import Any
from uuid import UUID

import orjson

from rapport.db.write import Actor
from rapport.groups import ids
from rapport.groups.group import SLICE
from rapport.groups.rendering import as_json
from rapport.groups.submission import Once, Result
from rapport.ingest import doors as library
from rapport.ingest.doors import (
    PREFERRED,
    Doors,
    as_configured,
    check_configuration,
    check_scope,
    content,
    find_configuration,
    hand_over,
    named_as,
    prefers_representation,
    read_flag,
    read_key,
)
from rapport.ingest.http import Refusal, Request, not_allowed
from rapport.ingest.mappings import Configuration
from rapport.ingest.submission import Queued
from rapport.ingest.turns import VALUES, Turns
from rapport.records.documents import is_array, load_json, read_array, read_lines
from rapport.records.errors import Malformed, sentence
from rapport.records.receipt import Prepared, Receipt
from rapport.records.wire import Call, read_form, records_fault

log = logging.getLogger("rapport.ingest")

BODY_LIMIT = 16 * 1024 * 1024
RECORDS_LIMIT = 10_000
#: Characters that the faults of a batch are told in, besides as many as were sent: a sentence may be much longer than
#: what it is about. Beyond, each record says that it is not right, and no more.
FAULTS = 1024 * 1024
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
    call, sent = await _read(request, doors.turns)
    await doors.rates.owe(request, grant, min(len(sent), RECORDS_LIMIT) - 1 if isinstance(sent, list) else 0)
    check_scope(request, grant, doors)
    configuration, errors = await find_configuration(doors, grant.tenant, call.configuration)
    check_configuration(request, grant, doors, configuration)
    errors |= call.unknown(PARAMETERS)
    if (fault := records_fault(sent, RECORDS_LIMIT)) is not None:
        errors["records"], sent = [fault], []
    submission = _submission(request, Actor("app", grant.app_id), call, configuration, errors)
    if configuration is None:
        submission.records[0].reference = await named_as(doors, grant.tenant, call)
    if (key := read_key(request, submission.dry_run, errors)) is not None:
        submission.once = Once(
            key, await _fingerprint(content(request, call, [submission.atomic, []]), sent, doors.turns)
        )
    if configuration and not errors:
        submission.records = await _prepare(configuration, sent, doors.turns, FAULTS + request.size)
    sent = []
    await _reply(request, doors, await hand_over(request, doors, grant.tenant, submission, errors), submission.dry_run)


async def _reply(request: Request, doors: Doors, result: Result, dry_run: bool) -> None:
    """Answer with what became of the batch, and let go of it."""
    preferred = prefers_representation(request)
    if result.replay is None:
        pieces = []
        for piece in _render(result.receipts, dry_run, named=preferred):
            pieces.append(piece)
            await doors.turns.next()
        body = b"".join(pieces)
    else:
        body = _named(result.replay) if preferred else result.replay.encode()
    await request.reply_json(result.status, body, PREFERRED if preferred else ())
    await doors.turns.let_go(result.receipts)


def _submission(
    request: Request,
    actor: Actor,
    call: Call,
    configuration: Configuration | None,
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
        answer=lambda receipts: _render(receipts, dry_run),
        **as_configured(configuration),
    )


async def _read(request: Request, turns: Turns) -> tuple[Call, Any]:
    """The query's call and the records of the body. Raises `Refusal` 400, 413, 415."""
    try:
        call = read_form(request.query)
        body = await request.body(BODY_LIMIT)
        if not body or request.media_type == "application/json":
            return call, await _of_json(body, turns) if body else []
        if request.media_type in _LINES:
            return call, await _gathered(read_lines(body, RECORDS_LIMIT), turns)
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None
    raise Refusal(415, "The body must be application/json or application/x-ndjson.")


async def _of_json(body: bytes, turns: Turns) -> Any:
    """The body's value. Raises `Malformed`; what is no array is refused in any case, and unread where it is large."""
    if is_array(body):
        return await _gathered(read_array(body, RECORDS_LIMIT), turns)
    return load_json(body) if len(body) <= library.BODY_LIMIT else None


async def _gathered(slices: Iterable[list[Any]], turns: Turns) -> list[Any]:
    """All records, letting others run between two slices."""
    records: list[Any] = []
    for some in slices:
        records += some
        await turns.next()
    return records


async def _fingerprint(told: bytes, sent: list[Any], turns: Turns) -> bytes:
    """The digest of what came with an idempotency key: `told`, with the records in the list at its end."""
    digest = hashlib.sha256(told.removesuffix(b"]]]"))
    for at in range(0, len(sent), SLICE):
        digest.update((b"," if at else b"") + as_json([_told(record) for record in sent[at : at + SLICE]])[1:-1])
        await turns.next()
    digest.update(b"]]]")
    return digest.digest()


def _told(record: Any) -> Any:
    """A record as its fingerprint sees it: pairs in order."""
    if isinstance(record, Malformed):
        return str(record)
    return list(record.items()) if isinstance(record, dict) else [record]


async def _prepare(configuration: Configuration, sent: list[Any], turns: Turns, room: int) -> list[Prepared]:
    """Map and check the records, letting others run now and then; their faults have so much `room`."""
    prepared, values = [], 0
    for record in sent:
        made = _prepared(configuration, record)
        if made.errors:
            room -= sum(len(key) + sum(map(len, told)) for key, told in made.errors.items())
            if room < 0:
                made.errors = {"record": [sentence("untold")]}
        prepared.append(made)
        values += len(record) + 1 if isinstance(record, dict) else 1
        if values >= VALUES:
            await turns.next()
            values = 0
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


def _render(receipts: list[Receipt], dry_run: bool, *, named: bool = False) -> Iterator[bytes]:
    """The answer's JSON in pieces: counts, and a result per record in input order, `named` by the record's id."""
    outcomes = Counter[str](receipt.outcome for receipt in receipts)
    # Objects that a dry run would create; nobody will ever meet their ids.
    touched = (each for receipt in receipts for each in receipt.objects if dry_run)
    imagined = {each.id for each in touched if each.outcome == "created"}
    request = None if dry_run else receipts[0].record
    counts = {outcome: outcomes[outcome] for outcome in _COUNTED}
    yield as_json({"request": request, "received": len(receipts), **counts, "results": []})[:-2]
    for at in range(0, len(receipts), SLICE):
        some = enumerate(receipts[at : at + SLICE], at)
        results = [_result(index, receipt, imagined, dry_run=dry_run, named=named) for index, receipt in some]
        yield as_json(results)[1:-1] + (b"," if at + SLICE < len(receipts) else b"]}")


def _result(index: int, receipt: Receipt, imagined: Set[Any], *, dry_run: bool, named: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"index": index, "outcome": receipt.outcome}
    if receipt.objects and receipt.objects[0].id not in imagined:
        result["id"] = receipt.objects[0].id
    if receipt.errors:
        result["errors"] = receipt.errors
    if receipt.ignored:
        result["ignored"] = receipt.ignored
    if receipt.warnings:
        result["warnings"] = receipt.warnings
    if named:
        result["record"] = None if dry_run else receipt.record
    return result


def _named(answer: str) -> bytes:
    """An earlier answer with the ids of its records, which count on from the request's; one from before has none."""
    told: dict[str, Any] = orjson.loads(answer)
    first = told.get("request") and UUID(told["request"])
    for result in told["results"]:
        result["record"] = first and ids.following(first, result["index"])
    return as_json(told)
