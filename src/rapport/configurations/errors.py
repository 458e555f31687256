"""What can be wrong with a change to configurations, fields or touchpoints.

ConfigurationError      the change is refused; `str(error)` is one sentence
├── FaultsError         what was given is not right; `errors` are sentences by parameter
├── UnknownError        there is no such thing
├── MovedError          the configuration changed after its draft was made
├── DraftedError        somebody's draft would be lost
├── BusyError           somebody else is at it
├── ViewOnlyError       default configurations are not changed
├── FilesOnlyError      there is no call to show
└── InUseError          callers still use it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ConfigurationError(Exception):
    """The change is refused."""


class FaultsError(ConfigurationError):
    """What was given is not right; nothing was changed."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class UnknownError(ConfigurationError):
    """There is no such configuration, field or touchpoint; or draft or version, as `told` says."""

    def __init__(self, told: str = "There is no such configuration, field or touchpoint.") -> None:
        super().__init__(told)


class MovedError(ConfigurationError):
    """The configuration changed after its draft was made; `str(error)` says who changed it."""


class DraftedError(ConfigurationError):
    """The configuration has a draft, which would be lost."""

    def __init__(self, author: str) -> None:
        super().__init__(f"There is a draft by {author}; publish or discard it first.")


class BusyError(ConfigurationError):
    """Somebody else is editing for longer than one waits."""

    def __init__(self) -> None:
        super().__init__("Somebody else is editing configurations right now; nothing was changed.")


class ViewOnlyError(ConfigurationError):
    """Default configurations are view-only."""

    def __init__(self) -> None:
        super().__init__("Default configurations are view-only; copy it and change the copy.")


class FilesOnlyError(ConfigurationError):
    """The configuration takes files; there is no call to show."""

    def __init__(self) -> None:
        super().__init__("This configuration takes files; there is no call to show.")


class InUseError(ConfigurationError):
    """Somebody would miss the configuration; `str(error)` says who."""
