"""`/oauth2/*` and the metadata that describes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from django.conf import settings

from rapport.connected_apps import parameters
from rapport.connected_apps.oauth import Introspection, Revocation, Server
from rapport.connected_apps.parameters import Presented
from rapport.connected_apps.scopes import SCOPES
from rapport.tenants import answers
from rapport.tenants.permission import Permitted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

server = Server()
AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


def client(view: Callable[[Presented], HttpResponse]) -> Permitted:
    """The route's permission: anybody may send a POST, which must show a client's credentials. Cookies are ignored."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            status, body, headers = InvalidRequestError("Send a POST.", status_code=405)()
            return server.handle_response(status, body, [*headers, ("Allow", "POST")])
        try:
            return view(parameters.read(request))
        except OAuth2Error as error:
            return server.handle_response(*error())

    return Permitted(guarded, "client credentials", csrf_exempt=True)


def token(presented: Presented) -> HttpResponse:
    """Issues an access token."""
    if "grant_type" not in presented.parameters:
        raise InvalidRequestError("The parameter grant_type is missing.")
    answer: HttpResponse = server.create_token_response(presented)
    return answer


def revoke(presented: Presented) -> HttpResponse:
    """Stops a token of the client's own."""
    answer: HttpResponse = server.create_endpoint_response(Revocation.ENDPOINT_NAME, presented)
    return answer


def introspect(presented: Presented) -> HttpResponse:
    """Describes a token of the client's own."""
    answer: HttpResponse = server.create_endpoint_response(Introspection.ENDPOINT_NAME, presented)
    return answer


def metadata(request: HttpRequest) -> HttpResponse:
    """RFC 8414: where the endpoints are and what they can do."""
    region, domain = settings.RAPPORT.region, settings.RAPPORT.domain
    issuer = f"https://auth.{region}.{domain}" if domain else f"{request.scheme}://{request.get_host()}"
    return answers.data(
        AuthorizationServerMetadata(
            issuer=issuer,
            token_endpoint=f"{issuer}/oauth2/token",
            revocation_endpoint=f"{issuer}/oauth2/revoke",
            introspection_endpoint=f"{issuer}/oauth2/introspect",
            token_endpoint_auth_methods_supported=AUTH_METHODS,
            revocation_endpoint_auth_methods_supported=AUTH_METHODS,
            introspection_endpoint_auth_methods_supported=AUTH_METHODS,
            grant_types_supported=["client_credentials"],
            # Required and not to be empty; there is no authorization endpoint that could answer otherwise.
            response_types_supported=["none"],
            scopes_supported=list(SCOPES),
        )
    )
