"""What came back is taken: delivery, address and campaign follow; nothing is dropped, nothing counts twice."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from rapport.campaigns import acts, jobs, reasons
from rapport.campaigns.bounces import fetching, receiving
from rapport.campaigns.bounces.reading import Kind
from rapport.campaigns.messages.letter import return_path
from rapport.campaigns.models import BounceMailbox, BounceReport, Campaign, Delivery
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants import upkeep
from rapport.tenants.scope import tenant_scope
from tests.campaigns.bounces.post import PASSWORD, Post, post
from tests.campaigns.test_pages import Desk
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

from .samples import DELIVERY, HEX, NESTED, SAMPLES, dsn, failed, feedback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant
    from tests.cast import Cast, Person
    from tests.conftest import Database

HARD = dsn(failed("5.1.1", "smtp; 550 5.1.1 who?"))
SOFT = dsn(failed("5.2.2", "smtp; 552 5.2.2 full"))


@pytest.fixture
def alice(database: Database, cast: Cast) -> Person:
    office.contacts(database, cast.alice.tenant, "ada@example.com", "bob@example.com")
    return cast.alice


def send(database: Database, tenant: Tenant, **given: Any) -> Campaign:
    """A campaign that everybody got."""
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, **given)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
    return campaign


def back(text: str, row: Delivery) -> bytes:
    """The report about a delivery and its address."""
    about = text.replace("{path}", return_path(row.id, "ada@sender.example"))
    return about.replace("bob@example.com", row.address or "bob@example.com").encode()


def hand_in(person: Person, content: bytes, **options: Any) -> Any:
    client = Client(headers={"host": "127.0.0.1:8000", **person.bearer})
    given = {"data": content, "content_type": "message/rfc822", **options}
    return client.post("/api/bounces" + given.pop("query", ""), **given)


def held(tenant: Tenant) -> dict[str, str]:
    """Key -> list of what is suppressed."""
    with tenant_scope(tenant) as tenant_id:
        return dict(Suppressed.objects.filter(tenant_id=tenant_id).values_list("key", "list"))


def test_a_hard_bounce_is_written_down_and_suppresses_with_its_proof(database: Database, alice: Person) -> None:
    tenant = alice.tenant
    campaign = send(database, tenant)
    row = office.rows(tenant, campaign)["ada@example.com"]
    answer = hand_in(alice, back(HARD, row))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["kind"], told["delivery"], told["said"], told["open"]) == (
        "hard",
        str(row.id),
        "550 5.1.1 who?",
        False,
    )
    assert hand_in(alice, back(HARD, row)).status_code == 200
    after = office.rows(tenant, campaign)["ada@example.com"]
    assert after.state == "bounced"
    assert "550 5.1.1 who?" in reasons.sentence(after.reason, after.fact, ZoneInfo("UTC"))
    assert held(tenant) == {"e:ada@example.com": "bounce"}
    with tenant_scope(tenant) as tenant_id:
        act = Suppression.objects.get(tenant_id=tenant_id)
    assert act.proof == {"delivery": str(row.id), "report": told["id"]}
    assert office.planned(tenant, office.draft(tenant)).plan.skip["bounced_before"] == 1
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("sent", ""): 1, ("bounced", "bounced"): 1}


NAMED = "Original-Recipient: rfc822; {}\nFinal-Recipient: rfc822; {}\nAction: {}\nStatus: {}"
GOT, GONE = ("delivered", "2.0.0"), ("failed", "5.1.1")
#: What is said, for whom, of what became of a mail to Ada -> its kind.
OF_OTHERS = {
    "another one failed": ([("", "eve@example.com", *GONE)], "soft"),
    "nobody is named": ([("", "", *GONE)], "soft"),
    "she has it, another one failed": ([("", "ada@example.com", *GOT), ("", "eve@example.com", *GONE)], "notice"),
    "one behind her address has it": (
        [("ada@example.com", "eve@example.com", *GONE), ("ada@example.com", "fay@example.com", *GOT)],
        "notice",
    ),
    "another one has it, she failed": ([("", "eve@example.com", *GOT), ("", "ADA@example.com", *GONE)], "hard"),
    "what her address stands for failed": ([("ada@example.com", "eve@example.com", *GONE)], "hard"),
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_only_what_is_said_of_its_own_address_is_hard(database: Database, alice: Person, name: str) -> None:
    send(database, alice.tenant, kind="general")
    row = office.rows(alice.tenant)["ada@example.com"]
    told, kind = OF_OTHERS[name]
    text = dsn("\n\n".join(NAMED.format(*each) for each in told))
    assert hand_in(alice, back(text, row)).json()["kind"] == kind
    assert held(alice.tenant) == ({"e:ada@example.com": "bounce"} if kind == "hard" else {})


def test_a_mail_that_cannot_be_read_is_kept_and_those_behind_it_are_read(database: Database, alice: Person) -> None:
    send(database, alice.tenant)
    row = office.rows(alice.tenant)["ada@example.com"]
    odd = hand_in(alice, "Content-Transfer-Encoding: é\n\nHi".encode("latin-1"))
    deep = hand_in(alice, NESTED.encode())
    nul = hand_in(alice, back(HARD, Delivery(id=row.id)).replace(b"bob@example.com", b"b\0b@example.com"))
    assert [(each.status_code, each.json()["kind"]) for each in (odd, deep, nul)] == [
        (201, "unknown"), (201, "unknown"), (201, "soft")
    ]  # fmt: skip
    stray = dsn(failed("5.1.1", "smtp; 550 \0 5.1.1")).replace("bob", "b\0b").replace("Rapport", "X").replace(HEX, "x")
    nobodys = hand_in(alice, stray.encode())
    assert (nobodys.status_code, nobodys.json()["address"]) == (201, "bb@example.com")
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    assert len(client.get("/api/bounces?open=true").json()["data"]) == 3


def test_one_systems_fault_does_not_stop_the_others(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []
    systems = {cast.alice.tenant.pk, cast.charlie.tenant.pk}

    def visit(tenant_id: int) -> None:
        seen.append(tenant_id)
        if tenant_id == min(systems):
            raise AttributeError("ada@example.com")

    monkeypatch.setattr(fetching, "visit", visit)
    with pytest.raises(upkeep.UpkeepError):
        jobs.fetch_bounces(0)
    assert systems <= set(seen)
    assert "AttributeError" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_three_soft_ones_in_a_row_suppress_and_one_that_arrives_begins_anew(database: Database, alice: Person) -> None:
    tenant = alice.tenant
    soft = [True, True, False, True, True, True]
    for number, comes_back in enumerate(soft):
        campaign = send(database, tenant, kind="general", name=f"No. {number}")
        assert "e:ada@example.com" not in held(tenant)
        if comes_back:
            row = office.rows(tenant, campaign)["ada@example.com"]
            assert hand_in(alice, back(SOFT, row)).json()["kind"] == "soft"
            assert office.rows(tenant, campaign)["ada@example.com"].state == "bounced"
    assert held(tenant) == {"e:ada@example.com": "bounce"}


def test_a_complaint_unsubscribes_and_the_mail_stays_sent(database: Database, alice: Person) -> None:
    campaign = send(database, alice.tenant)
    row = office.rows(alice.tenant)["ada@example.com"]
    text = feedback("abuse").replace(DELIVERY, str(row.id)).replace(HEX, row.id.hex)
    assert hand_in(alice, text.encode()).json()["kind"] == "complaint"
    assert held(alice.tenant) == {"e:ada@example.com": "unsubscribe"}
    assert office.rows(alice.tenant, campaign)["ada@example.com"].state == "sent"
    with tenant_scope(alice.tenant) as tenant_id:
        assert Suppression.objects.get(tenant_id=tenant_id).source == "complaint"


@pytest.mark.parametrize("name", ["away", "delivered", "delayed"])
def test_what_is_no_bounce_changes_nothing(database: Database, alice: Person, name: str) -> None:
    send(database, alice.tenant)
    row = office.rows(alice.tenant)["ada@example.com"]
    told = hand_in(alice, back(SAMPLES[name][0], row)).json()
    assert (told["kind"], told["open"]) == (str(SAMPLES[name][1]), False)
    assert office.rows(alice.tenant)["ada@example.com"].state == "sent"
    assert held(alice.tenant) == {}


def test_what_nobody_understands_is_listed_until_somebody_has_looked(
    database: Database, alice: Person, cast: Cast
) -> None:
    told = hand_in(alice, b"From: bob@example.com\n\nWhat <script>is</script> this?").json()
    assert (told["kind"], told["open"], told["delivery"]) == ("unknown", True, None)
    stray = hand_in(
        alice, back(HARD.replace("Rapport", "Other").replace("Message-ID", "X-Id"), Delivery(id=UUID(int=9)))
    ).json()
    assert (stray["kind"], stray["open"], held(alice.tenant)) == ("hard", True, {})
    desk, theirs = Desk(alice), Desk(cast.charlie)
    page = desk.get("/campaigns/bounces").content.decode()
    assert "What &lt;script&gt;is&lt;/script&gt; this?" in page
    assert "bob@example.com: 550 5.1.1 who?" in page
    assert "bob@example.com" not in theirs.get("/campaigns/bounces").content.decode()
    assert theirs.post(f"/campaigns/bounces/{told['id']}/settle").status_code == 404
    assert desk.post(f"/campaigns/bounces/{told['id']}/settle").status_code == 302
    assert "What &lt;script" not in desk.get("/campaigns/bounces").content.decode()
    assert "Not understood" in desk.get("/campaigns/bounces?kind=unknown").content.decode()
    assert Desk(cast.bob).get("/campaigns/bounces").status_code == 403


def test_a_report_of_another_systems_delivery_does_nothing(database: Database, alice: Person, cast: Cast) -> None:
    send(database, alice.tenant)
    row = office.rows(alice.tenant)["ada@example.com"]
    told = hand_in(cast.charlie, back(HARD, row)).json()
    assert (told["delivery"], told["open"]) == (None, True)
    assert office.rows(alice.tenant)["ada@example.com"].state == "sent"
    assert held(alice.tenant) == held(cast.charlie.tenant) == {}
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    assert client.get("/api/bounces").json()["data"] == []


def test_the_listing_and_what_it_refuses(database: Database, alice: Person) -> None:
    hand_in(alice, b"From: x@example.com\n\nhuh")
    hand_in(alice, SAMPLES["delivered"][0].encode())
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    kinds = lambda query: [each["kind"] for each in client.get(f"/api/bounces{query}").json()["data"]]  # noqa: E731
    assert kinds("") == ["unknown", "notice"]
    assert kinds("?kind=notice") == ["notice"]
    assert kinds("?open=true") == ["unknown"]
    assert client.get("/api/bounces?kind=odd").status_code == 422
    assert hand_in(alice, b"x", content_type="image/png").status_code == 415
    assert hand_in(alice, b"").status_code == 400
    assert hand_in(alice, b"x" * (receiving.LIMIT + 1)).status_code == 413
    assert hand_in(alice, b"x", query="?colour=red").status_code == 422
    assert hand_in(alice, b"\x00\xff\xfe binary", query="?recipient=ada%2B1%40x.example").status_code == 201


def test_more_than_one_bounce_in_twenty_pauses_a_campaign(database: Database, tenant: Tenant) -> None:
    office.many(database, tenant, 120)
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, kind="invitation", reminders=[7])
        until(lambda: len(server.taken) == 120 and not office.waiting(tenant), "it is out", 60)
    rows = [row for row in office.rows(tenant, campaign).values() if row.state == "sent"]
    for number, row in enumerate(rows[:8]):
        state = office.refreshed(tenant, campaign).state
        assert state == ("running" if number < 7 else "paused"), number
        with tenant_scope(tenant) as tenant_id:
            receiving.take(tenant_id, back(HARD, row), "api")
    assert office.refreshed(tenant, campaign).reason == "bounces"


def test_a_resumed_campaign_is_paused_by_what_bounces_from_then_on(database: Database, tenant: Tenant) -> None:
    office.many(database, tenant, 220)
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, kind="invitation", reminders=[7])
        until(lambda: len(server.taken) == 220 and not office.waiting(tenant), "it is out", 60)
    rows = [row for row in office.rows(tenant, campaign).values() if row.state == "sent"]
    with tenant_scope(tenant) as tenant_id:
        for row in rows[:13]:
            receiving.take(tenant_id, back(HARD, row), "api")
    assert office.refreshed(tenant, campaign).state == "paused"
    office.act(tenant, acts.resume, campaign)
    with tenant_scope(tenant) as tenant_id:
        receiving.take(tenant_id, back(HARD, rows[13]), "api")
    assert office.refreshed(tenant, campaign).state == "running"
    with tenant_scope(tenant) as tenant_id:  # as if a hundred more had been sent since
        Campaign.objects.filter(tenant_id=tenant_id, id=campaign.id).update(past_mails=120)
        for row in rows[14:19]:
            receiving.take(tenant_id, back(HARD, row), "api")
    assert office.refreshed(tenant, campaign).state == "paused"


def test_of_three_in_a_row_one_that_nobody_knows_when_it_went_is_not_the_last(
    database: Database, alice: Person
) -> None:
    tenant = alice.tenant
    doubtful = send(database, tenant, kind="general")
    with tenant_scope(tenant) as tenant_id:
        Delivery.objects.filter(tenant_id=tenant_id).update(state="in doubt", sent_at=None)
    for number in range(3):
        campaign = send(database, tenant, kind="general", name=f"No. {number}")
        hand_in(alice, back(SOFT, office.rows(tenant, campaign)["ada@example.com"]))
    assert office.rows(tenant, doubtful)["ada@example.com"].state == "in doubt"
    assert held(tenant) == {"e:ada@example.com": "bounce"}


def test_a_place_in_the_list_without_bounds_is_the_first(alice: Person) -> None:
    for start in ("9" * 20, "9" * 5000, "²"):
        assert Desk(alice).get(f"/campaigns/bounces?start={start}").status_code == 200


@pytest.fixture
def box() -> Iterator[Post]:
    with post() as made:
        yield made


def test_a_mailbox_is_read_each_mail_once(database: Database, alice: Person, box: Post) -> None:
    send(database, alice.tenant)
    rows = office.rows(alice.tenant)
    desk = Desk(alice)
    given = {"host": "127.0.0.1", "port": box.port, "security": "imap", "user_name": "ada", "folder": "INBOX"}
    wrong = desk.post("/campaigns/bounces/mailbox", **given, password="wrong")
    assert wrong.status_code == 302
    assert "who are you?" in desk.get("/campaigns/bounces").content.decode()
    assert desk.post("/campaigns/bounces/mailbox", **given, password=PASSWORD).status_code == 302
    assert "it answered" in desk.get("/campaigns/bounces").content.decode()
    with tenant_scope(alice.tenant) as tenant_id:
        row = BounceMailbox.objects.get(tenant_id=tenant_id)
    assert PASSWORD.encode() not in bytes(row.password)
    assert PASSWORD not in desk.get("/campaigns/bounces/mailbox").content.decode()
    box.put(back(HARD, rows["ada@example.com"]).decode())
    box.put("From: bob@example.com\nSubject: Hi\n\nHello")
    jobs.fetch_bounces(0)
    assert fetching.visit(alice.tenant.pk) is None
    assert box.fetched == [1, 2]
    assert office.states(alice.tenant)["ada@example.com"] == "bounced"
    box.put(back(SOFT, rows["bob@example.com"]).decode())
    fetching.visit(alice.tenant.pk)
    assert box.fetched == [1, 2, 3]
    box.validity = 8
    fetching.visit(alice.tenant.pk)
    with tenant_scope(alice.tenant) as tenant_id:
        kinds = BounceReport.objects.filter(tenant_id=tenant_id).order_by("id").values_list("kind", flat=True)
        assert list(kinds) == [Kind.HARD, Kind.UNKNOWN, Kind.SOFT]


def test_a_mailbox_that_is_away_says_so_and_is_removed(alice: Person, box: Post, cast: Cast) -> None:
    desk = Desk(alice)
    given = {"host": "127.0.0.1", "port": box.port, "security": "imap", "user_name": "ada", "password": PASSWORD}
    desk.post("/campaigns/bounces/mailbox", **given, folder="Nowhere")
    assert "Nowhere cannot be opened" in desk.get("/campaigns/bounces").content.decode()
    desk.post("/campaigns/bounces/mailbox", **given | {"port": 1, "folder": "INBOX"})
    assert "cannot be read" in str(fetching.visit(alice.tenant.pk))
    assert desk.post("/campaigns/bounces/mailbox/remove").status_code == 302
    assert fetching.visit(alice.tenant.pk) is None
    assert Desk(cast.bob).get("/campaigns/bounces/mailbox").status_code == 403


def test_a_kept_password_goes_to_no_other_place(alice: Person, box: Post) -> None:
    desk = Desk(alice)
    given = {"host": "127.0.0.1", "port": box.port, "security": "imap", "user_name": "ada", "folder": "INBOX"}
    assert desk.post("/campaigns/bounces/mailbox", **given, password=PASSWORD).status_code == 302
    assert desk.post("/campaigns/bounces/mailbox", **given | {"folder": "INBOX/b"}).status_code == 302
    elsewhere = ({"host": "localhost"}, {"port": box.port + 1}, {"security": "imap+tls"}, {"user_name": "ada2"})
    for change in elsewhere:
        answer = desk.post("/campaigns/bounces/mailbox", **given | change)
        assert answer.status_code == 422, change
        assert "The password must be given again" in answer.content.decode()
    with tenant_scope(alice.tenant) as tenant_id:
        assert BounceMailbox.objects.get(tenant_id=tenant_id).host == "127.0.0.1"


def test_a_server_that_sends_or_waits_without_end_is_left(
    database: Database, alice: Person, box: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = fetching.Mailbox("127.0.0.1", box.port, "imap", "ada", PASSWORD, "INBOX", None, 0)
    for _ in range(3):
        box.put("Subject: Hi\n\n" + "Hello" * 100)
    monkeypatch.setattr(fetching, "ENOUGH", 0.0)
    assert list(fetching.fetch(place)) == []
    monkeypatch.setattr(fetching, "ENOUGH", 40.0)
    monkeypatch.setattr(fetching._Plain, "left", 2 * receiving.LIMIT + 800)
    assert 0 < len(list(fetching.fetch(place))) < 3
    monkeypatch.setattr(fetching._Plain, "left", 100)
    assert "it sends more than" in (fetching.check(place) or "")
    monkeypatch.setattr(fetching._Plain, "left", fetching.BYTES)
    monkeypatch.setattr(fetching, "WHOLE", 0.3)
    box.silent = True
    begun = monotonic()
    assert fetching.check(place)
    assert monotonic() - begun < 10
