"""Reads the query of `GET /api/contacts` and `/api/accounts`; every fault at once, each under its parameter."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from rapport.tenants.query import DEFAULT_LIMIT, LIMITS, NO_CURSOR, ParametersError, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_LIMIT", "LIMITS", "Cursor", "ParametersError", "Query", "read"]


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


def read(query_string: str, key_types: Mapping[str, Callable[[str], str]]) -> Query:
    """The query; `key_types` are the parameters that name an object by an identity key. Raises `ParametersError`."""
    reader = Reader(query_string)
    keys = [reader(name, key) for name, key in key_types.items()]
    query = Query(
        keys=tuple(key for key in keys if key is not None),
        id=reader.id("id"),
        updated_since=reader.time("updated_since"),
        cursor=reader("cursor", Cursor.parse, NO_CURSOR),
        limit=reader.limit(),
    )
    if query.cursor is not None and not _belongs(query.cursor, query):
        reader.errors["cursor"] = ["The cursor belongs to another query."]
    reader.finish()
    return query


def _belongs(cursor: Cursor, query: Query) -> bool:
    return not query.names_one and (cursor.seq is not None) == (query.updated_since is not None)
