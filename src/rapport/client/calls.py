"""Requests: what is wanted in, what is to be sent out. Nothing here sends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from numbers import Integral
from pathlib import Path
from urllib.parse import urlencode

from .addresses import Addresses

#: What a heading can be given; None is sent empty.
Value = str | int | float | Decimal | bool | date | None
#: Heading -> value.
Record = Mapping[str, Value]

#: What the service takes in one batch.
RECORDS_LIMIT, BYTES_LIMIT = 10_000, 16 * 1024 * 1024
#: What is sent in one by default: a second's work, and little to send again.
CHUNK_RECORDS, CHUNK_BYTES = 1000, 4 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}
_LINES = {"Content-Type": "application/x-ndjson"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_AGENT = {"User-Agent": f"rapport-client/{version('rapport')}"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    #: A file that is sent as it is, in the place of `content`.
    file: Path | None = None

    def bearing(self, token: str) -> Call:
        """The call with an access token."""
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that go in one batch: their lines, and the place of the first among all."""

    offset: int
    lines: tuple[bytes, ...]


def token(addresses: Addresses, client_id: str, client_secret: str, scope: str | None) -> Call:
    """Ask for an access token."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    if scope is not None:
        form["scope"] = scope
    return Call("POST", f"{addresses.auth}/oauth2/token", {}, _FORM | _AGENT, urlencode(form).encode())


def put(addresses: Addresses, configuration: str, record: Record, key: str, *, dry_run: bool) -> Call:
    """Send one record, ask for its receipt."""
    body = {"configuration": configuration, "record": _texts(record)}
    headers = _JSON | _AGENT | {"Prefer": "return=representation", "Idempotency-Key": key}
    params = {"dry_run": "true"} if dry_run else {}
    return Call("PUT", f"{addresses.records}/records", params, headers, json.dumps(body).encode())


def batch(addresses: Addresses, configuration: str, chunk: Chunk, key: str, *, atomic: bool, dry_run: bool) -> Call:
    """Send a chunk of records."""
    flags = {"atomic": atomic, "dry_run": dry_run}
    params = {"configuration": configuration} | {name: "true" for name, wanted in flags.items() if wanted}
    headers = _LINES | _AGENT | {"Idempotency-Key": key}
    return Call("POST", f"{addresses.records}/records/batch", params, headers, b"\n".join(chunk.lines))


def page(addresses: Addresses, collection: str, wanted: Mapping[str, str]) -> Call:
    """Read a page of a collection."""
    return Call("GET", f"{addresses.api}/{collection}", wanted, _AGENT)


def act(addresses: Addresses, path: str, given: Mapping[str, object], wanted: Mapping[str, str] | None = None) -> Call:
    """Do something by the management API."""
    content = json.dumps(given).encode() if given else b""
    return Call("POST", f"{addresses.api}/{path}", wanted or {}, (_JSON if given else {}) | _AGENT, content)


def upload(addresses: Addresses, path: Path, wanted: Mapping[str, str]) -> Call:
    """Import a file."""
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)} | _AGENT
    return Call("POST", f"{addresses.api}/imports", wanted, headers, file=path)


def chunks(records: Iterable[Record], most: int, most_bytes: int) -> Iterator[Chunk]:
    """The records as JSON lines, cut by number and by bytes; a record that is too large goes alone."""
    offset, lines, size = 0, list[bytes](), 0
    for record in records:
        line = json.dumps(_texts(record)).encode()
        if lines and (len(lines) == most or size + len(line) + 1 > most_bytes):
            yield Chunk(offset, tuple(lines))
            offset, lines, size = offset + len(lines), [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield Chunk(offset, tuple(lines))


def query(**wanted: str | int | datetime | None) -> dict[str, str]:
    """Parameters that find something, without those that are not wanted; a time without a zone is UTC."""
    return {
        name: each.isoformat() if isinstance(each, datetime) else str(each)
        for name, each in wanted.items()
        if each is not None
    }


def _texts(record: Record) -> dict[str, str | None]:
    return {_heading(heading): _text(heading, value) for heading, value in record.items()}


def _heading(heading: object) -> str:
    if not isinstance(heading, str):
        raise TypeError(f"A heading must be a str, not a {type(heading).__name__}: {heading!r}.")
    return str.__str__(heading)


def _text(heading: str, value: object) -> str | None:
    """The text of a value: a number keeps its digits, whatever JSON would make of it.

    Subclasses, such as the members of an `Enum` or NumPy's numbers, are what they hold. Raises `TypeError` for what is
    no value, which would be sent as Python writes it, and `ValueError` for what is no number.
    """
    match value:
        case None:
            return None
        case str():
            return str.__str__(value)
        case bool():
            return "true" if value else "false"
        case Integral():
            return int.__repr__(int(value))
        case float() | Decimal():
            return _digits(heading, Decimal(float.__repr__(value)) if isinstance(value, float) else value)
        case date():
            return value.isoformat()
    kind = type(value).__name__
    raise TypeError(f"{heading} must be a str, int, float, Decimal, bool, date, datetime or None, not a {kind}.")


def _digits(heading: str, number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError(f"{heading} must be a number, not {number}; send None where there is none.")
    return f"{number:f}"
