"""The API's answers that are not data: a sentence, or the faults of a request (contract, "Records")."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .permission import View

NDJSON = "application/x-ndjson"


class Refused(Exception):
    """The request cannot be done; `answer` is what its caller gets. What was begun is rolled back."""

    def __init__(self, answer: JsonResponse) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


#: Seconds after which a caller may try again when the database is away.
RETRY_AFTER = 1


def data(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """`content` as JSON that nobody on the way stores."""
    return JsonResponse(
        content,
        status=status,
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def page(request: HttpRequest, rows: Sequence[Mapping[str, Any]], cursor: str | None) -> HttpResponse:
    """A page of a history as JSON, or NDJSON for those who ask for it.

    In ASCII: what callers sent may hold lone surrogates, which no UTF-8 can.
    """
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if NDJSON in request.headers.get("Accept", "").lower():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        if cursor is not None:
            headers["X-Cursor"] = cursor
        return HttpResponse(lines, content_type=NDJSON, headers=headers)
    return HttpResponse(json.dumps({"data": rows, "cursor": cursor}), content_type="application/json", headers=headers)


def nothing() -> HttpResponse:
    """204: it is done, and there is nothing to show."""
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def moment(time: datetime) -> str:
    """How answers write a time: ISO 8601 in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sentence(status: int, text: str, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """An answer that consists of one sentence."""
    return data({"message": text}, status, headers)


def faults(errors: Mapping[str, Sequence[str]]) -> JsonResponse:
    """422 with every fault at once: parameter -> sentences."""
    return data({"message": "The given data was invalid.", "errors": errors}, 422)


def telling(answers: Mapping[type[Exception], Callable[[Any], HttpResponse]]) -> Callable[[View], View]:
    """A decorator that turns what a view raises into its answer; the first kind of fault that fits is the one."""

    def told(view: View) -> View:
        @wraps(view)
        def answering(*given: Any, **parts: Any) -> HttpResponse:
            try:
                return view(*given, **parts)
            except tuple(answers) as error:
                return next(answer(error) for kind, answer in answers.items() if isinstance(error, kind))

        return answering

    return told


def wrong_method(allowed: Sequence[str]) -> JsonResponse:
    """405 that says what to send."""
    return sentence(405, f"Send {' or '.join(allowed)}.", {"Allow": ", ".join(allowed)})


def store_away() -> JsonResponse:
    """503: the database cannot be reached; nothing was done."""
    return sentence(503, "The store is not available; nothing was done.", {"Retry-After": str(RETRY_AFTER)})
