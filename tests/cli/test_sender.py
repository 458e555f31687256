"""`rapport sender` for one tenant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.db import OperationalError

from rapport.cli import sender
from rapport.tenants import registry

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Database


def test_it_waits_for_a_database_that_is_starting(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OperationalError("the database system is starting up"), SimpleNamespace(pk=7)])

    def find(slug: str) -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(registry, "find", find)
    monkeypatch.setattr(sender, "PAUSE", 0)
    assert sender._found("acme") == 7
