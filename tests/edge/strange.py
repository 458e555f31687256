"""A program that sends strange things, and judges each answer by the published document."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from rapport.console.api.openapi import generate
from rapport.records.types import ALL
from tests.edge.crm import Program, Told
from tests.records.anything import CATALOGUE, CHOICES, FIELDS

if TYPE_CHECKING:
    import httpx2

    from tests.cast import Person
    from tests.ingest.serving import Server

DOCUMENT = generate(dict.fromkeys(("auth", "records", "api"), "http://localhost"))


def judge(method: str, path: str, answer: httpx2.Response) -> None:
    """Fails where the document does not describe the answer."""
    assert answer.status_code < 500, answer.text
    described = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in described, (answer.status_code, answer.text)
    if answer.content:
        media_type = answer.headers["content-type"].partition(";")[0]
        faults = list(_validator(method.lower(), path, str(answer.status_code), media_type).iter_errors(answer.json()))
        assert faults == [], answer.text
    else:
        assert answer.status_code == 200, "OpenAPI has no words for this alone: empty, unless a receipt was asked for"


@cache
def _validator(method: str, path: str, status: str, media_type: str) -> Any:
    described = DOCUMENT["paths"][path][method]["responses"][status]
    while "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].rpartition("/")[2]]
    return jsonschema_rs.validator_for(
        {**described["content"][media_type]["schema"], "components": DOCUMENT["components"]}
    )


class Strange(Program):
    """Configurations of every data type with every field, the custom ones of `tests.records.anything` among them."""

    def __init__(self, service: Server, person: Person) -> None:
        super().__init__(service, person)
        person.tenant.time_zone = str(CATALOGUE.zone)
        person.tenant.save(update_fields=["time_zone"])
        for name in ("Shop", "Straße"):
            self.manage("POST", "touchpoints", {"name": name})
        for field in CATALOGUE.custom.values():
            content = {"object": field.object, "name": field.name, "label": field.label, "type": field.type.name}
            self.manage("POST", "fields", content | ({"choices": CHOICES} if field.type.name == "choice" else {}))
        for data_type in ALL:
            self.manage("POST", "configurations", configuration(data_type))
        self.through("JSON", {"Email": "known@x.example"}, "all-contact")

    def call(self, method: str, path: str, content: bytes | str = b"", kind: str = "", **headers: str) -> Any:
        """As a program's, but judged."""
        answer = super().call(method, path, content, kind, **headers)
        place = path.partition("?")[0]
        judge(method, "/hooks/{id}" if place.startswith("/hooks/") else place, answer)
        return answer

    def send(self, door: str, record: dict[str, Any], data_type: str) -> Told:
        """Puts a record of a data type through a door; what might be a heading of a form or JSON stands at its end."""
        known = {field.label: record[field.label] for field in FIELDS[data_type].values() if field.label in record}
        return self.through(door, known | record, f"all-{data_type}")

    def read_back(self, data_type: str, told: Told, sent: dict[str, Any]) -> dict[str, Any]:
        """The record's first object, under the headings of its configuration."""
        id = str(told.objects[0]["id"])
        if data_type == "activity":
            values = self._folded(id)
        else:
            [row] = self.read("contacts" if data_type == "contact" else "accounts", id=id)
            values = row | {f"{data_type}.{name}": value for name, value in row["attributes"].items()}
            values["account_name"] = (row["account"] or {}).get("name") if data_type == "contact" else row["name"]
        values |= {"alias": sent.get("Alias")}
        labels = {field.name: field.label for field in FIELDS[data_type].values()}
        return {labels[name]: value for name, value in values.items() if name in labels and value is not None}

    def _folded(self, id: str) -> dict[str, Any]:
        """What the ledger says that an activity is by now."""
        values: dict[str, Any] = {}
        for row in sorted(self.read("changes", object=id, limit="1000"), key=lambda row: row["seq"]):
            values |= {name.replace("custom.", "activity."): new for name, (_, new) in row["diff"].items()}
        if values.pop("contact_id", None):
            values["contact"] = "known@x.example"
        return values


def configuration(data_type: str, **first: str) -> dict[str, Any]:
    """A configuration with every field of a data type; `first` is content of its own for one of them."""
    name = first.pop("field", None)
    mapping = [
        {"heading": field.label, "field": field.name} | (first if field.name == name else {})
        for field in FIELDS[data_type].values()
    ]
    reference = f"all-{data_type}"
    return {"reference": reference, "name": reference, "kind": "api", "data_type": data_type, "mapping": mapping}
