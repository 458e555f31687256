from __future__ import annotations

import threading

import pytest
from django.db import connection

from rapport.cli import imports as command
from rapport.imports.models import Import
from rapport.tenants.scope import tenant_scope
from tests.cli.conftest import rows
from tests.imports.files import counts, use_spool, work

CONTENT = b"Email,First Name\na@example.com,Ada\nnobody,X\n"


@pytest.fixture
def file(tmp_path):
    use_spool(tmp_path / "spool")
    path = tmp_path / "people.csv"
    path.write_bytes(CONTENT)
    return path


def test_a_file_is_put_where_a_worker_takes_it(rapport, tenant, file):
    (told,) = rows(rapport("import", str(file), "--configuration", "contact", "--tenant", tenant.slug, "--json"))
    assert (told["state"], told["name"], told["size"]) == ("received", "people.csv", len(CONTENT))
    assert counts(work(tenant, told["import"])) == {"created": 1, "rejected": 1}


def test_an_unknown_configuration_leaves_no_file(rapport, tenant, file, tmp_path):
    told = rapport("import", str(file), "--configuration", "none", "--tenant", tenant.slug)
    assert (told.exit_code, told.stderr) == (1, "Error: The selected configuration is invalid.\n")
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("content", [CONTENT, b""])
def test_it_is_followed_to_its_end(rapport, tenant, file, monkeypatch, content):
    """A worker does the work while the command looks."""
    file.write_bytes(content)
    monkeypatch.setattr(command, "sleep", lambda _: run())

    def run():
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    def act():
        with tenant_scope(tenant) as tenant_id:
            id = Import.objects.filter(tenant_id=tenant_id).latest("id").id
        work(tenant, id)
        connection.close()

    options = ("--configuration", "contact", "--dry-run", "--follow", "--tenant", tenant.slug)
    told = rapport("import", str(file), *options)
    if content:
        assert told.exit_code == 0
        counted = "2 rows read: 1 created, 0 updated, 0 unchanged, 1 rejected, 0 blank (dry run: nothing was written)."
        assert told.stdout.rstrip().endswith(f"is done. {counted}")
        with tenant_scope(tenant) as tenant_id:
            assert find_state(tenant_id) == "done"
    else:
        assert told.exit_code == 1
        assert "The file is empty." in told.stdout


def test_a_file_in_doubt_is_shown_and_read_in_the_encoding_that_is_said(rapport, tenant, file, monkeypatch):
    file.write_bytes("Email,First Name\na@example.com,Jürgen\n".encode() + b"b@example.com,Zo\xeb\n")
    told = rapport("import", str(file), "--configuration", "contact", "--encoding", "ebcdic", "--tenant", tenant.slug)
    assert (told.exit_code, told.stderr[:38]) == (1, "Error: The encoding must be one of: ut")
    begin = command._begin

    def checked(*given, **said):
        id = begin(*given, **said)
        work(tenant, id)
        return id

    monkeypatch.setattr(command, "_begin", checked)
    told = rapport("import", str(file), "--configuration", "contact", "--tenant", tenant.slug)
    assert "  cp1252: a@example.com,JÃ¼rgen / b@example.com,Zoë" in told.stdout.splitlines()
    told = rapport("import", str(file), "--configuration", "contact", "--encoding", "cp1252", "--tenant", tenant.slug)
    assert "The same file came before" in told.stdout


def find_state(tenant_id):
    return Import.objects.filter(tenant_id=tenant_id).latest("id").state
