"""Files that are imported: what the service answers about them, and how they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .results import plain

#: States in which an import goes on by itself.
MOVING = frozenset(("received", "checking", "running"))
#: Seconds between two looks at an import that is followed.
LOOK = 1.0
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """An import as it is."""

    id: str
    name: str
    #: `received`, `checking`, `waiting`, `running`, `paused`, `done`, `failed` or `cancelled`.
    state: str
    #: Why it waits or failed.
    reason: str | None
    dry_run: bool
    #: Of the unpacked file, and how much of it is done; None until it is checked.
    bytes: int | None
    bytes_done: int
    #: Rows; the other counts add up to `read`.
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    blank: int
    #: The first rejected rows.
    reasons: Sequence[Mapping[str, Any]]
    #: What a person should know, in sentences.
    notes: Sequence[str] = ()
    #: Where the encoding is in doubt: some lines in those that are likely.
    readings: Sequence[Mapping[str, Any]] = ()

    @property
    def rests(self) -> bool:
        """Whether nothing happens any more until somebody does something."""
        return self.state not in MOVING

    @classmethod
    def read_from(cls, told: Mapping[str, Any]) -> FileImport:
        """An import in the body of an answer."""
        return cls(**plain(cls, {**told, "id": told["import"]}))


def pieces(path: Path) -> Iterator[bytes]:
    """A file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
