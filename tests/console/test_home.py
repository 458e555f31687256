"""Home: the chart, the sources, what needs attention; and the first steps of an empty system."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from rapport.connected_apps import issue
from rapport.console.pages.home import _since
from rapport.evidence.forms import RequestsForm
from rapport.members.access import Member
from rapport.members.models import Membership
from rapport.tenants.actors import COMMAND
from tests.configurations.test_unmapped import put as put_unmapped
from tests.connected_apps import counted
from tests.console.visitor import visitor
from tests.evidence.delivery import deliver
from tests.evidence.test_request_pages import text

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database


def home(person: Person, **query: str) -> Any:
    answer = visitor(person).get(f"/s/{person.tenant.slug}", query)
    assert answer.status_code == 200
    return answer


def links(answer: Any) -> list[str]:
    """Where the content leads, besides the navigation."""
    return re.findall(r'href="([^"]+)"', answer.content.decode().partition('<main id="content"')[2])


@pytest.fixture
def busy(cast: Cast, database: Database, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A cast whose system took some records."""
    monkeypatch.setattr(counted, "NOW", datetime.now(UTC))
    deliver(database, cast.alice, {"Email": "ada@example.com"})
    counted.put(cast.alice, 0, 1200, ignored=300)
    counted.put(cast.alice, 0, 34, "rejected")
    put_unmapped(cast.alice, "Frist Name", "Ada", "Grace", at=datetime.now(UTC))
    return cast


def test_the_last_hours_in_numbers(busy: Cast) -> None:
    answer = home(busy.alice, span="24h")
    told = text(answer)
    assert "1,234 records in the last 24 hours" in told
    assert "Created 1,200 Updated 0 Unchanged or repeated 0 Rejected or not written 34" in told
    assert (
        answer.content.decode().count('class="column"') == 2 * 24
    )  # one drawing for wide screens, one for narrow ones
    days = home(busy.alice, span="30d")
    assert "1,234 records in the last 30 days" in text(days)
    assert days.content.decode().count('class="column"') == 2 * 30
    hour = home(busy.alice)
    assert "1 record in the last hour" in text(hour)
    assert hour.content.decode().count('class="column"') == 2 * 60


def test_each_source_with_what_it_sent(busy: Cast) -> None:
    answer = home(busy.alice)
    assert "Alice&#x27;s app 1,234 1,234" in text(answer)
    assert "2.8 % 24 %" in text(answer)
    assert "34 of 1,234 records were not written in the last 24 hours. Look into it" in text(answer)
    refused = [link.partition("/data/")[2] for link in links(answer) if "outcome=refused" in link]
    since = r"from=20\d\d-\d\d-\d\dT\d\d%3A\d\d"
    whose = "&amp;app=[0-9a-f-]{36}"
    expected = [f"requests\\?outcome=refused&amp;{since}{more}" for more in ("", whose)]
    assert all(map(re.fullmatch, expected, refused)), refused
    assert any("/connected-apps/" in link for link in links(answer))


def test_what_needs_attention_leads_to_its_remedy(busy: Cast) -> None:
    counted.put(busy.bob, 0, 100, "rejected")
    answer = home(busy.alice)
    assert "100 of 100 records from Bob&#x27;s app were not written in the last two hours." in text(answer)
    assert "2 values arrived under Frist Name, which nothing maps; it may be First Name." in text(answer)
    places = [link.partition("/data/")[2] for link in links(answer)]
    assert "unmapped/map?configuration=contact&amp;heading=Frist+Name" in places
    assert any(place.startswith("requests?app=") and "&amp;outcome=refused&amp;from=" in place for place in places)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_link_means_its_moment_where_clocks_change_too(cast: Cast, day: datetime) -> None:
    cast.alice.tenant.time_zone = "Europe/Berlin"
    member = Member(user=cast.alice.user, tenant=cast.alice.tenant, role=Membership.Role.ADMIN, systems=())
    for minutes in range(0, 240, 30):
        since = day + timedelta(minutes=minutes)
        query = QueryDict(_since(member, since).partition("?")[2])
        form = RequestsForm(query, sources={}, configurations=(), zone=ZoneInfo("Europe/Berlin"))
        form.is_valid()
        assert form.cleaned_data.get("from") == since, form.errors


def test_nothing_to_look_at_is_said(cast: Cast, database: Database) -> None:
    deliver(database, cast.alice, {"Email": "ada@example.com"})
    assert "Nothing. Every source sends as usual" in text(home(cast.alice))


def test_users_see_what_goes_on_but_no_links_to_what_they_may_not(busy: Cast) -> None:
    answer = home(busy.bob, span="24h")
    assert "1,234 records" in text(answer)
    assert "2 values arrived under Frist Name" in text(answer)
    assert [link for link in links(answer) if "/data/" in link or "/settings/" in link] == []


def test_an_empty_system_shows_its_first_steps(cast: Cast) -> None:
    answer = home(cast.alice)
    told = text(answer)
    assert "Nothing has come in yet" in told
    assert "-d client_id=CLIENT_ID" in told
    assert "curl -i -X PUT http://testserver/records" in told
    assert "Waiting for your first record" in told
    issue.deactivate(cast.alice.tenant, COMMAND, cast.bob.client_id)
    assert f"-d client_id={cast.alice.client_id} " in text(home(cast.alice))
    assert cast.alice.client_id not in home(cast.bob).content.decode(), "a User does not see Connected Apps"
    issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    assert "There is no Connected App yet" in text(home(cast.alice))


def test_users_of_an_empty_system_are_shown_no_commands(cast: Cast) -> None:
    answer = home(cast.bob)
    assert "Waiting for your first record" in text(answer)
    assert "curl" not in text(answer)


def test_the_first_record_is_shown_to_whoever_waits_for_it(cast: Cast, database: Database) -> None:
    assert "Waiting" in text(home(cast.alice, waiting="1"))
    deliver(database, cast.alice, {"Email": "ada@example.com", "Frist Name": "Ada"})
    told = text(home(cast.alice, waiting="1"))
    assert "Waiting" not in told
    assert "stored as Email: ada@example.com" in told
    assert "ignored: nothing maps this heading" in told
    assert "Needs attention" in text(home(cast.alice))


def test_home_asks_as_often_whatever_there_is(busy: Cast) -> None:
    client, counts = visitor(busy.alice), []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/s/{busy.alice.tenant.slug}")
        counts.append(len(captured))
        for number in range(5):
            app = issue.create_app(busy.alice.tenant, COMMAND, f"App {len(counts)}.{number}")
            counted.put(busy.alice, number, 100, "rejected")
            assert app.client_id
    assert counts[1] == counts[2] <= 33
