"""A killed worker and a killed PostgreSQL cost an import nothing (long form: `tests/endurance/test_imports.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import django_on
from tests.imports.files import use_spool
from tests.imports.kills import compare
from tests.journeys.test_crash import world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.test_crash import World

__all__ = ["world"]


def test_worker_and_postgresql_are_killed_once_each(world: World, tmp_path: Path) -> None:
    with django_on(world.database):
        use_spool(tmp_path / "spool")
        assert compare(world, tmp_path / "spool", rows=6_000, moments=2, seed=1) == 2
