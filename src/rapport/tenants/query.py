"""Reads the query of a listing, strictly: every fault at once, each under its parameter."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl
from uuid import UUID

from rapport.records.errors import Invalid, sentence
from rapport.records.fields import check_text
from rapport.records.texts import trimmed

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIMITS = range(1, 1001)
DEFAULT_LIMIT = 100
#: Bytes of a page's rows, about; whoever wants more goes on behind its cursor.
PAGE_BYTES = 4 * 1024 * 1024
#: Rows read at once; one is what a request can hold, a mebibyte and a little, at most.
CHUNK = 20
NO_CURSOR = "The cursor is not one that was handed out here."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A time zone whose plus sign the query's decoding has turned into a space.
_LOST_PLUS = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")


class ParametersError(Exception):
    """The query cannot be answered; `errors` are sentences by parameter."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors)
        self.errors = errors


class Place(NamedTuple):
    """Where a row is in the order of time."""

    at: datetime
    id: UUID


class Reader:
    """Reads parameters one by one and collects what is wrong with them; of a repeated name the last one counts."""

    def __init__(self, query_string: str) -> None:
        # Bytes that are not UTF-8 become replacement characters.
        self.given: dict[str, str] = dict(parse_qsl(query_string, keep_blank_values=True))
        self.errors: dict[str, list[str]] = {}
        self._known: list[str] = []

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Reader:
        """Reads parameters that are apart already."""
        made = cls("")
        made.given = dict(given)
        return made

    def __call__(self, name: str, parse: Callable[[str], Any], told: str = "") -> Any:
        """The parsed parameter, None where it is absent or at fault; `told` is the sentence for a `ValueError`."""
        self._known.append(name)
        if name not in self.given:
            return None
        try:
            text = trimmed(self.given[name])
            check_text(text)
            return parse(text)
        except Invalid as fault:
            self.errors[name] = [fault.sentence(name)]
        except (ValueError, OverflowError, binascii.Error):
            self.errors[name] = [told]
        return None

    def time(self, name: str) -> datetime | None:
        """A moment in ISO 8601; UTC without a zone."""
        found: datetime | None = self(name, _time, f"The {name} must be a time in ISO 8601.")
        return found

    def limit(self) -> int:
        """How many on a page."""
        told = f"The limit must be a whole number from 1 to {LIMITS[-1]}."
        return self("limit", _limit, told) or DEFAULT_LIMIT

    def id(self, name: str, told: str = "") -> UUID | None:
        """An id."""
        found: UUID | None = self(name, UUID, told or f"The {name} must be a UUID.")
        return found

    def place(self, name: str) -> Place | None:
        """The moment and id of the row that a cursor of `place` names."""
        found: Place | None = self(name, _place, NO_CURSOR)
        return found

    def number(self, name: str, told: str) -> int | None:
        """A whole number that fits a bigint."""

        def parse(text: str) -> int:
            if not (text.isascii() and text.isdigit() and len(text) <= 18):
                raise ValueError(text)
            return int(text)

        found: int | None = self(name, parse, told)
        return found

    def choice(self, name: str, allowed: Iterable[str]) -> str | None:
        """One of the `allowed` words."""
        words = tuple(allowed)

        def parse(text: str) -> str:
            if text not in words:
                raise ValueError(text)
            return text

        found: str | None = self(name, parse, sentence("choice", name, allowed=", ".join(words)))
        return found

    def finish(self) -> None:
        """Raises `ParametersError` where anything was wrong, parameters that nobody knows included."""
        known = f"known are {', '.join(sorted(self._known))}" if self._known else "this address takes none"
        for name in self.given.keys() - set(self._known):
            self.errors[name] = [f"The parameter {name} is unknown; {known}."]
        if self.errors:
            raise ParametersError(self.errors)


def page(rows: QuerySet[Any], after: UUID | None, limit: int) -> tuple[list[Any], str | None]:
    """Rows in the order of their making behind the id `after`, and the cursor of the next page, if there is one."""
    rows = rows.order_by("id")
    found = list((rows if after is None else rows.filter(id__gt=after))[: limit + 1])
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else None


def taken(rows: QuerySet[Any], limit: int, weigh: Callable[[Any], int]) -> tuple[list[Any], bool]:
    """As many rows as a page has, `limit` and `PAGE_BYTES` at most but one in any case, and whether there are more.

    Read some at a time, so that no more of large ones are in memory; `weigh` says how many bytes a row is about.
    """
    kept: list[Any] = []
    size = 0
    for row in rows[: limit + 1].iterator(chunk_size=CHUNK):
        size += weigh(row)
        if len(kept) == limit or (kept and size > PAGE_BYTES):
            return kept, True
        kept.append(row)
    return kept, False


def place(row: Any) -> str:
    """The place of a row with `at` and `id` among others as opaque text, for a cursor."""
    micros = (row.at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + row.id.bytes).decode()


def _place(text: str) -> Place:
    """The place that `place` wrote. Raises `ValueError`, `OverflowError`."""
    raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    if len(raw) != 24:
        raise ValueError(text)
    return Place(_EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big")), UUID(bytes=raw[8:]))


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) in LIMITS):
        raise ValueError(text)
    return int(text)
