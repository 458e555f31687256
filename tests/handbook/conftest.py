"""A whole service, as `rapport serve` runs it, for the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import Database, django_on
from tests.ingest.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def service(copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service that the examples call; Django works on its database."""
    database = copy()
    directory: Path = tmp_path_factory.mktemp("service")
    server = Server(database, directory, workers=1, command=("serve",))
    try:
        server.start()
        with django_on(database):
            yield server
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
    assert "Traceback" not in server.said()
