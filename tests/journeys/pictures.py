"""`make pictures`: the three screenshots of the README, taken of a service that this starts, fills and removes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from playwright.sync_api import sync_playwright

from rapport import console
from rapport.db.embedded import Embedded
from rapport.settings import Settings
from tests.ingest.serving import Server, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}


@contextmanager
def service(directory: Path) -> Iterator[str]:
    """The address of a service on a database of its own."""
    embedded = Embedded(directory)
    urls = embedded.start()
    try:
        ...
        yield ""
    finally:
        embedded.remove()
