"""Commands that list and make things: what they print, whose it is, and how they refuse."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from psycopg import errors

from rapport.cli import diagnosis
from rapport.cli.database import sentence
from rapport.tenants.models import Tenant
from tests.cli.conftest import rows


def test_a_new_app_is_told_its_credentials(rapport, tenant):
    result = rapport("app", "create", "CRM", "--tenant", tenant.slug, "--json")

    (made,) = rows(result)
    assert set(made) == {"client_id", "client_secret"}
    assert made["client_id"].startswith("rc_")


def test_without_json_the_credentials_are_for_reading(rapport, tenant):
    result = rapport("app", "create", "CRM", "--tenant", tenant.slug)

    assert result.stdout.startswith("Client id:     rc_")
    assert "\nClient secret: rs_" in result.stdout


def test_apps_are_listed_with_scopes_and_rate_and_without_secrets(rapport, tenant):
    rapport("app", "create", "CRM", "--scope", "records:write", "--rate", "50", "--tenant", tenant.slug)

    (listed,) = rows(rapport("app", "list", "--tenant", tenant.slug, "--json"))

    assert (listed["name"], listed["scopes"], listed["rate"], listed["active"]) == ("CRM", ["records:write"], 50, True)
    assert not any("secret" in column for column in listed)


def test_another_tenants_apps_are_not_listed(rapport, cast):
    rapport("app", "create", "Alice's", "--tenant", cast.alice.tenant.slug)

    names = {listed["name"] for listed in rows(rapport("app", "list", "--tenant", cast.charlie.tenant.slug, "--json"))}

    assert "Alice's" not in names


def test_a_deactivated_app_is_inactive_and_stays_so(rapport, tenant):
    (made,) = rows(rapport("app", "create", "CRM", "--tenant", tenant.slug, "--json"))

    assert rapport("app", "deactivate", made["client_id"], "--tenant", tenant.slug).exit_code == 0
    again = rapport("app", "deactivate", made["client_id"], "--tenant", tenant.slug)

    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == f"Error: There is no active Connected App with the client id {made['client_id']}.\n"
    (listed,) = rows(rapport("app", "list", "--tenant", tenant.slug, "--json"))
    assert listed["active"] is False


def test_a_tenant_can_be_older_than_now(rapport, tenant):
    slug = f"{tenant.slug}-old"

    result = rapport(
        "tenant", "create", slug, "--created-at", "2020-01-02", "--region", "us", "--name", "Old", "--json"
    )

    (made,) = rows(result)
    assert made == {"slug": slug, "name": "Old", "region": "us", "created_at": "2020-01-02T00:00:00Z"}
    assert Tenant.objects.get(slug=slug).created_at == datetime(2020, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["app", "create", "CRM", "--scope", "all"], "There is no scope 'all'"),
        (["app", "create", "\n"], "A Connected App's name has"),
        (["tenant", "create", "Not A Slug"], "A tenant's slug is"),
        (["tenant", "create", "x", "--region", "mars"], "There is no region 'mars'"),
        (["app", "list", "--tenant", "nobody"], "There is no tenant 'nobody'."),
    ],
)
def test_a_refusal_is_status_1_and_one_sentence(arguments, sentence, rapport, tenant):
    if arguments[0] == "app" and "--tenant" not in arguments:
        arguments = [*arguments, "--tenant", tenant.slug]

    result = rapport(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {sentence}")
    assert result.stderr.count("\n") == 1


def test_more_than_one_tenant_must_be_named(rapport, cast):
    result = rapport("app", "list")

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: There is more than one tenant: name one with --tenant SLUG.\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["app", "create"],
        ["app", "create", "x", "--rate", "fast"],
        ["tenant", "create", "x", "--created-at", "yesterday"],
        ["nothing"],
        ["serve", "--workers", "0"],
        ["serve", "--workers", "2", "ingest"],
    ],
)
def test_wrong_usage_is_status_2(arguments, rapport):
    assert rapport(*arguments).exit_code == 2


def test_listings_of_an_empty_tenant_are_empty(rapport, tenant):
    for command in (["contacts", "list"], ["changes"], ["requests"]):
        assert list(rows(rapport(*command, "--tenant", tenant.slug, "--json"))) == []


def test_a_setting_that_makes_no_sense_is_status_1(rapport, monkeypatch):
    monkeypatch.setenv("RAPPORT_PORT", "none")

    result = rapport("app", "list")

    assert result.exit_code == 1
    assert result.stderr == "Error: RAPPORT_PORT is 'none'; it must be a whole number from 1 to 65535.\n"


def test_a_directory_without_a_database_is_left_as_it_is(rapport, monkeypatch, tmp_path):
    monkeypatch.delenv("RAPPORT_DATABASE_URL")
    monkeypatch.delenv("RAPPORT_OWNER_DATABASE_URL")
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path / "var"))

    result = rapport("contacts", "list")

    assert result.exit_code == 1
    assert "run `rapport serve` first, or set RAPPORT_DATA_DIR" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_owners_url_alone_is_refused(rapport, monkeypatch):
    monkeypatch.delenv("RAPPORT_DATABASE_URL")

    result = rapport("migrate")

    assert (
        result.stderr == "Error: RAPPORT_OWNER_DATABASE_URL is set without RAPPORT_DATABASE_URL; set both or neither.\n"
    )


def test_migrate_says_that_it_is_done(rapport):
    result = rapport("migrate")

    assert (result.exit_code, result.stdout) == (0, "The database is up to date.\n")


def test_doctor_finds_nothing_wrong_but_the_tests_own_haste(rapport):
    result = rapport("doctor", "--json")

    found = [json.loads(line) for line in result.stdout.splitlines()]
    # Other tests leave jobs in the queue that they share, and imports whose files are gone.
    assert [each["text"] for each in found if each["state"] == "failed" and each["check"] not in ("jobs", "spool")] == [
        "PostgreSQL runs with fsync=off. A crash of the machine can destroy the database.",
        "PostgreSQL runs with full_page_writes=off. A crash of the machine can destroy the database.",
    ]
    assert result.exit_code == 1
    assert {"settings", "role", "connections", "migrations", "tenants apart", "bounds", "partitions", "log"} <= {
        finding["check"] for finding in found if finding["state"] == "ok"
    }


def test_doctor_says_where_no_file_can_be_kept(rapport, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RAPPORT_SPOOL_DIR", str(tmp_path / "file" / "spool"))

    result = rapport("doctor")

    assert f"failed   Files to import cannot be kept in {tmp_path}/file/spool.\n" in result.stdout


def test_doctor_warns_of_a_disk_that_is_nearly_full(rapport, monkeypatch, tmp_path):
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path))
    full = shutil.disk_usage(tmp_path)._replace(free=500 * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: full)

    result = rapport("doctor")

    assert f"warning  Only 0.5 GB of disk are free at {tmp_path}.\n" in result.stdout


def test_doctor_warns_of_frequent_checkpoints(rapport, monkeypatch):
    monkeypatch.setattr(diagnosis, "LOG_BYTES", 1024**4)

    result = rapport("doctor")

    assert "warning  PostgreSQL makes checkpoints often, " in result.stdout
    assert "max_wal_size=" in result.stdout


def test_doctor_knows_a_variable_that_is_no_setting(rapport, monkeypatch):
    monkeypatch.setenv("RAPPORT_PROT", "8001")

    result = rapport("doctor")

    assert "warning  RAPPORT_PROT is not a setting.\n         See docs/settings.md for the names.\n" in result.stdout


def test_doctor_says_that_the_database_is_away(rapport, monkeypatch):
    monkeypatch.setenv("RAPPORT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    result = rapport("doctor")

    assert result.exit_code == 1
    assert "failed   The database cannot be reached: " in result.stdout


def test_a_database_that_is_away_is_one_sentence():
    unmigrated = errors.UndefinedTable("no tenants")
    assert sentence(unmigrated) == "The database has not been migrated: run `rapport migrate`."
    assert sentence(errors.OperationalError("gone\nhint")) == "The database cannot be reached: gone."
    assert sentence(errors.DiskFull("no space.")) == "The database cannot be reached: no space."
    assert sentence(errors.InsufficientPrivilege("not yours")) == "The database refused: not yours."
