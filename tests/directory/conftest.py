from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.directory.desk import Desk

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast

Get = Callable[..., "HttpResponse"]


@pytest.fixture
def get(cast: Cast) -> Get:
    """Alice asks `/api/{collection}`, or whoever is named."""
    client = Client(raise_request_exception=False)

    def ask(collection: str, who: str = "alice", raw: str = "", **parameters: Any) -> HttpResponse:
        query = raw or urlencode(parameters)
        return client.get(f"/api/{collection}", headers=getattr(cast, who).bearer, QUERY_STRING=query)

    return ask


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """Alice's forms."""
    return Desk(cast.alice)
