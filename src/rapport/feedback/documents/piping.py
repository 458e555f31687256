"""Merge tags in the texts of a survey: what they may name, and what they become."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError

from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS

#: Object -> the fields that a tag may name; of `answers` any question, of custom fields any.
KNOWN: Mapping[str, frozenset[str] | None] = {
    "contact": frozenset(CONTACT_COLUMNS),
    "account": frozenset(ACCOUNT_COLUMNS),
    "survey": frozenset(("touchpoint",)),
    "answers": None,
    "custom": None,
}


class Limited(Environment):
    """Templates that others write: all four limits, which are off by default."""

    context_depth_limit = 5
    loop_iteration_limit = 100
    local_namespace_limit = 2_000
    output_stream_limit = 10_000


_ENVIRONMENT = Limited()


def is_plain(text: str) -> bool:
    """Whether there is no tag in a text."""
    return "{{" not in text and "{%" not in text


@lru_cache(4096)
def _parsed(text: str) -> Any:
    return _ENVIRONMENT.from_string(text)


def faults(text: str) -> list[str]:
    """What is wrong with the tags of a text, a sentence each."""
    if is_plain(text):
        return []
    try:
        template = _ENVIRONMENT.from_string(text)
        template.render()
        found = template.analyze()
    except LiquidError as error:
        return [f"The merge tags cannot be read: {str(error).splitlines()[0]}."]
    named = {(*map(str, each.segments),) for group in found.globals.values() for each in group}
    return [_unknown(path) for path in sorted(named) if not _is_known(path)]


def filled(text: str, about: Mapping[str, Any]) -> str:
    """A text with its tags filled in; plain, not yet escaped. A tag that goes wrong leaves what stands around it."""
    if is_plain(text):
        return text
    try:
        return str(_parsed(text).render(**about))
    except LiquidError:
        return ""


def _is_known(path: tuple[str, ...]) -> bool:
    fields = KNOWN.get(path[0], frozenset())
    return len(path) == 2 and (fields is None or path[1] in fields)


def _unknown(path: tuple[str, ...]) -> str:
    known = ", ".join(f"{name}.…" for name in KNOWN)
    return f"The merge tag {'.'.join(path)} is unknown; tags begin with {known}, with a field's technical name behind."
