"""What can be wrong with a tenant or with the database it lives in; `str(error)` is one sentence.

TenantError              a tenant that is not there, or cannot be made as asked
└── TenantFaultsError    it cannot be changed as asked; `errors` are sentences by name
BusyError                too many others write the same objects at this moment
DatabaseUnfitError       the database or its roles cannot be used as they are
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class TenantError(Exception):
    """There is no such tenant, or it cannot be made as asked."""


class TenantFaultsError(TenantError):
    """The tenant cannot be changed as asked; nothing was changed."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class BusyError(Exception):
    """The same objects are being written by too many others."""

    def __init__(self) -> None:
        super().__init__("The same records are being written by too many others; nothing was changed. Try again.")


class DatabaseUnfitError(Exception):
    """The database or its roles cannot be used as they are."""
