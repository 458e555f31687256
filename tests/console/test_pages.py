from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client

if TYPE_CHECKING:
    from tests.conftest import Database


def test_the_front_door_shows_the_three_lines_for_this_origin(database: Database) -> None:
    text = Client(headers={"host": "127.0.0.1:8000"}).get("/").content.decode()
    for part in (
        "curl http://127.0.0.1:8000/oauth2/token",
        "http://127.0.0.1:8000/records \\",
        "http://127.0.0.1:8000/api/contacts?email=",
        'href="/openapi.json"',
    ):
        assert part in text


def test_with_a_domain_the_lines_name_the_regions_hosts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="example.com"))
    text = Client(headers={"host": "example.com"}).get("/").content.decode()
    for part in (
        "https://auth.eu.example.com/oauth2/token",
        "https://imports.api.eu.example.com/records ",
        "https://api.eu.example.com/contacts?",
    ):
        assert part in text


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_nothing_is_loaded_from_elsewhere_or_inline(database: Database, path: str) -> None:
    text = Client().get(path).content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]*)"', text)
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    for address in loaded:
        with closing(Client().get(address)) as answer:
            assert answer.status_code == 200, address


def test_a_page_can_only_be_read(database: Database) -> None:
    answer = Client().post("/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
