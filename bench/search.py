"""Search among many contacts: how fast their words follow the ledger, and how long typical searches take.

Options: --contacts N in the table (1,000,000), --times T for each search (20), --keep DIR to reuse.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import psycopg

from rapport import console
from rapport.db.embedded import DATABASE, Embedded, Urls
from rapport.settings import Settings

#: The first of each list are the most frequent.
FIRST = [
    "Ada", "Anna", "Grace", "Alan", "Maria", "John", "Wei", "Fatima", "Carlos", "Ingrid", "Olu", "Priya", "Yuki", "Zoë",
    "Ahmed", "Lars", "Noor", "Sean", "Ivan", "Mei",
]  # fmt: skip
LAST = [
    "Smith", "Garcia", "Müller", "Singh", "Lovelace", "Hopper", "Turing", "Andersson", "O'Brien", "Nguyen", "Okafor",
    "Tanaka", "Rossi", "Kowalski",
]  # fmt: skip
DOMAINS = ["example.com", "mail.example.com", "example.org", "shop.example.net"]
SEED = """
insert into contacts
    (tenant_id, id, email, phone, first_name, last_name, version, created_at, updated_at)
select %(tenant)s, uuidv7(), lower(f.name) || '.' || i || '@' || d.name, '+47' || 40000000 + i,
       f.name, l.name || case when i %% 3 = 0 then '-' || i else '' end, 1, now(), now()
from generate_series(1, %(contacts)s) i
cross join lateral (select (%(first)s::text[])[1 + floor(20 * power(random(), 2) + 0 * i)] as name) f
cross join lateral (select (%(last)s::text[])[1 + floor(14 * power(random(), 2) + 0 * i)] as name) l
cross join lateral (select (%(domains)s::text[])[1 + floor(4 * power(random(), 2) + 0 * i)] as name) d;
insert into contact_keys (tenant_id, key, contact_id)
select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, request_id)
select tenant_id, row_number() over (order by id), now(), 'contact', id, 1, 'created', '{}', 'app', 'bench'
from contacts where tenant_id = %(tenant)s;
update tenant_heads set seq = %(contacts)s where tenant_id = %(tenant)s;
"""
TEXTS = (
    "a", "ada", "smith", "ada smith", "zoe tanaka", "mei kowalski 3", "example.com", "ada shop", "+47 4000 0077",
    "ada.7777@example.com", "nobody", "a s e",
)  # fmt: skip


def main() -> None:
    """Seed, follow, search; prints a table."""
    options = _options()
    data_dir = options.keep or Path(tempfile.mkdtemp(prefix="rapport-search-"))
    data_dir.mkdir(exist_ok=True)
    embedded = Embedded(data_dir)
    try:
        urls = embedded.start()
        _measure(urls, options)
    finally:
        embedded.stop()
        if options.keep is None:
            embedded.remove()
            shutil.rmtree(data_dir, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def _measure(urls: Urls, options: argparse.Namespace) -> None:
    settings = Settings(database_url=urls.app, owner_database_url=urls.owner, secret_key="b" * 48)
    console.setup(settings)
    from rapport.directory.follower import step
    from rapport.tenants import bootstrap, registry

    bootstrap.migrate(settings)
    tenant = registry.create(f"bench-{time.time_ns()}").pk
    with psycopg.connect(urls.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant}'")
        values = {"tenant": tenant, "contacts": options.contacts, "first": FIRST, "last": LAST, "domains": DOMAINS}
        psycopg.ClientCursor(app).execute(SEED, values)
    _tidy(urls)
    started = time.perf_counter()
    while step(tenant):
        pass
    rate = options.contacts / (time.perf_counter() - started)
    print(
        f"{options.contacts:,} contacts; their words followed at {rate:,.0f} contacts a second and take {_tidy(urls)}."
    )
    print("\n| search | found on the first page | median ms | longest ms |\n|---|---|---|---|")
    for text in TEXTS:
        found, taken = _search(tenant, text, options.times)
        print(f"| {text} | {found} | {statistics.median(taken):.1f} | {max(taken):.1f} |")


def _search(tenant: int, text: str, times: int) -> tuple[str, list[float]]:
    """What a search finds, and how many milliseconds each of `times` took, its transaction included."""
    from rapport.directory import search
    from rapport.tenants.scope import tenant_scope

    taken = []
    for _ in range(times):
        started = time.perf_counter()
        with tenant_scope(tenant) as tenant_id:
            found = search.find(tenant_id, "contact", text)
        taken.append(1000 * (time.perf_counter() - started))
    return f"{len(found.ids)}{' and more' if found.after else ''}", taken


def _tidy(urls: Urls) -> str:
    """Statistics as autovacuum makes them; the size of the words."""
    with psycopg.connect(urls.superuser.replace("/postgres?", f"/{DATABASE}?"), autocommit=True) as database:
        database.execute("vacuum analyze")
        (size,) = database.execute("select pg_size_pretty(pg_total_relation_size('search_tokens'))").fetchone()
    return str(size)


if __name__ == "__main__":
    main()
