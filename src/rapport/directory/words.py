"""Text -> the words that search keeps and looks for; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

from rapport.records.keys import PHONE_DIGITS

#: Characters of a word, and words of an object, that are kept.
WORD_LIMIT = 64
WORDS_LIMIT = 64
#: Words of one search.
WANTED_LIMIT = 8
#: What stands together in an address. Neither NUL nor lone surrogates, which PostgreSQL cannot take, are in it.
_CHUNK = re.compile(r"[\w.@+-]+")
_WORD = re.compile(r"[^\W_]+")
_EDGES = "._@+-"
_NUMBER = re.compile(r"[0-9 ()+-]*")


def fold(text: str) -> str:
    """Text without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    # Decomposing can bring capitals back.
    return "".join(sign for sign in decomposed if unicodedata.category(sign)[0] != "M").casefold()


def digits(text: str) -> str:
    """The digits of a phone number."""
    return "".join(_WORD.findall(text))


def kept(texts: Iterable[str]) -> set[str]:
    """The words of an object, whose `texts` are in the order of their importance.

    One that another begins with is left out: whoever looks for its beginning finds the other.
    """
    found = dict.fromkeys(word[:WORD_LIMIT] for word in chain.from_iterable(map(_words, texts)))
    ordered = sorted(islice(found, WORDS_LIMIT))
    return {word for word, following in pairwise([*ordered, ""]) if not following.startswith(word)}


def wanted(text: str) -> list[str]:
    """What some word of each object that is looked for begins with, each once; a phone number is one word."""
    number = digits(text)
    if _NUMBER.fullmatch(text) and len(number) >= PHONE_DIGITS.start:
        return [number[:WORD_LIMIT]]
    found = chain.from_iterable([chunk] if _is_whole(chunk) else _WORD.findall(chunk) for chunk in _chunks(text))
    return list(islice(dict.fromkeys(word[:WORD_LIMIT] for word in found), WANTED_LIMIT))


def _words(text: str) -> Iterator[str]:
    """Every word of a text; what has a dot or an @ inside, such as an e-mail address, as a whole and in parts."""
    for chunk in _chunks(text):
        local, _, domain = chunk.partition("@")
        if _is_whole(chunk):
            yield chunk
        if domain:
            yield domain
        yield from _WORD.findall(local)


def _chunks(text: str) -> Iterator[str]:
    return filter(None, (chunk.strip(_EDGES) for chunk in _CHUNK.findall(fold(text))))


def _is_whole(chunk: str) -> bool:
    return "@" in chunk or "." in chunk
