"""The lines that a start prints."""

from __future__ import annotations

import pytest

from rapport.cli.welcome import welcome
from rapport.settings import Settings


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        (".".join("0000"), "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("rapport.local", "http://rapport.local:8000"),
    ],
)
def test_the_address_can_be_opened_on_this_machine(host, address):
    assert Settings(host=host).local_origin == address


def test_later_starts_are_one_line():
    assert welcome(Settings(), None) == "Rapport serves on http://127.0.0.1:8000"
