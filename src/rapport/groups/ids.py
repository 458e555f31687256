"""Ids of records: UUIDv7 (RFC 9562 §5.7) whose last 24 bits count within a group.

48 bits are the group's moment in milliseconds, 50 bits its own chance: the ids of a group are one range in the order of
its records, and an id tells the partition of its row. The id of a request is that of its first record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import randbits
from typing import Any
from uuid import UUID, SafeUUID

#: Records that a group can have.
LIMIT = 1 << 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION, _VARIANT = 7 << 76, 0b10 << 62
_LOW = (1 << 38) - 1
_UNKNOWN = SafeUUID.unknown
#: The last millisecond that has a date; ids that somebody made up may lie behind it.
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND


#: 16 bytes -> an id of the kind that a driver hands over fastest.
AsId = Callable[[bytes], Any]


def as_id(raw: bytes) -> UUID:
    """An id as everybody knows it, filled as `uuid_utils.compat` does: the class's own way takes five times as long."""
    id = object.__new__(UUID)
    object.__setattr__(id, "int", int.from_bytes(raw))
    object.__setattr__(id, "is_safe", _UNKNOWN)
    return id


def first(moment: datetime) -> UUID:
    """A new group's first id, of the millisecond of `moment` (aware)."""
    chance = randbits(50)
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    return UUID(int=milliseconds << 80 | _VERSION | (chance >> 38) << 64 | _VARIANT | (chance & _LOW) << 24)


def following(record: UUID, steps: int) -> UUID:
    """The id so many records behind one of the same group; before it where `steps` is negative."""
    return UUID(int=record.int + steps)


def moment_of(record: UUID) -> datetime:
    """When the record's group was read, to the millisecond, in UTC: `at` of its row in the request history."""
    return _EPOCH + _MILLISECOND * min(record.int >> 80, _LAST)
