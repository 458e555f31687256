"""What every answer of the console has in common."""

from __future__ import annotations

import logging
import re
import uuid
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from django.urls import is_valid_path
from django.utils.http import parse_header_parameters

from rapport.campaigns.secrets import SealedError
from rapport.db.tenancy import UnsafeRole
from rapport.feedback.links import NoKeyError
from rapport.hosts import NOT_OURS, Hosts, Misdirected, Strange, job_of
from rapport.process import redacted
from rapport.tenants import answers
from rapport.tenants.actors import current_request

from . import errors, health

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

log = logging.getLogger("rapport.console")
access = logging.getLogger("rapport.access")

_SLASHES = re.compile("//+")
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}", re.ASCII)
#: Largest form that is read (Django's own default).
FORM_LIMIT = 2_621_440
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


class Edge:
    """Request id, content-security policy, hosts, methods, safe cookies, and 503 where the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        rapport = settings.RAPPORT
        #: Behind ingest it is ingest that writes them.
        self.lines = rapport.access_log and not rapport.console_socket
        self.hosts = Hosts(rapport.domain, rapport.region, rapport.regions, rapport.host) if rapport.domain else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers one request."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        token = current_request.set(request_id)
        started = perf_counter()
        try:
            answer = health.answer(request) or self._refused(request) or self.get_response(request)
            if self.lines:
                _note(request, answer.status_code, perf_counter() - started)
        finally:
            current_request.reset(token)
        answer.headers["X-Request-Id"] = request_id
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        if answer.cookies and (request.is_secure() or self._is_of_domain(request)):
            for cookie in answer.cookies.values():
                cookie["secure"] = True
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
        if isinstance(exception, NoKeyError | SealedError):
            return errors.closed(request, exception)
        # One that `_has_nul` has not seen, in a form beyond its limit or in a field that is encoded once more.
        return errors.bad_request(request) if isinstance(exception, DataError) and "NUL" in str(exception) else None

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a request that goes no further; any other gets the path that it means.

        Ingest, where it is in front, has done most of this.
        """
        if "//" in request.path_info:
            request.path = request.path_info = _SLASHES.sub("/", request.path_info)
        try:
            host = request.get_host()
            if self.hosts is not None:
                _place(self.hosts, request, host)
        except Misdirected as elsewhere:
            return answers.sentence(421, str(elsewhere))
        except (DisallowedHost, Strange):
            log.warning("the host %.100r is none of ours", request.META.get("HTTP_HOST"))
            return answers.sentence(400, NOT_OURS)
        except Http404:
            return answers.sentence(404, errors.NOTHING)
        _read_as_text(request)
        coding = request.META.get("HTTP_CONTENT_ENCODING")
        if coding:  # which ingest has undone
            return answers.sentence(415, f"The Content-Encoding {coding:.100} is unknown; send the body as it is.")
        return errors.bad_request(request) if _has_nul(request) else None

    def _is_of_domain(self, request: HttpRequest) -> bool:
        """Whether the page was asked for by the domain's name: there is TLS, whatever we are told of it."""
        return self.hosts is not None and self.hosts.job(request.get_host()) == "pages"


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    """A line about an answered request, like ingest's."""
    told: dict[str, Any] = {"method": request.method, "path": redacted(request.path_info), "status": status}
    told |= {"ms": round(seconds * 1000, 2)}
    if status in (400, 421):
        told["host"] = request.META.get("HTTP_HOST", "")[:100]
    access.info("request", extra=told)


def _place(hosts: Hosts, request: HttpRequest, host: str) -> None:
    """Gives the request the path that its host means. Raises `Misdirected`, `Strange`, `Http404`."""
    request.path = request.path_info = hosts.place(host, request.path_info)
    if job_of(request.path_info) == "pages" and not hosts.has_pages(host):
        raise hosts.pages() if is_valid_path(request.path_info) else Http404


def _read_as_text(request: HttpRequest) -> None:
    """Where the body is said to be in what is no encoding of texts (`hex`, say), it is read as if nothing was said."""
    charset = (request.content_params or {}).get("charset")
    try:
        "x".encode(charset or "utf-8")
    except (LookupError, UnicodeError, ValueError):
        request.encoding = "utf-8"


def _has_nul(request: HttpRequest) -> bool:
    """Whether a person's form or address holds a NUL, which no field of ours takes and no text of the store.

    What a file holds is for its page to judge.
    """
    if request.path.startswith(errors.PROGRAMS):
        return False
    given = request.META.get("QUERY_STRING", "").encode()
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) <= FORM_LIMIT:
        given += _fields(request)
    return b"%00" in given or b"\0" in given


def _fields(request: HttpRequest) -> bytes:
    """A form's body without its files."""
    boundary = (request.content_params or {}).get("boundary")
    if request.content_type != "multipart/form-data" or not boundary:
        return request.body
    return b"".join(part for part in request.body.split(f"--{boundary}".encode()) if not _is_file(part))


def _is_file(part: bytes) -> bool:
    """Whether a part of a form is a file, as Django sees it."""
    head = part.partition(b"\r\n\r\n")[0].decode("latin-1")
    found = (line.partition(":") for line in head.splitlines())
    of = [text for name, _, text in found if name.strip().lower() == "content-disposition"]
    return any(_filename(text) for text in of)


def _filename(disposition: str) -> str | None:
    """The name of a part's file; none where it is said in a way that Django skips (`filename*=bogus''x`)."""
    try:
        return parse_header_parameters(disposition)[1].get("filename")
    except ValueError:
        return None
