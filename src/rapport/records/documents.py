"""JSON and NDJSON: from bytes to values, whose numbers keep their literal text.

What may be large comes in slices, so that whoever reads can let others have their turn in between: one call of the JSON
module is C that nothing interrupts, 150 ms for 16 MiB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rapport.records.errors import Malformed

#: Levels of objects and lists in JSON.
NESTING_LIMIT = 100
_TOO_DEEP = f"The JSON must not be nested more than {NESTING_LIMIT} levels deep."
#: RFC 8259 lets a reader skip it.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: Characters that a slice has about: a millisecond.
SLICE = 65_536
#: Characters that a value costs as much as, however short it is.
_EACH = 64
_BLANKS = re.compile(r"[ \t\n\r]*")


def _constant(name: str) -> Any:
    raise Malformed(f"The JSON must not contain {name}.")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_constant)


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Raises `Malformed` for what reading raises."""
    try:
        yield
    except UnicodeDecodeError:
        raise Malformed("The body must be UTF-8.") from None
    except ValueError as fault:
        raise Malformed(f"The body must be valid JSON: {fault}.") from None
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None


def load_json(raw: bytes) -> Any:
    """JSON with numbers as their literal text; the last of duplicate keys wins. Raises `Malformed`."""
    with _in_one_sentence():
        value = _DECODER.decode(raw.removeprefix(BYTE_ORDER_MARK).decode())
    if raw.count(b"[") + raw.count(b"{") > NESTING_LIMIT:
        _check_nesting(value, NESTING_LIMIT)
    return value


def _check_nesting(value: Any, left: int) -> None:
    """Raises `Malformed` below so many levels: what writes JSON again later has its own, lower limit."""
    if not left:
        raise Malformed(_TOO_DEEP)
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _check_nesting(inner, left - 1)


def is_array(raw: bytes) -> bool:
    """Whether the JSON begins as an array does."""
    return raw.removeprefix(BYTE_ORDER_MARK).lstrip(b" \t\n\r").startswith(b"[")


def read_array(raw: bytes, limit: int) -> Iterator[list[Any]]:
    """The elements of what `is_array`, as `load_json` reads them, in slices. Raises `Malformed`, maybe amid them.

    Stops behind `limit`, which is more than anybody may send.
    """
    with _in_one_sentence():
        text = raw.removeprefix(BYTE_ORDER_MARK).decode()
        at = _behind_blanks(text, _behind_blanks(text, 0) + 1)
        number, sign = 0, "]" if text.startswith("]", at) else ","
        at += sign == "]"
        while sign == "," and number <= limit:
            values, end = _slice(text, at)
            if text.count("[", at, end) + text.count("{", at, end) - len(values) >= NESTING_LIMIT - 1:
                _check_nesting(values, NESTING_LIMIT)
            yield values
            number, sign = number + len(values), text[end : end + 1]
            if sign not in (",", "]"):
                raise json.JSONDecodeError("Expecting ',' delimiter", text, end)
            at = _behind_blanks(text, end + 1)
        if sign == "]" and _behind_blanks(text, at) < len(text):
            raise json.JSONDecodeError("Extra data", text, _behind_blanks(text, at))


def _slice(text: str, at: int) -> tuple[list[Any], int]:
    """Some elements from a place on, and where the sign behind them is.

    All at once where the last `},` in reach ends an element (that they can be read proves it), else one by one.
    """
    end = text.rfind("},", at, at + SLICE)
    if end >= 0:
        with suppress(ValueError):
            return _DECODER.decode(f"[{text[at : end + 1]}]"), end + 1
    values, end = [], at + SLICE if end < 0 else end
    while True:
        value, at = _DECODER.raw_decode(text, at)
        values.append(value)
        at = _behind_blanks(text, at)
        if at + len(values) * _EACH >= end or not text.startswith(",", at):
            return values, at
        at = _behind_blanks(text, at + 1)


def _behind_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def read_lines(raw: bytes, limit: int) -> Iterator[list[Any]]:
    """NDJSON: one value a line, in slices; a line that is not JSON becomes a `Malformed`.

    Blank lines do not count. Stops behind the first line beyond `limit`, which is more than anybody may send.
    """
    values: list[Any] = []
    number = size = 0
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at) + 1 or len(raw)
        line, at = raw[at:end], end
        size += len(line) + _EACH
        if line.strip():
            number += 1
            try:
                values.append(load_json(line))
            except Malformed as fault:
                # Another one, without the trace that holds the whole line.
                values.append(Malformed(str(fault)))
        if size >= SLICE:
            yield values
            values, size = [], 0
        if number > limit:
            break
    yield values
