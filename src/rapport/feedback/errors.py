"""What can be wrong with an act on surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class SurveyError(Exception):
    """It cannot be done."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else str(type(self).__doc__)


class SurveyFaultsError(SurveyError):
    """The survey has faults; `errors` are sentences by path."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.errors = errors


class UnknownSurveyError(SurveyError):
    """There is no such survey."""


class SurveyMovedError(SurveyError):
    """Somebody else has saved this survey since you opened it."""


class SurveyStateError(SurveyError):
    """What the survey is now does not allow it; the text says why."""
