"""The whole service: a file larger than any other body comes in through ingest, and a killed worker costs nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from rapport.history.models import Change
from rapport.ingest import forward
from rapport.tenants.scope import tenant_scope
from tests.cast import Cast
from tests.conftest import django_on
from tests.ingest.serving import Server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.conftest import Database

ROWS = 400


@pytest.fixture
def service(fresh_database: Database, tmp_path: Path) -> Iterator[Server]:
    """Ingest, console and worker."""
    with django_on(fresh_database):
        served = Server(fresh_database, tmp_path, workers=1, command=("serve",))
        served.start()
        try:
            yield served
        finally:
            served.stop()


@pytest.fixture
def cast(service: Server) -> Cast:
    """Everybody, in the service's own database."""
    return Cast()


def people(rows: int, padding: int) -> bytes:
    """A file with so many contacts, each with so many bytes that nothing maps."""
    return b"Email,Note\n" + b"".join(b"p%d@example.com,%s\n" % (n, b"x" * padding) for n in range(rows))


def send(service: Server, cast: Cast, content: bytes) -> str:
    """The address of an import."""
    answer = httpx2.post(
        f"{service.url}/api/imports?configuration=contact&name=people.csv",
        content=content,
        headers=cast.alice.bearer,
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def state(service: Server, cast: Cast, address: str) -> dict[str, object]:
    """The import as it is."""
    told: dict[str, object] = httpx2.get(f"{service.url}{address}", headers=cast.alice.bearer, timeout=60).json()
    return told


def test_a_file_beyond_every_other_limit_is_imported(service: Server, cast: Cast) -> None:
    content = people(ROWS, 10_000)
    assert len(content) > forward.BODY_LIMIT
    address = send(service, cast, content)
    until(lambda: state(service, cast, address)["state"] == "done", "the import is done")
    told = state(service, cast, address)
    assert (told["read"], told["created"], told["unmapped"], told["bytes"]) == (ROWS, ROWS, ["Note"], len(content))
    answer = httpx2.post(
        f"{service.url}/api/imports?configuration=contact",
        content=content,
        headers={"Authorization": "Bearer nobody"},
        timeout=60,
    )
    assert answer.status_code == 401


@pytest.mark.endure
def test_a_killed_worker_costs_nothing(service: Server, cast: Cast) -> None:
    address, rows = send(service, cast, people(20_000, 10)), 20_000
    until(lambda: state(service, cast, address)["read"], "the import has begun")
    [worker] = [process for process in _children(service.process.pid) if b"worker" in _command(process)]
    os.kill(worker, signal.SIGKILL)
    until(lambda: state(service, cast, address)["state"] == "done", "the import is done", patience=240)
    told = state(service, cast, address)
    assert (told["read"], told["created"], told["rejected"]) == (rows, rows, 0)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert Change.objects.filter(tenant_id=tenant_id).count() == rows


def _children(parent: int) -> list[int]:
    threads = Path(f"/proc/{parent}/task").iterdir()
    return [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()
