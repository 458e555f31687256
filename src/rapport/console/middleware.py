"""What every answer of the console has in common."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError

from rapport.db.tenancy import UnsafeRole
from rapport.tenants.actors import current_request

from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}", re.ASCII)
#: Largest form that is read (Django's own default).
FORM_LIMIT = 2_621_440
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


class Edge:
    """Request id, content-security policy, hosts, and 503 where the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        rapport = settings.RAPPORT
        #: The management API's own host, below which `/api` is left out.
        self.api_host = f"api.{rapport.region}.{rapport.domain}" if rapport.domain else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers one request."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        token = current_request.set(request_id)
        try:
            self._route(request)
            answer = errors.bad_request(request, None) if _has_nul(request) else self.get_response(request)
        finally:
            current_request.reset(token)
        answer.headers["X-Request-Id"] = request_id
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, parts: object
    ) -> HttpResponse | None:
        """405 for a method that the route does not take, before its form is asked where it comes from."""
        methods = getattr(view, "methods", None)
        return None if methods is None or request.method in methods else errors.wrong_method(request, methods)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """503 for a database that is away, that changed its mind (a deadlock, say), or that we must not use."""
        if isinstance(exception, OperationalError | InterfaceError | UnsafeRole):
            return errors.store_away(request, exception)
        return None

    def _route(self, request: HttpRequest) -> None:
        """Gives a request to the API's host the path that it means; ingest, where it is in front, has done so."""
        host = request.META.get("HTTP_HOST", "").lower().partition(":")[0].rstrip(".")
        if host == self.api_host and not request.path_info.startswith("/api/"):
            request.path_info = f"/api{request.path_info}"
            request.path = request.path_info


def _has_nul(request: HttpRequest) -> bool:
    """Whether a person's form or address holds a NUL, which no field of ours takes and no text of the store."""
    if request.path.startswith(errors.PROGRAMS):
        return False
    given = request.META.get("QUERY_STRING", "").encode()
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) <= FORM_LIMIT:
        given += request.body
    return b"%00" in given or b"\0" in given
