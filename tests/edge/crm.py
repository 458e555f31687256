"""Alice's program: a configuration with a custom field of every type, and each door through which a record can come."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlencode

import httpx2

from rapport.client import Client, Invalid
from rapport.connected_apps import webhooks
from rapport.settings import Settings
from rapport.tenants.actors import COMMAND
from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from tests.cast import Person
    from tests.ingest.serving import Server

#: Custom fields of a contact: heading -> type.
CUSTOM = {
    "Amount": "decimal",
    "Seats": "integer",
    "Opt In": "boolean",
    "Birthday": "date",
    "Seen": "date-time",
    "Notes": "long text",
    "Nick": "text",
    "Tier": "choice",
    "Second Email": "email",
    "Second Phone": "phone",
}
CHOICES = ["Gold", "José", "1"]
STANDARD = {
    "Email": "email", "Phone": "phone", "First Name": "first_name", "Last Name": "last_name",
    "Account Name": "account_name", "Job Title": "job_title", "Job Level": "job_level", "Language": "language",
}  # fmt: skip
#: Headings that some records must have.
NEEDED = ("NPS Score", "Sent Date", "Response Date")
FORM, JSON, LINES = "application/x-www-form-urlencoded", "application/json", "application/x-ndjson"
#: Texts that are JSON values without quotes.
_LITERAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")
#: What JSON can say and forms cannot.
Record = Mapping[str, Any]


class Told(NamedTuple):
    """What a door says of one record."""

    outcome: str
    #: Heading, or another parameter -> the one sentence.
    errors: dict[str, str]
    warnings: list[str]
    ignored: list[str]
    parameters: list[str]


class Crm:
    """A program of a person's; a tenant has one."""

    def __init__(self, service: Server, person: Person) -> None:
        self.person, self._closing = person, ExitStack()
        self.http = self._open(httpx2.Client(base_url=service.url, headers=person.bearer, timeout=PATIENCE))
        made = webhooks.create(person.tenant, COMMAND, self._configured(), Settings(port=service.port))
        self.hook_url = made.url
        self.hook = self._open(httpx2.Client(auth=(made.user_name, made.password), timeout=PATIENCE))
        self.library = self._open(Client(service.url, person.client_id, person.client_secret))

    def _open(self, client: Any) -> Any:
        return self._closing.enter_context(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._closing.close()

    def _configured(self) -> str:
        """Makes the fields and the configuration; its reference."""
        for heading, kind in CUSTOM.items():
            choices = {"choices": CHOICES} if kind == "choice" else {}
            self.manage(
                "POST",
                "fields",
                {"object": "contact", "name": _name(heading), "label": heading, "type": kind} | choices,
            )
        fields = STANDARD | {heading: f"contact.{_name(heading)}" for heading in CUSTOM}
        mapping = [{"heading": heading, "field": field} for heading, field in fields.items()]
        content = {"reference": "crm", "name": "CRM", "kind": "api", "data_type": "contact", "mapping": mapping}
        return str(self.manage("POST", "configurations", content)["reference"])

    def manage(self, method: str, path: str, body: Any) -> Any:
        """What the management API answers, which must be well."""
        answer = self.http.request(method, f"/api/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def read(self, collection: str = "contacts", **query: str) -> list[dict[str, Any]]:
        """Objects as they are read back."""
        answer = self.http.get(f"/api/{collection}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def call(
        self, method: str, path: str, content: bytes | str = b"", kind: str = "", **headers: str
    ) -> httpx2.Response:
        """A call with a receipt."""
        given = {"Prefer": "return=representation"} | ({"Content-Type": kind} if kind else {}) | headers
        body = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        if path.startswith("/hooks"):
            return self.hook.request(method, self.hook_url + path.removeprefix("/hooks"), content=body, headers=given)
        return self.http.request(method, path, content=body, headers=given)

    def through(self, door: str, record: Record, configuration: str = "crm") -> Told:
        """Puts a record through a door."""
        return DOORS[door](self, record, configuration)


def _name(heading: str) -> str:
    return heading.lower().replace(" ", "_")


def as_json(record: Record, *, bare: bool = False) -> str:
    """A record as JSON; `bare`: texts that are JSON values are sent as those."""
    pairs = (f"{json.dumps(heading)}: {_literal(value, bare=bare)}" for heading, value in record.items())
    return "{" + ", ".join(pairs) + "}"


def _literal(value: Any, *, bare: bool) -> str:
    return value if bare and isinstance(value, str) and _LITERAL.fullmatch(value) else json.dumps(value)


def in_brackets(record: Record) -> str:
    """A record as the reference's addresses have it."""
    return urlencode({f"record[{heading}]": value for heading, value in record.items()})


def heard(answer: httpx2.Response) -> Told:
    """What an answer with a receipt says."""
    assert answer.status_code in (200, 201, 422), (answer.status_code, answer.text)
    told = answer.json()
    return _told(told.get("outcome", "rejected"), told)


def _told(outcome: str, told: dict[str, Any]) -> Told:
    errors = {name.removeprefix("record."): " ".join(texts) for name, texts in told.get("errors", {}).items()}
    return Told(outcome, errors, *(told.get(name, []) for name in ("warnings", "ignored", "parameters")))


def _second(answer: httpx2.Response) -> Told:
    """What a batch says of its second record; those beside it must be taken."""
    assert answer.status_code == 200, answer.text
    before, told, after = answer.json()["results"]
    assert "rejected" not in (before["outcome"], after["outcome"])
    return _told(told["outcome"], told)


def _query(crm: Crm, record: Record, configuration: str) -> Told:
    return heard(crm.call("PUT", f"/records?configuration={configuration}&{in_brackets(record)}"))


def _form(crm: Crm, record: Record, configuration: str) -> Told:
    return heard(crm.call("PUT", "/records", f"configuration={configuration}&{in_brackets(record)}", FORM))


def _json(crm: Crm, record: Record, configuration: str, *, bare: bool = False) -> Told:
    body = f'{{"configuration": "{configuration}", "record": {as_json(record, bare=bare)}}}'
    return heard(crm.call("PUT", "/records", body, JSON))


def _neighbours(record: Record) -> tuple[str, str]:
    """Good records for a batch: with what this one needs, and keys of their own."""
    needed = {heading: record[heading] for heading in NEEDED if heading in record}
    key = "Email" if {"Email", "Phone"} & record.keys() else "Account Name"
    before, after = (as_json({key: f"{name}@x.example", "Alias": name} | needed) for name in ("before", "after"))
    return before, after


def _batch(crm: Crm, record: Record, configuration: str) -> Told:
    before, after = _neighbours(record)
    body = f"[{before}, {as_json(record, bare=True)}, {after}]"
    return _second(crm.call("POST", f"/records/batch?configuration={configuration}", body, JSON))


def _lines(crm: Crm, record: Record, configuration: str) -> Told:
    before, after = _neighbours(record)
    body = f"{before}\n{as_json(record)}\r\n\n{after}"
    return _second(crm.call("POST", f"/records/batch?configuration={configuration}", body, LINES))


def _hook(kind: str) -> Callable[[Crm, Record, str], Told]:
    def send(crm: Crm, record: Record, configuration: str) -> Told:
        assert configuration == "crm"
        if not kind:
            return heard(crm.call("PUT", f"/hooks?{urlencode(record)}"))
        return heard(crm.call("POST", "/hooks", urlencode(record) if kind == FORM else as_json(record), kind))

    return send


def _client(crm: Crm, record: Record, configuration: str) -> Told:
    try:
        receipt = crm.library.put(configuration, record)
    except Invalid as refused:
        return _told("rejected", {"errors": refused.errors})
    return Told(receipt.outcome, {}, list(receipt.warnings), list(receipt.ignored), [])


#: Doors that take any configuration.
GENERAL: dict[str, Callable[[Crm, Record, str], Told]] = {
    "query": _query,
    "form": _form,
    "JSON": _json,
    "JSON numbers": lambda crm, record, configuration: _json(crm, record, configuration, bare=True),
    "batch": _batch,
    "lines": _lines,
    "client": _client,
}
DOORS = GENERAL | {
    "hook query": _hook(""),
    "hook form": _hook(FORM),
    "hook JSON": _hook(JSON),
    "hook text": _hook("text/plain; charset=UTF-8"),
    "hook of a vendor": _hook("application/cloudevents+json"),
}
