from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from rapport.configurations import unmapped
from rapport.configurations.models import Configuration
from rapport.history.models import MappedHeading, UnmappedHeading, UnmappedValue
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from tests.cast import Cast, Person

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def put(person: Person, heading: str, *values: str, reference: str = "contact", at: datetime = NOW) -> None:
    """Values under a heading that nothing maps."""
    with tenant_scope(person.tenant) as tenant_id:
        place = {"tenant_id": tenant_id, "heading": heading}
        place["configuration_id"] = Configuration.objects.get(tenant_id=tenant_id, reference=reference).id
        UnmappedHeading.objects.create(**place, count=len(values), first_seen=at, last_seen=at)
        for value in values:
            UnmappedValue.objects.create(**place, id=uuid7(), at=at, value=value)


def read(person: Person, **query: str) -> list[dict[str, Any]]:
    answer = Client(headers=person.bearer).get("/api/unmapped", query)
    assert answer.status_code == 200
    return answer.json()["data"]


def test_everything_that_is_known_of_a_heading(cast: Cast) -> None:
    put(cast.alice, "Frist Name", "Ada", "Grace")
    assert read(cast.alice) == [
        {
            "configuration": "contact",
            "heading": "Frist Name",
            "count": 2,
            "first_seen": "2026-11-23T12:00:00Z",
            "last_seen": "2026-11-23T12:00:00Z",
            "sample": "Grace",
            "values": ["Grace", "Ada"],
            "suggestion": {"heading": "First Name", "field": "first_name", "reasons": ["similar_name"]},
        }
    ]


def test_a_heading_that_went_quiet_is_suggested(cast: Cast) -> None:
    put(cast.alice, "Contact address", "ada@example.com")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        place = {"tenant_id": tenant_id, "heading": "Email"}
        place["configuration_id"] = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
        MappedHeading.objects.create(**place, last_seen=NOW - timedelta(minutes=1))
    (found,) = read(cast.alice)
    assert found["suggestion"] == {"heading": "Email", "field": "email", "reasons": ["same_shape", "went_quiet"]}


def test_the_rest_beyond_the_limit_has_no_suggestion(cast: Cast) -> None:
    put(cast.alice, "", "x")
    assert [row["suggestion"] for row in read(cast.alice)] == [None]


def test_newest_first_and_narrowed(cast: Cast) -> None:
    put(cast.alice, "Old", at=NOW - timedelta(days=1))
    put(cast.alice, "New")
    put(cast.alice, "Other", reference="account", at=NOW - timedelta(hours=1))
    assert [row["heading"] for row in read(cast.alice)] == ["New", "Other", "Old"]
    assert [row["heading"] for row in read(cast.alice, limit="1")] == ["New"]
    assert [row["heading"] for row in read(cast.alice, configuration="account")] == ["Other"]
    assert read(cast.alice, configuration="nobody") == []


def test_dismissed_headings_are_shown_apart(cast: Cast) -> None:
    put(cast.alice, "Shoe Size", "38")
    client = Client(headers=cast.alice.bearer)
    content = {"configuration": "contact", "heading": "Shoe Size"}
    answer = client.post("/api/unmapped/dismiss", content, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"dismissed": True})
    assert read(cast.alice) == []
    assert [row["heading"] for row in read(cast.alice, dismissed="true")] == ["Shoe Size"]
    assert [row["heading"] for row in unmapped.listing(cast.alice.tenant, dismissed=True)] == ["Shoe Size"]


def test_a_forgotten_heading_goes_with_its_values(cast: Cast) -> None:
    put(cast.alice, "Shoe Size", "38")
    put(cast.alice, "Shoe Size", "39", reference="account")
    put(cast.alice, "Hat Size", "7")
    client = Client(headers=cast.alice.bearer)
    content = {"configuration": "contact", "heading": "Shoe Size"}
    answer = client.post("/api/unmapped/forget", content, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"forgotten": True})
    assert {(row["configuration"], row["heading"]) for row in read(cast.alice)} == {
        ("account", "Shoe Size"), ("contact", "Hat Size")
    }  # fmt: skip
    with tenant_scope(cast.alice.tenant) as tenant_id:
        values = UnmappedValue.objects.filter(tenant_id=tenant_id)
        assert set(values.values_list("value", flat=True)) == {"39", "7"}
        assert AuditEntry.objects.get(tenant_id=tenant_id, action="unmapped.forget").object_name == "Shoe Size"
    assert client.post("/api/unmapped/forget", content, content_type="application/json").status_code == 404


@pytest.mark.parametrize("act", ["dismiss", "forget"])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"configuration": "contact", "heading": "Nobody"}, 404),
        ({"configuration": "nobody", "heading": "Shoe Size"}, 404),
        ({"configuration": "contact"}, 422),
        ({"configuration": "contact", "heading": {"a": "b"}}, 422),
        ([], 400),
    ],
)
def test_what_cannot_be_acted_on(cast: Cast, act: str, content: Any, status: int) -> None:
    put(cast.alice, "Shoe Size")
    client = Client(headers=cast.alice.bearer)
    assert client.post(f"/api/unmapped/{act}", content, content_type="application/json").status_code == status


@pytest.mark.parametrize("act", ["dismiss", "forget"])
def test_the_stranger_neither_sees_nor_acts(cast: Cast, act: str) -> None:
    put(cast.alice, "Shoe Size", "38")
    assert read(cast.charlie) == []
    content = {"configuration": "contact", "heading": "Shoe Size"}
    answer = Client(headers=cast.charlie.bearer).post(f"/api/unmapped/{act}", content, content_type="application/json")
    assert answer.status_code == 404
    assert len(read(cast.alice)) == 1


@pytest.mark.parametrize("query", ["limit=0", "dismissed=maybe", "unknown=1"])
def test_wrong_parameters_are_told(cast: Cast, query: str) -> None:
    answer = Client(headers=cast.alice.bearer).get(f"/api/unmapped?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [query.partition("=")[0]])
