"""`PUT /hooks/<id>`: HTTP Basic, flat fields, the same answers, receipts and histories as `/records`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rapport.connected_apps import webhooks
from rapport.settings import Settings
from rapport.tenants.actors import COMMAND
from tests.ingest.serving import PATIENCE, raw, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

RECEIPT = {"Prefer": "return=representation"}
CHALLENGE = 'Basic realm="rapport", charset="UTF-8"'


class Hook(httpx2.Client):
    """A program that knows a webhook's address, user and password."""

    def __init__(self, made: webhooks.Made) -> None:
        super().__init__(auth=(made.user_name, made.password), timeout=PATIENCE)
        self.made = made

    def feed(self, method: str = "PUT", **options: Any) -> httpx2.Response:
        return self.request(method, self.made.url, **options)


@pytest.fixture
def hook(ingest: Server, cast: Cast) -> Any:
    """A webhook of Alice's that feeds `contact`."""
    with Hook(webhooks.create(cast.alice.tenant, COMMAND, "contact", Settings(port=ingest.port))) as made:
        yield made


FORMS = {
    "query": {"params": {"Email": "ada@example.com", "First Name": "Ada", "Frist Name": "Augusta"}},
    "json": {"json": {"Email": "ada@example.com", "First Name": "Ada", "Frist Name": "Augusta"}},
    "form": {"data": {"Email": "ada@example.com", "First Name": "Ada", "Frist Name": "Augusta"}},
}


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("form", FORMS)
def test_every_parameter_is_a_field(hook: Hook, cast: Cast, look: Look, method: str, form: str) -> None:
    answer = hook.feed(method, headers=RECEIPT, **FORMS[form])
    receipt = answer.json()
    assert answer.status_code == 200
    assert (receipt["outcome"], receipt["ignored"]) == ("created", ["Frist Name"])
    (contact,) = look(cast.alice, "select email, first_name from contacts")
    assert contact == {"email": "ada@example.com", "first_name": "Ada"}


def test_the_answer_is_empty_like_that_of_records(hook: Hook) -> None:
    answer = hook.feed(**FORMS["query"])
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


def test_ledger_and_history_name_the_webhook(hook: Hook, cast: Cast, look: Look) -> None:
    hook.feed(**FORMS["json"])
    (change,) = look(cast.alice, "select actor_type, actor_id from changes")
    (request,) = look(
        cast.alice, "select actor_type, actor_id, c.reference, status, sent from requests r"
        " join configurations c on c.id = r.configuration_id",
    )  # fmt: skip
    assert change == {"actor_type": "webhook", "actor_id": hook.made.id}
    assert request == {**change, "reference": "contact", "status": 200, "sent": FORMS["json"]["json"]}
    (row,) = look(cast.alice, "select last_used_at is not null as used from webhooks")
    assert row["used"]


#: What is sent -> the errors.
FAULTS: dict[str, tuple[dict[str, Any], dict[str, list[str]]]] = {
    "nothing": ({}, {"record": ["The record field is required."]}),
    "an empty object": ({"json": {}}, {"record": ["The record field is required."]}),
    "no key": (
        {"params": {"First Name": "Ada"}},
        {
            "record.Email": ["The Email field is required when Phone is not present."],
            "record.Phone": ["The Phone field is required when Email is not present."],
        },
    ),
    "a nested value": ({"json": {"Email": {"a": "b"}}}, {"record.Email": ["The Email must be a string."]}),
    "a bad value": ({"json": {"Email": "ada"}}, {"record.Email": ["The Email must be a valid email address."]}),
}


@pytest.mark.parametrize(("sent", "errors"), FAULTS.values(), ids=FAULTS)
def test_422_has_the_shape_of_records(hook: Hook, sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    answer = hook.feed(**sent)
    assert (answer.status_code, answer.json()) == (
        422, {"message": "The given data was invalid.", "errors": errors}
    )  # fmt: skip


def test_options_are_fields_like_any_other(hook: Hook, cast: Cast, look: Look) -> None:
    params = {
        "Email": "ada@example.com",
        "dry_run": "true",
        "configuration": "account",
        "record[Email]": "b@example.com",
    }
    receipt = hook.feed(params=params, headers=RECEIPT).json()
    assert receipt["ignored"] == ["dry_run", "configuration", "record[Email]"]
    assert [row["email"] for row in look(cast.alice, "select email from contacts")] == ["ada@example.com"]


def test_an_idempotency_key_works(hook: Hook) -> None:
    headers = RECEIPT | {"Idempotency-Key": "once"}
    first = hook.feed(headers=headers, **FORMS["json"])
    assert hook.feed(headers=headers, **FORMS["json"]).json() == first.json()
    other = hook.feed(headers=headers, json={"Email": "grace@example.com"})
    assert list(other.json()["errors"]) == ["Idempotency-Key"]


def basic(user_name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user_name}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer x", "Basic", "Basic !", "Basic " + base64.b64encode(b"nocolon").decode(), "wrong password",
     "wrong user", "übel"],
)  # fmt: skip
def test_401_for_whoever_does_not_know_user_and_password(hook: Hook, header: str | None) -> None:
    known = {
        "wrong password": basic(hook.made.user_name, "x"),
        "wrong user": basic("x", hook.made.password),
        "übel": basic("ü", "ü"),
    }
    header = known.get(header or "", header)
    headers = {} if header is None else {"Authorization": header}
    answer = httpx2.put(hook.made.url, headers=headers, timeout=PATIENCE, **FORMS["query"])
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("name", ["nobody", "rh_1_x", "rh_zzzzzz_x", "%00", "rh_1_%C3%BC", "a/b"])
def test_401_for_a_webhook_that_is_not_there(ingest: Server, hook: Hook, name: str) -> None:
    answer = hook.put(f"{ingest.url}/hooks/{name}", **FORMS["query"])
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_another_tenants_webhook_is_not_there(ingest: Server, cast: Cast, hook: Hook) -> None:
    theirs = webhooks.create(cast.charlie.tenant, COMMAND, "contact", Settings(port=ingest.port))
    assert hook.put(theirs.url, **FORMS["query"]).status_code == 401


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("DELETE", 405)])
def test_another_method_is_refused(hook: Hook, method: str, status: int) -> None:
    answer = hook.feed(method)
    assert (answer.status_code, answer.headers["allow"]) == (status, "PUT, POST")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"[1]", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"x", "headers": {"Content-Type": "text/csv"}}, 415),
        ({"content": b"x" * (1024 * 1024 + 1), "headers": {"Content-Type": "application/json"}}, 413),
    ],
)
def test_what_cannot_be_read_is_refused(hook: Hook, options: dict[str, Any], status: int) -> None:
    assert hook.feed(**options).status_code == status


def test_a_deactivated_webhook_stops_within_seconds(hook: Hook, cast: Cast) -> None:
    assert hook.feed(**FORMS["query"]).status_code == 200
    assert webhooks.deactivate(cast.alice.tenant, COMMAND, hook.made.id)
    until(lambda: hook.feed(**FORMS["query"]).status_code == 401, "the webhook stops", patience=6)


def test_the_host_of_its_own_leads_there(database: Database, cast: Cast, tmp_path: Path) -> None:
    made = webhooks.create(cast.alice.tenant, COMMAND, "contact", Settings(domain="example.com"))
    assert made.url.startswith("https://hooks.eu.example.com/rh_")
    credentials = basic(made.user_name, made.password)
    with serving(database, tmp_path, workers=1, RAPPORT_DOMAIN="example.com") as server:
        path = made.url.partition("example.com")[2]
        request = f"PUT {path}?Email=a@b HTTP/1.1\r\nHost: hooks.eu.example.com\r\nAuthorization: {credentials}\r\n\r\n"
        assert raw(server, request.encode())[0] == 200


def test_the_access_log_has_neither_id_nor_query(ingest: Server, hook: Hook) -> None:
    hook.feed(headers={"X-Request-Id": "look-at-me"}, **FORMS["query"])
    until(lambda: "look-at-me" in ingest.said(), "the line is written")
    assert hook.made.url.rpartition("/")[2] not in ingest.said()
