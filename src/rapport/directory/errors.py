"""What can be wrong with an edit by hand.

HandError              the edit is refused and nothing was changed; `str(error)` is one sentence
├── FaultsError        what was typed is not right; `errors` are sentences by field
├── UnknownError       there is no such object
├── GoneError          it is deleted, or part of another one; `row` says which
├── TakenError         what it was found by finds another one by now
└── ChangedError       somebody has changed the object since it was shown; `revisions` say what
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from .revisions import Revision


class HandError(Exception):
    """The edit is refused; nothing was changed."""


class FaultsError(HandError):
    """What was typed is not right."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class UnknownError(HandError):
    """There is no such object."""

    def __init__(self) -> None:
        super().__init__("There is no such account or contact.")


class GoneError(HandError):
    """The object is not there any more."""

    def __init__(self, row: Any) -> None:
        super().__init__("It is part of another one by now." if row.merged_into else "It is deleted.")
        self.row = row


class TakenError(HandError):
    """A key of a deleted object finds another one by now."""

    def __init__(self, object_type: str, key: str, owner: UUID, name: str) -> None:
        super().__init__(
            f"{key} finds another {object_type} by now, {name}. Merge the two, or take it from that one first."
        )
        self.object_type, self.owner, self.name = object_type, owner, name


class ChangedError(HandError):
    """Somebody has changed the object since it was shown."""

    def __init__(self, version: int, revisions: Sequence[Revision]) -> None:
        names = list(dict.fromkeys(revision.author.name or revision.author.type for revision in revisions))
        who = " and ".join(names) or "somebody"
        super().__init__(f"It has been changed by {who} since you opened it; look at what is new.")
        #: What it has now; an edit that names it says "I have seen that".
        self.version = version
        #: What was changed, oldest first.
        self.revisions = revisions
