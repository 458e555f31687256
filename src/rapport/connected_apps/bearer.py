"""Who calls the API: the bearer token of a request, and the scope that a route asks for (RFC 6750)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple, cast

from django.db.models.functions import Now

from rapport import credentials
from rapport.tenants import answers, bodies
from rapport.tenants.actors import Author
from rapport.tenants.permission import AuthoredRequest, Permitted, View
from rapport.tenants.query import ParametersError, Reader
from rapport.tenants.scope import tenant_scope

from .models import AccessToken, ConnectedApp

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

_BEARER = re.compile(r"bearer +([!-~]{1,256})", re.ASCII | re.IGNORECASE)


class Caller(NamedTuple):
    """Whom a token speaks for, and what it may do now."""

    tenant_id: int
    author: Author
    scopes: Sequence[str]
    #: Ids of the configurations that it may send records for; None is all.
    configurations: frozenset[UUID] | None = None


def bearer(scope: str, view: View, methods: Sequence[str] = ("GET", "HEAD")) -> Permitted:
    """The route's permission: `view(request, tenant_id, **parts of the address)` for callers whose token has `scope`.

    The view finds who acts as `request.author`, what its app is limited to as `request.configurations`, and may raise
    `answers.Refused` and `ParametersError`. The method is judged before the token. Cookies are not looked at, so there
    is nothing for another site to ride on.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **parts: str) -> HttpResponse:
        if request.method not in methods:
            return answers.wrong_method(methods)
        presented = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
        if presented is None:
            return _challenge(401, "Unauthenticated.", "")
        found = find(presented[1])
        if found is None:
            return _challenge(401, "Unauthenticated.", 'error="invalid_token"')
        if scope not in found.scopes:
            text = f"The access token lacks the scope {scope}."
            return _challenge(403, text, f'error="insufficient_scope", scope="{scope}"')
        authored = cast(AuthoredRequest, request)
        authored.author, authored.configurations = found.author, found.configurations
        return _answer(view, request, found.tenant_id, parts)

    return Permitted(guarded, f"scope {scope}", csrf_exempt=True)


def bare(view: View) -> View:
    """The view of an address that takes neither parameters nor a body: both are refused before it does anything."""

    @wraps(view)
    def checked(request: HttpRequest, tenant_id: int, **parts: str) -> HttpResponse:
        Reader(request.META.get("QUERY_STRING", "")).finish()
        if request.method not in ("GET", "HEAD"):
            bodies.nothing(request)
        return view(request, tenant_id, **parts)

    return checked


def by_method(**guarded: Permitted) -> Permitted:
    """One address whose methods have permissions of their own: `GET=bearer(…), POST=bearer(…)`."""
    methods = ("GET", "HEAD", *guarded) if "GET" in guarded else tuple(guarded)
    methods = tuple(dict.fromkeys(methods))

    def chosen(request: HttpRequest, **parts: str) -> HttpResponse:
        view = guarded.get("GET" if request.method == "HEAD" else str(request.method))
        return answers.wrong_method(methods) if view is None else view(request, **parts)

    return Permitted(chosen, {method: str(view.permission) for method, view in guarded.items()}, csrf_exempt=True)


def find(token: str) -> Caller | None:
    """Whom an access token speaks for, if it may be used now: not expired, not revoked, its app not deactivated."""
    tenant_id = credentials.tenant_of(token, credentials.TOKEN)
    if tenant_id is None:
        return None
    with tenant_scope(tenant_id):
        found = AccessToken.objects.filter(
            tenant_id=tenant_id, hash=credentials.digest(token), revoked_at=None, expires_at__gt=Now()
        ).first()
        if found is None:
            return None
        app = ConnectedApp.objects.filter(tenant_id=tenant_id, id=found.app_id, active=True).first()
    if app is None:
        return None
    limited = None if app.configurations is None else frozenset(app.configurations)
    return Caller(tenant_id, Author("app", app.id, app.name), found.allows(app), limited)


def _answer(view: View, request: HttpRequest, tenant_id: int, parts: dict[str, str]) -> HttpResponse:
    try:
        return view(request, tenant_id, **parts)
    except answers.Refused as refused:
        return refused.answer
    except ParametersError as error:
        return answers.faults(error.errors)


def _challenge(status: int, text: str, parameters: str) -> HttpResponse:
    challenge = f'Bearer realm="rapport"{", " if parameters else ""}{parameters}'
    return answers.sentence(status, text, {"WWW-Authenticate": challenge})
