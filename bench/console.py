"""The console among a million contacts: how long the server takes for each page, and what its load does to PUTs.

Pages are asked for over HTTP by somebody who is signed in, through ingest and the forwarder as a browser's are. Then
wrk sends PUTs, alone and while all pages are fetched in turn without a pause. The result is bench/RESULTS-console.md.
Options: --contacts N (1,000,000), --times T for each page (20), --seconds S of PUTs (10), --rounds R of them (3).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import httpx2
import psycopg
import seed
from load import Load, wrk
from place import Place, running
from processes import processor
from report import commit

from rapport.console import setup
from rapport.settings import Settings

HERE = Path(__file__).parent
#: Milliseconds that the server may take for a page, and how much longer the slowest PUTs may take under a crawl.
WANTED_MS, WANTED_RATIO = 200, 1.5
#: As if all contacts had come through the doors: their requests, a few refused, counted by hour.
HISTORY = """
set session_replication_role = replica;
set rapport.tenant_id = '{tenant}';
insert into requests (tenant_id, at, id, request_id, position, actor_type, actor_id, configuration_id, status, outcome,
    objects, sent, errors, email_key)
select {tenant}, now() - i * interval '1 second', gen_random_uuid(), 'bench-' || i, 0, 'app', '{app}',
       '{configuration}', case when i % 1000 = 0 then 422 else 200 end,
       case when i % 1000 = 0 then 'rejected' when i % 3 = 0 then 'updated' else 'unchanged' end,
       '[]', '{{"Email": "user1@example.com"}}', null, 'user1@example.com'
from generate_series(1, {contacts}) i;
insert into hourly_counts (tenant_id, hour, actor_type, actor_id, configuration_id, outcome, records, records_ignored,
    last_at)
select {tenant}, date_trunc('hour', now()) - h * interval '1 hour', 'app', '{app}', '{configuration}', outcome,
       1000 + h, h, now()
from generate_series(0, 2159) h, unnest(array['created', 'updated', 'unchanged', 'rejected']) outcome;
vacuum analyze;
"""
#: Searches, filters and orders beside what links lead to; most filters find nothing and look as far as they may.
CONTACTS = (
    "order=oldest", "order=name", "order=name&language=Dutch", "language=Dutch", "language=Dutch&order=oldest",
    "account_name=Account1", "manager=Nobody", "custom.tier=Gold", "created_from=2020-01-01", "created_to=2020-01-01",
    "q=first1", "q=first1&language=Dutch", "q=user77%40example.com", "q=last+engineer", "q=nobody",
)  # fmt: skip
ACCOUNTS = ("order=oldest", "order=name", "manager=Nobody", "industry=None", "q=account")
CHANGES = (
    "text=user1%40example.com", "text=nobody%40example.com", "object_type=account", "field=email", "field=language",
    "object_type=contact&field=language",
)  # fmt: skip
REQUESTS = (
    "outcome=rejected", "outcome=created", "text=user1%40example.com", "text=user1%40", "text=nobody%40example.com",
    "text=first99", "text=%C3%BCberf",
)  # fmt: skip
ASKED = (
    *(f"contacts?{each}" for each in CONTACTS), *(f"accounts?{each}" for each in ACCOUNTS),
    *(f"data/changes?{each}" for each in CHANGES), *(f"data/requests?{each}" for each in REQUESTS),
    "search?q=first99",
)  # fmt: skip
LINKS = re.compile(r'(?:href|action)="([^"#]*)')


class Page(NamedTuple):
    """How long one page took, in milliseconds, and how many bytes it has."""

    address: str
    median: float
    longest: float
    size: int


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with running(options.contacts) as place:
        setup(Settings.from_environment(place.environment))
        visitor = _visitor(place)
        _history(place)
        start = f"/s/{_slug(place)}"
        addresses = [*dict(_crawl(visitor, start)).values(), *(f"{start}/{each}" for each in ASKED)]
        pages = [_timed(visitor, address, options.times) for address in addresses]
        loads = [_loads(place, visitor, addresses, options.seconds) for _ in range(options.rounds)]
    text = _report(options, start, pages, loads)
    print(text)
    if options.contacts == parser.get_default("contacts"):
        (HERE / "RESULTS-console.md").write_text(text)


def _slug(place: Place) -> str:
    from rapport.tenants.models import Tenant

    return Tenant.objects.get(pk=place.tenant).slug


def _visitor(place: Place) -> Any:
    """A client with the session of a new administrator."""
    from django.test.client import RequestFactory

    from rapport.members import sessions
    from rapport.members.models import Membership, Role, User
    from rapport.tenants.scope import tenant_scope

    user = User.objects.create(email=f"bench-{time.time_ns()}@example.com", name="Bench")
    with tenant_scope(place.tenant) as tenant_id:
        Membership.objects.create(tenant_id=tenant_id, user_id=user.pk, role=Role.SYSTEM_ADMIN)
    request = RequestFactory().get("/")
    request.session = sessions.SessionStore()
    sessions.begin(request, user)
    request.session.save()
    cookies = {"rapport_session": request.session.session_key}
    return httpx2.Client(base_url=place.address, cookies=cookies, timeout=60)


def _history(place: Place) -> None:
    """Writes the past, a custom field, and a segment that looks as far as it may."""
    from rapport.campaigns import segments
    from rapport.campaigns.models import Segment
    from rapport.configurations import fields
    from rapport.tenants.actors import COMMAND
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(place.tenant) as tenant_id:
        fields.create(tenant_id, COMMAND, {"object": "contact", "name": "tier", "label": "Tier", "type": "text"})
        where = [{"field": "account.industry", "is": "None"}]
        segments.save(Segment(tenant_id=tenant_id, name="", conditions=[]), COMMAND, {"name": "None", "where": where})
    with psycopg.connect(place.database, autocommit=True) as database:
        found = (
            "select id from connected_apps where tenant_id = %s",
            "select id from configurations where tenant_id = %s",
        )
        (app,), (configuration,) = (database.execute(sql, [place.tenant]).fetchone() for sql in found)
        values = {"tenant": place.tenant, "contacts": place.contacts, "app": app, "configuration": configuration}
        for statement in HISTORY.format(**values).split(";\n")[:-1]:
            database.execute(statement)
        database.execute("checkpoint")


def _crawl(visitor: Any, start: str) -> Iterator[tuple[str, str]]:
    """(route, address) of each page that links lead to, one for each route."""
    from django.urls import resolve

    seen, waiting = set(), [start]
    while waiting:
        address = waiting.pop(0)
        name = resolve(address.partition("?")[0]).url_name
        if name in seen or "/export." in address:  # not a page
            continue
        answer = visitor.get(address)
        if answer.status_code == 405 or name == "request-of-change":  # takes forms only; the past here has no evidence
            continue
        seen.add(name)
        if answer.status_code == 200:
            yield name, address
            links = (urljoin(address, unescape(link)) for link in LINKS.findall(answer.text))
            waiting += [link for link in links if link.startswith("/s/")]
        elif answer.status_code == 302:
            waiting.append(urljoin(address, answer.headers["Location"]))
        else:
            raise SystemExit(f"{address} was answered with {answer.status_code}.")


def _timed(visitor: Any, address: str, times: int) -> Page:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        answer = visitor.get(address)
        taken.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == 200, address
    return Page(address, statistics.median(taken), max(taken), len(answer.content))


def _loads(place: Place, visitor: Any, addresses: list[str], seconds: int) -> tuple[Load, Load, int]:
    """PUTs alone, PUTs under a crawl, and how many pages that fetched."""
    alone = wrk(place, "put.lua", seconds, CHANGE="1")
    with _crawling(visitor, addresses) as fetched:
        crawled = wrk(place, "put.lua", seconds, CHANGE="1")
    return alone, crawled, len(fetched)


@contextmanager
def _crawling(visitor: Any, addresses: list[str]) -> Iterator[list[str]]:
    """All pages in turn, one after the other, for as long as the block lasts."""
    ending, fetched = threading.Event(), []

    def crawl() -> None:
        while not ending.is_set():
            for address in addresses:
                if not ending.is_set():
                    visitor.get(address)
                    fetched.append(address)

    thread = threading.Thread(target=crawl)
    thread.start()
    yield fetched
    ending.set()
    thread.join()


def _report(options: argparse.Namespace, start: str, pages: list[Page], loads: list[tuple[Load, Load, int]]) -> str:
    slowest = max(pages, key=lambda page: page.median)
    ratio = statistics.median(crawled.p99 / alone.p99 for alone, crawled, _ in loads)
    lines = [
        "# The console, measured",
        "",
        f"`python bench/console.py --contacts {options.contacts} --times {options.times} --seconds {options.seconds} "
        f"--rounds {options.rounds}`, commit {commit()}, {datetime.now(UTC):%Y-%m-%d}.",
        f"{os.cpu_count()} cores ({processor()}) shared by load generator, service and PostgreSQL; "
        f"{options.contacts:,} contacts, as many requests, "
        f"{options.contacts * seed.changes(options.contacts):,} ledger entries.",
        "",
        f"The slowest page takes {slowest.median:.0f} ms (wanted: under {WANTED_MS}). The slowest PUTs (p99) take "
        f"{ratio:.2f} times as long under a crawl of all pages (wanted: at most {WANTED_RATIO}).",
        "",
        "| page | median ms | longest ms | bytes |",
        "|---|---|---|---|",
        *(
            f"| `{page.address.removeprefix(start) or '/'}` | {page.median:.0f} | {page.longest:.0f} | {page.size:,} |"
            for page in sorted(pages, key=lambda page: -page.median)
        ),
        "",
        "| PUTs that change data | a second | p99 ms | under a crawl, a second | p99 ms | pages fetched meanwhile |",
        "|---|---|---|---|---|---|",
        *(
            f"| | {alone.rate:,.0f} | {alone.p99:.1f} | {crawled.rate:,.0f} | {crawled.p99:.1f} | {fetched} |"
            for alone, crawled, fetched in loads
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
