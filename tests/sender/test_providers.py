"""Mails by a provider's API, and what it tells of them: a Postmark that is a small HTTP server."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.campaigns import acts, mail_servers, providers, reasons
from rapport.campaigns.conditions import zone_of
from rapport.campaigns.models import BounceReport, SmtpServer
from rapport.campaigns.servers import Endpoint
from rapport.feedback import links
from rapport.surveys.models import Suppressed
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.campaigns.test_pages import Desk
from tests.ingest.serving import free_port, until
from tests.sender import office

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.conftest import Database

KEY = "postmark-key"


class Postmark:
    """What it was sent, and how it answers."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        #: Address -> status and answer, other than that it has it; None: the connection ends.
        self.answers: dict[str, tuple[int, dict[str, Any]] | None] = {}
        self.url = ""

    @property
    def counts(self) -> Counter[str]:
        return Counter(each["To"] for each in self.taken)


@contextmanager
def postmark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postmark]:
    """A running one, which the provider's code asks."""
    made = Postmark()

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            mail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            good = {"To": mail["To"], "ErrorCode": 0, "Message": "OK", "MessageID": f"m-{len(made.taken)}"}
            status, told = 200, good
            if self.headers["X-Postmark-Server-Token"] != KEY:
                status, told = 401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."}
            elif mail["To"] in made.answers:
                answer = made.answers[mail["To"]]
                if answer is None:
                    self.close_connection = True
                    return
                status, told = answer
            else:
                made.taken.append(mail)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Talk) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}/"
        known = replace(providers.PROVIDERS["postmark"], url=made.url)
        monkeypatch.setitem(providers.PROVIDERS, "postmark", known)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


def added(tenant: Tenant, key: str = KEY) -> SmtpServer:
    """The system's server is Postmark."""
    with tenant_scope(tenant) as tenant_id:
        row = SmtpServer(tenant_id=tenant_id)
        given = {"name": "Postmark", "host": "postmark", "port": 443, "security": "provider", "user_name": ""}
        mail_servers.fill(row, given | {"password": key, "rate": None, "connections": 5})
        mail_servers.save(row, COMMAND, None, new=True)
        return row


def test_everybody_gets_it_once_by_the_provider(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = office.many(database, tenant, 40)
    with postmark(monkeypatch) as there, office.serving(database, 25), office.sending(database, tenant, 2):
        campaign = office.started(tenant, server=str(added(tenant).id))
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 60)
        assert there.counts == dict.fromkeys(addresses, 1)
    kept, rows = office.counted(tenant, campaign)
    assert kept == rows == {("sent", ""): 40}
    mail, row = there.taken[0], office.rows(tenant)[there.taken[0]["To"]]
    headers = {each["Name"]: each["Value"] for each in mail["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["X-Rapport-Delivery"] == str(row.id) == mail["Metadata"]["delivery"]
    assert "likely" in mail["HtmlBody"]
    assert "likely" in mail["TextBody"]


#: What the provider does -> what becomes of Ada's mail, and a word of its reason.
CASES: dict[str, tuple[tuple[int, dict[str, Any]] | None, str, str]] = {
    "refuses": ((422, {"ErrorCode": 300, "Message": "Invalid 'From'."}), "failed", "Invalid"),
    "is busy": ((429, {"Message": "slow down"}), "deferred", "429"),
    "is away": ((503, {"Message": "down"}), "deferred", "503"),
    "has a fault": ((500, {"Message": "oops"}), "in doubt", "did not say"),
    "says nothing": (None, "in doubt", "did not say"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_answer_has_its_outcome(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    answer, state, said = CASES[case]
    office.contacts(database, tenant, "ada@example.com", "bob@example.com")
    with postmark(monkeypatch) as there, office.serving(database, 25), office.sending(database, tenant):
        there.answers["ada@example.com"] = answer
        campaign = office.started(tenant, server=str(added(tenant).id))
        over = {"ada@example.com": state, "bob@example.com": "sent"}
        until(lambda: office.states(tenant) == over, f"ada is {state}", 30)
        office.act(tenant, acts.cancel, campaign) if state == "deferred" else None
    row = office.rows(tenant)["ada@example.com"]
    with tenant_scope(tenant) as tenant_id:
        told = reasons.sentence(row.reason, row.fact, zone_of(tenant_id))
    assert state == "deferred" or said in told, told
    assert KEY not in told


def test_a_wrong_key_pauses_the_campaign_with_what_the_provider_said(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with postmark(monkeypatch), office.serving(database, 25), office.sending(database, tenant):
        campaign = office.started(tenant, server=str(added(tenant, "wrong").id))
        until(lambda: office.refreshed(tenant, campaign).state == "paused", "it is paused", 30)
    row = office.refreshed(tenant, campaign)
    assert row.fact is not None
    assert "postmark" in row.fact["said"]
    assert "401" in row.fact["said"]
    assert office.states(tenant) == {"ada@example.com": "queued"}


def test_a_provider_that_cannot_be_reached_has_said_nothing(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = replace(providers.PROVIDERS["postmark"], url=f"http://127.0.0.1:{free_port()}/")
    monkeypatch.setitem(providers.PROVIDERS, "postmark", known)
    office.contacts(database, tenant, "ada@example.com")
    with office.serving(database, 25), office.sending(database, tenant):
        office.started(tenant, server=str(added(tenant).id))
        until(lambda: office.states(tenant) == {"ada@example.com": "deferred"}, "it is deferred", 30)
    assert providers.check(Endpoint("nobody", 443, "provider")) is not None


def event(kind: str, delivery: str, **more: Any) -> dict[str, Any]:
    """What Postmark tells."""
    return {
        "RecordType": {"HardBounce": "Bounce"}.get(kind, kind), "Type": kind, "ID": 4, "MessageID": "m-1",
        "Email": "ada@example.com", "BouncedAt": "2026-11-29T12:00:00Z", "Details": "smtp;550 5.1.1 no such user",
        "Metadata": {"delivery": delivery}, **more,
    }  # fmt: skip


def test_the_webhook_of_a_provider_is_believed_by_its_address(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = cast.alice.tenant
    office.contacts(database, tenant, "ada@example.com", "bob@example.com")
    row = added(tenant)
    with postmark(monkeypatch), office.serving(database, 25), office.sending(database, tenant):
        campaign = office.started(tenant, server=str(row.id))
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
    page = Desk(cast.alice).get(f"/settings/sending/{row.id}").content.decode()
    link = links.make(tenant.pk, providers.PURPOSE, row.id)
    assert f"/api/provider-events/{link}" in page
    client, path = Client(headers={"host": "127.0.0.1:8000"}), f"/api/provider-events/{link}"
    rows = office.rows(tenant)
    hard = event("HardBounce", str(rows["ada@example.com"].id))
    spam = event("SpamComplaint", str(rows["bob@example.com"].id), Email="bob@example.com", Details="")
    for told in (hard, hard, spam, event("Delivery", str(rows["bob@example.com"].id))):
        answer = client.post(path, json.dumps(told), content_type="application/json")
        assert answer.status_code == 200, answer.content
    assert office.states(tenant) == {"ada@example.com": "bounced", "bob@example.com": "sent"}
    with tenant_scope(tenant) as tenant_id:
        held = dict(Suppressed.objects.filter(tenant_id=tenant_id).values_list("key", "list"))
        kinds = list(BounceReport.objects.filter(tenant_id=tenant_id).order_by("id").values_list("kind", "source"))
    assert held == {"e:ada@example.com": "bounce", "e:bob@example.com": "unsubscribe"}
    assert kinds == [("hard", "provider"), ("complaint", "provider")]
    assert client.post(path, "no json", content_type="application/json").status_code == 400
    assert client.head(path).status_code == 200
    assert client.get(path).status_code == 405
    theirs = links.make(cast.charlie.tenant.pk, providers.PURPOSE, row.id)
    for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), theirs, "x"):
        assert client.post(f"/api/provider-events/{wrong}", "{}", content_type="application/json").status_code == 404


@pytest.mark.parametrize("name", providers.PROVIDERS)
def test_every_provider_can_be_made_and_reads_its_events(name: str) -> None:
    assert providers.check(Endpoint(name, 443, "provider", password="k")) is None
    request = Client().post("/nowhere").wsgi_request
    with pytest.raises(providers.EventsError):
        providers.events(name, request)
