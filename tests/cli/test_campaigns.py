from __future__ import annotations

import json
import re

import pytest

from rapport.campaigns import segments as saved
from rapport.campaigns.models import Delivery, Segment
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cli.conftest import rows
from tests.sender import office

DRAFT = {"name": "Q4", "kind": "invitation", "recipients": {"all": True}, "sender": office.SENDER}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(DRAFT))
    return path


@pytest.fixture
def run(rapport, database, tenant, monkeypatch):
    """`rapport campaigns …` of a system with three contacts, one of whom gets nothing."""
    office.contacts(database, tenant, "ada@example.com", "bob@example.com", "cy@example.com")
    office.unsubscribe(database, tenant, "e:cy@example.com")
    monkeypatch.setenv("RAPPORT_PUBLIC_URL", "https://ask.example.com")
    monkeypatch.setenv("RAPPORT_MAIL_URL", "smtp://127.0.0.1:25")
    with office.serving(database, 25):
        yield lambda *arguments: rapport("campaigns", *arguments, "--tenant", tenant.slug)


def test_a_campaign_is_made_planned_started_and_stopped_by_commands(run, file):
    campaign = run("create", str(file)).stdout.strip()
    planned = run("plan", campaign).stdout
    assert re.search(r"Chosen: 3\nSend:   2\nSkip:   unsubscribed 1\n", planned)
    token = re.search(r"Token:  (\S+)", planned)[1]
    assert run("start", campaign, "--plan", token).exit_code == 0
    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert run(act, campaign).exit_code == 0
        [listed] = rows(run("list", "--mode", "manual", "--json"))
        assert (listed["id"], listed["state"]) == (campaign, state)
    told = {row["address"]: row["state"] for row in rows(run("deliveries", campaign, "--json"))}
    assert told == {"ada@example.com": "cancelled", "bob@example.com": "cancelled", "cy@example.com": "skipped"}
    [skipped] = rows(run("deliveries", campaign, "--state", "skipped", "--json"))
    assert re.match(r"Unsubscribed on .* by link\.", skipped["reason"])
    assert "cy@example.com" in run("deliveries", campaign).stdout


def test_a_plan_as_json_has_its_examples(run, file):
    campaign = json.loads(run("create", str(file), "--json").stdout)["campaign"]
    told = json.loads(run("plan", campaign, "--json").stdout)
    assert (told["chosen"], told["send"], told["skip"], len(told["examples"])) == (3, 2, {"unsubscribed": 1}, 2)


def test_a_start_at_a_time_is_read_in_the_tenants_zone(run, file):
    campaign = run("create", str(file)).stdout.strip()
    token = json.loads(run("plan", campaign, "--json").stdout)["plan"]
    assert run("start", campaign, "--plan", token, "--at", "2099-01-02 09:00:00").exit_code == 0
    [listed] = rows(run("list", "--mode", "manual", "--json"))
    assert listed["start_at"].startswith("2099-01-02T09:00:00")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x", "is no JSON"),
        ("[]", "is no JSON object"),
        (json.dumps(DRAFT | {"kind": "spam"}), "The kind must be one of"),
        (json.dumps(DRAFT | {"colour": "red"}), "colour"),
    ],
)
def test_a_file_with_a_fault_makes_nothing(run, file, content, told):
    file.write_text(content)
    done = run("create", str(file))
    assert (done.exit_code, told in done.stderr) == (1, True), done.stderr
    assert run("list", "--mode", "manual", "--json").stdout == ""


def test_what_cannot_be_done_is_said(run, file, cast, rapport):
    campaign = run("create", str(file)).stdout.strip()
    assert "not the token" in run("start", campaign, "--plan", "x").stderr
    assert "Only a campaign that is running" in run("pause", campaign).stderr
    assert run("plan", "not-an-id").exit_code == 2
    theirs = rapport("campaigns", "plan", campaign, "--tenant", cast.charlie.tenant.slug)
    assert (theirs.exit_code, "There is no such campaign" in theirs.stderr) == (1, True)


def test_those_in_doubt_are_sent_again_by_a_command(run, file, tenant):
    campaign = run("create", str(file)).stdout.strip()
    token = json.loads(run("plan", campaign, "--json").stdout)["plan"]
    run("start", campaign, "--plan", token)
    with tenant_scope(tenant) as tenant_id:
        ada = Delivery.objects.filter(tenant_id=tenant_id, address="ada@example.com")
        ada.update(state="in doubt", reason="unanswered")
    assert run("send-again", campaign, "--state", "failed").stdout == "0 are queued again.\n"
    [again] = rows(run("send-again", campaign, "--state", "in doubt", "--json"))
    assert (again, office.states(tenant)["ada@example.com"]) == ({"queued": 1}, "queued")
    assert run("send-again", campaign).exit_code == 2


def test_segments_are_listed_shown_and_counted(run, rapport, tenant, cast):
    where = [{"field": "email", "is": "ada@example.com"}]
    with tenant_scope(tenant) as tenant_id:
        row = saved.save(Segment(tenant_id=tenant_id, name="", version=1), COMMAND, {"name": "Ada", "where": where})

    def segments(act, *arguments, of=tenant):
        return rapport("segments", act, *arguments, "--tenant", of.slug)

    [listed] = rows(segments("list", "--json"))
    assert (listed["id"], listed["name"]) == (str(row.id), "Ada")
    assert list(rows(segments("show", listed["id"]))) == [listed]
    assert segments("count", listed["id"]).stdout == "1\n"
    assert list(rows(segments("count", listed["id"], "--json"))) == [{"number": 1, "exact": True}]
    theirs = cast.charlie.tenant
    assert list(rows(segments("list", "--json", of=theirs))) == []
    assert [segments(act, listed["id"], of=theirs).exit_code for act in ("show", "count")] == [1, 1]
