from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast

Call = Callable[..., "HttpResponse"]


@pytest.fixture
def call(cast: Cast) -> Call:
    """Alice calls `/api/{path}`, or whoever is named; `match` is the version that she has seen."""
    client = Client(raise_request_exception=False)

    def ask(
        method: str, path: str, body: Any = None, *, who: str = "alice", match: Any = None, **options: Any
    ) -> HttpResponse:
        headers = getattr(cast, who).bearer | options.pop("headers", {})
        if match is not None:
            headers["If-Match"] = f'"{match}"'
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = options.pop("content_type", "application/json")
        return client.generic(method, f"/api/{path}", raw, content_type=kind, headers=headers, **options)

    return ask


CONTENT = {
    "name": "Nightly",
    "kind": "api",
    "data_type": "contact",
    "mapping": [{"heading": "E-Mail", "field": "email"}],
}
