"""From bytes to records: query strings, forms and JSON (`contract.md` "Records", "Batch").

The grammar of `record[Heading]=value` is the reference's framework's; no library speaks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import isfinite
from typing import Any
from urllib.parse import unquote_to_bytes

from rapport.records import parameters
from rapport.records.documents import BYTE_ORDER_MARK, load_json
from rapport.records.errors import Invalid, Malformed, sentence

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
#: Raw keys met before -> (name, heading or None, rest). Callers repeat a few; strangers cannot fill it.
_KEYS: dict[bytes, tuple[str, str | None, str]] = {}
_KEYS_LIMIT = 10_000
_KEY_LENGTH = 200

#: Digits of a whole number that is surely within 64 bits.
_WHOLE_DIGITS = 18

#: An option without a value is meant.
TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": True}

#: How a JSON object or list begins, and a JSON text; the first heading of a form may begin with an escaped quote.
_JSON_BEGINS = re.compile(rb'\s*(?:\{\s*["\'}]|\[\s*[\[{"\]])')
_JSON_TEXT = re.compile(rb'\s*"')
_LOOKED_AT = 200


@dataclass(slots=True)
class Call:
    """What one request asks for. None: not there at all."""

    configuration: Any = None
    #: Heading -> text, None, bool or a nested value; or another value that is no record.
    record: Any = None
    #: Other parameters by name, `dry_run` among them.
    options: dict[str, Any] = field(default_factory=dict)
    #: Whether the record came as JSON.
    typed: bool = False

    def over(self, query: Call) -> Call:
        """This call, a body's, with what only the query has."""
        return Call(
            query.configuration if self.configuration is None else self.configuration,
            query.record if self.record is None else self.record,
            query.options | self.options,
            query.typed if self.record is None else self.typed,
        )

    def leftovers(self) -> list[str]:
        """Names of what nobody knows, for the receipt and the history."""
        return parameters.leftovers(self.options)

    def faults(self) -> dict[str, list[str]]:
        """What is wrong with the call as a whole: misspelt options, a record that is none."""
        code = self._record_fault()
        found = {} if code is None else {"record": [sentence(code, "record")]}
        return found | parameters.misspelt(self.options)

    def _record_fault(self) -> str | None:
        record = self.record
        if record is None or record in ("", {}, []):
            return "required"
        if isinstance(record, dict):
            return None
        text = record.encode(errors="replace") if isinstance(record, str) else b""
        looks_like_json = _JSON_BEGINS.match(text) or _JSON_TEXT.match(text)
        return "record_object" if self.typed or not text or looks_like_json else "array"

    def unknown(self, known: Sequence[str]) -> dict[str, list[str]]:
        """A sentence for each parameter that an address of ours does not know, misspelt options included."""
        told = ", ".join(known)
        given = {"record": None, **self.options} if self.record is not None else self.options
        strange = parameters.leftovers(name for name in given if name not in known)
        return {name: [sentence("parameter", name, known=told)] for name in strange} | parameters.misspelt(given)

    def flag(self, name: str) -> bool:
        """A true-or-false option: true without a value, false when missing. Raises `Invalid("boolean")`."""
        value = self.options.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        if isinstance(value, str) and value.strip().lower() in TRUTHS:
            return TRUTHS[value.strip().lower()]
        raise Invalid("boolean")


def _decode(raw: bytes) -> str:
    """One percent-decoded name or value. Raises `Malformed`."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        if _BROKEN_ESCAPE.search(raw):
            raise Malformed("The percent-encoding is broken: a % must be followed by two hexadecimal digits.")
        raw = unquote_to_bytes(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("The parameters must be UTF-8 in percent-encoding.") from None


def _key(raw: bytes) -> tuple[str, str | None, str]:
    """A parameter's name, the heading in its first brackets, and what follows them."""
    known = _KEYS.get(raw)
    if known is not None:
        return known
    text = _decode(raw)
    name, bracket, rest = text.partition("[")
    heading, closed, rest = rest.partition("]")
    key = (name, heading, rest) if bracket and closed else (text, None, "")
    if len(_KEYS) < _KEYS_LIMIT and len(raw) <= _KEY_LENGTH:
        _KEYS[raw] = key
    return key


def read_form(raw: bytes) -> Call:
    """A query string or form body. Raises `Malformed`; whatever else it holds is not its business.

    `record[]` takes the next free number; `record[a][b]` nests under `a`.
    """
    call = Call()
    record: dict[str, Any] = {}
    numbers = map(str, count())
    for pair in raw.split(b"&") if raw else ():
        if not pair:
            continue
        raw_key, _, raw_value = pair.partition(b"=")
        name, heading, rest = _key(raw_key)
        value = _decode(raw_value)
        if name == "record" and heading is not None:
            if call.record is not record:
                call.record = record
            if not heading:
                heading = next(number for number in numbers if number not in record)
            record.pop(heading, None)
            record[heading] = {rest: value} if rest.startswith("[") else value
        elif heading is None:
            if name == "record":
                call.record, record, numbers = value, {}, map(str, count())
            elif name == "configuration":
                call.configuration = value
            else:
                call.options[name] = value
        else:
            call.options[f"{name}[{heading}]{rest}"] = value
    return call


def form_body(raw: bytes) -> bytes:
    """A form's body, ready to be read. Raises `Malformed` for JSON, all of which would become the name of a field."""
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    begins = unquote_to_bytes(raw[:_LOOKED_AT].replace(b"+", b" ")).removeprefix(BYTE_ORDER_MARK)
    if _JSON_TEXT.match(raw) or _JSON_BEGINS.match(begins):
        raise Malformed("The body looks like JSON: send it with Content-Type: application/json.")
    return raw


def read_json(raw: bytes) -> Call:
    """A JSON body `{"configuration": …, "record": {…}}`. Raises `Malformed`."""
    body = load_json(raw)
    if not isinstance(body, dict):
        raise Malformed('The body must be a JSON object such as {"configuration": "…", "record": {…}}.')
    asked = {name: "" if body[name] is None else body[name] for name in ("configuration", "record") if name in body}
    # An option that is null is not given, and undoes none of the address's.
    given = (name for name in body if name not in asked and not (name in parameters.OPTIONS and body[name] is None))
    options = {name: body[name] for name in given}
    return Call(asked.get("configuration"), asked.get("record"), options, typed=True)


def records_fault(sent: Any, limit: int) -> str | None:
    """What is wrong with the records of a batch as a whole, as a sentence."""
    if not isinstance(sent, list):
        return sentence("records_array", "batch")
    return None if 0 < len(sent) <= limit else sentence("records", limit=limit)


def read_flat(raw: bytes) -> dict[str, Any]:
    """A query string or form body whose every parameter is a field. Raises `Malformed`."""
    pairs = (pair.partition(b"=") for pair in raw.split(b"&") if pair)
    return {_decode(name): _decode(value) for name, _, value in pairs}


def read_object(raw: bytes, verbatim: str = "") -> dict[str, Any]:
    """A JSON body that is one flat object; only under `verbatim` may numbers become numbers. Raises `Malformed`."""
    body = load_json(raw)
    if not isinstance(body, dict):
        raise Malformed("The body must be a JSON object of fields and values.")
    if verbatim in body:
        body[verbatim] = json.loads(raw.removeprefix(BYTE_ORDER_MARK), parse_float=_finite, parse_int=_whole)[verbatim]
    return body


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > _WHOLE_DIGITS:
        raise Malformed(f"The JSON must not contain whole numbers of more than {_WHOLE_DIGITS} digits.")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Malformed(f"The JSON must not contain {text}.")
    return number
