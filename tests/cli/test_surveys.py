from __future__ import annotations

import copy
import json

import pytest

from rapport.feedback import surveys
from rapport.feedback.documents.starters import STARTERS
from rapport.tenants.scope import tenant_scope

CES = {"surveys": [{"reference": "ces", "state": "live", "document": STARTERS["ces"].document}]}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "surveys.json"
    path.write_text(json.dumps(CES))
    return path


def test_what_is_exported_applies_as_unchanged(rapport, tenant, file):
    file.write_text(rapport("surveys", "export", "--tenant", tenant.slug).stdout)
    done = rapport("surveys", "apply", str(file), "--tenant", tenant.slug)
    assert done.stdout == "unchanged  relationship-nps  Relationship NPS, version 1\n"


def test_a_file_makes_and_changes_surveys(rapport, tenant, file):
    done = rapport("surveys", "apply", str(file), "--dry-run", "--tenant", tenant.slug)
    assert done.stdout == "created    ces  Customer effort, version 1\n"
    assert "ces" not in rapport("surveys", "list", "--tenant", tenant.slug).stdout
    rapport("surveys", "apply", str(file), "--tenant", tenant.slug)
    changed = copy.deepcopy(CES)
    changed["surveys"][0]["document"]["name"] = "Effort"
    file.write_text(json.dumps(changed))
    done = rapport("surveys", "apply", str(file), "--tenant", tenant.slug, "--json")
    assert json.loads(done.stdout) == {"reference": "ces", "name": "Effort", "outcome": "updated", "version": 2}
    listed = [
        json.loads(line) for line in rapport("surveys", "list", "--tenant", tenant.slug, "--json").stdout.splitlines()
    ]
    assert [(row["reference"], row["state"], row["default"], row["version"]) for row in listed] == [
        ("relationship-nps", "live", True, 1),
        ("ces", "live", False, 2),
    ]
    with tenant_scope(tenant) as tenant_id:
        assert surveys.document(surveys.find(tenant_id, "ces"), 1)["name"] == "Customer effort"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x", "is no JSON in UTF-8"),
        ("[]", "The file must be an object"),
        ('{"surveys": [1]}', "surveys[0]: It must be an object with reference, document"),
        ('{"surveys": [{"reference": "A", "document": {}}]}', 'A: : "name" is a required property'),
        (json.dumps({"surveys": [CES["surveys"][0] | {"state": "x"}]}), "ces: The state must be one of"),
    ],
)
def test_a_file_with_a_fault_changes_nothing(rapport, tenant, file, content, told):
    file.write_text(content)
    done = rapport("surveys", "apply", str(file), "--tenant", tenant.slug)
    assert done.exit_code == 1
    assert told.replace("A: : ", "A: ") in done.output
    assert len(rapport("surveys", "list", "--tenant", tenant.slug, "--json").stdout.splitlines()) == 1


def test_one_that_is_not_there_is_not_exported(rapport, tenant):
    assert rapport("surveys", "export", "--reference", "x", "--tenant", tenant.slug).exit_code == 1
