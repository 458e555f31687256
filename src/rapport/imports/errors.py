"""What can be wrong with what people ask of imports; `str(error)` is one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ImportsError(Exception):
    """It cannot be done."""


class StateError(ImportsError):
    """The import is in a state in which this cannot be done."""


class SpoolError(ImportsError):
    """The file could not be received, or is not there any more."""


class RefusedError(ImportsError):
    """The import cannot be made as asked; `errors` are sentences by name."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors
