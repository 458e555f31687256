"""Figures over a million answers: how long they take, rolled up and by any field, and how fast they are counted.

Makes a PostgreSQL of its own with contacts, accounts, survey records, responses and their ledger, lets the follower
count them, and prints medians. Options: --answers N (1,000,000), --times T for each figure (5).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from rapport import console
from rapport.db.embedded import Embedded
from rapport.settings import Settings

#: A fifth as many contacts as answers, a fiftieth as many accounts; a year of answers at ten touchpoints.
FILL = """
set session_replication_role = replica;
set rapport.tenant_id = '{tenant}';
insert into accounts (tenant_id, id, name, industry, attributes, version, created_at, updated_at)
select {tenant}, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Account ' || n, 'Industry ' || n % 20,
       '{{}}', 1, now(), now() from generate_series(1, {n} / 50) n;
insert into contacts (tenant_id, id, email, language, account_id, attributes, version, created_at, updated_at)
select {tenant}, ('00000000-0001-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'c' || n || '@example.com',
       (array['en', 'de', 'fr'])[1 + n % 3],
       ('00000000-0000-7000-8000-' || lpad(to_hex(1 + n % ({n} / 50)), 12, '0'))::uuid,
       jsonb_build_object('segment', 'S' || n % 7), 1, now(), now() from generate_series(1, {n} / 5) n;
create temp table answer as
select n, ('00000000-0001-7000-8000-' || lpad(to_hex(1 + n % ({n} / 5)), 12, '0'))::uuid as contact,
       ('00000000-0000-7000-8000-' || lpad(to_hex(1 + (1 + n % ({n} / 5)) % ({n} / 50)), 12, '0'))::uuid as account,
       now() - interval '365 days' * (1 - n::float / {n}) as at, 'Touchpoint ' || n % 10 as touchpoint,
       (array[10, 9, 9, 8, 10, 7, 6, 9, 3, 0])[1 + (n * 7 + n / 13) % 10] as score
from generate_series(1, {n}) n;
alter table answer add record uuid, add response uuid;
update answer
set record = (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000800'
              || lpad(to_hex(n), 13, '0'))::uuid,
    response = ('f' || lpad(to_hex(n), 11, '0') || '70008000000000000000')::uuid;
insert into survey_records (tenant_id, id, number, contact_id, account_id, state, touchpoint, fields, attributes,
                            sent_at, answered_at, created_at)
select {tenant}, record,
       n, contact, account, 'answered', touchpoint, '{{"email": "c@example.com", "first_name": "Ada"}}', '{{}}', at, at,
       at
from answer;
insert into responses (tenant_id, id, number, survey_id, survey_version, survey_record_id, contact_id, account_id,
                       touchpoint, nps_score, comment, answers, language, channel, started_at, paged_at, answered_at,
                       entered_seq, created_at, updated_at)
select {tenant}, response,
       n, (select id from surveys where tenant_id = {tenant} limit 1), 1,
       record,
       contact, account, touchpoint, score, 'A comment of some length, number ' || n,
       jsonb_build_object('nps', score, 'drivers', jsonb_build_array((array['product', 'service'])[1 + n % 2])),
       'en', 'link', at, at, at, n, at, at from answer;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, request_id, record)
select {tenant}, entered_seq, answered_at, 'response', id, 1, 'created', '{{}}', 'respondent', 'bench', id
from responses where tenant_id = {tenant};
insert into feed_entries
select {tenant}, 'responses', entered_seq, 'response', id from responses where tenant_id = {tenant};
update tenant_heads set seq = {n}, number = {n} where tenant_id = {tenant};
"""


def timed(times: int, do: Callable[[], Any]) -> float:
    """The median of so many calls, in milliseconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def questions(tenant: Any) -> dict[str, Callable[[int], Any]]:
    """What is asked -> how."""
    from rapport.feedback import account_scores, drivers, figures, response_rate, wanted
    from rapport.feedback.fields import Field, fields
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(tenant):
        known = fields(tenant)
    segment = Field("contact.segment", "Segment", "c.attributes ->> %(key)s", ("c",), {"key": "segment"})
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    year = figures.Wanted(start=now - timedelta(days=365), end=now + timedelta(hours=1))
    english = figures.Wanted(start=year.start, end=year.end, where=((known["contact.language"], "en"),))
    every = wanted.Filter(answers=figures.Wanted())
    bad = wanted.Filter(answers=figures.Wanted(), group="detractor")
    return {
        "rolled up: score of a year": lambda id: figures.counts(id, year),
        "rolled up: trend by week": lambda id: figures.trend(id, year, "UTC", "week"),
        "rolled up: by touchpoint": lambda id: figures.groups(id, year, known["touchpoint"]),
        "rate of a year": lambda id: response_rate.of(id, year),
        "score where contact.language = en": lambda id: figures.counts(id, english),
        "by contact.segment (a custom field)": lambda id: figures.groups(id, year, segment),
        "by account.industry": lambda id: figures.groups(id, year, known["account.industry"]),
        "by account": lambda id: figures.groups(id, year, known["account"]),
        "by channel (of the response)": lambda id: figures.groups(id, year, known["channel"]),
        "trend by week where language = en": lambda id: figures.trend(id, english, "UTC", "week"),
        "drivers": lambda id: drivers.of(id, year, known["survey"]),
        "scores of accounts": lambda id: account_scores.of(id, year),
        "list: newest 50": lambda id: wanted.page(id, every, limit=51),
        "list: newest 50 detractors": lambda id: wanted.page(id, bad, limit=51),
    }


def run(answers: int, times: int, settings: Settings, owner: str) -> None:
    """Fills, counts, measures."""
    from django.db import connection

    from rapport.feedback import counting
    from rapport.surveys.models import ScoreHead
    from rapport.tenants import bootstrap, registry
    from rapport.tenants.scope import tenant_scope

    bootstrap.migrate(settings)
    tenant = registry.create("bench")
    with psycopg.connect(owner, autocommit=True) as superuser:
        superuser.execute(FILL.format(tenant=tenant.pk, n=answers))
        superuser.execute("vacuum analyze")
    began = time.perf_counter()
    while counting.step(tenant.pk):
        pass
    print(f"counted: {answers / (time.perf_counter() - began):,.0f} answers a second")
    with psycopg.connect(owner, autocommit=True) as superuser:
        superuser.execute("vacuum analyze")
    told = questions(tenant)
    for behind in (0, 1_000):
        if behind:
            with tenant_scope(tenant) as tenant_id:
                ScoreHead.objects.filter(tenant_id=tenant_id).update(seq=answers - behind)
        print(f"{behind:,} answers behind the head:")
        for name, do in told.items():
            with tenant_scope(tenant) as tenant_id:
                print(f"  {name:40} {timed(times, lambda do=do, id=tenant_id: do(id)):8.1f} ms")
    connection.close()


def main() -> None:
    """Measures on a PostgreSQL that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        embedded = Embedded(Path(folder) / "data")
        try:
            started = embedded.start()
            settings = Settings(database_url=started.app, owner_database_url=started.owner, secret_key="k" * 48)
            console.setup(settings)
            owner = urlsplit(started.superuser)._replace(path=urlsplit(started.owner).path).geturl()
            run(given.answers, given.times, settings, owner)
        finally:
            embedded.remove()


if __name__ == "__main__":
    main()
