"""The throw-away service that others test their integrations with, and its fixture."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from rapport import testing
from rapport.client import Account, AsyncClient, Change, Client, Contact, Forbidden, Invalid
from rapport.connected_apps.scopes import SCOPES
from rapport.console.api import openapi
from rapport.db.residence import Residence
from rapport.testing import AnswerError

if TYPE_CHECKING:
    from rapport.testing import Server

ORIGIN = dict.fromkeys(("auth", "records", "api"), "http://127.0.0.1")


def test_the_client_does_what_it_says_to_a_real_service(rapport_server: Server) -> None:
    client = rapport_server.client
    receipt = client.put("contact", {"Email": "ada@example.net", "First Name": "Ada", "Frist Name": "Ada"})
    assert (receipt.outcome, receipt.ignored) == ("created", ("Frist Name",))
    assert client.put("contact", {"Email": "new@example.net"}, dry_run=True).id is None
    once = [client.put("survey", {"Email": "ada@example.net"}, idempotency_key="once").id for _ in range(2)]
    assert once[0] == once[1]
    people = [{"Email": f"{n}@example.net", "Account Name": "Navy"} for n in range(25)]
    found = client.batch("contact", [*people, {"Phone": "1"}], chunk=10)
    assert [each.outcome for each in found] == ["created"] * 25 + ["rejected"]
    (ada,) = client.contacts(email="ADA@example.net")
    assert (ada.id, ada.first_name, ada.account) == (receipt.id, "Ada", None)
    assert [each.name for each in client.accounts(name="navy")] == ["Navy"]
    assert len(list(client.contacts(updated_since=ada.created_at))) >= 26
    changes = list(client.changes(object_id=ada.id))
    assert [(each.kind, each.diff["email"]) for each in changes] == [("created", (None, "ada@example.net"))]
    assert list(client.changes(after=changes[0].seq, object_id=ada.id)) == []
    with pytest.raises(Invalid) as caught:
        client.batch("contact", [{"Email": "b@example.net"}, {"Phone": "1"}], atomic=True)
    assert [each.outcome for each in caught.value.results] == ["not_written", "rejected"]
    assert list(client.contacts(email="b@example.net")) == []


def test_a_survey_is_sent_answered_and_read_back(rapport_server: Server) -> None:
    receipt = rapport_server.client.put("survey", {"Email": "loop@example.net"})
    link = rapport_server.link(receipt.id)
    with pytest.raises(AnswerError, match=r"422: .*Please answer this"):
        rapport_server.answer(link, comment="No score")
    rapport_server.answer(link, nps="9", drivers=["price", "product"], comment="Good", follow_up="no")
    with pytest.raises(AnswerError, match=r"did not ask: colour"):
        rapport_server.answer(link + "?change", nps="9", comment="Good", colour="red")
    [told] = [
        each for each in rapport_server.client.responses() if (each.contact or {}).get("email") == "loop@example.net"
    ]
    assert (told.nps, told.group, told.comment) == (9, "promoter", "Good")
    with pytest.raises(AnswerError, match=r"404: "):
        rapport_server.answer(link + "x", nps="9")


def test_a_client_has_the_scopes_that_it_asks_for(rapport_server: Server) -> None:
    who = (rapport_server.url, rapport_server.client_id, rapport_server.client_secret)
    with Client(*who, scope="directory:read") as client, pytest.raises(Forbidden, match="records:write"):
        client.put("contact", {"Email": "ada@example.com"})
    with Client(*who, scope=" ".join(SCOPES)) as client:
        assert client.put("contact", {"Email": "ada@example.net"}, dry_run=True), "the test double's app has them all"


@pytest.mark.parametrize("read", [Account, Contact, Change])
def test_what_is_read_back_has_the_fields_that_the_service_tells(read: type) -> None:
    told = openapi.generate(ORIGIN)["components"]["schemas"][read.__name__]["properties"]
    assert {each.name for each in fields(read)} == set(told)


def test_nothing_is_left_of_a_service_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("RAPPORT_DATABASE_URL_FILE", "/nowhere")
    with testing.serving() as server:
        (place,) = tmp_path.glob("rapport-testing-*")
        home = Residence.of(place).home
        assert home.exists()
        assert server.client.put("contact", {"Email": "ada@example.com"}).outcome == "created"
        assert server.client_secret not in repr(server)
    assert not home.exists()
    assert list(tmp_path.glob("rapport-testing-*")) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(server.url)


def test_a_service_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(testing, "_free_port", lambda: 1)
    monkeypatch.setattr(testing, "_command", lambda *_: [sys.executable, "-c", "import sys; sys.exit('no luck')"])
    with pytest.raises(testing.ServerError, match="no luck"), testing.serving():
        pass
    assert list(tmp_path.glob("rapport-testing-*")) == []


async def _awaited(server: Server) -> str:
    async with AsyncClient(server.url, server.client_id, server.client_secret) as client:
        await client.batch("contact", [{"Email": "grace@example.net"}])
        (grace,) = [each async for each in client.contacts(email="grace@example.net")]
        return grace.email or ""


def test_the_client_that_awaits_does_the_same(rapport_server: Server) -> None:
    assert asyncio.run(_awaited(rapport_server)) == "grace@example.net"
