"""The fixture `rapport_server`, for every pytest in whose environment Rapport is installed.

Loads nothing before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rapport.testing import Server


@pytest.fixture(scope="session")
def rapport_server() -> Iterator[Server]:
    """A throw-away Rapport for the session: `url`, `client_id`, `client_secret`, `client`."""
    from rapport.testing import serving  # noqa: PLC0415 (only now is it needed)

    with serving() as server:
        yield server
