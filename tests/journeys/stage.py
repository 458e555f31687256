"""A system in which something goes on: believable accounts, contacts, surveys and mistakes, sent through the doors."""

from __future__ import annotations

from typing import Any

import httpx2

ACCOUNTS = [
    ("Halden Instruments", "Manufacturing", "Nordics"), ("Bluefin Logistics", "Transport", "Iberia"),
    ("Corvane Health", "Healthcare", "DACH"), ("Maple & Finch", "Retail", "North America"),
    ("Tessera Software", "Software", "Benelux"), ("Oriel Energy", "Utilities", "UK & Ireland"),
    ("Saltmarsh Foods", "Food", "UK & Ireland"), ("Ningaloo Travel", "Travel", "Australia"),
]  # fmt: skip
FIRST = ["Ada", "Bruno", "Chiara", "Dmitri", "Esme", "Farid", "Greta", "Hana", "Ivo", "Jun", "Katja", "Luis", "Mona"]
LAST = ["Abara", "Bianchi", "Costa", "Dahl", "Eriksen", "Fuchs", "Grant", "Haddad", "Ito", "Jansen", "Kowalski", "Lind"]
TITLES = ["Head of Operations", "Buyer", "Plant Manager", "Support Lead", "Finance Director", "Analyst"]


def person(number: int) -> dict[str, str]:
    """The record of one contact, the same for the same number."""
    first, last = FIRST[number % len(FIRST)], LAST[number * 5 % len(LAST)]
    account = ACCOUNTS[number * 3 % len(ACCOUNTS)][0]
    domain = account.lower().replace(" & ", "-").replace(" ", "-")
    return {
        "Email": f"{first}.{last}.{number}@{domain}.example".lower(),
        "Phone": f"+44 20 7946 {number:04d}",
        "First Name": first,
        "Last Name": last,
        "Account Name": account,
        "Job Title": TITLES[number % len(TITLES)],
    }


def furnish(url: str, token: str, contacts: int = 60) -> None:
    """Fill the system that the token belongs to, at the service at `url`."""
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        _settings(client)
        _batch(client, "account", [_account(*each) for each in ACCOUNTS])
        _batch(client, "contact", [person(number) for number in range(contacts)])
        _batch(client, "account-alias", [{"Account Name": "Bluefin Logistics", "Alias": "Bluefin Iberia S.L."}])
        _batch(client, "survey", [{"Email": person(n)["Email"], "Touchpoint": "Delivery"} for n in range(0, 24, 3)])
        _batch(client, "external-response", [_response(number) for number in range(0, 30, 4)])
        _batch(client, "activity", [_activity(number) for number in range(8)])
        _mistakes(client)
        _sent(client, "contact", {**person(4), "Job Title": "Head of Support"})
        _sent(client, "contact", {**person(4), "Job Title": "Head of Support"})


def _settings(client: Any) -> None:
    for name in ("Delivery", "Support", "Renewal"):
        _made(client, "touchpoints", {"name": name})
    field = {"object": "contact", "name": "segment", "label": "Segment", "type": "choice"}
    _made(client, "fields", {**field, "choices": ["Enterprise", "Mid-market", "Small"]})
    old = _made(client, "fields", {"object": "contact", "name": "fax", "label": "Fax", "type": "text"})
    assert (
        client.patch(f"/api/fields/{old['id']}", json={"archived": True}, headers={"If-Match": "*"}).status_code == 200
    )
    headings = {"E-Mail": "contact.email", "Vorname": "contact.first_name", "Nachname": "contact.last_name"}
    mapping = [{"heading": heading, "field": _field(client, field)} for heading, field in headings.items()]
    _made(client, "touchpoints", {"name": "Annual fair", "active": False})
    _made(client, "configurations", {
        "name": "Old newsletter", "reference": "newsletter", "kind": "api", "data_type": "contact", "active": False,
        "mapping": [{"heading": "Mail", "field": "email"}],
    })  # fmt: skip
    _made(client, "configurations", {
        "name": "Webshop customers", "reference": "webshop", "kind": "api", "data_type": "contact", "mapping": mapping,
    })  # fmt: skip


def _field(client: Any, wanted: str) -> str:
    """The name by which mappings call a field."""
    known = {each["field"] for each in client.get("/api/fields").json()["data"]}
    return wanted if wanted in known else wanted.partition(".")[2]


def _account(name: str, industry: str, region: str) -> dict[str, str]:
    return {"Account Name": name, "Industry": industry, "Region": region, "Account Manager": "Noor Visser"}


def _response(number: int) -> dict[str, str]:
    dates = {"Sent Date": "2026-10-01 09:00:00", "Response Date": "2026-10-02 15:30:00"}
    return {"Email": person(number)["Email"], "NPS Score": str(number % 11), "Comment": "Quick and friendly.", **dates}


def _activity(number: int) -> dict[str, str]:
    return {
        "Account Name": ACCOUNTS[number][0],
        "Reference": f"ticket-{number}",
        "Source": "Helpdesk",
        "Type": "Ticket closed",
        "Happened At": f"2026-11-0{number + 1} 10:00:00",
    }


def _mistakes(client: Any) -> None:
    """A heading that was renamed at the sender, and records that cannot be right."""
    for number in range(6):
        record = person(number)
        record["Frist Name"] = record.pop("First Name")
        _sent(client, "contact", record)
    _sent(client, "contact", {"Email": "not an address", "First Name": "Nobody"}, 422)
    _sent(client, "contact", {"First Name": "Nobody"}, 422)
    _sent(client, "webshop", {"E-Mail": "new.customer@example.com", "Vorname": "Nora", "Kundennummer": "K-1009"})


def _batch(client: Any, configuration: str, records: list[dict[str, str]]) -> None:
    answer = client.post(f"/records/batch?configuration={configuration}", json=records)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejected"] == 0, answer.text


def _sent(client: Any, configuration: str, record: dict[str, str], status: int = 200) -> None:
    answer = client.put("/records", json={"configuration": configuration, "record": record})
    assert answer.status_code == status, answer.text


def _made(client: Any, what: str, given: dict[str, Any]) -> Any:
    answer = client.post(f"/api/{what}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()
