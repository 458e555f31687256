"""What people have done in a furnished system, so that every page has something to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from rapport.campaigns.models import BounceMailbox, CampaignCount, Delivery, SmtpServer
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.journeys.stage import person

if TYPE_CHECKING:
    from tests.cast import Person

#: Names that are hard on a page: long, without a space, from right to left, in other scripts.
HARD = (
    (
        "Maximiliane-Friederike",
        "Wolfeschlegelsteinhausenbergerdorff",
        "Donaudampfschifffahrtselektrizitätenbetriebe mbH",
    ),
    ("عبد الرحمن", "محمد", "شركة الخليج للتقنية"),
    ("太郎", "田中", "株式会社田中製作所"),
    ("Siobhán", "O'Brien", "The Extraordinarily Long-Named International Consortium of Fine Makers"),
)
FILE = "Email;First Name;Account Name;Shoe\n" + "\n".join(
    f"{f'row{n}@example.org' if n else 'nobody'};Ada {n};Works GmbH;9" for n in range(4)
)
UNMAPPED = "E-mail Address;Given Name;Shoe\nada@example.org;Ada;9\nann@example.org;Ann;9"


def do(url: str, alice: Person) -> None:
    """Campaigns, imports, alerts, segments, merges, undos and replays of Alice, in the furnished system of hers."""
    with httpx2.Client(base_url=url, headers=alice.bearer, timeout=60) as client:
        for number, (first, last, account) in enumerate(HARD):
            record = {"Email": f"hard{number}@überfirma.example", "First Name": first, "Last Name": last}
            _post(client, "/records/batch?configuration=contact", [{**record, "Account Name": account}])
        _campaign(client, alice)
        _post(client, "/api/alerts", {"name": "Bad ones", "users": [str(alice.user.id)]})
        _post(client, "/api/segments", {"name": "Buyers", "where": [{"field": "job_title", "is": "Buyer"}]})
        _imports(client)
        _taken_back(client)
    with tenant_scope(alice.tenant) as tenant_id:
        SmtpServer.objects.create(tenant_id=tenant_id, name="Ours", host="127.0.0.1", port=25, security="smtp")
        box = {"host": "127.0.0.1", "port": 993, "security": "tls", "user_name": "bounces", "password": b""}
        BounceMailbox.objects.create(tenant_id=tenant_id, **box, fault="Nobody answers.")


def _campaign(client: Any, alice: Person) -> None:
    """One that is planned, of which a message is in doubt."""
    sender = {"name": "Ada", "address": "ada@sender.example"}
    draft = {"name": "Q4 relationship", "kind": "invitation", "recipients": {"all": True}, "sender": sender}
    campaign = _post(client, "/api/campaigns", draft)["campaign"]
    _post(client, f"/api/campaigns/{campaign}/plan", {})
    with tenant_scope(alice.tenant) as tenant_id:
        first = Delivery.objects.filter(tenant_id=tenant_id, campaign_id=campaign).order_by("id")[0]
        Delivery.objects.filter(tenant_id=tenant_id, id=first.id).update(state="in doubt")
        told = {"state": "in doubt", "reason": "", "wave": 0, "bucket": 0, "count": 1}
        CampaignCount.objects.create(tenant_id=tenant_id, campaign_id=campaign, **told)


def _imports(client: Any) -> None:
    """One that is done with a row that failed and was undone, and one that waits for a mapping."""
    done = _sent(client, FILE, "Kontakte über alle Maßen 2026.csv", "auto")
    _sent(client, UNMAPPED, "people.csv", "manual")
    plan = _post(client, "/api/undo", {"import": done, "plan": True})["plan"]
    _post(client, "/api/undo", {"commit": plan})


def _sent(client: Any, content: str, name: str, start: str) -> str:
    query = {"configuration": "contact", "name": name, "start": start}
    answer = client.post("/api/imports", params=query, content=content.encode(), headers={"Content-Type": "text/csv"})
    assert answer.status_code < 300, answer.text
    id = str(answer.json()["import"])
    over = ("done", "waiting")
    until(lambda: client.get(f"/api/imports/{id}").json()["state"] in over, "the file is read")
    return id


def _taken_back(client: Any) -> None:
    """A contact that is deleted, two that are one, and refused records that are sent again."""
    ids = [each["id"] for each in client.get("/api/contacts", params={"limit": 20}).json()["data"]]
    assert client.delete(f"/api/contacts/{ids[9]}").status_code == 204
    _post(client, "/api/contacts/merge", {"into": ids[10], "from": [ids[11]]})
    twin = person(3) | {"Email": "twin@example.com", "Phone": ""}
    _post(client, "/records/batch?configuration=contact", [twin])
    plan = _post(client, "/api/replay", {"records": {"outcome": "rejected"}, "plan": True})["plan"]
    _post(client, "/api/replay", {"commit": plan})


def _post(client: Any, path: str, given: Any) -> Any:
    answer = client.post(path, json=given)
    assert answer.status_code < 300, answer.text
    return answer.json()
