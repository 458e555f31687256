"""Who calls the API: the bearer token of a request, and the scope that a route asks for (RFC 6750)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from rapport.tenants import answers
from rapport.tenants.scope import tenant_scope

from . import credentials
from .models import AccessToken, ConnectedApp

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_BEARER = re.compile(r"bearer +([!-~]{1,256})", re.ASCII | re.IGNORECASE)


def bearer(
    scope: str, view: Callable[[HttpRequest, int], HttpResponse], methods: Sequence[str] = ("GET", "HEAD")
) -> Callable[[HttpRequest], HttpResponse]:
    """The route's permission: `view(request, tenant_id)` for callers whose token has `scope`.

    Cookies are not looked at, so there is nothing for another site to ride on. The method is judged before the token.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
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
        return view(request, found.tenant_id)

    guarded.permission = f"scope {scope}"
    guarded.csrf_exempt = True
    return guarded


def find(token: str) -> AccessToken | None:
    """The access token if it may be used now: not expired, not revoked, its app not deactivated."""
    tenant_id = credentials.tenant_of_token(token)
    if tenant_id is None:
        return None
    with tenant_scope(tenant_id):
        found = AccessToken.objects.filter(
            tenant_id=tenant_id, hash=credentials.digest(token), revoked_at=None, expires_at__gt=Now()
        ).first()
        if found is None:
            return None
        app = ConnectedApp.objects.filter(tenant_id=tenant_id, id=found.app_id, active=True)
        return found if app.exists() else None


def _challenge(status: int, text: str, parameters: str) -> HttpResponse:
    challenge = f'Bearer realm="rapport"{", " if parameters else ""}{parameters}'
    return answers.sentence(status, text, {"WWW-Authenticate": challenge})
