"""The pages of the request history: the list, its filters, and one record with its receipt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations.models import Configuration
from rapport.connected_apps import webhooks
from rapport.connected_apps.models import ConnectedApp
from rapport.db.write import Actor
from rapport.directory import hand
from rapport.directory.follower import step
from rapport.evidence import feeds
from rapport.evidence.forms import PAGE
from rapport.history.models import Change, SentRecord
from rapport.members.models import Role
from rapport.tenants.actors import COMMAND
from rapport.tenants.query import Place, place
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.console.visitor import visitor
from tests.evidence.delivery import deliver
from tests.stock import put_contact

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.cast import Cast, Person
    from tests.conftest import Database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def text(answer: Any) -> str:
    """What people read of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def put(person: Person, minutes: float = 0, **columns: Any) -> SentRecord:
    """A row of a person's history, so many minutes after noon."""
    row = {
        "at": NOON + timedelta(minutes=minutes),
        "id": uuid7(),
        "request_id": "r",
        "position": 0,
        "actor_type": "app",
        "status": 200,
        "outcome": "created",
        "objects_written": [],
    }
    with tenant_scope(person.tenant) as tenant_id:
        return SentRecord.objects.create(tenant_id=tenant_id, **row | columns)


@pytest.fixture
def client(cast: Cast) -> Client:
    """Alice's browser."""
    return visitor(cast.alice)


@pytest.fixture
def get(cast: Cast, client: Client) -> Callable[..., Any]:
    """Asks for the list with these filters."""

    def ask(**query: Any) -> Any:
        return client.get(f"/s/{cast.alice.tenant.slug}/data/requests", {k.rstrip("_"): v for k, v in query.items()})

    return ask


def listed(answer: Any) -> list[str]:
    """The places of the rows that a page shows."""
    assert answer.status_code == 200
    return re.findall(r'<tr data-href="[^"]*/data/requests/([^"/]+)"', answer.content.decode())


def one(person: Person, row: SentRecord | str) -> str:
    return f"/s/{person.tenant.slug}/data/requests/{row if isinstance(row, str) else place(row)}"


def test_an_empty_history_says_what_will_be_here(get: Callable[..., Any]) -> None:
    assert "Nothing has come in yet" in text(get())


def test_the_newest_record_comes_first_with_everything_that_names_it(
    cast: Cast, database: Database, get: Callable[..., Any]
) -> None:
    deliver(database, cast.alice, {"Account Name": "Acme"}, configuration="account")
    deliver(database, cast.alice, {"Email": "ada@example.com", "Frist Name": "Ada"})
    deliver(database, cast.alice, {"Email": "nonsense"})
    answer = get()
    rows = re.findall(r"<tr data-href.*?</tr>", answer.content.decode(), re.DOTALL)
    told = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]
    assert told == [
        "just now Rejected nonsense The Email must be a valid email address. Alice&#x27;s app Contacts (Default) 422",
        "just now Created ada@example.com Alice&#x27;s app Contacts (Default) 1 ignored 200",
        "just now Created Acme Alice&#x27;s app Accounts (Default) 200",
    ]


def test_each_filter_narrows_the_list(cast: Cast, get: Callable[..., Any]) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.bob.client_id).id
        contact = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
    rows = {
        "outcome": put(cast.alice, 1, outcome="rejected"),
        "app": put(cast.alice, 2, actor_id=app),
        "configuration": put(cast.alice, 3, configuration_id=contact),
        "e-mail": put(cast.alice, 4, email_key="ada@example.com"),
        "phone": put(cast.alice, 5, phone_key="442079460018"),
        "request": put(cast.alice, 6, request_id="wanted"),
    }
    for name, query in (
        ("outcome", {"outcome": "rejected"}),
        ("app", {"app": str(app)}),
        ("configuration", {"configuration": "contact"}),
        ("e-mail", {"text": " Ada@Example.com "}),
        ("phone", {"text": "+44 20 7946 0018"}),
        ("request", {"text": "wanted"}),
    ):
        assert listed(get(**query)) == [place(rows[name])], name
    beside = put(cast.alice, 7, outcome="not_written")
    assert listed(get(outcome="refused")) == [place(beside), place(rows["outcome"])]
    marked = put(cast.alice, 8, ignored=["Frist Name"])
    assert listed(get(outcome="ignored")) == [place(marked)]
    assert "data/replay/new?outcome=rejected" in get(outcome="rejected").content.decode()
    assert re.search(r'data/replay/new\?"', get(outcome="refused").content.decode())
    answer = get(text="nobody@example.com")
    assert "Nothing found" in text(answer)
    assert 'value="nobody@example.com"' in answer.content.decode()


def test_times_are_those_of_the_system(cast: Cast, get: Callable[..., Any]) -> None:
    cast.alice.tenant.time_zone = "America/New_York"
    cast.alice.tenant.save(update_fields=["time_zone"])
    rows = [put(cast.alice, minutes) for minutes in (0, 60, 120)]
    assert listed(get(from_="2026-11-20T08:00", to="2026-11-20T09:00")) == [place(rows[1])]


@pytest.mark.parametrize("query", [{"from_": "soon"}, {"outcome": "eaten"}, {"app": "x"}, {"configuration": "nobody"}])
def test_a_filter_that_makes_no_sense_is_told(cast: Cast, get: Callable[..., Any], query: dict[str, str]) -> None:
    put(cast.alice)
    answer = get(**query)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_columns_are_chosen_in_the_address(cast: Cast, get: Callable[..., Any]) -> None:
    put(cast.alice, email_key="ada@example.com")
    assert re.findall(r"<th[^>]*>([^<]+)</th>", get().content.decode())[2:] == [
        "About", "Source", "Configuration", "Marks", "Status"
    ]  # fmt: skip
    some = get(column=["status", "about"])
    assert re.findall(r"<th[^>]*>([^<]+)</th>", some.content.decode())[2:] == ["About", "Status"]
    row = re.findall(r"<td.*?</td>", some.content.decode(), re.DOTALL)
    assert len(row) == 4
    assert some.content.decode().count(" checked") == 2


def test_pages_go_back_and_forth_without_skipping(cast: Cast, get: Callable[..., Any]) -> None:
    rows = [place(put(cast.alice, number)) for number in range(2 * PAGE + 5)][::-1]
    first = get()
    assert listed(first) == rows[:PAGE]
    second = get(cursor=rows[PAGE - 1])
    assert listed(second) == rows[PAGE : 2 * PAGE]
    assert f"newer={rows[PAGE]}" in second.content.decode()
    third = get(cursor=rows[2 * PAGE - 1])
    assert listed(third) == rows[2 * PAGE :]
    assert 'rel="next"' not in third.content.decode()
    assert listed(get(newer=rows[2 * PAGE])) == rows[PAGE : 2 * PAGE]
    assert listed(get(newer=rows[PAGE])) == rows[:PAGE]
    assert listed(get(newer=rows[0])) == []
    assert 'rel="prev"' not in get(newer=rows[PAGE]).content.decode()
    assert listed(get(cursor="nonsense")) == rows[:PAGE]


def test_a_rare_outcome_is_looked_for_in_steps(
    cast: Cast, get: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LOOKED_AT", 10)
    rows = [
        put(cast.alice, number, outcome="rejected" if number in (0, 10, 20, 30) else "created") for number in range(31)
    ]
    wanted = [place(rows[number]) for number in (30, 20, 10, 0)]
    found, query = [], {"outcome": "rejected"}
    for _ in range(4):
        answer = get(**query)
        found.append(listed(answer))
        further = re.search(r'cursor=([^"&]+)"?[^>]*>Look further back', answer.content.decode())
        if further is None:
            break
        query["cursor"] = further[1]
    assert found == [wanted[:2], wanted[2:3], wanted[3:]]
    assert listed(get(outcome="rejected", newer=wanted[3])) == [wanted[2]]


def test_the_list_tells_how_many_have_come_since(cast: Cast, get: Callable[..., Any]) -> None:
    first = put(cast.alice)
    shown = get().content.decode()
    assert f"since={place(first)}" in shown
    assert "new</a>" not in get(since=place(first)).content.decode()
    for number in range(3):
        put(cast.alice, 1 + number, outcome="rejected" if number else "created")
    assert "3 new" in text(get(since=place(first)))
    assert "2 new" in text(get(since=place(first), outcome="rejected"))
    for number in range(100):
        put(cast.alice, 10 + number)
    assert "99+ new" in text(get(since=place(first)))


def test_a_record_has_its_receipt_and_everything_about_it(cast: Cast, database: Database, client: Client) -> None:
    sent = {"Email": "ada@example.com", "Frist Name": "O'Hara", "Phone": ""}
    [row] = deliver(database, cast.alice, sent, request_id="req-7")
    answer = client.get(one(cast.alice, row))
    told = text(answer)
    for part in (
        "stored as Email",
        "Phone empty Phone stays as it is",
        "ignored: nothing maps this heading",
        "req-7",
        "Contacts (Default)",
        "HTTP status 200",
    ):
        assert part in told, part
    assert 'class="empty"' not in answer.content.decode(), "which is a box of its own"
    assert "curl -X PUT http://testserver/records" in told
    assert "&quot;configuration&quot;: &quot;contact&quot;" in answer.content.decode()
    contact = row.objects_written[0]["id"]
    assert f'/contacts/{contact}"' in answer.content.decode()


def test_a_record_of_a_batch_leads_to_its_neighbours(cast: Cast, database: Database, client: Client) -> None:
    rows = deliver(database, cast.alice, *({"Email": f"{name}@example.com"} for name in "abc"))
    middle = client.get(one(cast.alice, rows[1])).content.decode()
    assert one(cast.alice, rows[0]) in middle
    assert one(cast.alice, rows[2]) in middle
    assert "record 2" in middle
    assert "Record before" not in client.get(one(cast.alice, rows[0])).content.decode()


def test_a_webhooks_record_is_sent_again_through_the_webhook(cast: Cast, database: Database, client: Client) -> None:
    made = webhooks.create(cast.alice.tenant, COMMAND, "contact", database.settings)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        contact = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
    row = put(
        cast.alice, actor_type="webhook", actor_id=made.id, configuration_id=contact, sent={"Email": "a@example.com"}
    )
    told = text(client.get(one(cast.alice, row)))
    assert made.url in told
    assert f"{made.user_name}:PASSWORD" in told


def test_what_is_not_kept_any_more_cannot_be_sent_again(cast: Cast, client: Client) -> None:
    told = text(
        client.get(one(cast.alice, put(cast.alice, errors={"configuration": ["No such thing."]}, outcome="rejected")))
    )
    assert "What was sent is not kept any more" in told
    assert "No such thing." in told
    assert "curl" not in told


def test_an_activity_is_sent_again_to_its_own_address(cast: Cast, client: Client) -> None:
    row = put(cast.alice, sent={"account": "Acme", "type": "call"})
    assert "curl -X PUT http://testserver/activities" in text(client.get(one(cast.alice, row)))


def test_a_change_of_the_ledger_leads_to_its_record(cast: Cast, database: Database, client: Client) -> None:
    [row] = deliver(database, cast.alice, {"Email": "ada@example.com"})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        seq = Change.objects.get(tenant_id=tenant_id).seq
    answer = client.get(one(cast.alice, f"of-change/{seq}"))
    assert (answer.status_code, answer.headers["Location"]) == (302, one(cast.alice, row))
    assert client.get(one(cast.alice, f"of-change/{seq + 1}")).status_code == 404


def test_a_change_whose_record_is_no_longer_kept_says_so(cast: Cast) -> None:
    """The ledger stays; rows of the request history leave after 90 days."""
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        seq = Change.objects.get(tenant_id=tenant_id, object_id=contact).seq
    answer = visitor(cast.alice).get(one(cast.alice, f"of-change/{seq}"), follow=True)
    assert answer.redirect_chain == [(one(cast.alice, "").rstrip("/"), 302)]
    assert "is no longer in the request history" in answer.content.decode()


def test_nobody_sees_the_records_of_another_system(cast: Cast) -> None:
    row = put(cast.alice, email_key="veiled@example.org")
    charlie = visitor(cast.charlie)
    assert charlie.get(one(cast.alice, row)).status_code == 404
    assert charlie.get(one(cast.charlie, row)).status_code == 404
    assert listed(charlie.get(f"/s/{cast.charlie.tenant.slug}/data/requests")) == []
    assert charlie.get(one(cast.charlie, "A" * 32)).status_code == 404


def test_users_do_not_read_the_history_and_admins_do(cast: Cast) -> None:
    row = put(cast.alice)
    admin = new_person("Ann", cast.alice.tenant, Role.ADMIN)
    for address in (one(cast.alice, row), f"/s/{cast.alice.tenant.slug}/data/requests"):
        assert visitor(cast.bob).get(address).status_code == 403
        assert visitor(admin).get(address).status_code == 200


def test_a_page_asks_as_often_for_many_records_as_for_one(
    cast: Cast, database: Database, get: Callable[..., Any]
) -> None:
    counts = []
    get()
    for _ in range(2):
        deliver(database, cast.alice, *({"Email": f"{uuid7()}@example.com"} for _ in range(10)))
        with CaptureQueriesContext(connection) as captured:
            get()
        counts.append(len(captured))
    assert counts[0] == counts[1]


FILL = """
insert into requests (tenant_id, at, id, request_id, position, actor_type, status, outcome, objects)
select %(tenant)s, %(start)s::timestamptz + n * interval '1 second', md5('r' || n)::uuid, 'r', 0, 'app', 200,
       case when n %% 5000 = 1 then 'rejected' else 'created' end, '[]'
from generate_series(1, 20000) n
"""


def test_no_look_reads_more_than_its_part(cast: Cast, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two systems of 20,000 records, a filter reads the 200 that it may look at, by the primary key."""
    monkeypatch.setattr(feeds, "LOOKED_AT", 200)
    start = datetime.now(UTC) - timedelta(hours=7)
    for person in (cast.alice, cast.charlie):
        with psycopg.connect(database.app) as connected:
            connected.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")
            psycopg.ClientCursor(connected).execute(FILL, {"tenant": person.tenant.pk, "start": start})
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("vacuum analyze requests")
    none = feeds.RequestsWanted(
        cursor=None, limit=50, app=None, configuration=None, outcome="rejected", text=None, start=None, end=None
    )
    middle = (start + timedelta(hours=3), UUID(int=0))
    for cursor, newer in ((None, False), (middle, False), (middle, True)):
        wanted = feeds.RequestsWanted(**vars(none) | {"cursor": cursor and Place(*cursor)})
        with tenant_scope(cast.alice.tenant) as tenant_id, CaptureQueriesContext(connection) as captured:
            assert len(feeds.look(tenant_id, wanted, newer=newer).rows) <= 1
        for query in captured.captured_queries:
            if '"requests"' not in query["sql"]:
                continue
            with tenant_scope(cast.alice.tenant), connection.cursor() as cursor_:
                cursor_.execute(f"explain (analyze, timing off, costs off) {query['sql']}")
                plan = "\n".join(line for (line,) in cursor_.fetchall())
            assert "Seq Scan" not in plan.replace("Seq Scan on requests_", ""), plan
            assert max(map(float, re.findall(r"actual rows=([\d.]+)", plan))) <= 201, plan
            assert max(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan)), default=0) <= 203, plan


def test_a_persons_edit_is_a_record_like_any_other(cast: Cast, client: Client, get: Callable[..., Any]) -> None:
    id = put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada", job_title="Analyst")
    actor = Actor("user", cast.alice.user.id)
    hand.write(cast.alice.tenant, actor, "contact", {"job_title": "Présidente"}, "by-hand", hand.Shown(id))
    shown = get(app=str(cast.alice.user.id))
    assert "Ada ada@example.com Alice" in text(shown)
    [token] = listed(shown)
    page = client.get(f"/s/{cast.alice.tenant.slug}/data/requests/{token}")
    told = text(page)
    assert "Job Title Présidente stored as Job Title: Analyst Présidente" in told, told[told.index("became of it") :][
        :300
    ]
    assert "by Alice" in told
    for absent in ("HTTP status", "Send it again", "curl", "not known to the configuration", "Configuration none"):
        assert absent not in told
    assert "<title>Ada: updated" in page.content.decode()


def test_the_list_says_whom_and_why(get: Callable[..., Any], cast: Cast, database: Database) -> None:
    deliver(database, cast.alice, {"Email": "ada@", "First Name": "Ada"})
    deliver(database, cast.alice, {"Email": "Jürgen@überfirma.de"})
    told = text(get())
    assert "Ada ada@ The Email" in told
    assert "The Email must be a valid email address." in told
    assert "Jürgen@überfirma.de" in told
    assert "xn--" not in told


def test_refused_records_are_grouped_by_reason(get: Callable[..., Any], cast: Cast, database: Database) -> None:
    for email in ("a@", "b@", ""):
        deliver(database, cast.alice, {"Email": email, "First Name": "Veiled"})
    page = get(outcome="rejected")
    told = text(page)
    assert "The Email must be a valid email address. 2 records, for example Veiled" in told
    both = (
        "The Email field is required when Phone is not present. The Phone field is required when Email is not present."
    )
    assert f"{both} 1 record, for example Veiled" in told
    assert told.count("for example") == 2
    address = next(each for each in re.findall(r'<a href="([^"]+)">The Email field', page.content.decode()))
    assert len(listed(get(**dict(parse_qsl(address.replace("&amp;", "&").partition("?")[2]))))) == 1
    one = get(outcome="rejected", reason="The Email must be a valid email address.")
    assert len(listed(one)) == 2
    assert "Why" not in text(one).split("Refused with")[1]


def test_a_reason_counts_what_its_link_finds(get: Callable[..., Any], cast: Cast) -> None:
    long = [f"The Heading {n} must be a number between 0 and 1,000,000, which this one is not." for n in range(20)]
    for told in (["Bad."], ["Bad.", "Worse."], ["Worse.", "Bad."], ['Odd: ]}"\\ "Bad."', "Bad."], long):
        put(cast.alice, status=422, outcome="rejected", errors={f'["H{n}': [each] for n, each in enumerate(told)})
    page = get(outcome="rejected")
    links = re.findall(r'<a href="([^"]+reason=[^"]+)">.*?</a></p><p class="quiet">(\d+) record', page.content.decode())
    assert sorted(int(count) for _, count in links) == [1, 1, 1, 2]
    for address, count in links:
        found = get(**dict(parse_qsl(address.replace("&amp;", "&").partition("?")[2])))
        assert (found.status_code, len(listed(found))) == (200, int(count))


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("grace", 1),
        ("überfirma", 1),
        ("@überfirma.de", 1),
        ("example.com", 2),
        ("GRACE@", 1),
        ("Veiled Works", 2),
        ("veiled w", 2),
        ("4401", 1),
        ("überf", 1),
        ("Groß", 2),
        ("gross", 1),
        ("nobody", 0),
        ("z", 0),
    ],
)
def test_the_history_is_searched_by_parts(
    get: Callable[..., Any], cast: Cast, database: Database, part: str, found: int
) -> None:
    deliver(database, cast.alice, {"Email": "grace@example.com"}, {"Email": "kurt@überfirma.de"})
    deliver(database, cast.alice, {"Email": "ada@example.com", "Phone": "+44 4401 99"})
    deliver(database, cast.alice, {"Email": "x", "Account Name": "Veiled Works", "Last Name": "Groß"})
    deliver(database, cast.alice, {"Email": "zoe@example.org", "Last Name": "Groß", "Account Name": "Veiled Works"})
    deliver(database, cast.charlie, {"Email": "grace@example.com", "Last Name": "Groß"})
    while step(cast.alice.tenant.pk):
        pass
    assert len(listed(get(text=part))) == found


def test_the_reference_of_no_configuration_is_told(get: Callable[..., Any], cast: Cast, client: Client) -> None:
    errors = {"configuration": ["The selected configuration is invalid."]}
    row = put(cast.alice, status=422, outcome="rejected", errors=errors, sent={"configuration": "nightli"})
    assert "Unknown configuration nightli" in text(get())
    assert "data/replay/new?record" not in client.get(one(cast.alice, row)).content.decode()
    told = text(client.get(f"/s/{cast.alice.tenant.slug}/data/requests/{place(row)}"))
    assert "nightli" in told
    assert "Nothing of the record was kept: only a configuration says whose data it is." in told
    assert "curl" not in told
