"""Every address of the console's process, each with its permission. A slash at the end makes no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import re_path

from rapport.connected_apps import views as oauth
from rapport.connected_apps.bearer import bearer
from rapport.directory import views as directory

from . import errors, openapi, pages
from .access import public

if TYPE_CHECKING:
    from django.urls import URLPattern


def route(path: str, view: object) -> URLPattern:
    """`path` with and without a slash at its end."""
    return re_path(rf"^{path}/?$", view)


urlpatterns = [
    re_path(r"^$", public(pages.landing)),
    route(r"openapi\.json", public(openapi.document)),
    route(r"\.well-known/oauth-authorization-server", public(oauth.metadata)),
    route("oauth2/token", oauth.client(oauth.token)),
    route("oauth2/revoke", oauth.client(oauth.revoke)),
    route("oauth2/introspect", oauth.client(oauth.introspect)),
    route("api/contacts", bearer("directory:read", directory.contacts)),
    route("api/accounts", bearer("directory:read", directory.accounts)),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
