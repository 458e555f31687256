"""Lists leaf through their rows without leaving any out, whichever way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.directory.models import Contact
from rapport.directory.sheets import Sheet, by_id
from rapport.tenants.scope import tenant_scope
from tests.stock import put_contact

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


def leaf(tenant: Tenant, size: int = 2, **query: object) -> Sheet:
    """A sheet of the tenant's contacts."""
    with tenant_scope(tenant) as tenant_id:
        rows = Contact.objects.filter(tenant_id=tenant_id)
        return by_id(rows, {name: str(text) for name, text in query.items()}, size)


def test_older_and_newer_show_everything_newest_first_and_lead_back(tenant: Tenant) -> None:
    made = [put_contact(tenant, email=f"c{n}@example.com") for n in range(5)][::-1]
    sheets = [leaf(tenant)]
    while sheets[-1].older:
        sheets.append(leaf(tenant, before=sheets[-1].older))
    assert [[row.id for row in sheet.rows] for sheet in sheets] == [made[:2], made[2:4], made[4:]]
    assert sheets[0].newer is None
    back = leaf(tenant, after=sheets[2].newer)
    assert [row.id for row in back.rows] == made[2:4]
    assert (back.newer, back.older) == (made[2], made[3])
    first = leaf(tenant, after=back.newer)
    assert [row.id for row in first.rows] == made[:2]
    assert (first.newer, first.older) == (None, made[1])


def test_what_is_newer_than_the_newest_is_the_first_sheet(tenant: Tenant) -> None:
    made = [put_contact(tenant, email=f"c{n}@example.com") for n in range(3)][::-1]
    assert [row.id for row in leaf(tenant, after=made[0]).rows] == made[:2]


@pytest.mark.parametrize("text", ["", "x", "\0", "1" * 40, "é"])
def test_a_mangled_place_is_the_first_sheet(tenant: Tenant, text: str) -> None:
    made = put_contact(tenant, email="ada@example.com")
    assert [row.id for row in leaf(tenant, before=text, after=text).rows] == [made]


def test_an_empty_list_has_no_sheets_beside_it(tenant: Tenant) -> None:
    assert leaf(tenant) == Sheet([])
