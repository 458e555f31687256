"""Finds sections by words: every page is filled for the reader and read without its code, which is quick enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .contents import ENTRIES, Entry
from .reader import Reader
from .rendering import anchor, fill, prose
from .words import context

#: Characters of the text around a hit.
AROUND = 160
SHOWN = 20


@dataclass(frozen=True)
class Hit:
    """One section of one page that holds the words."""

    entry: Entry
    section: str
    excerpt: str
    score: int

    @property
    def path(self) -> str:
        """Its address."""
        return f"{self.entry.path}#{anchor(self.section)}" if self.section else self.entry.path


def find(question: str, who: Reader) -> list[Hit]:
    """Sections that hold every word of the question, those first that say it in their titles."""
    words = question.casefold().split()
    if not words:
        return []
    hits = [hit for entry in ENTRIES.values() for hit in _hits(entry, who, words)]
    return list(_distinct(sorted(hits, key=lambda hit: -hit.score)))[:SHOWN]


def _hits(entry: Entry, who: Reader, words: Sequence[str]) -> Iterator[Hit]:
    for section, text in _sections(entry, who):
        title, section_title, low = entry.title.casefold(), section.casefold(), text.casefold()
        if not all(word in low or word in title or word in section_title for word in words):
            continue
        score = sum(4 * (word in section_title) + 3 * (word in title) + min(low.count(word), 3) for word in words)
        yield Hit(entry, section, _excerpt(text, words), score)


def _sections(entry: Entry, who: Reader) -> Sequence[tuple[str, str]]:
    """The sections of a page; those of readers whom nobody knows are kept, since anybody may ask for them."""
    if who.tenant is None:
        return _public(entry, who.region, tuple(who.hosts.items()))
    return tuple(prose(fill(entry, context(entry, who, ""))))


@lru_cache(maxsize=8 * len(ENTRIES))
def _public(entry: Entry, region: str, hosts: tuple[tuple[str, str], ...]) -> Sequence[tuple[str, str]]:
    return tuple(prose(fill(entry, context(entry, Reader(region, dict(hosts)), ""))))


def _distinct(hits: Sequence[Hit]) -> Iterator[Hit]:
    """What all data types say in the same words is found once."""
    seen = set()
    for hit in hits:
        said = (hit.section, hit.excerpt) if hit.entry.data_type else hit.path
        if said not in seen:
            seen.add(said)
            yield hit


def _excerpt(text: str, words: Sequence[str]) -> str:
    found = [start for word in words if (start := text.casefold().find(word)) >= 0]
    start = text.rfind(" ", 0, max(0, min(found, default=0) - AROUND // 3)) + 1
    end = text.rfind(" ", 0, start + AROUND) if len(text) > start + AROUND else len(text)
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
