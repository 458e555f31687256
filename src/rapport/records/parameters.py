"""What an address or a body holds beside its record: options, misspelt ones, and names that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapport.records.errors import sentence

#: What a call can ask for beside its record.
OPTIONS = ("dry_run", "atomic")
#: How many names that nobody knows are told, and how much of each.
NAMES, NAME_LENGTH = 20, 100

_MEANT = {option.replace("_", ""): option for option in OPTIONS}
_BRACKETS = re.compile(r"\[[^\]]*\]")
_SIGNS = re.compile(r"[\[\]_-]")
_TWICE = re.compile("%[0-9A-Fa-f]{2}")


def meant(name: str) -> str | None:
    """The option that a parameter is but for case, `-`, `_` or brackets; None where it is none, or is one."""
    if name in OPTIONS or len(name) > NAME_LENGTH:
        return None
    return _MEANT.get(_SIGNS.sub("", _BRACKETS.sub("", name)).strip().lower())


def misspelt(names: Iterable[str]) -> dict[str, list[str]]:
    """A sentence for each of the names that was meant to be an option."""
    found = ((name, meant(name)) for name in names)
    pairs = [(name, option) for name, option in found if option is not None][:NAMES]
    return {name: [sentence("option", name, option=option)] for name, option in pairs}


def leftovers(names: Iterable[str]) -> list[str]:
    """Names of what is neither record nor option, cut to what a receipt has room for, each once."""
    left = (name for name in names if name not in OPTIONS and meant(name) is None)
    return list(dict.fromkeys(_told(name) for name in left))[:NAMES]


def _told(name: str) -> str:
    """The beginning of a name, as JSON and PostgreSQL can keep it."""
    return name[:NAME_LENGTH].encode(errors="replace").decode().replace("\0", "\ufffd")


def advice(names: Iterable[str]) -> str:
    """What probably went wrong where such names are left over, as one question; "" where there are none."""
    names = list(names)
    if any(name.startswith("amp;") for name in names):
        return "Was &amp; sent for an &?"
    if any(_TWICE.search(name) for name in names):
        return "Was the address encoded twice?"
    if any(name.startswith("record[") and "]" not in name for name in names):
        return "Does a heading lack its closing ]?"
    if any(_BRACKETS.sub("", name).strip().lower() in ("record", "records", "configuration") for name in names):
        return "Was record[…] or configuration spelt differently?"
    return "Was an & in a value sent without %26?" if names else ""
