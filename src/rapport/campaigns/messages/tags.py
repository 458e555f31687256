"""Merge tags: `{{ contact.first_name | default: "there" }}`. No control tags, so that a text is pieces and holes.

An expression is Liquid's; what it may name is known beforehand, and what it costs is limited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

#: What the mail itself has.
LINKS = ("survey_link", "unsubscribe_link", "score_row")
#: What a tag may begin with, beside fields of contact and account.
OWN = (*LINKS, "sender.name", "system.name")
_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_CONTROL = re.compile(r"\{%|\{\{|\}\}|%\}")
#: Where a tag stood while the text around it is made into HTML: letters and digits, which Markdown leaves alone.
HOLE = re.compile(r"zqHOLE(\d+)qz")


class TagFault(ValueError):
    """A tag cannot be used; the text is one sentence."""


class _Limited(Environment):
    loop_iteration_limit = 100
    local_namespace_limit = 10_000
    output_stream_limit = 100_000
    context_depth_limit = 10


_ENVIRONMENT = _Limited()


@lru_cache(maxsize=10_000)
def compiled(expression: str) -> BoundTemplate:
    """The expression of a tag. Raises `TagFault`."""
    try:
        return _ENVIRONMENT.from_string("{{" + expression + "}}")
    except LiquidError as fault:
        told = str(fault).splitlines()[0]
        raise TagFault(f"The tag {{{{{expression}}}}} cannot be read: {told}.") from None


def expressions(text: str) -> list[str]:
    """The expressions of a text's tags, in order."""
    return [match[1] for match in _TAG.finditer(text)]


def faults(text: str, known: Collection[str]) -> Iterator[str]:
    """What is wrong with a text's tags, a sentence each; `known` are paths such as `contact.first_name`."""
    if _CONTROL.search(_TAG.sub("", text)) or HOLE.search(text):
        yield "Merge tags are {{ … }}, closed in the same way; {% … %} cannot be used."
    for expression in dict.fromkeys(expressions(text)):
        try:
            found = compiled(expression).analyze()
        except TagFault as fault:
            yield str(fault)
            continue
        named = (each for several in found.globals.values() for each in several)
        paths = {".".join(map(str, each.segments)) for each in named}
        for name in sorted(found.filters.keys() - _ENVIRONMENT.filters.keys()):
            yield f"The tag {{{{{expression}}}}} cannot be read: there is no filter {name}."
        if not paths:
            yield f"The tag {{{{{expression}}}}} names no field."
        for path in sorted(paths - set(known)):
            yield f"The tag {path} is unknown."


def with_holes(text: str) -> tuple[str, list[str]]:
    """The text with a mark in the place of each tag, and what they were."""
    found: list[str] = []

    def mark(match: re.Match[str]) -> str:
        found.append(match[1])
        return f"zqHOLE{len(found) - 1}qz"

    return _TAG.sub(mark, text), found


def value(expression: str, about: Mapping[str, Any]) -> str:
    """What a tag stands for in the mail to somebody. Raises `TagFault` where it costs too much or does not fit.

    Filters raise whatever Python's own functions do (`date` of a large number: OSError; `sum` of a text: decimal's).
    """
    try:
        return str(compiled(expression).render(**about))
    except LiquidError as fault:
        raise TagFault(f"The tag {{{{{expression}}}}} cannot be filled: {fault}.") from None
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as fault:
        raise TagFault(f"The tag {{{{{expression}}}}} cannot be filled: {type(fault).__name__}.") from None
