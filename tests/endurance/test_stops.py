"""Processes stop and lines are cut, again and again (short forms: `tests/ingest/test_stops.py`)."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ingest.load import load
from tests.ingest.serving import serving, until
from tests.ingest.test_stops import ALONE, PATIENCE, check, stop_again_and_again, stop_at_random, together

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Look
    from tests.ingest.wire import Line, Wire

pytestmark = pytest.mark.endure
STOPS = 200
CUTS = 4


def test_workers_stop_at_random(
    database: Database, cast: Cast, look: Look, tmp_path: Path, told: Callable[[str], None]
) -> None:
    took = stop_again_and_again(database, cast, look, tmp_path, STOPS)
    caught = [seconds for seconds in took if seconds > 4]
    told(
        f"{STOPS} stops, {len(caught)} of them with a lock that others wanted; the others went on after"
        f" {statistics.median(took):.2f} s (median), {max(took):.1f} s (longest)"
    )
    assert max(took) < PATIENCE


def test_lines_are_cut_for_good(
    database: Database, wire: Wire, cast: Cast, look: Look, tmp_path: Path, told: Callable[[str], None]
) -> None:
    """Neither end ever hears of it: ingest gives a lost answer half a minute."""
    took = []
    with together(database, wire, cast.alice, tmp_path) as (_, cut_off, other):
        for text in (ALONE, b"begin\0") * (CUTS // 2):
            cut: list[Line] = []
            wire.set_trap(text, lambda line, cut=cut: (line.cut.set(), cut.append(line)))
            until(wire.sprung.is_set, "a line is cut", 60)
            until(other.more(200, 50), "the other goes on", PATIENCE)
            started = time.monotonic()
            cut_off.goes_on(50, patience=60)
            took.append(time.monotonic() - started)
    check(look, cast.alice, cut_off, other)
    told(f"{CUTS} cuts; who was cut off went on after {', '.join(f'{seconds:.0f} s' for seconds in took)}")


def test_two_tenants_and_one_of_them_stops_workers(
    database: Database, cast: Cast, look: Look, tmp_path: Path, told: Callable[[str], None]
) -> None:
    """Charlie's records are acknowledged all the while, also during the seconds in which Alice's wait."""
    chance = random.Random(7)  # noqa: S311 - nothing secret
    with (
        serving(database, tmp_path) as server,
        load(server, cast.alice, patience=2.0) as alice,
        load(server, cast.charlie, patience=2.0) as charlie,
    ):
        until_when = time.monotonic() + 70
        stops = 0
        while time.monotonic() < until_when:
            stop_at_random(server, alice, chance)
            charlie.goes_on(20)
            stops += 1
    check(look, cast.alice, alice)
    check(look, cast.charlie, charlie)
    told(f"{stops} stops, {charlie.statuses[200]} records of the other tenant")
