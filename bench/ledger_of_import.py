"""One import of many changes, written by SQL as the product would have written it: half of its contacts are new."""

from __future__ import annotations

from typing import Any

import psycopg

#: Contacts of an account.
STAFF = 200
#: Of a hundred objects, how many somebody else changed since.
OTHERS = 1
#: Fields of a new contact, beside what finds it and its account: eight. What an update changes: eight.
MADE = ("first_name", "last_name", "job_title", "job_level", "language")
CUSTOM = ("a", "b", "c")
CHANGED = (*MADE, *(f"custom.{name}" for name in CUSTOM))
#: A record's id is a UUIDv7 of its chunk's moment.
_FUNCTIONS = """
create schema if not exists bench;
create or replace function bench.id(kind text, i bigint) returns uuid language sql immutable as
$$ select ('01a00000-000' || kind || '-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid $$;
create or replace function bench.record(turn bigint, i bigint) returns uuid language sql immutable as
$$ select (lpad(to_hex({now} + turn * 1000 + i / 2000), 12, '0') || '70008000000000'
           || lpad(to_hex(i % 2000), 6, '0'))::uuid $$;
"""
#: {first} and {last} number contacts, whose accounts come with them.
_ACCOUNTS = """
insert into accounts (tenant_id, id, name, version, last_record, created_at, updated_at)
select {tenant}, bench.id('2', a), 'Works ' || a, 1, bench.record({turn}, a * {staff}), now(), now()
from generate_series({first} / {staff}, {last} / {staff}) a;
insert into account_keys (tenant_id, key, account_id, is_alias)
select {tenant}, 'works ' || a, bench.id('2', a), false from generate_series({first} / {staff}, {last} / {staff}) a;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id, request_id,
                     record, links)
select {tenant}, {seq} + a - {first} / {staff}, now(), 'account', bench.id('2', a), 1, 'created',
       jsonb_build_object('name', jsonb_build_array(null, 'Works ' || a)), 'import', '{actor}', 'import-{actor}',
       bench.record({turn}, a * {staff}),
       jsonb_build_object('keys', jsonb_build_object('works ' || a, jsonb_build_array(null, bench.id('2', a))))
from generate_series({first} / {staff}, {last} / {staff}) a;
"""
_CREATED = """
insert into contacts (tenant_id, id, email, phone, {made}, account_id, version, last_record, created_at, updated_at)
select {tenant}, bench.id('1', i), 'person' || i || '@example.com', '+44' || 2000000000 + i, {values},
       bench.id('2', i / {staff}), 1, bench.record({turn}, i), now(), now()
from generate_series({first}, {last}) i;
insert into contact_keys (tenant_id, key, contact_id)
select {tenant}, k.key, bench.id('1', i)
from generate_series({first}, {last}) i
cross join lateral (values ('e:person' || i || '@example.com'), ('p:+44' || 2000000000 + i)) as k (key);
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id, request_id,
                     record, links)
select {tenant}, {seq} + (i - {first}) * {step}, now(), 'contact', bench.id('1', i), 1, 'created',
       jsonb_build_object({news}, 'email', jsonb_build_array(null, 'person' || i || '@example.com'),
                          'phone', jsonb_build_array(null, '+44' || 2000000000 + i),
                          'account_name', jsonb_build_array(null, 'Works ' || i / {staff})),
       'import', '{actor}', 'import-{actor}', bench.record({turn}, i),
       jsonb_build_object('keys', jsonb_build_object(
               'e:person' || i || '@example.com', jsonb_build_array(null, bench.id('1', i)),
               'p:+44' || 2000000000 + i, jsonb_build_array(null, bench.id('1', i))),
           'account', jsonb_build_array(null, bench.id('2', i / {staff})))
from generate_series({first}, {last}) i;
"""
_UPDATED = """
update contacts c
set ({made}, attributes) = row({values}, jsonb_build_object({attributes})), version = c.version + 1,
    last_record = bench.record({turn}, i)
from generate_series({first}, {last}, {every}) i where c.tenant_id = {tenant} and c.id = bench.id('1', i);
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id, request_id,
                     record, prev)
select {tenant}, {seq} + (i - {first}) / {every} * {step}, now(), 'contact', c.id, c.version, 'updated',
       jsonb_build_object({news}), '{kind}', '{actor}', '{kind}-{actor}', bench.record({turn}, i),
       bench.record(case when c.version = 3 or i >= {half} then 2 else 1 end, i)
from generate_series({first}, {last}, {every}) i
join contacts c on c.tenant_id = {tenant} and c.id = bench.id('1', i);
"""


def fill(superuser: psycopg.Connection, tenant: int, changes: int, actor: str) -> tuple[int, int]:
    """What was there, and an import on top: the numbers of its entries; `superuser` must autocommit."""
    superuser.execute("set session_replication_role = replica")  # foreign keys are right by themselves
    superuser.execute(f"set rapport.tenant_id = '{tenant}'")
    now = superuser.execute("select extract(epoch from now())::bigint * 1000 - 100000").fetchone()
    assert now is not None
    superuser.execute(_FUNCTIONS.format(now=now[0]))
    half, accounts = changes // 2, changes // 2 // STAFF
    low = accounts + half + 1
    there = {"turn": 1, "first": 0, "last": half - 1, "actor": f"{0:032x}", "step": 1}
    own = {"turn": 2, "first": half, "last": 2 * half - 1, "actor": actor, "step": 2}
    _run(superuser, _ACCOUNTS, tenant, half, there | {"seq": 1})
    _run(superuser, _CREATED, tenant, half, there | {"seq": accounts + 1})
    _run(superuser, _ACCOUNTS, tenant, half, own | {"seq": low})
    _run(superuser, _CREATED, tenant, half, own | {"seq": low + accounts})
    _run(superuser, _UPDATED, tenant, half, own | {"first": 0, "last": half - 1, "seq": low + accounts + 1})
    high = low + accounts + 2 * half - 1
    _head(superuser, tenant, high)
    return low, high


def change(superuser: psycopg.Connection, tenant: int, changes: int, high: int) -> None:
    """What somebody else changed since the import."""
    half = changes // 2
    others = {"turn": 3, "first": 0, "last": 2 * half - 1, "every": 100 // OTHERS, "step": 1, "kind": "app"}
    _run(superuser, _UPDATED, tenant, half, others | {"seq": high + 1, "actor": f"{1:032x}"})
    _head(superuser, tenant, high + 2 * half * OTHERS // 100)


def _run(superuser: psycopg.Connection, statements: str, tenant: int, half: int, given: dict[str, Any]) -> None:
    turn = given["turn"]
    told = {name: f"'{name} {turn} of ' || i" for name in CHANGED}
    names = CHANGED if statements is _UPDATED else MADE
    old = {name: f"'{name} {turn - 1} of ' || i" if statements is _UPDATED else "null" for name in names}
    values = {
        "tenant": tenant, "half": half, "staff": STAFF, "every": 1, "kind": "import", "made": ", ".join(MADE),
        "values": ", ".join(told[name] for name in MADE),
        "attributes": ", ".join(f"'{name}', {told[f'custom.{name}']}" for name in CUSTOM),
        "news": ", ".join(f"'{name}', jsonb_build_array({old[name]}, {told[name]})" for name in names),
    }  # fmt: skip
    for statement in statements.format(**values | given).split(";\n"):
        superuser.execute(statement)


def _head(superuser: psycopg.Connection, tenant: int, seq: int) -> None:
    """The ledger's last number, and statistics, which the service has within seconds."""
    superuser.execute("update tenant_heads set seq = %s, at = now() where tenant_id = %s", [seq, tenant])
    superuser.execute("vacuum analyze changes, contacts, accounts, contact_keys, account_keys")
