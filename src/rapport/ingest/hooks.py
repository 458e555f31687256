"""`PUT /hooks/<id>`: incoming webhooks, for programs that cannot sign in (`contract.md` "Incoming webhooks")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from time import monotonic
from typing import Any, NamedTuple

from rapport.credentials import WEBHOOK, tenant_of
from rapport.db.queries import statement
from rapport.db.write import Actor
from rapport.ingest import doors as library
from rapport.ingest.cache import Cache
from rapport.ingest.doors import BODY_LIMIT, Doors, Sender
from rapport.ingest.http import Refusal, Request, not_allowed
from rapport.ingest.store import Store
from rapport.records.errors import Malformed
from rapport.records.wire import Call, form_body, read_flat, read_object

PREFIX = "/hooks/"
#: A deactivated webhook must stop working everywhere within 5 s.
WEBHOOK_SECONDS = 4.0
#: How exactly it is known when a webhook was last used.
USE_SECONDS = 3600.0
_HINT = "Send the fields with PUT, as query parameters or as a flat JSON object."
_CHALLENGE = [(b"www-authenticate", b'Basic realm="rapport", charset="UTF-8"')]
_FIND = statement("find_webhook")
_NOTE_USE = statement("note_webhook_use")


class Webhook(NamedTuple):
    """An active webhook."""

    id: Any
    user_name: bytes
    #: SHA-256 of the password.
    hash: bytes
    #: Of the configuration that it feeds.
    reference: str


class Webhooks:
    """Active webhooks, looked up by the end of their address inside their tenant and kept for seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: Cache[tuple[int, str], Webhook] = Cache(self._find, WEBHOOK_SECONDS)
        self._used: dict[Any, float] = {}

    async def check(self, request: Request) -> tuple[int, Webhook]:
        """The tenant and the webhook that the request may use. Raises `Refusal` 401, `Unavailable`."""
        public_id = request.path.rstrip("/").removeprefix(PREFIX)
        user_name, password = _credentials(request)
        tenant = tenant_of(public_id, WEBHOOK) if public_id.isascii() else None
        webhook = await self._cache.get((tenant, public_id)) if tenant is not None else None
        if tenant is None or webhook is None or not _is_right(webhook, user_name, password):
            raise unauthenticated()
        await self._note_use(tenant, webhook.id)
        return tenant, webhook

    async def _find(self, key: tuple[int, str]) -> Webhook | None:
        tenant, public_id = key
        row = await self._store.fetchrow(tenant, _FIND, public_id)
        return row and Webhook(row["id"], row["user_name"].encode(), row["hash"], row["reference"])

    async def _note_use(self, tenant: int, webhook_id: Any) -> None:
        """Remember, once an hour, that the webhook is in use."""
        now = monotonic()
        if now - self._used.get(webhook_id, -USE_SECONDS) >= USE_SECONDS:
            self._used[webhook_id] = now
            await self._store.fetchrow(tenant, _NOTE_USE, webhook_id)


def unauthenticated() -> Refusal:
    """401: there is no such webhook, or its user and password are others; nobody is told which."""
    return Refusal(401, "Unauthenticated.", _CHALLENGE)


async def take(request: Request, doors: Doors, webhooks: Webhooks) -> None:
    """Answer `PUT` or `POST /hooks/<id>`. Raises `Refusal`."""
    if request.method not in ("PUT", "POST"):
        raise not_allowed("PUT, POST", _HINT)
    request.check_size(BODY_LIMIT)
    tenant, webhook = await webhooks.check(request)
    call = Call(webhook.reference, await _read(request))
    configuration, errors = await library.find_configuration(doors, tenant, webhook.reference)
    sender = Sender(tenant, Actor("webhook", webhook.id))
    await library.answer(request, *await library.take(request, doors, sender, call, configuration, errors))


async def _read(request: Request) -> dict[str, Any]:
    """The fields: the body's, or else the query's. Raises `Refusal` 400, 413, 415."""
    try:
        fields = read_flat(request.query)
        body = await request.body(BODY_LIMIT)
        if not body:
            return fields
        match request.media_type:
            case "application/x-www-form-urlencoded":
                return read_flat(form_body(body))
            case "application/json" | "text/plain":
                return read_object(body)
            case other if other.endswith("+json"):
                return read_object(body)
    except Malformed as fault:
        raise Refusal(400, str(fault)) from None
    raise Refusal(415, "The body must be application/json or application/x-www-form-urlencoded; or send none.")


def _credentials(request: Request) -> tuple[bytes, bytes]:
    """User and password of HTTP Basic (RFC 7617). Raises `Refusal` 401."""
    scheme, _, encoded = request.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"basic":
        raise unauthenticated()
    try:
        user_name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        raise unauthenticated() from None
    if not colon:
        raise unauthenticated()
    return user_name.strip(), password.strip()


def _is_right(webhook: Webhook, user_name: bytes, password: bytes) -> bool:
    """Whether user and password are the webhook's own, compared in constant time."""
    same_user = hmac.compare_digest(user_name, webhook.user_name)
    return hmac.compare_digest(hashlib.sha256(password).digest(), webhook.hash) and same_user
