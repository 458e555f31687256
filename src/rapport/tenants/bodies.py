"""Reads the JSON body of a request, and whether it is about the version that its caller has seen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from rapport.records.documents import load_json
from rapport.records.errors import Malformed

from . import answers
from .answers import Refused
from .query import ParametersError, Reader

if TYPE_CHECKING:
    from django.http import HttpRequest

BODY_LIMIT = 1024 * 1024
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
#: An escaped NUL whose backslash is none that is escaped itself.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read(request: HttpRequest) -> dict[str, Any]:
    """The body's object; numbers are numbers, and no text. No body is an empty object.

    Who takes a body takes no parameters beside it. Raises `answers.Refused`, `ParametersError`.
    """
    Reader(request.META.get("QUERY_STRING", "")).finish()
    return only(request)


def nothing(request: HttpRequest) -> None:
    """Raises `ParametersError` for whatever is in the body where nothing is heeded."""
    given = [*request.POST, *request.FILES] if request.content_type in _FORMS else only(request)
    if given:
        raise ParametersError({name: [f"The key {name} is unknown; this address takes none."] for name in given})


def only(request: HttpRequest) -> dict[str, Any]:
    """The body's object, whatever the query says. Raises `answers.Refused`."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
        raise Refused(answers.sentence(413, f"The body must not be larger than {BODY_LIMIT} bytes."))
    if not request.body:
        return {}
    if request.content_type != "application/json":
        raise Refused(answers.sentence(415, "The body must be application/json."))
    try:
        load_json(request.body)  # what it refuses; for it, numbers are texts
        found = json.loads(request.body, parse_int=_whole)
        if not isinstance(found, dict):
            raise Malformed("The body must be a JSON object.")
        _check(found)
    except Malformed as fault:
        raise Refused(answers.sentence(400, str(fault))) from None
    return found


def _whole(literal: str) -> int | float:
    """A whole number; one that is beyond all that we count may lose its last digits, since it is refused anyway."""
    return int(literal) if len(literal) < 100 else float(literal)


def _check(found: dict[str, Any]) -> None:
    """Raises `Malformed` for text that the database cannot keep."""
    try:
        text = json.dumps(found, ensure_ascii=False)
        text.encode()
        unfit = bool(_NUL.search(text))
    except (UnicodeEncodeError, RecursionError):
        unfit = True
    if unfit:
        raise Malformed("The JSON must not contain NUL characters or unpaired surrogates.")


def etag(version: int) -> dict[str, str]:
    """The header that names the version of what is shown."""
    return {"ETag": f'"{version}"'}


def require_match(request: HttpRequest, version: int) -> None:
    """Raises `answers.Refused` 428 without If-Match, 412 where it names another version."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Refused(answers.sentence(428, "Send If-Match with the ETag of what you have read."))
    # Compressed answers have weak tags (W/"1"); the version is the same however it was packed.
    named = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    if "*" not in named and f'"{version}"' not in named:
        raise Refused(answers.sentence(412, "It has been changed since you read it; read it again.", etag(version)))
