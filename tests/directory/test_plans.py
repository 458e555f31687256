"""Every look-up of the directory uses an index, as the application role, at a size where a scan would be slower."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rapport.directory import readback
from rapport.directory.parameters import Cursor, Query
from rapport.directory.readback import ACCOUNTS, CONTACTS
from rapport.evidence import listing
from rapport.members.models import Role
from rapport.tenants import registry
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.conftest import django_on
from tests.directory.browsing import Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.conftest import Database

ROWS = 20_000
FILL = """
insert into accounts (tenant_id, id, name, version, created_at, updated_at)
select %(tenant)s, md5('a' || n)::uuid, 'account ' || n, 1, now(), now() from generate_series(1, %(rows)s / 10) n;
insert into account_keys select tenant_id, name, id, false from accounts where tenant_id = %(tenant)s;
insert into contacts (tenant_id, id, email, account_id, version, created_at, updated_at)
select %(tenant)s, md5('c' || n)::uuid, 'c' || n || '@example.com', md5('a' || 1 + n %% (%(rows)s / 10))::uuid, 1,
       now(), now()
from generate_series(1, %(rows)s) n;
insert into contact_keys select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, request_id)
select %(tenant)s, n, timestamptz '2026-01-01' + n * interval '1 second',
       case when n %% 10 = 0 then 'account' else 'contact' end,
       case when n %% 10 = 0 then md5('a' || n / 10)::uuid else md5('c' || n)::uuid end, 1, 'created', '{}', 'app', 'r'
from generate_series(1, %(rows)s) n;
insert into survey_records (tenant_id, id, contact_id, account_id, state, touchpoint, created_at)
select tenant_id, md5('s' || id)::uuid, id, account_id, 'queued',
       case when email like 'c77@%%' then 'Rare' else 'Usual' end, now()
from contacts where tenant_id = %(tenant)s;
insert into external_responses
    (tenant_id, id, contact_id, account_id, nps_score, sent_date, response_date, touchpoint, created_at)
select tenant_id, md5('x' || id)::uuid, id, account_id, 9, now(), now(),
       case when email like 'c77@%%' then 'Rare' else 'Usual' end, now()
from contacts where tenant_id = %(tenant)s;
insert into activities
    (tenant_id, id, reference, account_id, contact_id, type, source, happened_at, version, created_at, updated_at)
select tenant_id, md5('v' || id)::uuid, 'v' || email, account_id, id, 't', 's', now(), 1, now(), now()
from contacts where tenant_id = %(tenant)s;
insert into search_tokens select tenant_id, 'contact', split_part(email, '@', 1), id from contacts
where tenant_id = %(tenant)s;
insert into touchpoints (tenant_id, id, name, name_key) values (%(tenant)s, gen_random_uuid(), 'Rare', 'rare');
insert into requests (tenant_id, at, id, request_id, position, actor_type, status, outcome, objects)
select %(tenant)s, now(), md5('r' || n)::uuid, 'r', 0, 'app', 200, 'created', '[]' from generate_series(1, %(rows)s) n;
"""


@pytest.fixture(scope="module")
def stocked(copy: Callable[[], Database]) -> Iterator[Tenant]:
    """A tenant with many rows, beside another one with as many."""
    made = copy()
    with django_on(made):
        tenants = [registry.create(slug) for slug in ("one", "two")]
        for tenant in tenants:
            with psycopg.connect(made.app) as app:
                app.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
                cursor = psycopg.ClientCursor(app)
                cursor.execute(FILL, {"tenant": tenant.pk, "rows": ROWS})
        with psycopg.connect(made.owner, autocommit=True) as owner:
            owner.execute("vacuum analyze")
        yield tenants[1]


def test_no_look_up_scans(stocked: Tenant) -> None:
    since = datetime(2026, 1, 1, 3, tzinfo=UTC)
    middle = Cursor(id=UUID(int=2**127))
    for collection, query in [
        (CONTACTS, Query(keys=("e:c77@example.com",))),
        (CONTACTS, Query(id=UUID(int=1))),
        (CONTACTS, Query()),
        (CONTACTS, Query(cursor=middle, limit=1000)),
        (CONTACTS, Query(updated_since=since)),
        (CONTACTS, Query(updated_since=since, cursor=Cursor(seq=ROWS // 2), limit=1000)),
        (ACCOUNTS, Query(keys=("account 77",))),
        (ACCOUNTS, Query(cursor=middle)),
        (ACCOUNTS, Query(updated_since=since)),
    ]:
        with tenant_scope(stocked) as tenant_id, CaptureQueriesContext(connection) as captured:
            readback.page(collection, tenant_id, query)
        explained(stocked, captured.captured_queries)


@pytest.mark.parametrize("read", [listing.changes, listing.requests])
def test_no_page_of_the_history_scans(stocked: Tenant, read: Callable[..., Iterator[dict[str, Any]]]) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(list(read(stocked, limit=2500))) == 2500
    explained(stocked, captured.captured_queries)


#: Tables that grow with what callers send; what is small may be read as a whole.
LARGE = (
    "accounts", "account_keys", "contacts", "contact_keys", "changes", "survey_records", "external_responses",
    "activities", "search_tokens",
)  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "contacts",
        "contacts?before={middle}",
        "contacts?after={middle}",
        "contacts?account={account}",
        "contacts?q=c77@example.com",
        "contacts?q=c1",
        "contacts/{contact}",
        "contacts/{contact}?field=email",
        "contacts/{contact}/edit",
        "accounts",
        "accounts?q=account 77",
        "accounts/{account}",
        "survey-records",
        "survey-records?before={middle}&state=queued",
        "survey-records?touchpoint=Rare",
        "survey-records?contact={contact}",
        "survey-records?account={account}",
        "survey-records/external-responses?touchpoint=Rare",
        "survey-records/external-responses?contact={contact}",
        "survey-records/external-responses?account={account}",
        "survey-records/{survey}",
        "activities",
        "activities?reference=vc77@example.com",
        "activities?contact={contact}",
        "activities?account={account}",
        "activities/{activity}",
        "search?q=c7",
        "search?q={survey}",
        "search?q=c77@example.com",
    ],
)
def test_no_page_scans(stocked: Tenant, path: str) -> None:
    contact, account = _id("c77"), _id("a78")
    survey, activity = _id(f"s{contact}"), _id(f"v{contact}")
    ids = {"contact": contact, "account": account, "survey": survey, "activity": activity, "middle": UUID(int=2**127)}
    alice = Browser(new_person("Alice", stocked, Role.SYSTEM_ADMIN))
    with CaptureQueriesContext(connection) as captured:
        assert alice.get(path.format(**ids)).status_code in (200, 302)
    large = [query for query in captured.captured_queries if any(f'FROM "{name}"' in query["sql"] for name in LARGE)]
    assert large
    explained(stocked, large, unwanted=1000)


def _id(name: str) -> UUID:
    """The id that `FILL` gives to something."""
    return UUID(md5(name.encode(), usedforsecurity=False).hexdigest())


def explained(tenant: Tenant, queries: Iterable[dict[str, str]], unwanted: int = ROWS) -> None:
    """Fails on a statement whose plan reads a table without an index, or more than so many `unwanted` rows."""
    texts = [query["sql"].rpartition(" CURSOR FOR ")[2] for query in queries]
    selects = [text for text in texts if text.startswith("SELECT")]
    selects = [select for select in selects if 'FROM "tenant_heads"' not in select]
    assert selects
    for select in selects:
        with tenant_scope(tenant), connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, timing off, costs off) {select}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan" not in plan.replace("Seq Scan on requests_", ""), f"{select}\n{plan}"
        assert "current_setting('rapport.tenant_id'" in plan, plan
        assert all(int(count) < unwanted for count in re.findall("Rows Removed by Filter: ([0-9]+)", plan)), plan
