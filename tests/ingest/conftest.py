"""A running ingest, and the cast as its callers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.ingest.serving import PATIENCE, Server, serving

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

Look = Callable[..., list[dict[str, Any]]]


class Caller(httpx2.Client):
    """Somebody who calls ingest with a token of theirs."""

    def __init__(self, url: str, person: Person) -> None:
        super().__init__(base_url=url, headers=person.bearer, timeout=PATIENCE)
        self.person = person

    def record(self, record: dict[str, str], configuration: str = "contact", **options: Any) -> httpx2.Response:
        """PUT one record in the query, with a receipt."""
        query = {"configuration": configuration} | {f"record[{name}]": value for name, value in record.items()}
        headers = {"Prefer": "return=representation"} | options.pop("headers", {})
        return self.put("/records", params=query | options.pop("params", {}), headers=headers, **options)

    def batch(self, records: Any, configuration: str = "contact", **options: Any) -> httpx2.Response:
        """POST a JSON array of records."""
        query = {"configuration": configuration} | options.pop("params", {})
        return self.post("/records/batch", params=query, json=records, **options)


@pytest.fixture(scope="session")
def ingest(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Ingest with two workers, for all tests that leave it as it is."""
    with serving(database, tmp_path_factory.mktemp("ingest")) as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_crashes(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test makes ingest log a traceback."""
    yield
    if "ingest" in request.fixturenames:
        assert "Traceback" not in request.getfixturevalue("ingest").said()


@pytest.fixture
def alice(ingest: Server, cast: Cast) -> Iterator[Caller]:
    """Alice calls, in a tenant of her own."""
    with Caller(ingest.url, cast.alice) as caller:
        yield caller


@pytest.fixture
def charlie(ingest: Server, cast: Cast) -> Iterator[Caller]:
    """Charlie calls, from another tenant."""
    with Caller(ingest.url, cast.charlie) as caller:
        yield caller


@pytest.fixture
def look(database: Database) -> Iterator[Look]:
    """Ask the database as the application role in a person's tenant."""
    with psycopg.connect(database.app, autocommit=True, row_factory=dict_row) as app:

        def ask(person: Person, sql: str, *arguments: Any) -> list[dict[str, Any]]:
            with app.transaction():
                app.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")
                return app.execute(sql, arguments).fetchall()

        yield ask
