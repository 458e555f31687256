"""Every way of passing parameters to `/records` stores the same contact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cast import new_token
from tests.ingest.serving import raw

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Caller, Look
    from tests.ingest.serving import Server

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
QUERY = "configuration=contact&record[Email]=ada%2Bnews@example.com&record[First+Name]=Ada%20B&record[Language]="
BODY = json.dumps(
    {"configuration": "contact", "record": {"Email": "ada+news@example.com", "First Name": "Ada B", "Language": None}}
)
ELSE = "configuration=account&record[Email]=bob@example.com&record[Last+Name]=No"
#: Query, media type, body.
WAYS: dict[str, tuple[str, str | None, str]] = {
    "query": (QUERY, None, ""),
    "escaped query": (QUERY.replace("[", "%5B").replace("]", "%5D").replace("@", "%40"), None, ""),
    "form": ("", FORM, QUERY),
    "form with a charset": ("", FORM + "; charset=UTF-8", QUERY),
    "JSON": ("", JSON, BODY),
    "JSON with a charset": ("", "Application/JSON;charset=utf-8", BODY),
    "JSON with white space": ("", JSON, f"\r\n\t {BODY} \n"),
    "the configuration in the query, the record in a form": (
        "configuration=contact", FORM, QUERY.removeprefix("configuration=contact&"),
    ),
    "the record in the query, the configuration in a form": (
        QUERY.removeprefix("configuration=contact&"), FORM, "configuration=contact",
    ),
    "the record in the query, the configuration in JSON": (
        QUERY.removeprefix("configuration=contact&"), JSON, '{"configuration": "contact"}',
    ),
    "a form goes before the query": (ELSE, FORM, QUERY),
    "JSON goes before the query": (ELSE, JSON, BODY),
    "empty JSON leaves the query": (QUERY, JSON, "{}"),
    "an empty body of another media type": (QUERY, "text/xml", ""),
    "with parameters that nobody knows": (QUERY + "&x=1&record[=2&records[Email]=c@d", None, ""),
    "the last of repeated keys": ("record[Email]=x&configuration=x&" + QUERY, None, ""),
}  # fmt: skip


@pytest.mark.parametrize(("query", "media_type", "body"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("line", ["PUT /records", "POST /records", "PUT /records/", "POST /records/"])
def test_every_way(
    ingest: Server, cast: Cast, look: Look, line: str, query: str, media_type: str | None, body: str
) -> None:
    head = [f"{line}?{query} HTTP/1.1" if query else f"{line} HTTP/1.1", "Host: localhost"]
    head += [f"Authorization: Bearer {cast.alice.token}", f"Content-Length: {len(body)}"]
    head += [f"Content-Type: {media_type}"] if media_type else []
    status, _, answer = raw(ingest, ("\r\n".join(head) + "\r\n\r\n" + body).encode())
    assert (status, answer) == (200, b"")
    [contact] = look(cast.alice, "select * from contacts")
    expected = {"email": "ada+news@example.com", "first_name": "Ada B", "last_name": None, "language": None}
    assert expected.items() <= contact.items()


def test_a_body_may_come_in_pieces(alice: Caller, look: Look) -> None:
    """Chunked: nobody says beforehand how long it is."""
    pieces = (BODY[start : start + 7].encode() for start in range(0, len(BODY), 7))
    assert alice.put("/records", content=pieces, headers={"Content-Type": JSON}).status_code == 200
    assert look(alice.person, "select email from contacts") == [{"email": "ada+news@example.com"}]


def test_an_empty_body_in_pieces_is_no_body(alice: Caller) -> None:
    assert alice.put("/records?" + QUERY, content=iter([b""])).status_code == 200


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("7", "7"),
        ("-0.10", "-0.10"),
        ("1e400", "1e400"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("true", "true"),
        ("false", "false"),
        ('" Ada  B "', "Ada  B"),
        ('"\\u00e9\\ud83d\\ude42"', "é🙂"),
        ('"<b>&amp;\\u0027 or 1=1 --"', "<b>&amp;' or 1=1 --"),
    ],
)
def test_json_values_are_stored_as_their_text(alice: Caller, look: Look, value: str, stored: str) -> None:
    body = f'{{"configuration": "contact", "record": {{"Email": "a@b", "First Name": {value}}}}}'
    assert alice.put("/records", content=body, headers={"Content-Type": JSON}).status_code == 200
    assert look(alice.person, "select first_name from contacts") == [{"first_name": stored}]


def test_a_query_may_hold_raw_utf_8(ingest: Server, cast: Cast, look: Look) -> None:
    """As cURL sends what was typed."""
    target = "/records?configuration=contact&record[Email]=a@b&record[First+Name]=Zoë"
    head = f"PUT {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {cast.alice.token}\r\n\r\n"
    assert raw(ingest, head.encode())[0] == 200
    assert look(cast.alice, "select first_name from contacts") == [{"first_name": "Zoë"}]


def test_headings_are_exact(alice: Caller) -> None:
    answer = alice.record({"Email": "a@b", "email": "x@y", "First  Name": "Ada", "FIRST NAME": "Ada", "": "x"})
    assert answer.json()["ignored"] == ["email", "First  Name", "FIRST NAME", "0"]


def test_the_order_of_checks(ingest: Server, cast: Cast) -> None:
    """Each request has one fault less than the one before."""
    reader = new_token(cast.alice.tenant, cast.alice.client_id, ["directory:read"])
    long, broken = "x=" + "x" * 33_000, "record[a]=%zz"
    # Who waits for leave to send the body is answered at once.
    large = {"Content-Length": str(2 * 1024 * 1024), "Expect": "100-continue"}
    multipart = {"Content-Type": "multipart/form-data", "Content-Length": "2"}
    may_read, may_write = ({"Authorization": f"Bearer {token}"} for token in (reader, cast.alice.token))
    steps = [
        ("GET", long, large, 405),
        ("PUT", long, large, 414),
        ("PUT", broken, large, 413),
        ("PUT", broken, multipart, 401),
        ("PUT", broken, multipart | may_read, 400),
        ("PUT", "", multipart | may_read, 415),
        ("PUT", "configuration=x", may_read, 403),
        ("PUT", "configuration=x", may_write, 422),
        ("PUT", QUERY, may_write, 200),
    ]
    for method, query, headers, expected in steps:
        head = [f"{method} /records?{query} HTTP/1.1", "Host: x", *(f"{name}: {headers[name]}" for name in headers)]
        body = b"{}" if "multipart" in headers.get("Content-Type", "") else b""
        assert raw(ingest, "\r\n".join(head).encode() + b"\r\n\r\n" + body)[0] == expected, (method, query[:30])
