"""What callers of a configuration can be given, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.members.models import Role
from tests.cast import new_person
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from tests.cast import Cast

FILES = {
    "postman.json": "schema",
    "openapi.json": "openapi",
    "schema.json": "properties",
    "sample.csv": None,
    "curl.sh": None,
}


def place(cast: Cast, file: str, reference: str = "contact") -> str:
    return f"/s/{cast.alice.tenant.slug}/data/imports/configurations/{reference}/downloads/{file}"


@pytest.mark.parametrize("file", FILES)
def test_whoever_is_signed_in_downloads_them(cast: Cast, file: str) -> None:
    admin = visitor(new_person("Ann", cast.alice.tenant, Role.ADMIN))
    answer = admin.get(place(cast, file))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="contact-{file}"'
    key = FILES[file]
    assert b"ada@example.com" in answer.content
    assert key is None or key in answer.json() or key in answer.json()["info"]
    assert (
        place(cast, file).encode() in admin.get(place(cast, "").replace("/downloads/", "")).content or file == "curl.sh"
    )


@pytest.mark.parametrize("file", FILES)
def test_nobody_else_does(cast: Cast, file: str) -> None:
    assert visitor(cast.bob).get(place(cast, file)).status_code == 403
    assert visitor(cast.charlie).get(place(cast, file)).status_code == 404
    assert visitor(cast.alice).get(place(cast, file, "nothing")).status_code == 404
