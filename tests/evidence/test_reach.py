"""An app that is limited to configurations undoes and sends again what came through these, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.connected_apps import issue
from rapport.connected_apps.scopes import SCOPES
from rapport.evidence import reach
from rapport.tenants.actors import COMMAND
from tests.cast import new_token
from tests.evidence.again import Resender

if TYPE_CHECKING:
    from tests.cast import Cast

BEGINNING = "2020-01-01"


class Limited:
    """An app of Alice's that may use the configuration `contact` alone."""

    def __init__(self, cast: Cast) -> None:
        self.tenant = cast.alice.tenant
        made = issue.create_app(self.tenant, COMMAND, "Limited", scopes=list(SCOPES), configurations=["contact"])
        self.client_id = made.client_id
        self.api = Client(headers={"Authorization": f"Bearer {new_token(self.tenant, made.client_id)}"})

    def ask(self, address: str, body: Any) -> tuple[int, Any]:
        answer = self.api.post(address, body, content_type="application/json")
        return answer.status_code, answer.json()


@pytest.fixture
def alice(cast: Cast) -> Resender:
    return Resender(cast.alice)


@pytest.fixture
def limited(cast: Cast) -> Limited:
    return Limited(cast)


def refused(told: tuple[int, Any], text: str) -> None:
    assert told == (403, {"message": text})


def test_it_undoes_what_its_configuration_wrote_whoever_sent_it(alice: Resender, limited: Limited) -> None:
    ann = alice.put(Email="ann@example.com").objects[0]
    named = alice.put(Email="ann@example.com", First_Name="A")
    status, planned = limited.ask("/api/undo", {"record": str(named.record), "plan": True})
    assert (status, planned["restore"]) == (200, 1)
    assert limited.ask("/api/undo", {"commit": planned["plan"]})[0] == 202
    assert alice.contact(ann.id)["first_name"] is None
    assert limited.ask("/api/undo", {"configuration": "contact", "from": BEGINNING, "plan": True})[1]["delete"] == 1


def test_it_undoes_nothing_that_another_configuration_wrote(alice: Resender, limited: Limited) -> None:
    alice.put(Email="ann@example.com")
    made = alice.put("account", Account_Name="Engines")
    for asked in (
        {"record": str(made.record)}, {"configuration": "account", "from": BEGINNING},
        {"app": alice.person.client_id, "from": BEGINNING}, {"from": BEGINNING}, {"changes": [alice.head()]},
    ):  # fmt: skip
        refused(limited.ask("/api/undo", {**asked, "plan": True}), reach.UNDO)
    planned = alice.plan(record=made.record)
    refused(limited.ask("/api/undo", {"commit": planned["plan"]}), reach.UNDO)
    assert alice.account(made.objects[0].id)["name"] == "Engines"


def test_it_undoes_nothing_that_came_through_no_configuration(alice: Resender, limited: Limited) -> None:
    ann, ben = (alice.put(Email=f"{name}@example.com").objects[0].id for name in ("ann", "ben"))
    merged = alice.api.post("/api/contacts/merge", {"into": str(ann), "from": [str(ben)]}, "application/json").json()
    refused(limited.ask("/api/undo", {"merge": merged["merge"], "plan": True}), reach.UNDO)
    undo = alice.undo(merge=merged["merge"])
    refused(limited.ask("/api/undo", {"undo": undo["id"], "plan": True}), reach.UNDO)


def test_it_sends_again_what_was_refused_of_its_own_configuration(alice: Resender, limited: Limited) -> None:
    refused_record = str(alice.refused(Email="ann"))
    asked = {"records": [refused_record], "sent": {"Email": "ann@example.com"}, "plan": True}
    status, planned = limited.ask("/api/replay", asked)
    assert (status, planned["apply"]) == (200, 1)
    assert limited.ask("/api/replay", {"commit": planned["plan"]})[0] == 202


def test_it_sends_nothing_again_of_or_through_another_configuration(alice: Resender, limited: Limited) -> None:
    account, contact = str(alice.refused("account", Industry="x")), str(alice.refused(Email="ann"))
    sent = {"Account Name": "Engines"}
    for asked in (
        {"records": [account], "sent": sent}, {"records": [account, contact]}, {"records": {"outcome": "rejected"}},
        {"records": [account], "configuration": "contact"}, {"records": [contact], "configuration": "account"},
        {"heading": "Account Name", "configuration": "account"},
    ):  # fmt: skip
        refused(limited.ask("/api/replay", {**asked, "plan": True}), reach.REPLAY)
    planned = alice.try_again(records=[account], sent=sent)
    refused(limited.ask("/api/replay", {"commit": planned["plan"]}), reach.REPLAY)


def test_a_limit_that_came_after_the_plan_holds_for_its_commit(alice: Resender, limited: Limited) -> None:
    record = alice.put(Email="ann@example.com").record
    planned = limited.ask("/api/undo", {"record": str(record), "plan": True})[1]
    issue.change_app(limited.tenant, COMMAND, limited.client_id, {"configurations": ["account"]})
    refused(limited.ask("/api/undo", {"commit": planned["plan"]}), reach.UNDO)
