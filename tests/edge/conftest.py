"""The whole service as callers find it: one origin, and the hosts of a domain.

It ends with these tests: its worker would take the jobs of others, which share the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.ingest.serving import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database


@contextmanager
def serving_whole(database: Database, directory: Path, **environment: str) -> Iterator[Server]:
    """Ingest with a console behind it, for as long as the block lasts; nothing makes either of them fail."""
    server = Server(database, directory, workers=1, command=("serve",), **environment)
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
    assert "Traceback" not in server.said()


@pytest.fixture(scope="package")
def service(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One origin."""
    with serving_whole(database, tmp_path_factory.mktemp("origin")) as server:
        yield server


@pytest.fixture(scope="package")
def hosted(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The region `eu` of example.com, behind two proxies."""
    environment = {"RAPPORT_DOMAIN": "example.com", "RAPPORT_PROXIES": "2"}
    with serving_whole(database, tmp_path_factory.mktemp("hosts"), **environment) as server:
        yield server
