"""What can be wrong with an act on campaigns.

CampaignError           it cannot be done; `str(error)` is one sentence
├── FaultsError         what was given is not right; `errors` are sentences by parameter
├── UnknownError        there is no such thing
└── StateError          what it is now does not allow it
    └── MovedError      something was edited since the plan; `changed` says what
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class CampaignError(Exception):
    """It cannot be done."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else str(type(self).__doc__)


class FaultsError(CampaignError):
    """What was given is not right; nothing was changed."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class UnknownError(CampaignError):
    """There is no such campaign, segment, server or delivery."""


class StateError(CampaignError):
    """What it is now does not allow that."""


class MovedError(StateError):
    """It was changed since it was planned."""

    def __init__(self, changed: Sequence[str]) -> None:
        super().__init__(f"Changed since it was planned: {', '.join(changed)}. Plan it again.")
        self.changed = list(changed)
