"""The collections that the service hands out, run by Newman as somebody would who has just fetched them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rapport.configurations.defaults import NAMES
from rapport.connected_apps import webhooks
from rapport.tenants.actors import COMMAND
from tests.journeys.conftest import NEWMAN, Service

if TYPE_CHECKING:
    from tests.cast import Cast

#: Headings that a form has to encode, with what the sample puts below them.
ODD = {"it's": "email", "Größe & Co": "first_name", "a=b+c": "last_name", "100% [x": "job_title"}


def fetched(service: Service, cast: Cast, path: str) -> dict[str, Any]:
    answer = httpx2.get(service.url + path, headers=cast.alice.bearer)
    assert answer.status_code == 200
    return answer.json()


def run(collection: dict[str, Any], directory: Path, **variables: str) -> dict[str, int]:
    """Requests and assertions of a run in which none of them failed."""
    (directory / "collection.json").write_text(json.dumps(collection), encoding="utf-8")
    settings = [word for name, value in variables.items() for word in ("--env-var", f"{name}={value}")]
    reports = ["--reporters", "cli,json", "--reporter-json-export", "report.json", "--color", "off"]
    done = subprocess.run(
        ["node", str(NEWMAN), "run", "collection.json", *reports, *settings],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((directory / "report.json").read_text(encoding="utf-8"))["run"]["stats"]
    assert not any(each["failed"] for each in told.values()), told
    return {name: told[name]["total"] for name in ("items", "assertions")}


def credentials(cast: Cast) -> dict[str, str]:
    return {"client_id": cast.alice.client_id, "client_secret": cast.alice.client_secret}


@pytest.mark.parametrize("reference", NAMES)
def test_the_collection_of_a_default_configuration_runs(
    service: Service, cast: Cast, tmp_path: Path, reference: str
) -> None:
    collection = fetched(service, cast, f"/api/configurations/{reference}/postman.json")
    assert run(collection, tmp_path, **credentials(cast)) == {"items": 3, "assertions": 3}


def test_odd_headings_arrive(service: Service, cast: Cast, tmp_path: Path) -> None:
    mapping = [{"heading": heading, "field": field} for heading, field in ODD.items()]
    content = {"name": "Odd", "reference": "odd", "kind": "api", "data_type": "contact", "mapping": mapping}
    made = httpx2.post(f"{service.url}/api/configurations", json=content, headers=cast.alice.bearer)
    assert made.status_code == 201
    run(fetched(service, cast, "/api/configurations/odd/postman.json"), tmp_path, **credentials(cast))
    (ada,) = fetched(service, cast, "/api/contacts?email=ada@example.com")["data"]
    assert [ada[field] for field in ODD.values()] == ["ada@example.com", "Ada", "Lovelace", "Analyst"]


def test_the_collection_of_the_whole_service_runs(service: Service, cast: Cast, tmp_path: Path) -> None:
    hook = webhooks.create(cast.alice.tenant, COMMAND, "contact", service.database.settings)
    hooks = {"webhook_id": hook.url.rpartition("/")[2], "webhook_user": hook.user_name}
    collection = fetched(service, cast, "/postman.json")
    counted = run(collection, tmp_path, **credentials(cast), **hooks, webhook_password=hook.password)
    assert counted["items"] == counted["assertions"] == sum(len(folder["item"]) for folder in collection["item"])


def test_without_credentials_nothing_is_green(service: Service, cast: Cast, tmp_path: Path) -> None:
    collection = fetched(service, cast, "/api/configurations/contact/postman.json")
    with pytest.raises(AssertionError, match="There is no token"):
        run(collection, tmp_path)
