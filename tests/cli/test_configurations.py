"""Configurations as files: what `export` prints, `apply` takes back, and each says what it did."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rapport.configurations.defaults import NAMES
from tests.cli.conftest import rows

FILE = """
[[configurations]]
reference = "nightly"
name = "Nightly"
kind = "api"
data_type = "contact"
active = true
mapping = [
    {heading = "E-Mail", field = "email"},
    {heading = "Sprache", field = "language", default = "de", empty_clears = true},
]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "configurations.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def apply(rapport, tenant, path, *options):
    done = rows(rapport("configurations", "apply", str(path), "--tenant", tenant.slug, "--json", *options))
    return [(row["reference"], row["outcome"], row["changed"]) for row in done]


def test_defaults_are_listed(rapport, tenant):
    listed = list(rows(rapport("configurations", "list", "--tenant", tenant.slug, "--json")))

    assert [row["reference"] for row in listed] == list(NAMES)
    assert all(row["is_default"] for row in listed)


def test_what_is_applied_is_exported_and_applied_again_without_a_change(rapport, tenant, file):
    assert apply(rapport, tenant, file) == [("nightly", "created", [])]

    exported = rapport("configurations", "export", "--tenant", tenant.slug)
    assert tomllib.loads(exported.stdout) == tomllib.loads(FILE)
    file.write_text(exported.stdout, encoding="utf-8")
    assert apply(rapport, tenant, file) == [("nightly", "unchanged", [])]


def test_an_exported_default_is_applied_without_a_change(rapport, tenant, file):
    file.write_text(rapport("configurations", "export", "--reference", "contact", "--tenant", tenant.slug).stdout)

    assert apply(rapport, tenant, file) == [("contact", "unchanged", [])]


def test_a_rehearsal_says_what_would_change_and_changes_nothing(rapport, tenant, file):
    assert apply(rapport, tenant, file, "--dry-run") == [("nightly", "created", [])]
    assert apply(rapport, tenant, file) == [("nightly", "created", [])]
    file.write_text(FILE.replace("Nightly", "Daily").replace("true,", "false,"), encoding="utf-8")

    for options in (["--dry-run"], []):
        assert apply(rapport, tenant, file, *options) == [("nightly", "updated", ["name"])]
    assert apply(rapport, tenant, file) == [("nightly", "unchanged", [])]


def test_people_are_told_in_a_line_each(rapport, tenant, file):
    assert rapport("configurations", "apply", str(file), "--tenant", tenant.slug).stdout == (
        "created    nightly  Nightly\n"
    )
    file.write_text(FILE.replace("Sprache", "Language"), encoding="utf-8")
    assert rapport("configurations", "apply", str(file), "--tenant", tenant.slug).stdout == (
        "updated    nightly  Nightly: mapping\n"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x", "is no TOML in UTF-8"),
        ("x = 1", "The file must hold tables [[configurations]] and nothing else."),
        ("configurations = [1]", "configurations[0]: The configurations must be an object."),
        ("[[configurations]]\nname = 'x'", "configurations[0]: The reference field is required."),
        (FILE.replace('"language"', '"nothing"'), "nightly: The field nothing does not exist for Contact."),
        (FILE.replace("nightly", "contact"), "contact: Default configurations are view-only; copy it"),
        (FILE + FILE.replace("nightly", "daily"), "daily: The name is taken already."),
    ],
)
def test_all_or_nothing(rapport, tenant, file, content, told):
    file.write_text(content, encoding="utf-8")

    result = rapport("configurations", "apply", str(file), "--tenant", tenant.slug)

    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert rapport("configurations", "export", "--tenant", tenant.slug).stdout == "configurations = []\n"


def test_another_tenants_configurations_stay_as_they_are(rapport, cast, file):
    apply(rapport, cast.alice.tenant, file)

    assert apply(rapport, cast.charlie.tenant, file) == [("nightly", "created", [])]
    assert rapport("configurations", "export", "--reference", "x", "--tenant", cast.alice.tenant.slug).exit_code == 1


def test_an_app_can_be_limited_to_configurations(rapport, tenant):
    arguments = ("--configuration", "contact", "--configuration", "survey", "--tenant", tenant.slug)
    rapport("app", "create", "CRM", *arguments)
    rapport("app", "create", "Everything", "--tenant", tenant.slug)

    listed = rows(rapport("app", "list", "--tenant", tenant.slug, "--json"))
    assert [app["configurations"] for app in listed] == [["contact", "survey"], None]
    refused = rapport("app", "create", "CRM", "--configuration", "nothing", "--tenant", tenant.slug)
    assert (refused.exit_code, refused.stderr) == (1, "Error: There is no configuration 'nothing'.\n")
