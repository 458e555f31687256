"""Languages that somebody takes out of a survey, and the texts that go with them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from . import checks, languages


def left(document: dict[str, Any]) -> dict[str, int]:
    """Languages that are none of the survey's any more -> how many texts it has in them."""
    kept = set(document["languages"])
    return dict(Counter(each for _, texts in checks.texts_of(document) for each in texts.keys() - kept))


def without(document: dict[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """The document without its texts in some languages, of those that are none of the survey's any more."""
    made: dict[str, Any] = copy.deepcopy(document)
    for _, texts in checks.texts_of(made):
        for language in set(gone) - set(made["languages"]):
            texts.pop(language, None)
    return made


def told(gone: Mapping[str, int]) -> list[str]:
    """What leaves a survey with its languages, a sentence each."""
    return [
        f"{languages.own_name(language)} leaves the survey, and {number:,} {'text' if number == 1 else 'texts'}"
        " with it. Versions that are saved keep theirs."
        for language, number in gone.items()
    ]
