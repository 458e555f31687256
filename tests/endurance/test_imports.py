"""Imports whose worker and PostgreSQL are killed, again and again (short form: `tests/imports/test_kills.py`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import django_on
from tests.imports.files import use_spool
from tests.imports.kills import compare

if TYPE_CHECKING:
    from tests.journeys.test_crash import World

pytestmark = pytest.mark.endure
MOMENTS = 20
ROWS = 60_000


def test_imports_are_killed_at_random_moments(world: World, tmp_path: Path, told: Callable[[str], None]) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    told(f"seed {seed}")
    with django_on(world.database):
        use_spool(tmp_path / "spool")
        kills = compare(world, tmp_path / "spool", ROWS, MOMENTS, seed, patience=1_200)
    assert kills == MOMENTS
    told(f"{kills} kills amid two imports of {ROWS:,} rows, which left what undisturbed ones leave")
