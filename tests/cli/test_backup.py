"""A backup is made, and restored somewhere else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from rapport.cli import archive
from rapport.cli.main import main
from rapport.db.embedded import DATABASE, Embedded
from tests.cast import Cast
from tests.conftest import Database
from tests.stock import put_contact

KEY = "a" * 40


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `rapport` with these settings and no others."""
    for name in [name for name in os.environ if name.startswith("RAPPORT_")]:
        monkeypatch.delenv(name)

    def running(*arguments: str, **settings: object) -> Result:
        environment = {f"RAPPORT_{name.upper()}": str(value) for name, value in settings.items()}
        return CliRunner().invoke(main, arguments, env=environment)

    return running


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A data directory that is not there yet; nothing of its database is left behind."""
    place = tmp_path / "another machine" / "var"
    yield place
    if place.exists():
        Embedded(place).remove()


@pytest.fixture
def made(run: Callable[..., Result], database: Database, server: str, cast: Cast, tmp_path: Path) -> Path:
    """A backup of the tests' database with Alice's contact, a secret key and a file to import."""
    put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada")
    data = tmp_path / "var"
    (data / "spool" / "1").mkdir(parents=True)
    (data / "secret_key").write_text(KEY)
    (data / "spool" / "1" / "file").write_text("Email\nada@example.com\n")
    (tmp_path / "url").write_text(make_conninfo(server, dbname=database.name))
    urls = {"database_url": database.app, "owner_database_url": database.owner, "data_dir": data}
    refused = run("backup", str(tmp_path / "x"), **urls)
    assert "To this role the tables look empty" in refused.stderr
    file = tmp_path / "rapport.backup"
    done = run("backup", str(file), "--url-file", str(tmp_path / "url"), **urls)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 files to import" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rapport.backup", "url", "var"]
    assert "is there already" in run("backup", str(file), "--url-file", str(tmp_path / "url"), **urls).stderr
    return file


def contacts(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("select tenant_id, id, email, first_name from contacts order by id").fetchall()


def test_a_backup_is_restored_in_another_place_and_backed_up_from_there(
    run: Callable[..., Result], made: Path, elsewhere: Path, database: Database, server: str, tmp_path: Path
) -> None:
    before = contacts(make_conninfo(server, dbname=database.name))
    done = run("restore", str(made), data_dir=elsewhere)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (elsewhere / "secret_key").read_text() == KEY
    assert (elsewhere / "spool" / "1" / "file").read_text().startswith("Email")
    for path in (elsewhere / "secret_key", elsewhere / "spool" / "1" / "file"):
        assert path.stat().st_mode & 0o077 == 0
    embedded = Embedded(elsewhere)
    try:
        urls = embedded.start()
        assert contacts(make_conninfo(urls.superuser, dbname=DATABASE)) == before
        assert contacts(urls.app) == []  # row-level security came with it
        again = run("backup", str(tmp_path / "second"), data_dir=elsewhere)
        assert (again.exit_code, again.stderr) == (0, "")
    finally:
        embedded.stop()
    assert "There is data in" in run("restore", str(made), data_dir=elsewhere).stderr


def test_an_empty_database_of_ones_own_is_filled(
    run: Callable[..., Result],
    made: Path,
    empty_database: Callable[[], Database],
    database: Database,
    server: str,
    tmp_path: Path,
) -> None:
    own, data = empty_database(), tmp_path / "own"
    urls = {"database_url": own.app, "owner_database_url": own.owner, "data_dir": data}
    done = run("restore", str(made), **urls)
    assert (done.exit_code, done.stderr) == (0, "")
    tables = [make_conninfo(server, dbname=name) for name in (own.name, database.name)]
    assert contacts(tables[0]) == contacts(tables[1])
    assert contacts(own.app) == []
    assert (data / "secret_key").read_text() == KEY
    assert "There is data in the database of RAPPORT_DATABASE_URL already" in run("restore", str(made), **urls).stderr


def changed(file: Path, name: str, content: str | None) -> Path:
    """A copy of a backup in which one part is another, or is left out."""
    target = file.with_name("changed")
    with ZipFile(file) as source, ZipFile(target, "w") as copy:
        for each in source.namelist():
            if each != name:
                copy.writestr(each, source.read(each))
        if content is not None:
            copy.writestr(name, content)
    return target


def test_what_cannot_be_restored_makes_nothing(run: Callable[..., Result], made: Path, elsewhere: Path) -> None:
    with ZipFile(made) as source:
        manifest = json.loads(source.read("manifest.json"))
    later = json.dumps(
        manifest | {"version": "9.0", "migrations": [*manifest["migrations"], ["directory", "9999_later"]]}
    )
    cut = made.with_name("cut")
    cut.write_bytes(made.read_bytes()[:-1000])
    damaged = changed(made, "database.dump", "PGDMP")
    shutil.copy(damaged, made.with_name("damaged"))
    for file, settings, told in (
        (cut, {}, "or only a part of one"),
        (made.with_name("nowhere"), {}, "cannot be read"),
        (made, {"secret_key": "b" * 40}, "is another secret key than the backup's"),
        (changed(made, "manifest.json", later), {}, "of a newer version of Rapport (9.0"),
    ):
        refused = run("restore", str(file), data_dir=elsewhere, **settings)
        assert (refused.exit_code, told in refused.stderr) == (1, True), refused.stderr
        assert not elsewhere.exists()
    refused = run("restore", str(changed(made, "secret_key", None)), data_dir=elsewhere)
    assert "set RAPPORT_SECRET_KEY to the one of its service" in refused.stderr
    refused = run("restore", str(made.with_name("damaged")), data_dir=elsewhere)
    assert "pg_restore failed" in refused.stderr
    assert run("restore", str(made), data_dir=elsewhere).exit_code == 0, "nothing is in the way of another try"


def test_no_file_in_the_spool_is_replaced(run: Callable[..., Result], made: Path, elsewhere: Path) -> None:
    (elsewhere / "spool" / "1").mkdir(parents=True)
    (elsewhere / "spool" / "1" / "file").write_text("another one")
    refused = run("restore", str(made), data_dir=elsewhere)
    assert "is there already and another one; nothing is replaced" in refused.stderr
    assert (elsewhere / "spool" / "1" / "file").read_text() == "another one"


def test_a_file_that_grows_meanwhile_is_in_it_as_it_was_last(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "growing").write_text("half")
    with ZipFile(tmp_path / "made", "w") as target:
        assert archive.put_spool(target, spool) == 1
        (spool / "growing").write_text("the whole of it")
        (spool / "new").write_text("new")
        assert archive.put_spool(target, spool) == 2
    with ZipFile(tmp_path / "made") as source:
        assert archive.take_spool(source, tmp_path / "taken") == 2
    assert (tmp_path / "taken" / "growing").read_text() == "the whole of it"


def test_a_backup_without_a_key_says_so(
    run: Callable[..., Result], made: Path, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "var" / "secret_key").unlink()
    urls = {"database_url": database.app, "owner_database_url": database.owner, "data_dir": tmp_path / "var"}
    done = run("backup", str(tmp_path / "third"), "--url-file", str(tmp_path / "url"), **urls)
    assert "The secret key is not in it" in done.stdout
