from __future__ import annotations

import gzip
import json
import os

import pytest

from rapport.imports import receiving, watching
from rapport.imports.errors import SpoolError
from rapport.imports.models import Import
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cli.conftest import rows
from tests.imports.files import counts, find, use_spool, work


@pytest.fixture
def folder(rapport, tmp_path):
    """What is watched; the spool is beside."""
    use_spool(tmp_path / "spool")
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def watch(rapport, tenant, folder):
    """Take what is there."""

    def once(configuration="contact"):
        return rapport(
            "watch", str(folder), "--configuration", configuration, "--every", "0.1", "--once", "--json",
            "--tenant", tenant.slug,
        )  # fmt: skip

    return once


def test_each_new_file_is_taken_once(watch, tenant, folder):
    (folder / "people.csv").write_bytes(b"Email\na@example.com\n")
    for name in (".hidden", "more.csv.part", "x.FILEPART"):
        (folder / name).write_bytes(b"Email\nb@example.com\n")
    (folder / "deeper").mkdir()
    (made,) = rows(watch())
    assert made["name"] == "people.csv"
    assert list(rows(watch())) == []
    (folder / "more.csv.part").rename(folder / "more.csv")
    (more,) = rows(watch())
    assert more["name"] == "more.csv"
    assert counts(work(tenant, more["import"])) == {"created": 1}
    assert find(tenant, made["import"]).author_type == "command"
    left = sorted(path.name for path in folder.iterdir())
    assert left == [".hidden", "deeper", "more.csv", "people.csv", "x.FILEPART"]


def test_a_file_that_was_written_anew_is_another_one(watch, folder):
    path = folder / "people.csv"
    path.write_bytes(b"Email\na@example.com\n")
    (made,) = rows(watch())
    path.write_bytes(b"Email\nc@example.com\n")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    (again,) = rows(watch())
    assert again["import"] != made["import"]


@pytest.mark.parametrize("amid", ["receive", "begin"])
def test_whoever_is_killed_takes_it_once_the_next_time(watch, tenant, folder, monkeypatch, amid):
    (folder / "people.csv").write_bytes(b"Email\na@example.com\n")
    act = getattr(receiving, amid)

    def killed(*given):
        act(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(receiving, amid, killed)
        assert watch().exit_code == 1
    assert len(list(rows(watch()))) == (1 if amid == "receive" else 0)
    with tenant_scope(tenant) as tenant_id:
        assert Import.objects.filter(tenant_id=tenant_id).count() == 1


def test_a_slower_watcher_leaves_what_is_unpacked(watch, tenant, folder, monkeypatch):
    path = folder / "people.csv.gz"
    path.write_bytes(gzip.compress(b"Email\na@example.com\n"))
    receive = receiving.receive

    def slowly(*given):
        with monkeypatch.context() as patched:
            patched.setattr(receiving, "receive", receive)
            made = watching.take(tenant, COMMAND, path, "contact")
        assert counts(work(tenant, made.id)) == {"created": 1}
        return receive(*given)

    monkeypatch.setattr(receiving, "receive", slowly)
    assert watching.take(tenant, COMMAND, path, "contact") is None
    assert (
        receiving.file_of(tenant.pk, watching.identity(tenant.pk, path, path.stat())).read_bytes()
        == b"Email\na@example.com\n"
    )


def test_a_file_that_still_grows_waits(folder):
    watched, path = watching.Folder(folder), folder / "people.csv"
    path.write_bytes(b"Email\n")
    assert watched.settled() == []
    path.write_bytes(b"Email\na@example.com\n")
    assert watched.settled() == []
    assert watched.settled() == [path.resolve()]


def test_what_cannot_be_taken_is_said(watch, folder):
    (folder / "people.csv").write_bytes(b"Email\n")
    told = watch("none")
    assert told.exit_code == 1
    assert told.stderr == "people.csv was not taken: The selected configuration is invalid.\n"


def test_links_and_pipes_are_refused_once(watch, folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(b"Email\nsecret@example.com\n")
    (folder / "link.csv").symlink_to(secret)
    os.mkfifo(folder / "pipe.csv")
    (folder / "people.csv").write_bytes(b"Email\na@example.com\n")
    told = watch()
    assert [json.loads(line)["name"] for line in told.stdout.splitlines()] == ["people.csv"]
    assert told.stderr.splitlines() == [
        f"{name} was not taken: {watching.NO_FILE}" for name in ("link.csv", "pipe.csv")
    ]
    watched = watching.Folder(folder)
    assert [watched.strangers() for _ in range(2)] == [["link.csv", "pipe.csv"], []]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_takes_the_place_of_a_file_is_not_read(tenant, folder, tmp_path, kind):
    path = folder / "people.csv"
    if kind == "link":
        path.symlink_to(tmp_path / "missing")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises((SpoolError, IsADirectoryError)):
        watching.take(tenant, COMMAND, path, "contact")
    assert list((tmp_path / "spool").glob("*")) == []
