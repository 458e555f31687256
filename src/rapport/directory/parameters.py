"""Reads the query of `GET /api/contacts` and `/api/accounts`; every fault at once, each under its parameter."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

from rapport.records.errors import Invalid
from rapport.records.fields import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITS = range(1, 1001)
DEFAULT_LIMIT = 100
#: A time zone whose plus sign the query's decoding has turned into a space.
_LOST_PLUS = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")


class ParametersError(Exception):
    """The query cannot be answered; `errors` are sentences by parameter."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where the next page begins: behind an object, or behind an entry of the ledger. Callers see it as opaque text."""

    id: UUID | None = None
    seq: int | None = None

    def __str__(self) -> str:
        raw = b"i" + self.id.bytes if self.id is not None else b"s" + (self.seq or 0).to_bytes(8, "big")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor that was handed out as `text`. Raises `ValueError`."""
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if raw[:1] == b"i" and len(raw) == 17:
            return cls(id=UUID(bytes=raw[1:]))
        if raw[:1] == b"s" and len(raw) == 9 and raw[1] < 0x80:
            return cls(seq=int.from_bytes(raw[1:], "big"))
        raise ValueError(text)


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a caller wants to read."""

    #: Normalised identity keys, all of which the object must own.
    keys: tuple[str, ...] = ()
    id: UUID | None = None
    updated_since: datetime | None = None
    cursor: Cursor | None = None
    limit: int = DEFAULT_LIMIT

    @property
    def names_one(self) -> bool:
        """Whether at most one object can be meant."""
        return bool(self.keys) or self.id is not None


@dataclass
class _Reader:
    """Collects faults while parameters are read."""

    given: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, name: str, parse: Callable[[str], Any], sentence: str) -> Any:
        """The parsed parameter, None where it is absent or at fault."""
        if name not in self.given:
            return None
        try:
            text = self.given[name].strip()
            check_text(text)
            return parse(text)
        except Invalid as fault:
            self.errors[name] = [fault.sentence(name)]
        except (ValueError, OverflowError, binascii.Error):
            self.errors[name] = [sentence]
        return None


def read(query_string: str, key_types: Mapping[str, Callable[[str], str]]) -> Query:
    """The query; `key_types` are the parameters that name an object by an identity key. Raises `ParametersError`."""
    reader = _Reader(_pairs(query_string))
    keys = [reader(name, key, "") for name, key in key_types.items()]
    query = Query(
        keys=tuple(key for key in keys if key is not None),
        id=reader("id", UUID, "The id must be a UUID."),
        updated_since=reader("updated_since", _time, "The updated_since must be a time in ISO 8601."),
        cursor=reader("cursor", Cursor.parse, "The cursor is not one that was handed out here."),
        limit=reader("limit", _limit, f"The limit must be a whole number from 1 to {LIMITS[-1]}.") or DEFAULT_LIMIT,
    )
    known = {*key_types, "id", "updated_since", "cursor", "limit"}
    for name in reader.given.keys() - known:
        reader.errors[name] = [f"The parameter {name} is unknown; known are {', '.join(sorted(known))}."]
    if query.cursor is not None and not _belongs(query.cursor, query):
        reader.errors["cursor"] = ["The cursor belongs to another query."]
    if reader.errors:
        raise ParametersError(reader.errors)
    return query


def _belongs(cursor: Cursor, query: Query) -> bool:
    return not query.names_one and (cursor.seq is not None) == (query.updated_since is not None)


def _pairs(query_string: str) -> dict[str, str]:
    """Name -> value, the last one of a repeated name; bytes that are not UTF-8 become replacement characters."""
    return dict(parse_qsl(query_string, keep_blank_values=True))


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) in LIMITS):
        raise ValueError(text)
    return int(text)
