"""Answers for what went wrong: JSON for programs, a small page for people."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import RequestDataTooBig
from django.shortcuts import render

from rapport.db.tenancy import UnsafeRole
from rapport.tenants import answers
from rapport.tenants.actors import current_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

log = logging.getLogger("rapport.console")

#: Paths whose callers are programs, ingest's among them.
PROGRAMS = (
    "/api", "/oauth2", "/.well-known", "/openapi.json", "/postman.json", "/records", "/activities", "/hooks", "/v7",
    "/v4.1",
)  # fmt: skip
NOTHING = "There is nothing at this address."


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a request that cannot be read, or for a host that is not ours; 413: a body that is too large."""
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, "A form must not be larger than 2.5 MB, its files included; nothing was done.")
    return _answer(request, 400, "The request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a form without its protection against forgery."""
    return _answer(request, 403, "You may not do this.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that did not come from a page of ours, or whose page was open for too long."""
    return _answer(request, 403, "This form is too old, or not ours. Go back, reload, send it again.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, 404, NOTHING)


def wrong_method(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """405 that says what to send."""
    answer = _answer(request, 405, f"Send {' or '.join(allowed)}.")
    answer.headers["Allow"] = ", ".join(allowed)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake; the log has it under the request's id."""
    return _answer(request, 500, f"Something went wrong here; tell us the request id {current_request.get()}.")


def store_away(request: HttpRequest, exception: Exception) -> HttpResponse:
    """503: the database is away, or we refuse to work as the role that we were given."""
    reason = exception if isinstance(exception, UnsafeRole) else type(exception).__name__
    log.error("the database cannot be used: %s", reason)
    if _is_program(request):
        return answers.store_away()
    answer = _answer(request, 503, "The database cannot be reached; please try again in a moment.")
    answer.headers["Retry-After"] = str(answers.RETRY_AFTER)
    return answer


def closed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """503: what lies encrypted in the database cannot be opened."""
    log.error("RAPPORT_SECRET_KEY lacks the key that closed what is kept: %s", type(exception).__name__)
    return _answer(request, 503, str(exception))


def _is_program(request: HttpRequest) -> bool:
    """Whether the caller would not read a page: by the path, or because it takes no HTML."""
    return request.path.startswith(PROGRAMS) or not request.accepts("text/html")


def _answer(request: HttpRequest, status: int, text: str) -> HttpResponse:
    if _is_program(request):
        return answers.sentence(status, text)
    return render(request, "console/error.html", {"status": status, "sentence": text}, status=status)
