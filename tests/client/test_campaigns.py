from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.client import Campaign, Delivery, Plan, RapportError, Segment, Suppression
from tests.client.script import Caller, Script, refused

ID, NOW = "0199-1", "2026-11-29T12:00:00Z"
CAMPAIGN = {
    "id": ID, "name": "Q4", "kind": "invitation", "state": "running", "reason": None, "counts": {"sent": 2},
    "skipped": {}, "created_at": NOW, "updated_at": NOW, "recipients": {"all": True},
}  # fmt: skip
DELIVERY = {
    "id": "d", "campaign": ID, "wave": 0, "contact": "c", "survey_record": None, "address": "ada@example.com",
    "state": "sent", "reason": None, "message_id": "<d@example.com>", "tries": 1, "updated_at": NOW,
}  # fmt: skip
SUPPRESSION = {
    "id": "s", "list": "unsubscribe", "act": "added", "kind": "email", "address": "ada@example.com", "source": "api",
    "reason": None, "proof": None, "at": NOW, "active": True,
}  # fmt: skip
SEGMENT = {"id": "g", "name": "Poets", "where": [{"field": "job_level", "is": "C-level"}], "version": 1}
PLAN = {"plan": "token", "chosen": 3, "send": 2, "skip": {"no_email": 1}, "examples": [], "expires_at": NOW}

#: What is listed -> a row, the parameters that a call makes, what is asked.
LISTINGS: list[tuple[str, dict[str, Any], type, dict[str, str], str]] = [
    ("campaigns", CAMPAIGN, Campaign, {"state": "running"}, "/api/campaigns?limit=1000&state=running"),
    ("segments", SEGMENT, Segment, {}, "/api/segments?limit=1000"),
    ("deliveries", DELIVERY, Delivery, {"campaign": ID}, f"/api/deliveries?limit=1000&campaign={ID}"),
    ("suppressions", SUPPRESSION, Suppression, {"on": "bounce"}, "/api/suppressions?limit=1000&list=bounce"),
]


@pytest.mark.parametrize(("method", "row", "kind", "given", "asked"), LISTINGS)
def test_listings_are_read_page_after_page(
    script: Script, call: Caller, method: str, row: dict[str, Any], kind: type, given: dict[str, str], asked: str
) -> None:
    script.answers = [{"data": [row], "cursor": "next"}, {"data": [row | {"id": "2"}], "cursor": None}]
    found = call(method, **given)
    assert [(type(each), each.id) for each in found] == [(kind, row["id"]), (kind, "2")]
    assert script.requests[0].url.raw_path.decode() == asked
    assert script.requests[1].url.params["cursor"] == "next"


#: A call, its answer, what it finds, where it goes, what it sends.
ACTS: list[tuple[tuple[Any, ...], dict[str, Any], dict[str, Any], Any, str, Any]] = [
    (("create_campaign", {"name": "Q4"}), {}, {"campaign": ID}, ID, "campaigns", {"name": "Q4"}),
    (
        ("create_segment", "Poets", SEGMENT["where"]), {}, SEGMENT, Segment.read(SEGMENT), "segments",
        {"name": "Poets", "where": SEGMENT["where"]},
    ),
    (("plan", ID), {}, PLAN, Plan.read(PLAN), f"campaigns/{ID}/plan", None),
    (("start", ID, "token"), {}, {"campaign": ID}, None, f"campaigns/{ID}/start", {"plan": "token"}),
    (
        ("start", ID, "token", datetime(2026, 12, 1, tzinfo=UTC)), {}, {"campaign": ID}, None, f"campaigns/{ID}/start",
        {"plan": "token", "at": "2026-12-01T00:00:00+00:00"},
    ),
    (("pause", ID), {}, CAMPAIGN, Campaign.read(CAMPAIGN), f"campaigns/{ID}/pause", None),
    (("resume", ID), {}, CAMPAIGN, Campaign.read(CAMPAIGN), f"campaigns/{ID}/resume", None),
    (("cancel", ID), {}, CAMPAIGN, Campaign.read(CAMPAIGN), f"campaigns/{ID}/cancel", None),
    (
        ("suppress",), {"email": "ada@example.com", "proof": "letter"}, SUPPRESSION, Suppression.read(SUPPRESSION),
        "suppressions", {"source": "api", "proof": "letter", "email": "ada@example.com"},
    ),
    (("send_again", ID, "failed"), {}, {"queued": 2}, 2, f"campaigns/{ID}/send-again", {"state": "failed"}),
    (
        ("send_again", ID, "in doubt", ["d"]), {}, {"queued": 1}, 1, f"campaigns/{ID}/send-again",
        {"state": "in doubt", "deliveries": ["d"]},
    ),
    (("count", {"all": True}), {}, {"count": 3, "exact": True}, 3, "recipients/count", {"recipients": {"all": True}}),
    (("lift", "s", "asked for"), {}, {"lifted": True}, True, "suppressions/s/lift", {"reason": "asked for"}),
]  # fmt: skip


@pytest.mark.parametrize("case", ACTS)
def test_acts_send_what_the_api_takes(script: Script, call: Caller, case: tuple[Any, ...]) -> None:
    given, named, answer, found, path, body = case
    script.answers = [answer]
    assert call(*given, **named) == found
    [request] = script.requests
    assert (request.method, request.url.path) == ("POST", f"/api/{path}")
    assert (script.body() if request.content else None) == body


def test_what_might_be_made_twice_is_not_tried_again(script: Script, caller: Callable[..., Caller]) -> None:
    script.answers = [refused(503), CAMPAIGN | {"campaign": ID}]
    call = caller()
    with pytest.raises(RapportError):
        call("create_campaign", {})
    assert len(script.requests) == 1
    assert call("pause", ID).state == "running"


def test_an_act_whose_answer_is_lost_is_tried_again(script: Script, call: Caller) -> None:
    script.answers = [refused(503), CAMPAIGN]
    assert call("pause", ID).id == ID
    assert len(script.requests) == 2
