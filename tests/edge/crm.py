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
NEEDED = ("NPS Score", "Sent Date", "Response Date", "Source", "Type", "Happened At")
FORM, JSON, LINES = "application/x-www-form-urlencoded", "application/json", "application/x-ndjson"
_RECEIPT = ("warnings", "ignored", "parameters")
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
    #: As the receipt has them; of a batch there is the first one's id.
    objects: list[dict[str, Any]]


class Program:
    """A program of a person's, with every way to send something."""

    def __init__(self, service: Server, person: Person) -> None:
        self.person, self._service, self._closing = person, service, ExitStack()
        self.http = self._open(httpx2.Client(base_url=service.url, headers=person.bearer, timeout=PATIENCE))
        self.library = self._open(Client(service.url, person.client_id, person.client_secret))
        self._hooks: dict[str, tuple[str, httpx2.Client]] = {}

    def _open(self, client: Any) -> Any:
        return self._closing.enter_context(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._closing.close()

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

    def call(self, method: str, path: str, content: bytes | str = b"", kind: str = "", **headers: str) -> Any:
        """A call with a receipt; `/hooks` is the webhook of the configuration that stands behind it."""
        given = {"Prefer": "return=representation"} | ({"Content-Type": kind} if kind else {}) | headers
        body = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        if path.startswith("/hooks/"):
            reference, mark, query = path.removeprefix("/hooks/").partition("?")
            url, client = self._hook(reference)
            return client.request(method, url + mark + query, content=body, headers=given)
        return self.http.request(method, path, content=body, headers=given)

    def _hook(self, reference: str) -> tuple[str, httpx2.Client]:
        """Address of a configuration's webhook, and who knows its password."""
        if reference not in self._hooks:
            made = webhooks.create(self.person.tenant, COMMAND, reference, Settings(port=self._service.port))
            client = self._open(httpx2.Client(auth=(made.user_name, made.password), timeout=PATIENCE))
            self._hooks[reference] = made.url, client
        return self._hooks[reference]

    def through(self, door: str, record: Record, configuration: str = "crm") -> Told:
        """Puts a record through a door."""
        return DOORS[door](self, record, configuration)


class Crm(Program):
    """A program with the configuration `crm`."""

    def __init__(self, service: Server, person: Person) -> None:
        super().__init__(service, person)
        for heading, kind in CUSTOM.items():
            field = {"object": "contact", "name": _name(heading), "label": heading, "type": kind}
            self.manage("POST", "fields", field | ({"choices": CHOICES} if kind == "choice" else {}))
        fields = STANDARD | {heading: f"contact.{_name(heading)}" for heading in CUSTOM}
        mapping = [{"heading": heading, "field": field} for heading, field in fields.items()]
        content = {"reference": "crm", "name": "CRM", "kind": "api", "data_type": "contact", "mapping": mapping}
        self.manage("POST", "configurations", content)


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
    return _pairs({f"record[{heading}]": value for heading, value in record.items()})


def _pairs(record: Record) -> str:
    """What forms can say of a record, with question marks for what is no character."""
    texts = {heading: _literal(value, bare=True) if value is True or value is False else value or ""
             for heading, value in _flat(record).items()}  # fmt: skip
    return urlencode(texts, errors="replace")


def _flat(record: Record) -> dict[str, Any]:
    """The record without values that only JSON has."""
    return {heading: value for heading, value in record.items() if not isinstance(value, list | dict)}


def heard(answer: httpx2.Response) -> Told:
    """What an answer with a receipt says."""
    assert answer.status_code in (200, 201, 422), (answer.status_code, answer.text)
    told = answer.json()
    return _told(told.get("outcome", "rejected"), told)


def _told(outcome: str, told: dict[str, Any]) -> Told:
    errors = {name.removeprefix("record."): " ".join(texts) for name, texts in told.get("errors", {}).items()}
    objects = told.get("objects", [{"id": told["id"], "outcome": outcome}] if "id" in told else [])
    return Told(outcome, errors, *(told.get(name, []) for name in _RECEIPT), objects)


def _second(answer: httpx2.Response) -> Told:
    """What a batch says of its second record; those beside it must be taken."""
    assert answer.status_code == 200, answer.text
    before, told, after = answer.json()["results"]
    assert "rejected" not in (before["outcome"], after["outcome"]), (before, after)
    return _told(told["outcome"], told)


def _query(program: Program, record: Record, configuration: str) -> Told:
    return heard(program.call("PUT", f"/records?configuration={configuration}&{in_brackets(record)}"))


def _form(program: Program, record: Record, configuration: str) -> Told:
    return heard(program.call("PUT", "/records", f"configuration={configuration}&{in_brackets(record)}", FORM))


def _json(program: Program, record: Record, configuration: str, *, bare: bool = False) -> Told:
    body = f'{{"configuration": "{configuration}", "record": {as_json(record, bare=bare)}}}'
    return heard(program.call("PUT", "/records", body, JSON))


def _neighbours(record: Record) -> tuple[str, str]:
    """Good records for a batch: with what this one needs, and keys of their own."""
    needed = {heading: record[heading] for heading in NEEDED if heading in record}
    keys = ["Email"] if {"Email", "Phone"} & record.keys() else ["Account Name", "Alias", "Reference"]
    own = (dict.fromkeys(keys, f"{name}@x.example") for name in ("before", "after"))
    before, after = (as_json(each | needed) for each in own)
    return before, after


def _batch(program: Program, record: Record, configuration: str) -> Told:
    before, after = _neighbours(record)
    body = f"[{before}, {as_json(record, bare=True)}, {after}]"
    return _second(program.call("POST", f"/records/batch?configuration={configuration}", body, JSON))


def _lines(program: Program, record: Record, configuration: str) -> Told:
    before, after = _neighbours(record)
    body = f"{before}\n{as_json(record)}\r\n\n{after}"
    return _second(program.call("POST", f"/records/batch?configuration={configuration}", body, LINES))


def _hook(kind: str) -> Callable[[Program, Record, str], Told]:
    def send(program: Program, record: Record, configuration: str) -> Told:
        if not kind:
            return heard(program.call("PUT", f"/hooks/{configuration}?{_pairs(record)}"))
        body = _pairs(record) if kind == FORM else as_json(record)
        return heard(program.call("POST", f"/hooks/{configuration}", body, kind))

    return send


def _client(program: Program, record: Record, configuration: str) -> Told:
    try:
        receipt = program.library.put(configuration, _flat(record))
    except Invalid as refused:
        return _told("rejected", {"errors": refused.errors})
    told = {name: list(getattr(receipt, name)) for name in _RECEIPT}
    objects = [{"id": each.id, "outcome": each.outcome} for each in receipt.objects]
    return _told(receipt.outcome, told | {"objects": objects})


DOORS: dict[str, Callable[[Program, Record, str], Told]] = {
    "query": _query,
    "form": _form,
    "JSON": _json,
    "JSON numbers": lambda program, record, configuration: _json(program, record, configuration, bare=True),
    "batch": _batch,
    "lines": _lines,
    "client": _client,
    "hook query": _hook(""),
    "hook form": _hook(FORM),
    "hook JSON": _hook(JSON),
    "hook text": _hook("text/plain; charset=UTF-8"),
    "hook of a vendor": _hook("application/cloudevents+json"),
}
