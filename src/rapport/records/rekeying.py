"""Which keys an object has by today's rules, where older rules gave it others; pure.

A new key is added first, the old one goes in a second step, so that whatever stops in between has lost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from rapport.records.errors import Invalid
from rapport.records.keys import email_key, name_key, phone_key


class Moved(NamedTuple):
    """A key that is another one by now; `new` is None where the text is no key any more."""

    owner: Any
    old: str
    new: str | None


class Held(NamedTuple):
    """A key that finds an object, and the text that it was made from, where that is known."""

    owner: Any
    key: str
    text: str | None


def contacts(held: Iterable[Held]) -> list[Moved]:
    """Those keys of contacts that differ; the text is the contact's own e-mail address.

    A contact is found by numbers that it no longer has, so a phone's key is renewed from itself.
    """
    return _moved(held, _contact_key)


def accounts(held: Iterable[Held]) -> list[Moved]:
    """Those names and aliases of accounts that differ; the text is the name or the alias as it was first sent.

    What nobody can see is no name any more.
    """
    return _moved(held, lambda each: name_key(each.text or each.key) or None)


def _contact_key(held: Held) -> str:
    kind, own = held.key[:2], held.key[2:]
    return kind + (phone_key(own) if kind == "p:" else email_key(held.text or own))


def _moved(held: Iterable[Held], of: Callable[[Held], str | None]) -> list[Moved]:
    found = ((each, _or_none(of, each)) for each in held)
    return [Moved(each.owner, each.key, key) for each, key in found if key != each.key]


def _or_none(of: Callable[[Held], str | None], held: Held) -> str | None:
    try:
        return of(held)
    except Invalid:
        return None
