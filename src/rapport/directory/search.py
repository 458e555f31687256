"""Finds contacts and accounts by the beginnings of their words.

The words follow the ledger (`follower.py`) and may be seconds old; whole e-mail addresses, phone numbers and account
names are found at once. What is found may be gone by the time its rows are read.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from rapport.db.queries import statement
from rapport.records.errors import Invalid
from rapport.records.fields import check_text
from rapport.records.texts import trimmed
from rapport.tenants.statements import fetch

from . import words
from .models import SearchToken
from .readback import ACCOUNTS, CONTACTS

LIMIT = 25
#: Addresses that have the word before their @ and come first: in the order of words they stand behind longer ones.
FIRST = 5
#: Words that are looked at for one page (a few microseconds each): beyond, the page ends early.
LOOKED_AT = 5_000
#: Sorts behind everything that follows a beginning.
_LAST = "\U0010ffff"
#: Sorts before every object.
_NOBODY = UUID(int=0)
_FIND_WORDS = statement("find_words")
_COLLECTIONS = {collection.object_type: collection for collection in (CONTACTS, ACCOUNTS)}


class Mark(NamedTuple):
    """Where the next page begins: behind an object's word, among those that begin with `word`."""

    word: str
    token: str
    object_id: UUID

    def __str__(self) -> str:
        raw = self.object_id.bytes + f"{self.word}\0{self.token}".encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Mark:
        """The place that was handed out as `text`. Raises `ValueError`."""
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        word, token = raw[16:].decode().split("\0")
        return cls(word, token, UUID(bytes=raw[:16]))


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page."""

    ids: list[UUID]
    #: None: this was the last one. Else there may be more, also where the page is not full.
    after: Mark | None


def find(tenant_id: int, object_type: str, text: str, after: Mark | None = None, limit: int = LIMIT) -> Found:
    """Objects of which each word of `text` begins some word; inside the tenant's scope.

    In the order of the words found, the owner of exactly that address, number or name first, then those of addresses
    whose part before the @ it is. At most `LOOKED_AT`
    words are looked at for a page, so that a search for two frequent words that rarely meet is quick, too.
    """
    wanted, owners = words.wanted(text), _owners(tenant_id, object_type, text)
    if limit > FIRST + len(owners):
        owners |= _mailboxes(tenant_id, object_type, wanted)
    ids = [*owners] if after is None else []
    if not wanted:
        return Found(ids=ids, after=None)
    if after is None:
        word = _rarest(tenant_id, object_type, wanted)
        after = Mark(word, word, _NOBODY)
    # One more than is shown tells whether there are more.
    for token, object_id, found, last in _following(tenant_id, object_type, wanted, after, limit + len(owners) + 1):
        if found and object_id not in owners:
            if len(ids) >= limit:
                return Found(ids=ids, after=after)
            ids.append(object_id)
        after = Mark(after.word, token, object_id)
        if last:
            return Found(ids=ids, after=after)
    return Found(ids=ids, after=None)


def _owners(tenant_id: int, object_type: str, text: str) -> dict[UUID, None]:
    """Who is identified by just this text."""
    collection = _COLLECTIONS[object_type]
    keys = []
    for key in collection.key_types.values():
        with suppress(Invalid):
            check_text(text)
            keys.append(key(trimmed(text)))
    rows = collection.key_model.objects.filter(tenant_id=tenant_id, key__in=keys)
    return dict.fromkeys(rows.order_by("key").values_list(collection.key_owner, flat=True))


def _mailboxes(tenant_id: int, object_type: str, wanted: Sequence[str]) -> dict[UUID, None]:
    """Who has an address with just this word before the @: `@` sorts behind digits, before letters."""
    if len(wanted) != 1 or "@" in wanted[0]:
        return {}
    rows = SearchToken.objects.filter(tenant_id=tenant_id, object_type=object_type, token__gte=f"{wanted[0]}@")
    found = rows.filter(token__lt=f"{wanted[0]}A").order_by("token", "object_id")
    return dict.fromkeys(found.values_list("object_id", flat=True)[:FIRST])


def _rarest(tenant_id: int, object_type: str, wanted: Sequence[str]) -> str:
    """The word with the fewest candidates, as far as it is worth counting."""
    if len(wanted) == 1:
        return wanted[0]
    rows = SearchToken.objects.filter(tenant_id=tenant_id, object_type=object_type)
    counts = {word: rows.filter(token__gte=word, token__lt=word + _LAST)[:LOOKED_AT].count() for word in wanted}
    return min(wanted, key=lambda word: (counts[word], -len(word)))


def _following(
    tenant_id: int, object_type: str, wanted: Sequence[str], after: Mark, limit: int
) -> list[tuple[str, UUID, bool, bool]]:
    """What `find_words` finds behind a place."""
    others = [word for word in wanted if word != after.word]
    begin = (after.token, after.object_id, after.word, after.word + _LAST)
    behind = [word + _LAST for word in others]
    return fetch(_FIND_WORDS, tenant_id, object_type, *begin, LOOKED_AT, limit, others, behind)
