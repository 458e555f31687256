"""`/postman.json` has every operation, and says where it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from rapport.console.api import openapi, postman

if TYPE_CHECKING:
    from tests.conftest import Database

HOSTS = {
    "auth": "https://auth.{{region}}.example.com",
    "records": "https://imports.api.{{region}}.example.com",
    "api": "https://api.{{region}}.example.com",
}


def items() -> list[dict[str, Any]]:
    return [item for folder in postman.generate(HOSTS, "us")["item"] for item in folder["item"]]


def operations() -> list[dict[str, Any]]:
    paths = [path for job in openapi.JOBS.values() for path in job.values()]
    return [operation for path in paths for operation in path.values()]


def test_it_is_served_to_everybody(database: Database) -> None:
    answer = Client(headers={"host": "127.0.0.1:8000"}).get("/postman.json")
    variables = {each["key"]: each["value"] for each in answer.json()["variable"]}
    assert variables["auth_url"] == variables["api_url"] == "http://127.0.0.1:8000"


def test_every_operation_is_there() -> None:
    assert sorted(item["name"] for item in items()) == sorted(each["summary"] for each in operations())


def test_every_operation_that_takes_a_body_has_one() -> None:
    with_body = {item["name"] for item in items() if "body" in item["request"]}
    assert with_body == {each["summary"] for each in operations() if "requestBody" in each}


def test_addresses_are_made_of_variables_only() -> None:
    variables = {each["key"]: each["value"] for each in postman.generate(HOSTS, "us")["variable"]}
    assert variables["records_url"] == "https://imports.api.{{region}}.example.com"
    assert variables["region"] == "us"
    assert all(item["request"]["url"].startswith("{{") for item in items())
