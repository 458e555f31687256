from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.directory.parameters import Cursor, read
from rapport.records.keys import email_key, name_key, phone_key

if TYPE_CHECKING:
    from tests.directory.conftest import Get

CASES = [
    ("email=", "email", "email"),
    ("email=nobody", "email", "email"),
    ("email=a%40b%00", "email", "NUL"),
    ("phone=", "phone", "phone"),
    ("phone=12", "phone", "phone"),
    ("phone=abc", "phone", "phone"),
    ("id=", "id", "UUID"),
    ("id=1", "id", "UUID"),
    ("updated_since=", "updated_since", "ISO 8601"),
    ("updated_since=yesterday", "updated_since", "ISO 8601"),
    ("updated_since=0001-01-01T00:00:00%2B14:00", "updated_since", "ISO 8601"),
    ("updated_since=9999-12-31T23:59:59-14:00", "updated_since", "ISO 8601"),
    ("limit=", "limit", "1 to 1000"),
    ("limit=0", "limit", "1 to 1000"),
    ("limit=1001", "limit", "1 to 1000"),
    ("limit=-1", "limit", "1 to 1000"),
    ("limit=1.0", "limit", "1 to 1000"),
    ("limit=%D9%A1", "limit", "1 to 1000"),
    ("limit=" + "9" * 5000, "limit", "1 to 1000"),
    ("cursor=", "cursor", "handed out"),
    ("cursor=x", "cursor", "handed out"),
    ("cursor=!!!!", "cursor", "handed out"),
    ("cursor=%C3%A4", "cursor", "handed out"),
    ("cursor=bbbbbbbbbbbbbbbbbbbbbbb", "cursor", "handed out"),
    ("updated_since=2026-01-01&cursor=c___________", "cursor", "handed out"),
    (f"cursor={Cursor(seq=1)}", "cursor", "another query"),
    (f"updated_since=2026-01-01&cursor={Cursor(id=UUID(int=1))}", "cursor", "another query"),
    (f"email=a@b&cursor={Cursor(id=UUID(int=1))}", "cursor", "another query"),
    ("Email=a@b", "Email", "unknown"),
    ("name=x", "name", "unknown"),
    ("access_token=x", "access_token", "unknown"),
    ("=x", "", "unknown"),
]


def test_a_key_is_read_as_records_read_it() -> None:
    given = {
        "email": "\ufeffAda@X.example\u200b ",
        "phone": "\u202a+44 20\u2011 7946\u202c",
        "name": " ACME\u00ad  Inc.\u200e",
    }
    found = read(urlencode(given), {"email": email_key, "phone": phone_key, "name": name_key})
    assert found.keys == ("ada@x.example", "44207946", "acme inc.")


@pytest.mark.parametrize(("query", "parameter", "part"), CASES)
def test_what_cannot_be_answered_is_422_under_its_parameter(get: Get, query: str, parameter: str, part: str) -> None:
    answer = get("contacts", raw=query)
    assert answer.status_code == 422
    body = answer.json()
    assert body["message"] == "The given data was invalid."
    assert list(body["errors"]) == [parameter]
    (sentence,) = body["errors"][parameter]
    assert part in sentence
    assert sentence.endswith(".")


def test_accounts_have_a_name_and_no_email(get: Get) -> None:
    answer = get("accounts", raw="email=a@b&phone=12345&name=")
    assert set(answer.json()["errors"]) >= {"email", "phone"}


def test_every_fault_is_told_at_once(get: Get) -> None:
    assert set(get("contacts", raw="limit=0&id=x&what=1").json()["errors"]) == {"limit", "id", "what"}


def test_the_last_of_a_repeated_parameter_counts(get: Get) -> None:
    assert get("contacts", raw="limit=0&limit=5").status_code == 200


@pytest.mark.parametrize("cursor", [Cursor(id=UUID(int=2**128 - 1)), Cursor(id=UUID(int=0)), Cursor(seq=2**63 - 1)])
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("collection", ["contacts", "accounts"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.one_of(
        st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass").decode("latin-1")),
        st.tuples(
            st.sampled_from(["email", "phone", "name", "id", "updated_since", "cursor", "limit"]), st.text(max_size=30)
        ).map(lambda pair: f"{pair[0]}={pair[1]}".encode("utf-8", "surrogatepass").decode("latin-1")),
    )
)
def test_no_query_makes_it_fail(get: Get, collection: str, query: str) -> None:
    assert get(collection, raw=query or "&").status_code in (200, 422)
