"""What a page is filled with: addresses, names, and examples that the engine itself has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from rapport.connected_apps.scopes import DEFAULT_SCOPES, SCOPES
from rapport.db import write
from rapport.directory.representation import CONTACT_ATTRIBUTES, CONTACT_FIELDS
from rapport.records.decide import State
from rapport.records.errors import SENTENCES
from rapport.records.fields import TEXT_LIMIT
from rapport.records.mapping import FIELDS_LIMIT
from rapport.records.types import ALL

from . import documents, reader

if TYPE_CHECKING:
    from rapport.records.receipt import Prepared

    from .contents import Entry
    from .reader import Named, Reader

#: A heading that nothing maps.
UNKNOWN = "Frist Name"
#: Stands for the ids and times of answers.
ID, TIME = "01a208d7-cfc5-72da-a6a5-e1d8534c4927", "2026-11-23T14:38:10.884380Z"
ALWAYS = {
    "types": ALL,
    "scopes": SCOPES,
    "default_scopes": DEFAULT_SCOPES,
    "sentences": SENTENCES,
    "text_limit": TEXT_LIMIT,
    "fields_limit": FIELDS_LIMIT,
    "unknown": UNKNOWN,
    "id": ID,
    "time": TIME,
}


def context(entry: Entry, who: Reader, reference: str) -> dict[str, Any]:
    """Everything that a page may say; `reference` is the configuration that the reader asked for."""
    data_type = entry.data_type or "contact"
    named = who.named(data_type, reference)
    parts = _parts(data_type) if entry.data_type else {}
    return {
        **ALWAYS,
        **{job: url for job, url in who.hosts.items() if job != "records"},
        "records_url": who.hosts["records"],
        "reader": who,
        "region": who.region,
        "client_id": who.client_id,
        "defaults": [reader.default(name) for name in ALL],
        "choices": who.choices(data_type),
        "parts": parts,
        **_sends(named),
    }


def _sends(named: Named) -> dict[str, Any]:
    """The configuration of the examples, a record for it, and what becomes of that record in an empty system."""
    record = named.outline.records()[0]
    prepared = named.mapping.prepare(record)
    state = State(uuid4)
    receipt = named.mapping.type.apply(state, prepared).as_json(dry_run=True)
    links = next((write.links(change) for change in state.ledger if change.object_type == "contact"), None)
    errors = named.mapping.prepare({UNKNOWN: "Ada"}).errors
    return {
        "named": named,
        "outline": named.outline,
        "kind": named.mapping.type,
        "needed": _needed(named),
        "records": named.outline.records(),
        "record": record,
        "parameters": named.outline.parameters(),
        "receipt": orjson.loads(orjson.dumps(receipt, default=str)),
        "links": links and orjson.loads(links),
        "errors": errors,
        "contact": _contact(prepared),
        **_key(named, record),
    }


def _needed(named: Named) -> list[str]:
    """What a record must fill, as people say it."""
    labels = {field.name: field.label for field in named.mapping.type.fields}
    return [" or ".join(labels[name] for name in group) for group in named.mapping.type.required]


def _key(named: Named, record: dict[str, str]) -> dict[str, Any]:
    """What finds the record's contact: the field, its heading, and the value."""
    headings = named.mapping.headings
    field = next((name for name in ("email", "phone") if headings.get(name) in record), None)
    return {"key": field, "key_heading": headings[field], "key_value": record[headings[field]]} if field else {}


def _contact(prepared: Prepared) -> dict[str, Any]:
    """The record's contact as it is read back."""
    account = prepared.values.get("account_name")
    values = {name: prepared.values.get(name) for name in CONTACT_FIELDS}
    attributes = dict(prepared.custom.get("contact", {}))
    values |= {name: attributes.pop(name, None) for name in CONTACT_ATTRIBUTES}
    rest = {
        "account": {"id": ID, "name": account} if account else None,
        "attributes": attributes,
        "created_at": TIME,
        "updated_at": TIME,
    }
    told: dict[str, Any] = orjson.loads(orjson.dumps({"id": ID, **values, **rest}, default=str))
    return told


def _parts(data_type: str) -> dict[str, str]:
    """The prose of a data type, by the titles of its sections."""
    parts = documents.read(f"texts/types/{data_type}.md").split("## ")
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts[1:])}
