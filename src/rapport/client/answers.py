"""Answers that are refusals: which exception says what."""

from __future__ import annotations

from typing import Any

import httpx2

from .errors import Forbidden, Invalid, RapportError, RateLimited, Unauthenticated, Unavailable
from .patience import LATER, Answer, retry_after
from .results import Result

_CREDENTIALS: dict[int, type[RapportError]] = {401: Unauthenticated, 403: Forbidden}


def check(answer: httpx2.Response) -> httpx2.Response:
    """A good answer, as it is. Raises `RapportError`."""
    if answer.is_success:
        return answer
    raise refusal(answer)


def refusal(answer: Answer) -> RapportError:
    """The exception for an answer that is none of the good ones, or for none at all."""
    if not isinstance(answer, httpx2.Response):
        return Unavailable(f"There was no answer: {str(answer) or type(answer).__name__}.")
    error = _refusal(answer)
    error.status, error.request_id = answer.status_code, answer.headers.get("X-Request-Id")
    return error


def _refusal(answer: httpx2.Response) -> RapportError:
    told, status = _told(answer), answer.status_code
    message = str(told.get("message") or told.get("error_description") or told.get("error") or answer.reason_phrase)
    if status == 422:
        return _invalid(message, told)
    if status in LATER:
        kind = RateLimited if status == 429 else Unavailable
        return kind(message, retry_after(answer))
    if status in _CREDENTIALS:
        return _CREDENTIALS[status](message)
    return RapportError(f"{status}: {message}")


def _invalid(message: str, told: dict[str, Any]) -> Invalid:
    results = [Result.read(each, 0) for each in told.get("results", ())]
    if results:
        message = f"{told['rejected']} of {told['received']} records are not right; nothing was written."
    return Invalid(message, told.get("errors"), results)


def _told(answer: httpx2.Response) -> dict[str, Any]:
    """The body's object; a balancer's page is none."""
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
