"""PostgreSQL's main process: its data directory, its start and stop, and how it is told from a stale file."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rapport.db.residence import EmbeddedError, Residence, last_line

LOG_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True)
class Process:
    """A running server, as its pid file describes it."""

    pid: int
    socket_directory: Path
    ready: bool


class Postmaster:
    """The server in one residence's home."""

    def __init__(self, residence: Residence) -> None:
        self._residence = residence
        self.data = residence.home / "data"
        self.log = residence.home / "log"
        self._pid_file = self.data / "postmaster.pid"

    def process(self) -> Process | None:
        """Return the running server, ready or not; None when there is none, whatever a stale file says."""
        try:
            lines = self._pid_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        lines += [""] * 8
        pid = int(lines[0]) if lines[0].strip().isdigit() else 0
        if not pid or not _works_in(pid, self.data):
            return None
        return Process(pid, Path(lines[4]), lines[7].strip() == "ready")

    def initialise(self, password: str, *, durable: bool) -> None:
        """Make the data directory, whole or not at all. Raises `EmbeddedError`."""
        draft, secret = self.data.with_name("data.new"), self.data.with_name("password")
        self._residence.run("rm", "-rf", str(draft))
        self._residence.write(secret, password)
        # The builtin locale sorts the same on every machine, whatever locales it has.
        made = self._residence.postgres(
            "initdb", f"--pgdata={draft}", "--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            *([] if durable else ["--no-sync"]),
        )  # fmt: skip
        secret.unlink()
        if made.returncode:
            raise EmbeddedError(f"The database could not be made: {_reason(made.stderr)}.")
        draft.rename(self.data)

    def start(self, configuration: str, *, patience: float) -> None:
        """Start the server and wait until it accepts connections. Raises `EmbeddedError`."""
        self._residence.write(self.data / "postgresql.conf", configuration)
        self._mark_stale()
        deadline = time.monotonic() + 10
        while True:
            begun = self._rotated_log()
            started = self._residence.postgres(
                "pg_ctl", "start", f"--pgdata={self.data}", f"--log={self.log}", f"--timeout={patience:.0f}"
            )
            if not started.returncode:
                return
            log = self.log.read_bytes()[begun:].decode(errors="replace") if self.log.exists() else ""
            # Servers of a killed main process let go of its shared memory when they notice.
            if "shared memory block" not in log or time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL did not start: {_reason(log or started.stderr)}; its log is {self.log}."
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server *fast*: open transactions roll back, committed ones are kept. Raises `EmbeddedError`."""
        if self.process() is None:
            return
        stopped = self._residence.postgres("pg_ctl", "stop", f"--pgdata={self.data}", "--mode=fast", "--timeout=120")
        if stopped.returncode and self.process() is not None:
            raise EmbeddedError(f"PostgreSQL did not stop: {last_line(stopped.stderr)}.")

    def _mark_stale(self) -> None:
        """Put our own process id into a dead server's pid file, where its old id may by now be somebody else's.

        PostgreSQL refuses to start while that process lives, but ignores the id of its starter. Deleting the file
        instead would also skip its check that no server of the dead one still holds the shared memory. The lock of
        the socket names the same id and can go: no other data directory has a socket there.
        """
        if self._pid_file.exists():
            lines = self._pid_file.read_text(encoding="utf-8").splitlines()
            self._residence.write(self._pid_file, "\n".join([str(os.getpid()), *lines[1:], ""]))
            if len(lines) > 4:
                self._residence.run("rm", "-f", f"{lines[4]}/.s.PGSQL.5432.lock")

    def _rotated_log(self) -> int:
        """Return the size of the log, after setting a long one aside."""
        size = self.log.stat().st_size if self.log.exists() else 0
        if size > LOG_LIMIT:
            self.log.replace(self.log.with_name("log.1"))
        return size if size <= LOG_LIMIT else 0


def configuration(socket_directory: Path, extra: Mapping[str, str], *, free: int = 0) -> str:
    """Return PostgreSQL's configuration file for a disk with `free` bytes; `extra` settings come last and win."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024 // 1024
    settings = {
        "cluster_name": "rapport",
        "listen_addresses": "",
        "unix_socket_directories": str(socket_directory),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "shared_buffers": f"{max(128, min(1024, memory // 8))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "random_page_cost": "1.1",
        # Random updates write whole pages after each checkpoint, 9 KB a changed contact and 1.5 KB from then on: fewer
        # checkpoints, less log. Not compressed: pglz halved the log and doubled PostgreSQL's CPU a record.
        "max_wal_size": f"{log_limit(free)}MB",
        "checkpoint_timeout": "30min",
        "deadlock_timeout": "200ms",
        # Plans of a table that nobody has counted read all of it for each key, and imports fill tables in seconds.
        "autovacuum_naptime": "5s",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Details of an error and the statement behind it hold key values, which are personal data.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        **extra,
    }
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    lines = [f"{name} = '{value}'\n" for name, value in quoted.items()]
    return "# Written at every start; ALTER SYSTEM overrides it.\n" + "".join(lines)


def log_limit(free: int) -> int:
    """Return how many megabytes of log there may be between two checkpoints: a tenth of the free disk, 1 to 8 GB.

    A crash makes the next start read all of it again.
    """
    return max(1024, min(8192, free // 10 // 1024 // 1024))


def _works_in(pid: int, data: Path) -> bool:
    """Tell whether a living process works in the data directory, as a server does; ids are used again."""
    try:
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
        os.kill(pid, 0)
    except OSError:  # no such process, another user's, or one that has ended and was not collected
        return False
    return True


def _reason(log: str) -> str:
    """Return what PostgreSQL gave as the reason: its first fatal line, else the last line."""
    for line in log.splitlines():
        for mark in ("FATAL:", "PANIC:", "error:"):
            if mark in line:
                return line.split(mark, 1)[1].strip().rstrip(".")
    return last_line(log)
