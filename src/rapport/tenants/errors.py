"""What can be wrong with a tenant or with the database it lives in; `str(error)` is one sentence.

TenantError              a tenant that is not there, or cannot be made as asked
DatabaseUnfitError       the database or its roles cannot be used as they are
"""

from __future__ import annotations


class TenantError(Exception):
    """There is no such tenant, or it cannot be made as asked."""


class DatabaseUnfitError(Exception):
    """The database or its roles cannot be used as they are."""
