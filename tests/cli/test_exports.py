from __future__ import annotations

import pytest

from rapport.cli.exports import WHAT
from rapport.tenants import exports
from tests.stock import put_contact


@pytest.fixture
def ada(tenant):
    put_contact(tenant, email="ada@example.com")


@pytest.mark.parametrize("what", WHAT)
def test_everything_is_exported_to_a_file_and_to_standard_output(rapport, tenant, ada, tmp_path, what):
    file = tmp_path / f"{what}.csv"
    assert rapport("export", what, "--tenant", tenant.slug, "--output", str(file)).exit_code == 0
    told = rapport("export", what, "--tenant", tenant.slug)
    assert (told.exit_code, told.stdout_bytes) == (0, file.read_bytes())
    assert (b"ada@example.com" in told.stdout_bytes) == (what == "contacts")


def test_the_ending_of_the_file_says_its_kind(rapport, tenant, ada, tmp_path):
    file = tmp_path / "contacts.NDJSON"
    rapport("export", "contacts", "--tenant", tenant.slug, "--output", str(file))
    assert file.read_bytes().startswith(b'{"Email": "ada@example.com"')
    assert rapport("export", "contacts", "--format", "pdf").exit_code == 2


def test_what_is_missing_is_said(rapport, tenant, monkeypatch):
    def missing():
        raise exports.MissingError("Parquet needs the package pyarrow.")

    monkeypatch.setattr(exports, "_parquet_writer", missing)
    told = rapport("export", "contacts", "--format", "parquet", "--tenant", tenant.slug)
    assert (told.exit_code, told.stderr) == (1, "Error: Parquet needs the package pyarrow.\n")


def test_a_file_that_cannot_be_written_is_said(rapport, tenant, tmp_path):
    file = tmp_path / "missing" / "contacts.csv"
    told = rapport("export", "contacts", "--output", str(file), "--tenant", tenant.slug)
    assert (told.exit_code, told.stderr) == (1, f"Error: {file} cannot be written: No such file or directory.\n")
