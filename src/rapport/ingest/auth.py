"""Bearer tokens: which tenant and Connected App a request speaks for (`contract.md` "Tokens")."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from rapport import credentials
from rapport.db.queries import statement
from rapport.ingest.cache import Cache
from rapport.ingest.http import Refusal, Request
from rapport.ingest.store import Store

#: A revoked token must stop working everywhere within 5 s.
TOKEN_SECONDS = 4.0
#: Whose digests are remembered, for as long as they are used; those that are no tokens never are.
TOKENS_LIMIT = 4_096
_FIND = statement("find_token")
#: Where `hooks` finds it.


class Grant(NamedTuple):
    """What a live token allows."""

    tenant: int
    app_id: Any
    scopes: frozenset[str]
    rate: int | None
    #: Ids of the configurations that it may send records for; None is all.
    configurations: frozenset[Any] | None = None


def unauthenticated(code: str = "") -> Refusal:
    """401 in the reference's words; `code` as RFC 6750 §3.1 names it, where a token was sent."""
    challenge = b'Bearer realm="rapport"' + (f', error="{code}"'.encode() if code else b"")
    return Refusal(401, "Unauthenticated.", [(b"www-authenticate", challenge)])


@lru_cache(TOKENS_LIMIT)
def _key(header: bytes) -> tuple[int, bytes]:
    """The tenant that a header's token names, and its digest. Raises `Refusal` 401."""
    scheme, _, sent = header.partition(b" ")
    if scheme.lower() != b"bearer":
        raise unauthenticated()
    token = sent.strip().decode("latin-1")
    tenant = credentials.tenant_of(token, credentials.TOKEN)
    if tenant is None:
        raise unauthenticated("invalid_token")
    return tenant, credentials.digest(token)


class Tokens:
    """Live access tokens, looked up by hash inside their tenant and kept for seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: Cache[tuple[int, bytes], Grant] = Cache(self._find, TOKEN_SECONDS)

    async def check(self, request: Request) -> Grant:
        """The request's grant. Raises `Refusal` 401, `Unavailable`."""
        key = _key(request.headers.get(b"authorization", b""))
        grant = await self._cache.get(key)
        if grant is None:
            raise unauthenticated("invalid_token")
        return grant

    def known(self, request: Request) -> Grant | None:
        """The request's grant, where it need not be looked up. Raises `Refusal` 401."""
        return self._cache.known(_key(request.headers.get(b"authorization", b"")))

    async def _find(self, key: tuple[int, bytes]) -> Grant | None:
        tenant, digest = key
        row = await self._store.fetchrow(tenant, _FIND, digest)
        if row is None:
            return None
        limited = row["configurations"]
        allowed = None if limited is None else frozenset(limited)
        return Grant(tenant, row["app_id"], frozenset(row["scopes"]), row["rate"], allowed)
