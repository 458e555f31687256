"""The whole service, as `rapport serve` runs it: first start, later starts, and every way to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from rapport.db.embedded import Embedded
from rapport.db.postmaster import Postmaster
from rapport.db.residence import Residence

PATIENCE = 30.0


class Service:
    """`rapport` on a data directory and a port of its own, in processes of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = (data_dir.parent / "log").open("a+b")

    def rapport(self, *arguments: str) -> subprocess.Popen:
        others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        ours = {"RAPPORT_DATA_DIR": str(self.data_dir), "RAPPORT_PORT": str(self.port), "RAPPORT_WORKERS": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "rapport", *arguments],
            env=others | ours,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def start(self) -> tuple[subprocess.Popen, str]:
        """Serve; return the process and its first line once it is ready."""
        process = self.rapport("serve")
        return process, process.stdout.readline()

    def status(self, path: str) -> int:
        """What a GET is answered with; 0 when nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def becomes(self, path: str, status: int) -> bool:
        """Tell whether a GET is answered with `status` within the time that anything may take."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.status(path)) != status and time.monotonic() < deadline:
            time.sleep(0.02)
        return found == status

    def said(self) -> str:
        """All of standard error, of every process until now."""
        self._log.seek(0)
        return self._log.read().decode()

    def postmaster(self) -> Postmaster:
        return Postmaster(Residence.of(self.data_dir))

    def close(self) -> None:
        self._log.close()
        Embedded(self.data_dir).remove()


def end(process: subprocess.Popen, number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and return the exit status."""
    with process:
        process.send_signal(number)
        return process.wait(PATIENCE)


def children(pid: int) -> dict[str, int]:
    """The parts of a service by name, with their process ids."""
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {child: Path(f"/proc/{child}/cmdline").read_text().rstrip("\0").split("\0") for child in pids}
    return {command[-1]: int(child) for child, command in commands.items()}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A service that was started once, pasted into, and stopped; with what that printed."""
    service = Service(tmp_path_factory.mktemp("serve") / "var")
    try:
        process, greeting = service.start()
        told = [greeting, *(process.stdout.readline() for _ in range(11))]
        lines = [line for line in told if line.startswith(("TOKEN=", "curl "))]
        pasted = subprocess.run(["bash", "-c", "".join(lines)], capture_output=True, text=True, check=True).stdout
        yield service, told, pasted, end(process)
    finally:
        service.close()


@pytest.fixture
def service(first):
    return first[0]


@pytest.fixture
def running(service):
    """The service, started again; stopped after the test unless the test did."""
    process, _ = service.start()
    yield process
    if process.poll() is None:
        end(process)


def test_a_first_start_tells_credentials_and_three_lines_that_work(first):
    service, told, pasted, status = first

    assert told[0] == f"Rapport serves on http://127.0.0.1:{service.port}\n"
    assert [line.split()[2][:3] for line in told if line.startswith("  Client")] == ["rc_", "rs_"]
    answer, found = pasted.split("\n\n")
    assert answer.startswith("HTTP/1.1 200 OK")
    assert json.loads(found)["data"][0]["email"] == "ada@example.com"
    assert status == 0


def test_a_later_start_tells_the_address_only(service):
    process, greeting = service.start()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=PATIENCE)

    assert greeting == f"Rapport serves on http://127.0.0.1:{service.port}\n"
    assert rest == ""


def test_commands_work_beside_the_service_and_leave_it_alone(service, running):
    listed, _ = service.rapport("contacts", "list", "--json").communicate(timeout=PATIENCE)

    assert [json.loads(line)["email"] for line in listed.splitlines()] == ["ada@example.com"]
    assert service.status("/readyz") == 200


def test_commands_work_without_the_service_and_leave_no_server(service):
    listed, _ = service.rapport("contacts", "list", "--json").communicate(timeout=PATIENCE)

    assert [json.loads(line)["email"] for line in listed.splitlines()] == ["ada@example.com"]
    assert service.postmaster().process() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends_everything_with_status_0(number, service, running):
    parts = children(running.pid)

    assert set(parts) == {"console", "ingest", "worker", "sender"}
    assert end(running, number) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in parts.values())
    assert service.postmaster().process() is None
    assert service.status("/healthz") == 0


def test_killed_it_can_be_started_again_at_once(service, running):
    before = service.postmaster().process()
    end(running, signal.SIGKILL)

    process, greeting = service.start()

    assert greeting.startswith("Rapport serves on")
    assert service.postmaster().process() == before, "PostgreSQL went on and was adopted"
    assert end(process) == 0


def test_a_port_in_use_gets_one_sentence(service, running):
    second = service.rapport("serve")

    assert second.communicate(timeout=PATIENCE)[0] == ""
    assert second.returncode == 1
    assert f"Error: Another program is using port {service.port} of 127.0.0.1: stop it, or" in service.said()
    assert service.status("/readyz") == 200


@pytest.mark.parametrize(("part", "path"), [("ingest", "/healthz"), ("console", "/oauth2/token")])
def test_a_part_that_ends_is_started_again(part, path, service, running):
    there = service.status(path)
    old = children(running.pid)[part]
    os.kill(old, signal.SIGKILL)

    assert service.becomes(path, there)
    deadline = time.monotonic() + PATIENCE
    while children(running.pid).get(part, old) == old and time.monotonic() < deadline:
        time.sleep(0.02)
    assert children(running.pid)[part] != old
    assert service.becomes(path, there)
    assert f"The part '{part}' ended with status -9" in service.said()


def test_while_postgresql_is_away_callers_wait_and_then_it_is_back(service, running):
    os.kill(service.postmaster().process().pid, signal.SIGQUIT)

    assert service.becomes("/readyz", 503)
    assert service.becomes("/readyz", 200)


def test_ingest_never_loads_django():
    code = (
        "import subprocess, sys; from rapport.cli import main, serve, server;"
        "import rapport.ingest.app; sys.exit('django' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_start_that_fails_leaves_nothing_running(service, monkeypatch):
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    process = subprocess.run(
        [sys.executable, "-m", "rapport", "serve"],
        env=os.environ
        | {
            "RAPPORT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "RAPPORT_PORT": str(service.port),
            "RAPPORT_DATA_DIR": str(service.data_dir),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert (process.returncode, process.stdout) == (1, "")
    assert "Error: The database cannot be reached: " in process.stderr
    assert "Traceback" not in process.stderr
