"""The authorization server: tokens for client credentials, revocation, introspection, metadata.

The grammar is Authlib's; how clients are read, found and refused is ours (`contract.md`, "Tokens").
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, ClientMixin, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from django.db.models.functions import Now

from rapport import credentials
from rapport.tenants import answers
from rapport.tenants.scope import tenant_scope

from . import issue
from .models import AccessToken, ConnectedApp
from .parameters import ClientRefusedError, Presented
from .scopes import SCOPES

if TYPE_CHECKING:
    from django.http import JsonResponse

#: Seconds that an access token lives.
LIFETIME = 3600
#: The one way for clients to authenticate, as far as Authlib is concerned: `authenticate` below.
METHOD = "client_secret"
#: How much of an unknown scope is repeated, and without which characters.
NAME_LIMIT = 100
_NOT_TOLD = re.compile(r'[^ -~]|["\\]')
#: What a secret is compared with where there is no client: the same work for all who are refused.
NOBODY = bytes(32)


@dataclass(frozen=True)
class Client(ClientMixin):
    """A Connected App that has shown its secret."""

    app: ConnectedApp

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Every app authenticates in the same way."""
        return method == METHOD

    def check_grant_type(self, grant_type: str) -> bool:
        """There is one grant, for every app."""
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes that a token gets: those asked for, or else all of the app's.

        Raises `InvalidScopeError` with the first that is unknown, or that the app has not.
        """
        wanted = list(dict.fromkeys((scope or "").split())) or self.app.scopes
        for name in wanted:
            if name not in self.app.scopes:
                raise InvalidScopeError(_no_scope(name))
        return " ".join(wanted)


class Request(OAuth2Request):
    """A request as Authlib sees it."""

    def __init__(self, presented: Presented) -> None:
        # TLS ends before us; Authlib would refuse a plain-HTTP address, so it gets one that says nothing.
        super().__init__("POST", "https://localhost/")
        self.payload = BasicOAuth2Payload(presented.parameters)
        self.presented = presented

    @property
    def form(self) -> dict[str, str]:
        """The parameters, wherever they came from."""
        return self.presented.parameters


class Grant(ClientCredentialsGrant):
    """RFC 6749 §4.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)


class Revocation(RevocationEndpoint):
    """RFC 7009. A token that is not the client's own is answered like one that does not exist."""

    CLIENT_AUTH_METHODS = (METHOD,)

    def authenticate_token(self, request: Request, client: Client) -> AccessToken | None:
        """The token to revoke."""
        return _own_token(request, client)

    def revoke_token(self, token: AccessToken, request: Request) -> None:
        """Stops the token; the first time counts."""
        with tenant_scope(token.tenant_id) as tenant_id:
            live = AccessToken.objects.filter(tenant_id=tenant_id, hash=token.hash, revoked_at=None)
            live.update(revoked_at=Now())


class Introspection(IntrospectionEndpoint):
    """RFC 7662. A token that is not the client's own is inactive."""

    CLIENT_AUTH_METHODS = (METHOD,)

    def authenticate_token(self, request: Request, client: Client) -> AccessToken | None:
        """The token to describe; None makes it inactive."""
        token = _own_token(request, client)
        if token is None or token.revoked_at is not None or token.expires_at <= datetime.now(UTC):
            return None
        return token

    def create_introspection_payload(self, token: AccessToken | None) -> dict[str, Any]:
        """What is known of the token."""
        if token is None:
            return {"active": False}
        with tenant_scope(token.tenant_id) as tenant_id:
            app = ConnectedApp.objects.get(tenant_id=tenant_id, id=token.app_id)
        return {
            "active": True,
            "scope": " ".join(token.allows(app)),
            "client_id": app.client_id,
            "token_type": "Bearer",
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        }


class Server(AuthorizationServer):
    """Issues tokens to Connected Apps."""

    def __init__(self) -> None:
        super().__init__()
        self.register_client_auth_method(METHOD, _authenticate)
        self.register_token_generator("default", BearerTokenGenerator(_new_token, expires_generator=LIFETIME))
        self.register_grant(Grant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def query_client(self, client_id: str) -> None:
        """Not used: clients are found by `authenticate`, together with their secret."""

    def create_oauth2_request(self, request: Presented) -> Request:
        """What Authlib works on."""
        return Request(request)

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        """Stores the token's digest; leaves `scope` in the answer only where it differs from what was asked."""
        app, now = request.client.app, datetime.now(UTC)
        wanted = token.pop("scope").split(" ")
        with tenant_scope(app.tenant_id) as tenant_id:
            has = _used(app, now, request)
            scopes = [scope for scope in wanted if scope in has]
            if not scopes:
                raise InvalidScopeError("The Connected App no longer has the scopes that were asked for.")
            AccessToken.objects.create(
                tenant_id=tenant_id,
                hash=credentials.digest(token["access_token"]),
                app_id=app.id,
                scopes=scopes,
                issued_at=now,
                expires_at=now + timedelta(seconds=LIFETIME),
            )
        if request.payload.scope not in (None, " ".join(scopes)):
            token["scope"] = " ".join(scopes)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> JsonResponse:
        """Django's answer."""
        return answers.data(body, status, {name: value for name, value in headers if name != "Content-Type"})

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def authenticate(client_id: str, client_secret: str) -> Client | None:
    """The client whose id and secret these are. Unknown, stopped and mistaken ones cost the same work."""
    tenant_id = credentials.tenant_of(client_id, credentials.CLIENT)
    presented = credentials.digest(client_secret)
    with tenant_scope(tenant_id or 0):
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id or 0, active=True)
        app = apps.filter(client_id=client_id if tenant_id else "").first()
        secrets = issue.live_secrets(app or ConnectedApp(tenant_id=0))
    matches = [hmac.compare_digest(presented, secret) for secret in secrets or [NOBODY]]
    return Client(app) if app is not None and any(matches) else None


def _authenticate(query_client: object, request: Request) -> Client:
    presented = request.presented
    client = authenticate(presented.client_id, presented.client_secret)
    if client is None:
        raise ClientRefusedError(basic=presented.basic)
    return client


def _new_token(client: Client, **_: Any) -> str:
    return credentials.new(credentials.TOKEN, client.app.tenant_id)


def _no_scope(name: str) -> str:
    """Which scope it is that a client does not get, in the characters that RFC 6749 §5.2 allows."""
    told = _NOT_TOLD.sub("?", name[:NAME_LIMIT])
    if name in SCOPES:
        return f"The Connected App does not have the scope {told}."
    return f"The scope {told} is unknown; separate scopes with spaces."


def _used(app: ConnectedApp, now: datetime, request: Request) -> list[str]:
    """The scopes that an app has now; its row stays locked, so that who narrows it meanwhile finds the token to come.

    Raises `ClientRefusedError` where it has been stopped since it showed its secret.
    """
    rows = ConnectedApp.objects.filter(tenant_id=app.tenant_id, id=app.id, active=True)
    locked = rows.select_for_update().first()
    if locked is None:
        raise ClientRefusedError(basic=request.presented.basic)
    rows.update(last_used_at=now)
    return locked.scopes


def _own_token(request: Request, client: Client) -> AccessToken | None:
    """The token that the request names, if it was issued to this very client."""
    token = request.form.get("token")
    if token is None:
        raise InvalidRequestError("The parameter token is missing.")
    with tenant_scope(client.app.tenant_id) as tenant_id:
        return AccessToken.objects.filter(
            tenant_id=tenant_id, hash=credentials.digest(token), app_id=client.app.id
        ).first()
