"""The words of contacts and accounts follow the ledger, and searches read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from rapport.configurations.models import CustomField
from rapport.directory import follower, search
from rapport.directory.follower import Follower, step
from rapport.directory.models import AccountKey, Contact, ContactKey, SearchHead, SearchToken
from rapport.directory.search import Mark
from rapport.directory.tokens import IN_ORDER
from rapport.history.models import Change
from rapport.tenants import registry
from rapport.tenants.models import Tenant, TenantHead
from rapport.tenants.scope import tenant_scope
from tests.conftest import django_on
from tests.ingest.serving import PATIENCE, until
from tests.stock import change_contact, put_account, put_contact

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast
    from tests.conftest import Database


def follow(tenant: Tenant) -> int:
    """Steps until nothing is left; how many entries of the ledger were read."""
    total = 0
    while read := step(tenant.pk):
        total += read
    return total


def find(tenant: Tenant, text: str, object_type: str = "contact", **more: Any) -> list[UUID]:
    """The first page's objects."""
    with tenant_scope(tenant) as tenant_id:
        return search.find(tenant_id, object_type, text, **more).ids


def pages(tenant: Tenant, text: str, limit: int) -> list[UUID]:
    """The objects of all pages; each cursor goes through the text that callers see."""
    found, after = [], None
    while True:
        with tenant_scope(tenant) as tenant_id:
            page = search.find(tenant_id, "contact", text, after, limit)
        assert len(page.ids) <= limit
        found += page.ids
        if page.after is None:
            return found
        assert after is None or page.after > after
        after = Mark.parse(str(page.after))


def tokens(tenant: Tenant) -> set[str]:
    """The words that are looked for, without those that lists are sorted by."""
    with tenant_scope(tenant) as tenant_id:
        words = SearchToken.objects.filter(tenant_id=tenant_id, token__lt=IN_ORDER)
        return set(words.values_list("token", flat=True))


def places(tenant: Tenant) -> dict[tuple[str, UUID], str]:
    """Where each word of each object stands: written again, it would stand elsewhere."""
    with tenant_scope(tenant) as tenant_id, connection.cursor() as cursor:
        cursor.execute("select token, object_id, ctid::text from search_tokens where tenant_id = %s", [tenant_id])
        return {(token, object_id): place for token, object_id, place in cursor.fetchall()}


# What is found.


def test_a_contact_is_found_by_the_beginnings_of_its_words(cast: Cast) -> None:
    tenant = cast.alice.tenant
    ada = put_contact(
        tenant, email="a.king@example.com", phone="+47 123-45 678", first_name="Zoë Ada", last_name="Lovelace"
    )
    put_contact(tenant, email="grace@navy.mil", first_name="Grace", last_name="Hopper")
    assert follow(tenant) == 2
    for text in ("ada", "ZOE", "lov", "ada love", "love a", "a.king@ex", "king", "example.com", "4712", "+47 123"):
        assert find(tenant, text) == [ada], text
    for text in ("ada hopper", "velace", "com", "12345", "", "  ", "\0", "\ud800 -"):
        assert find(tenant, text) == [], text
    assert find(tenant, "ada", "account") == []
    assert find(cast.charlie.tenant, "ada") == []


def test_an_account_is_found_by_its_names(tenant: Tenant) -> None:
    account = put_account(tenant, "Analytical Engines", aliases=("Difference Works",), number="K-1042")
    follow(tenant)
    for text in ("engines", "diff works", "analytical difference", "1042"):
        assert find(tenant, text, "account") == [account], text
    assert find(tenant, "engines") == []


def test_custom_texts_are_found(tenant: Tenant) -> None:
    with tenant_scope(tenant) as tenant_id:
        for name, kind in (("team", "text"), ("note", "long text"), ("since", "date"), ("size", "integer")):
            field = {"object": "contact", "name": name, "label": name, "type": kind}
            CustomField.objects.create(tenant_id=tenant_id, **field)
    attributes = {"team": "Poets", "note": "met at sea", "since": "2026-11-23", "size": 12345, "gone": "odd"}
    ada = put_contact(tenant, email="ada@example.com", attributes=attributes)
    follow(tenant)
    assert [find(tenant, text) for text in ("poet", "sea", "2026", "12345", "odd")] == [[ada], [ada], [], [], []]


def test_whole_addresses_numbers_and_names_are_found_at_once_and_first(tenant: Tenant) -> None:
    other = put_contact(tenant, email="aaa@example.com", last_name="ada@example.com")
    follow(tenant)
    ada = put_contact(tenant, email="Ada@Example.com", phone="+47 12345")
    account = put_account(tenant, "Engines", aliases=("Works",))
    for _ in range(2):
        assert find(tenant, " ada@example.com ") == [ada, other]
        assert find(tenant, "0047") == []
        assert find(tenant, "(47) 12345") == [ada]
        assert find(tenant, " works", "account") == [account]
        assert pages(tenant, "ada@example.com", 1) == [ada, other]
        follow(tenant)


@pytest.mark.parametrize("text", ["person23", "person23@"])
def test_an_address_that_is_all_before_its_at_comes_before_longer_ones(tenant: Tenant, text: str) -> None:
    longer = [put_contact(tenant, email=f"person23{number}@contoso.example") for number in range(9)]
    wanted = put_contact(tenant, email="person23@contoso.example")
    follow(tenant)
    assert find(tenant, text) == [wanted, *longer]
    assert sorted(pages(tenant, text, 6)) == sorted([*longer, wanted])


def test_what_changed_is_found_by_its_new_words_only(tenant: Tenant) -> None:
    ada = put_contact(tenant, email="ada@example.com", last_name="Byron")
    follow(tenant)
    change_contact(tenant, ada, last_name="Lovelace")
    assert find(tenant, "byron") == [ada]
    assert find(tenant, "lovelace") == []
    follow(tenant)
    assert find(tenant, "byron") == []
    assert find(tenant, "lovelace") == [ada]
    assert tokens(tenant) == {"ada@example.com", "example.com", "lovelace"}


def test_what_is_gone_leaves_no_word(tenant: Tenant) -> None:
    ada = put_contact(tenant, email="ada@example.com")
    account = put_account(tenant, "Engines", aliases=("Works",))
    follow(tenant)
    change_contact(tenant, ada, first_name="Ada")
    with tenant_scope(tenant) as tenant_id:
        AccountKey.objects.filter(tenant_id=tenant_id, key="works").delete()
        ContactKey.objects.filter(tenant_id=tenant_id).delete()
        Contact.objects.filter(tenant_id=tenant_id).delete()
        head = TenantHead.objects.get(tenant_id=tenant_id)
        last = Change.objects.get(tenant_id=tenant_id, seq=head.seq)
        last.seq, last.object_type, last.object_id = head.seq + 1, "account", account
        last.save(force_insert=True)
        TenantHead.objects.filter(tenant_id=tenant_id).update(seq=last.seq)
    assert find(tenant, "ada") == [ada]
    follow(tenant)
    assert tokens(tenant) == {"engines"}


# Pages.


def test_pages_tell_every_object_once(tenant: Tenant) -> None:
    made = [
        put_contact(tenant, email=f"ada{number}@example.com", first_name=f"Ada Adam{number}", last_name="Adair")
        for number in range(25)
    ]
    follow(tenant)
    for text in ("ada", "a", "adair", "exa", "ada exa", "adam ada1"):
        found = pages(tenant, text, 4)
        assert len(found) == len(set(found))
        assert set(found) == ({made[1], *made[10:20]} if "1" in text else set(made)), text
    assert pages(tenant, "ada", 100) == pages(tenant, "ada", 1)


def test_two_frequent_words_that_rarely_meet_end_a_page_early(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", 10)
    for number in range(30):
        put_contact(tenant, email=f"left{number:02}@example.com")
    for number in range(31):
        put_contact(tenant, email=f"other{number:02}@example.com", first_name="Right")
    both = put_contact(tenant, email="left99@example.com", first_name="Rightful")
    follow(tenant)
    with tenant_scope(tenant) as tenant_id:
        first = search.find(tenant_id, "contact", "left right")
    assert (first.ids, first.after and first.after.token) == ([], "right")
    assert pages(tenant, "left right", 4) == [both]
    assert pages(tenant, "left99 right", 4) == [both]


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", "A" * 22, str(Mark("a", "b", UUID(int=1)))[:-2] + "_w"])
def test_a_cursor_that_nobody_handed_out_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Mark.parse(text)


# Following the ledger.


def test_a_step_reads_only_so_much_and_nothing_twice(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "STEP", 2)
    assert step(tenant.pk) == 0
    for number in range(3):
        put_contact(tenant, email=f"ada{number}@example.com")
    assert [step(tenant.pk) for _ in range(3)] == [2, 1, 0]
    with tenant_scope(tenant) as tenant_id:
        assert SearchHead.objects.get(tenant_id=tenant_id).seq == 3


def test_words_that_stay_are_not_written_again(tenant: Tenant) -> None:
    ada = put_contact(tenant, email="ada@example.com", first_name="Ada")
    follow(tenant)
    written = places(tenant)
    change_contact(tenant, ada, job_title="Analyst")
    follow(tenant)
    assert places(tenant) == written
    change_contact(tenant, ada, first_name="Augusta")
    follow(tenant)
    assert {word for word in places(tenant) if word not in written} == {
        ("augusta", ada),
        (f"{IN_ORDER}augusta", ada),
    }
    assert {word: place for word, place in places(tenant).items() if word in written}.items() <= written.items()


def test_one_look_finds_the_tenants_that_are_behind(cast: Cast) -> None:
    tenants = [cast.alice.tenant, cast.charlie.tenant]
    ids = [tenant.pk for tenant in tenants]
    for tenant in tenants:
        put_contact(tenant, email="ada@example.com")
        assert follower.behind(ids) == [tenant.pk]
        follow(tenant)
    assert follower.behind(ids) == []
    put_contact(tenants[1], email="grace@example.com")
    with CaptureQueriesContext(connection) as captured:
        assert follower.behind(ids) == ids[1:]
    assert len(captured.captured_queries) == 1


def test_a_tenant_that_somebody_works_at_is_left_alone(tenant: Tenant, database: Database) -> None:
    put_contact(tenant, email="ada@example.com")
    follow(tenant)
    put_contact(tenant, email="grace@example.com")
    with psycopg.connect(database.app) as other:
        other.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
        # Who waits after all gets the lock then, and fails the test.
        other.execute("set local idle_in_transaction_session_timeout = '20s'")
        other.execute("select from search_heads where tenant_id = %s for update", [tenant.pk])
        assert step(tenant.pk) == 0
    assert step(tenant.pk) == 1


def test_two_workers_at_once_do_no_harm(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "STEP", 3)
    made = [put_contact(tenant, email=f"ada{number}@example.com") for number in range(20)]

    def work() -> None:
        while not done():
            step(tenant.pk)
        connection.close()

    def done() -> bool:
        with tenant_scope(tenant) as tenant_id:
            return SearchHead.objects.filter(tenant_id=tenant_id, seq=20).exists()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(find(tenant, "ada")) == set(made)


@pytest.fixture
def served(fresh_database: Database) -> Iterator[Database]:
    with django_on(fresh_database):
        yield fresh_database


def test_the_thread_follows_every_tenant(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "PAUSE_SECONDS", 0.01)
    tenants = [registry.create(slug) for slug in ("one", "two")]
    with Follower():
        for number in range(2):
            made = [(tenant, put_contact(tenant, email=f"ada{number}@example.com")) for tenant in tenants]
            for tenant, ada in made:
                until(lambda tenant=tenant, ada=ada: ada in find(tenant, "ada"), "it is found")
    assert not any(thread.name == "search-follower" for thread in threading.enumerate())


def test_a_tenant_at_rest_is_looked_at_less_and_less_often(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0.0], []

    def look(tenant_ids: list[int]) -> list[int]:
        looks.extend(now * len(tenant_ids))
        return tenant_ids if read else []

    monkeypatch.setattr(follower, "monotonic", lambda: now[0])
    monkeypatch.setattr(follower, "behind", look)
    monkeypatch.setattr(follower, "step", lambda tenant_id: read.pop(0))
    registry.create("one")
    thread, read = Follower(), [follower.STEP, 5, 0]
    pauses = []
    for _ in range(30):
        pauses.append(thread._round())
        now[0] += pauses[-1]
    assert pauses == [0.0, *[follower.PAUSE_SECONDS] * 29]
    assert looks == [0.0, 0.0, 1.0, 3.0, 7.0, 15.0, 23.0]


def test_a_database_that_is_away_is_waited_for(
    served: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower, "PAUSE_SECONDS", 0.01)
    tenant = registry.create("one")
    ada = put_contact(tenant, email="ada@example.com")
    faults = [OperationalError("secret"), OperationalError("secret")]

    def flaky(tenant_id: int) -> int:
        if faults:
            raise faults.pop()
        return step(tenant_id)

    monkeypatch.setattr(follower, "step", flaky)
    with Follower():
        until(lambda: find(tenant, "ada"), "it is found")
    assert find(tenant, "ada") == [ada]
    assert [record.getMessage() for record in caplog.records] == ["search falls behind: OperationalError"] * 2


def test_the_worker_feeds_search_and_ends_when_told(served: Database, tmp_path: Path) -> None:
    tenant = registry.create("one")
    ada = put_contact(tenant, email="ada@example.com")
    settings = replace(served.settings, data_dir=tmp_path)
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    command = [sys.executable, "-m", "rapport", "worker"]
    with subprocess.Popen(command, env=others | settings.environment(), stderr=subprocess.PIPE, text=True) as worker:
        until(lambda: find(tenant, "ada"), "the worker has read the ledger")
        worker.terminate()
        _, said = worker.communicate(timeout=PATIENCE)
    assert (worker.returncode, "Traceback" in said) == (0, False), said
    assert find(tenant, "ada") == [ada]


# Indexes.

ROWS = 20_000
SMALL = {"custom_fields", "search_heads", "tenant_heads"}
FILL = """
insert into contacts (tenant_id, id, email, first_name, last_name, version, created_at, updated_at)
select %(tenant)s, md5('c' || n)::uuid, 'user' || n || '@example.com', 'First' || n %% 100, 'Last' || n, 1, now(), now()
from generate_series(1, %(rows)s) n;
insert into contact_keys select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, request_id)
select %(tenant)s, n, now(), 'contact', md5('c' || n)::uuid, 1, 'created', '{}', 'app', 'r'
from generate_series(1, %(rows)s) n;
update tenant_heads set seq = %(rows)s where tenant_id = %(tenant)s;
insert into search_heads values (%(tenant)s, %(rows)s - 10);
insert into search_tokens
select %(tenant)s, 'contact', token, md5('c' || n)::uuid
from generate_series(1, %(rows)s - 10) n,
     unnest(array['user' || n || '@example.com', 'example.com', 'first' || n %% 100, 'last' || n]) token;
"""


Explained = Callable[[Tenant], list[str]]


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[Explained]:
    """Plans, as they went, of every statement that has read; fails where one reads a large table from end to end."""
    asked: list[tuple[str, Any]] = []

    class Recording(psycopg.RawCursor):
        def execute(self, query: Any, params: Any = None, **more: Any) -> Recording:
            asked.append((query, params))
            return super().execute(query, params, **more)

    def explain(tenant: Tenant) -> list[str]:
        asked.extend((query["sql"], None) for query in captured.captured_queries)
        read = [each for each in asked if re.match(r"(--.*\n)*(SELECT|DELETE)", each[0], re.IGNORECASE)]
        return [plan(tenant, *each) for each in read]

    with CaptureQueriesContext(connection) as captured, monkeypatch.context() as patch:
        patch.setattr(psycopg, "RawCursor", Recording)
        yield explain


def plan(tenant: Tenant, sql: str, parameters: Any) -> str:
    with tenant_scope(tenant), psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(f"explain (analyze, timing off, costs off)\n{sql}", parameters)
        told = "\n".join(line for (line,) in cursor.fetchall())
    scanned = {line.split("Seq Scan on ")[1].split()[0] for line in told.splitlines() if "Seq Scan" in line}
    assert scanned <= SMALL, f"{sql}\n{told}"
    return told


def buffers(told: str) -> int:
    """Pages that a plan read."""
    return int((re.search(r"shared hit=(\d+)", told) or [0, 0])[1])


@pytest.fixture(scope="module")
def stocked(copy: Callable[[], Database]) -> Iterator[Tenant]:
    """A tenant with many contacts, beside another one with as many."""
    made = copy()
    with django_on(made):
        tenants = [registry.create(slug) for slug in ("one", "two")]
        for tenant in tenants:
            with psycopg.connect(made.app) as app:
                app.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
                psycopg.ClientCursor(app).execute(FILL, {"tenant": tenant.pk, "rows": ROWS})
        with psycopg.connect(made.owner, autocommit=True) as owner:
            owner.execute("vacuum analyze")
        yield tenants[1]


@pytest.mark.parametrize(
    "text", ["user77@example.com", "example", "e", "first7 last", "last first7", "u e f l", "123456"]
)
def test_no_search_scans(stocked: Tenant, explained: Explained, text: str) -> None:
    with tenant_scope(stocked) as tenant_id:
        found = search.find(tenant_id, "contact", text)
        if found.after:
            search.find(tenant_id, "contact", text, found.after)
    assert explained(stocked)


def test_a_search_that_finds_nothing_among_many_looks_at_few(
    stocked: Tenant, explained: Explained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All words are frequent, yet nobody has them together: the page ends early and reads little."""
    monkeypatch.setattr(search, "LOOKED_AT", 100)
    with tenant_scope(stocked) as tenant_id:
        found = search.find(tenant_id, "contact", "first1 last2 user3")
    assert (found.ids, found.after is None) == ([], False)
    assert sum(map(buffers, explained(stocked))) < 20 * search.LOOKED_AT


def test_a_page_in_the_middle_of_a_frequent_word_begins_there(stocked: Tenant, explained: Explained) -> None:
    """Every contact has the word: reading those before the place would grow with each page."""
    middle = Mark("example.com", "example.com", UUID(int=2**127))
    with tenant_scope(stocked) as tenant_id:
        found = search.find(tenant_id, "contact", "example.com", middle)
    assert len(found.ids) == search.LIMIT
    assert all(object_id > middle.object_id for object_id in found.ids)
    (read,) = (told for told in explained(stocked) if "WindowAgg" in told)
    assert "Sort" not in read, read
    assert "ROW(" in read, read
    assert buffers(read) < 20 * search.LIMIT, read


def test_no_step_scans(stocked: Tenant, explained: Explained) -> None:
    assert find(stocked, "last19999") == []
    assert step(stocked.pk) == 10
    assert len(explained(stocked)) > 4
    assert len(find(stocked, "last19999")) == 1


def test_the_rarest_word_leads(stocked: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", 100)
    for text in ("example.com last777 user", "last777 user example.com"):
        with tenant_scope(stocked) as tenant_id:
            found = search.find(tenant_id, "contact", text)
        assert (len(found.ids), found.after) == (11, None)
