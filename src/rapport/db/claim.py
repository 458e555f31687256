"""What a data directory knows of its embedded PostgreSQL: who uses it, where it is and the passwords of its roles."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rapport.db.residence import EmbeddedError

_ROLES = ("postgres", "rapport_owner", "rapport_app")


@dataclass(frozen=True)
class State:
    """What is kept between starts, in one file that only its owner may read."""

    home: Path
    passwords: dict[str, str]
    #: Whether the database was made to the end.
    complete: bool = False
    #: Of the socket, where the home's path is too long for one.
    socket_directory: Path | None = None


class Claim:
    """The locks and the state of one data directory. The locks vanish with the process that holds them."""

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / "postgresql"
        self.file = self.directory / "state.json"
        self._users: int | None = None

    def prepare(self) -> None:
        """Make the directories that are missing, closed to everybody else. Raises `OSError`."""
        self.directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from starting or stopping the server meanwhile."""
        lock = self._open("lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def share(self) -> None:
        """Count as a user of the server until `release` or the end of the process."""
        if self._users is None:
            self._users = self._open("users")
            fcntl.flock(self._users, fcntl.LOCK_SH)

    @property
    def held(self) -> bool:
        """Whether we count as a user."""
        return self._users is not None

    def release(self) -> bool:
        """Stop being a user; tell whether there is none left. Call it inside `alone`, when `held`."""
        assert self._users is not None
        users, self._users = self._users, None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(users)

    @property
    def state(self) -> State | None:
        """What was kept; None before the first start. Raises `EmbeddedError` when the file is damaged."""
        try:
            kept: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
            short = kept.pop("socket_directory", None)
            state = State(**(kept | {"home": Path(kept["home"]), "socket_directory": Path(short) if short else None}))
            if set(state.passwords) != set(_ROLES):
                raise ValueError("passwords are missing")
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            raise EmbeddedError(f"{self.file} is damaged: restore it from a backup of the data directory.") from None
        return state

    def begin(self, home: Path) -> State:
        """Keep a new state with new passwords."""
        state = State(home, {role: secrets.token_urlsafe(32) for role in _ROLES})
        self._write(state)
        return state

    def keep(self, **changes: object) -> None:
        """Change parts of the state that is kept."""
        state = self.state
        assert state is not None
        self._write(replace(state, **changes))  # type: ignore[arg-type]

    def _write(self, state: State) -> None:
        """Replace the file whole, so that a full disk or a kill leaves the old one."""
        draft = self.file.with_suffix(".new")
        with suppress(FileNotFoundError):
            draft.unlink()
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(state), file, default=str, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.file)

    def _open(self, name: str) -> int:
        return os.open(self.directory / name, os.O_RDWR | os.O_CREAT, 0o600)
