"""The `rapport` command inside this process, on the tests' database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from rapport.cli.main import main
from tests.conftest import Database

Rapport = Callable[..., Result]


@pytest.fixture
def rapport(database: Database, monkeypatch: pytest.MonkeyPatch) -> Rapport:
    """Run `rapport` with the arguments given; its exit status and output are in the result."""
    for name, value in database.settings.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run


def rows(result: Result) -> Iterator[dict]:
    """The JSON objects that a command printed, after checking that it said nothing else."""
    assert (result.exit_code, result.stderr) == (0, "")
    return (json.loads(line) for line in result.stdout.splitlines())
