"""Reads the parameters and the client's credentials of an OAuth request, strictly (RFC 6749 §2.3.1, §3.2)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError

if TYPE_CHECKING:
    from django.http import HttpRequest

#: No honest request to these endpoints comes near.
BODY_LIMIT = 64 * 1024
FIELDS_LIMIT = 50
FORM = "application/x-www-form-urlencoded"
CREDENTIALS = ("client_id", "client_secret")


class ClientRefusedError(InvalidClientError):
    """The client is unknown, stopped or has another secret; nobody is told which."""

    status_code = 401
    description = "Client authentication failed."

    def __init__(self, *, basic: bool) -> None:
        super().__init__()
        self.basic = basic

    def get_headers(self) -> list[tuple[str, str]]:
        """With a challenge only where HTTP Basic was used."""
        headers = super().get_headers()
        if self.basic:
            return [*(h for h in headers if h[0] != "WWW-Authenticate"), ("WWW-Authenticate", 'Basic realm="rapport"')]
        return [header for header in headers if header[0] != "WWW-Authenticate"]


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a request says: its parameters, and who claims to send it."""

    parameters: dict[str, str]
    client_id: str
    client_secret: str
    #: Whether the credentials came as HTTP Basic.
    basic: bool


def read(request: HttpRequest) -> Presented:
    """What `request` says. Raises Authlib's `InvalidRequestError` and `ClientRefusedError`."""
    body, query = _form(_body(request)), _form(request.META.get("QUERY_STRING", "").encode("latin-1"))
    parameters = body or query
    if body and any(name in query for name in CREDENTIALS):
        raise InvalidRequestError("Send the client credentials in one place only.")
    scheme, _, encoded = request.headers.get("Authorization", "").strip().partition(" ")
    basic = scheme.lower() == "basic"
    if not basic:
        client_id, client_secret = (parameters.get(name, "") for name in CREDENTIALS)
        return Presented(parameters=parameters, client_id=client_id, client_secret=client_secret, basic=False)
    client_id, client_secret = _basic(encoded)
    if "client_secret" in parameters or parameters.get("client_id", client_id) != client_id:
        raise InvalidRequestError("Send the client credentials in one place only.")
    return Presented(parameters=parameters, client_id=client_id, client_secret=client_secret, basic=True)


def _body(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
        raise InvalidRequestError("The body is too large.")
    body = request.body
    if body and request.content_type != FORM:
        raise InvalidRequestError(f"The body must be {FORM}.")
    return body


def _form(raw: bytes) -> dict[str, str]:
    """Name -> value; a parameter without a value counts as not sent (RFC 6749 §3.2).

    Credentials hold no white space; around them stands what a file or a form added.
    """
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_LIMIT)
    except ValueError:
        raise InvalidRequestError("The parameters must be URL-encoded UTF-8, 50 at most.") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise InvalidRequestError("A parameter is repeated.")
    found = {name: value.strip() if name in CREDENTIALS else value for name, value in pairs}
    return {name: value for name, value in found.items() if value}


def _basic(encoded: str) -> tuple[str, str]:
    """Client id and secret, each form-decoded, without white space around them."""
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        return unquote_plus(client_id, errors="strict").strip(), unquote_plus(secret, errors="strict").strip()
    except (binascii.Error, ValueError):
        raise ClientRefusedError(basic=True) from None
