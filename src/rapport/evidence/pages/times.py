"""Times that people write into addresses."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

BOUNDS = ("from", "to")


def zoned(given: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Where something begins and ends, in the system's zone where it says none; what is no time is told elsewhere."""
    found = dict(given)
    for name in given.keys() & set(BOUNDS):
        with suppress(ValueError):
            moment = datetime.fromisoformat(given[name])
            found[name] = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
    return found
