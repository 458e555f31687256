"""What `make endure` runs: the same kills, stops and cuts as in the suite, again and again and in real time.

Each test takes more than a minute. The suite has a short form of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ingest.conftest import look
from tests.ingest.test_stops import wire
from tests.journeys.test_crash import world
from tests.tenants.test_queue import served

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["look", "served", "wire", "world"]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure, whatever pytest keeps to itself."""

    def tell(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figure}")  # noqa: T201 (for whoever runs it)

    return tell
