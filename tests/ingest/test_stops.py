"""A process that stops, or that the network cuts off, keeps nobody waiting and acknowledges nothing falsely."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from rapport.connected_apps.models import ConnectedApp
from rapport.tenants.scope import tenant_scope
from tests.ingest.audit import Audit
from tests.ingest.conftest import Look
from tests.ingest.load import Load, load
from tests.ingest.serving import Server, serving, until
from tests.ingest.wire import Line, Wire, wired

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

#: Opens the third try: the tenant's lock, alone.
ALONE = b"select lock_writers_1("
#: Of others, from the stop of one on: five seconds until its session is ended, and time to go on.
PATIENCE = 12.0
STOPS = 12
RATE = 100_000


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    with wired(database) as made:
        yield made


@contextmanager
def together(database: Database, wire: Wire, person: Person, directory: Path) -> Iterator[tuple[Server, Load, Load]]:
    """Two services with a worker each, the first behind the wire, and a load of the same records on both."""
    with ExitStack() as stack:
        first = stack.enter_context(serving(wire.app_only, directory, workers=1))
        second = stack.enter_context(serving(database, directory, workers=1))
        stack.callback(lambda: [os.kill(pid, signal.SIGCONT) for pid in first.workers()])
        yield first, stack.enter_context(load(first, person, 90)), stack.enter_context(load(second, person))


def stops(server: Server) -> Callable[[Line], None]:
    """A trap in which the server's worker stops."""
    return lambda _: os.kill(server.workers()[0], signal.SIGSTOP)


def check(look: Look, person: Person, *loads: Load) -> None:
    """What callers were told is there, and what is there fits together."""
    found = Audit(lambda sql, *arguments: look(person, sql, *arguments))
    found.check()
    for each in loads:
        assert set(each.statuses) <= {200, 503}
        found.find(each.told)


def test_a_worker_stops_while_it_keeps_all_others_out(
    database: Database, wire: Wire, cast: Cast, look: Look, tmp_path: Path
) -> None:
    with together(database, wire, cast.alice, tmp_path) as (first, stopped, other):
        wire.set_trap(ALONE, stops(first))
        until(wire.sprung.is_set, "the first has lost two races")
        until(other.more(200, 50), "the other goes on", PATIENCE)
        os.kill(first.workers()[0], signal.SIGCONT)
        stopped.goes_on()
    check(look, cast.alice, stopped, other)
    assert stopped.unanswered == [], "whoever waited for the stopped worker got its answer"


def test_the_network_is_cut_and_neither_end_hears_of_it(
    database: Database, wire: Wire, cast: Cast, look: Look, tmp_path: Path
) -> None:
    lost: list[Line] = []
    with together(database, wire, cast.alice, tmp_path) as (_, cut_off, other):
        wire.set_trap(ALONE, lambda line: (line.cut.set(), lost.append(line)))
        until(wire.sprung.is_set, "the first has lost two races")
        until(other.more(200, 50), "the other goes on", PATIENCE)
        lost[0].end()  # or it would wait for another half minute, see tests/endurance
        until(cut_off.more(503, 1), "those that waited for the lost connection are sent away")
        cut_off.goes_on()
    check(look, cast.alice, cut_off, other)
    assert cut_off.unanswered == []


def test_a_worker_stops_with_the_lease_of_a_rate(
    database: Database, wire: Wire, cast: Cast, look: Look, tmp_path: Path
) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=cast.alice.client_id)
        app.update(rate=RATE)
        lease = app.get().id.bytes + (4).to_bytes(4) + RATE.to_bytes(4)  # two arguments, as they are sent
    with together(database, wire, cast.alice, tmp_path) as (first, stopped, other):
        wire.set_trap(lease, stops(first))
        until(wire.sprung.is_set, "the first wants a lease")
        until(other.more(200, 50), "the other goes on", PATIENCE)
        os.kill(first.workers()[0], signal.SIGCONT)
        stopped.goes_on()
    check(look, cast.alice, stopped, other)


def stop_at_random(server: Server, running: Load, chance: random.Random) -> float:
    """Stop one of the workers for as long as the other takes to go on; how long that was."""
    time.sleep(chance.random() * 0.1)
    pid, started = chance.choice(server.workers()), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        until(running.more(200, 20), "the other worker goes on", PATIENCE)
        return time.monotonic() - started
    finally:
        os.kill(pid, signal.SIGCONT)


def stop_again_and_again(database: Database, cast: Cast, look: Look, directory: Path, times: int) -> list[float]:
    """Stop workers under load; how long the others took each time."""
    with serving(database, directory) as server, load(server, cast.alice, patience=2.0) as running:
        chance = random.Random(19)  # noqa: S311 - nothing secret
        took = [stop_at_random(server, running, chance) for _ in range(times)]
    check(look, cast.alice, running)
    return took


def test_workers_stop_at_random(database: Database, cast: Cast, look: Look, tmp_path: Path) -> None:
    assert max(stop_again_and_again(database, cast, look, tmp_path, STOPS)) < PATIENCE


def test_every_bound_is_on_every_session_of_the_application(database: Database) -> None:
    """Whoever connects has them, through a pooler as well: nothing was asked for at the start."""
    with psycopg.connect(database.app) as app:
        wanted = {"idle_in_transaction_session_timeout": "5s", "lock_timeout": "20s", "transaction_timeout": "1h"}
        assert {name: app.execute(f"show {name}").fetchone()[0] for name in wanted} == wanted
        sql = "select unnest(setconfig) from pg_db_role_setting where setrole = current_user::regrole"
        kept = dict(row[0].split("=") for row in app.execute(sql))
    # A Unix socket shows none of these.
    assert {name: value for name, value in kept.items() if name.startswith("tcp_")} == {
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "2",
        "tcp_user_timeout": "20s",
    }
