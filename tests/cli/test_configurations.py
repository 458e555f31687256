"""Configurations as files: what `export` prints, `apply` takes back, and each says what it did."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from rapport.configurations import drafts, edits
from rapport.configurations.defaults import NAMES
from rapport.configurations.locks import editing
from rapport.tenants.actors import Author
from tests.cli.conftest import rows
from tests.evidence.sending import Sender

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


# Drafts and versions.


def done(rapport, tenant, *arguments):
    result = rapport("configurations", *arguments, "--tenant", tenant.slug)
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    return result.stdout


@pytest.fixture
def drafted(rapport, tenant, file):
    """A configuration, and a draft of it that calls it Daily."""
    apply(rapport, tenant, file)
    file.write_text(FILE.replace("Nightly", "Daily").replace("Sprache", "Language"), encoding="utf-8")
    assert apply(rapport, tenant, file, "--draft", "--comment", "New name") == [
        ("nightly", "drafted", ["name", "mapping"])
    ]


def test_a_draft_is_made_rehearsed_and_published(rapport, tenant, file, drafted):
    assert '"Nightly"' in done(rapport, tenant, "export")

    told = done(rapport, tenant, "rehearse", "nightly")
    assert told.splitlines() == [
        "0 records.",
        "0 newly failing",
        "0 newly passing",
        "headings no longer used:",
        "     Sprache (Language): 0 records",
        "headings newly used:",
        "     Language (Language): 0 records",
    ]
    (json_told,) = rows(rapport("configurations", "rehearse", "nightly", "--json", "--tenant", tenant.slug))
    assert json_told["headings_no_longer_used"][0]["heading"] == "Sprache"

    assert done(rapport, tenant, "publish", "nightly") == "nightly is at version 2.\n"
    assert '"Daily"' in done(rapport, tenant, "export")
    assert apply(rapport, tenant, file, "--draft") == [("nightly", "unchanged", [])]


def test_records_are_rehearsed_in_lines(rapport, cast, file):
    tenant = cast.alice.tenant
    apply(rapport, tenant, file)
    Sender(cast.alice).send(
        {"E-Mail": "ada@example.com", "Sprache": "\x1b[2Jen"},
        {"E-Mail": "bo@example.com", "Mail": "x"},
        configuration="nightly",
    )
    file.write_text(FILE.replace("Sprache", "Language"), encoding="utf-8")
    apply(rapport, tenant, file, "--draft")
    told = done(rapport, tenant, "rehearse", "nightly")
    assert told.startswith("2 records, from 20")
    assert "     Language: 1 records, such as \\x1b[2Jen -> de\n" in told

    file.write_text(FILE.replace('"E-Mail"', '"Mail"'), encoding="utf-8")
    apply(rapport, tenant, file, "--draft")
    told = done(rapport, tenant, "rehearse", "nightly")
    assert "2 newly failing\n" in told
    assert ": The Mail field is required.\n" in told


def test_versions_are_listed_and_gone_back_to(rapport, tenant, drafted):
    done(rapport, tenant, "publish", "nightly", "--comment", "Agreed")

    first, second, *_ = done(rapport, tenant, "versions", "nightly").splitlines()
    assert re.fullmatch(r"2  \S+ \S+ UTC  command line changed it: Agreed", first)
    assert second == "     Name: Nightly -> Daily"
    listed = list(rows(rapport("configurations", "versions", "nightly", "--json", "--tenant", tenant.slug)))
    assert [(each["version"], each["comment"]) for each in listed] == [(2, "Agreed"), (1, None)]
    assert listed[0]["differences"][0] == {"what": "Name", "old": "Nightly", "new": "Daily"}

    assert done(rapport, tenant, "restore", "nightly", "1") == "nightly has a draft, like version 1.\n"
    assert '"Daily"' in done(rapport, tenant, "export")
    assert done(rapport, tenant, "discard", "nightly") == "nightly has no draft any more.\n"
    assert done(rapport, tenant, "restore", "nightly", "1", "--publish") == "nightly is at version 3, like version 1.\n"
    assert '"Nightly"' in done(rapport, tenant, "export")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["publish", "contact"], "The configuration has no draft."),
        (["rehearse", "nothing"], "There is no such configuration, field or touchpoint."),
        (["discard", "contact"], "The configuration has no draft."),
        (["restore", "nightly", "9"], "The configuration has no version 9."),
        (["restore", "nightly", "1"], "There is a draft by command line; publish or discard it first."),
    ],
)
def test_what_cannot_be_done_is_told(rapport, tenant, drafted, arguments, told):
    if arguments[-1] == "9":
        done(rapport, tenant, "discard", "nightly")
    result = rapport("configurations", *arguments, "--tenant", tenant.slug)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {told}\n")


def test_a_file_does_not_take_the_place_of_somebodys_draft(rapport, tenant, file, drafted):
    with editing(tenant) as tenant_id:
        row = edits.find(tenant_id, "nightly")
        drafts.save(row, Author("user", None, "Bob"), {"name": "Bob's", "mapping": row.mapping})
    result = rapport("configurations", "apply", str(file), "--draft", "--tenant", tenant.slug)
    assert result.stderr == "Error: nightly: There is a draft by Bob; publish or discard it first.\n"


def test_a_draft_needs_a_configuration(rapport, tenant, file):
    result = rapport("configurations", "apply", str(file), "--draft", "--tenant", tenant.slug)
    assert (result.exit_code, result.stdout) == (1, "")
