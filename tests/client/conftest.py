from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.client.script import Caller, Script


@pytest.fixture
def script() -> Script:
    """A service that answers every record with a receipt."""
    return Script()


@pytest.fixture(params=["Client", "AsyncClient"])
def caller(request: pytest.FixtureRequest, script: Script) -> Iterator[Callable[..., Caller]]:
    """Makes a caller of one kind, then of the other."""
    made: list[Caller] = []

    def make(**options: object) -> Caller:
        made.append(Caller(request.param, script, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def call(caller: Callable[..., Caller]) -> Caller:
    """A caller without options."""
    return caller()
