"""JSON of whatever callers sent."""

from __future__ import annotations

from typing import Any

import orjson

#: Objects in objects that are rendered; orjson takes 254.
NESTING_LIMIT = 200


def as_json(payload: Any) -> bytes:
    """JSON in UTF-8; unpaired surrogates become question marks, deep nesting null, and endless numbers text.

    Ids become text here: the driver's UUIDs are of a class of its own.
    """
    try:
        return orjson.dumps(payload, default=str)
    except TypeError:
        return orjson.dumps(_repaired(payload), default=str)


def _repaired(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, dict | list | tuple) and depth == NESTING_LIMIT:
        return None
    if isinstance(value, dict):
        return {_repaired(key): _repaired(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_repaired(inner, depth + 1) for inner in value]
    return value
