"""Contacts, accounts, their ledger and their words, written by SQL as the product would have written them.

The columns are looked up: those that a schema does not have are left out, so that commits before and after a migration
start with the same rows. Indexes stay while rows come in an order without sense to them, so that they are as full, and
as empty, as indexes are that have grown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

#: Accounts that records name.
ACCOUNTS = 1_000
#: Entries of the ledger for each contact, and for all of them.
CHANGES, CHANGES_LIMIT = 10, 30_000_000
#: The tables of `_insert`: column -> expression. `person` is (i, n, id): its number, its turn in the ledger, its id.
CONTACTS = {
    "tenant_id": "{tenant}", "id": "id", "email": "'user' || i || '@example.com'", "first_name": "'First' || i",
    "last_name": "'Last' || i", "job_title": "'Engineer'", "version": "{changes}", "created_at": "now()",
    "updated_at": "now()", "last_record": "bench.record(({changes} - 1) * {contacts}::bigint + n)",
}  # fmt: skip
CONTACT_KEYS = {"tenant_id": "{tenant}", "key": "'e:user' || i || '@example.com'", "contact_id": "id"}
TOKENS = {"tenant_id": "{tenant}", "object_type": "'{kind}'", "token": "token", "object_id": "id"}
#: Those that `directory/tokens.py` finds in the columns above, the last for lists by name.
WORDS = {
    "contact": "(select n, id, unnest(array['first' || i, 'last' || i, 'user' || i || '@example.com', 'example.com',"
    " U&'\\+10FFFD' || 'last' || i || ' first' || i]) as token from person order by n) word",
    "account": "(select id, unnest(array['account' || i, U&'\\+10FFFD' || 'account' || i]) as token from company) word",
}
ACCOUNT_ROWS = {
    "tenant_id": "{tenant}", "id": "id", "name": "'Account' || i", "version": "1", "created_at": "now()",
    "updated_at": "now()",
}  # fmt: skip
ACCOUNT_KEYS = {"tenant_id": "{tenant}", "key": "'account' || i", "account_id": "id", "is_alias": "false"}
LEDGER = {
    "tenant_id": "{tenant}", "seq": "{before} + n", "at": "bench.moment({before} + n)", "object_type": "'contact'",
    "object_id": "id", "version": "{turn}", "kind": "'{kind}'", "diff": "{diff}", "actor_type": "'app'",
    "actor_id": "'{app}'", "request_id": "'5eed5eed5eed5eed-' || to_hex({before} + n)",
    "record": "bench.record({before} + n)", "prev": "{prev}", "configuration_id": "'{configuration}'",
    "configuration_version": "1",
}  # fmt: skip
CREATED = (
    "jsonb_build_object('email', jsonb_build_array(null, 'user' || i || '@example.com'), 'first_name',"
    " jsonb_build_array(null, 'First' || i), 'last_name', jsonb_build_array(null, 'Last' || i), 'job_title',"
    " jsonb_build_array(null, 'Engineer'))"
)
UPDATED = "jsonb_build_object('first_name', jsonb_build_array('N{turn}x' || i % 977, 'M{turn}x' || i % 977))"
#: A thousand records a second until now; a record's id is a UUIDv7 of its moment, ten in a group.
FUNCTIONS = """
create schema bench;
create function bench.moment(seq bigint) returns timestamptz language sql stable as
$$ select to_timestamp(({now} - {total} + seq) / 1000.0) $$;
create function bench.record(seq bigint) returns uuid language sql immutable as
$$ select (lpad(to_hex({now}::bigint - {total} + seq), 12, '0') || '7' || substr(md5((seq / 10)::text), 1, 3) || 'a'
           || substr(md5((seq / 10)::text), 4, 9) || lpad(to_hex(seq % 10), 6, '0'))::uuid $$;
"""
#: What pgbench updates.
REFERENCE = """
create table bench.reference (tenant_id integer, key text, first_name text, last_name text, job_title text,
    primary key (tenant_id, key)) with (fillfactor = 80);
insert into bench.reference select 1, 'user' || i || '@example.com', 'First' || i, 'Last' || i, 'Engineer'
    from generate_series(0, {contacts} - 1) i;
"""


def changes(contacts: int) -> int:
    """How many entries of the ledger each contact gets."""
    return max(1, min(CHANGES, CHANGES_LIMIT // contacts))


def fill(superuser: psycopg.Connection, tenant: int, contacts: int) -> None:
    """Everything for one tenant, in statistics and on the disk; `superuser` must autocommit."""
    superuser.execute("set session_replication_role = replica")  # foreign keys are right by themselves
    superuser.execute(f"set rapport.tenant_id = '{tenant}'")
    _whole_pages(superuser, "set full_page_writes = off")
    values = {"tenant": tenant, "contacts": contacts, "changes": changes(contacts)}
    values |= {"total": contacts * changes(contacts), "now": _now(superuser)}
    for statement in (FUNCTIONS + REFERENCE).format(**values).split(";\n"):
        superuser.execute(statement)
    _people(superuser, values)
    _ledger(superuser, values)
    _whole_pages(superuser, "reset full_page_writes")
    superuser.execute("vacuum analyze")
    superuser.execute("checkpoint")


def _whole_pages(superuser: psycopg.Connection, change: str) -> None:
    """Whether the log takes whole pages after a checkpoint: most of what seeding random pages would cost."""
    superuser.execute(f"alter system {change}")
    superuser.execute("select pg_reload_conf()")


def _people(superuser: psycopg.Connection, values: Mapping[str, Any]) -> None:
    """Contacts in the order of their ids, accounts, and what finds both."""
    for table, last in (("person", values["contacts"] - 1), ("company", ACCOUNTS - 1)):
        superuser.execute(
            f"create temp table {table} as select i, row_number() over (order by random()) as n, id from"
            f" (select i, uuidv7() as id from generate_series(0, {last}) i) made"
        )
    superuser.execute("create index on person (n)")
    _insert(superuser, "contacts", CONTACTS, "(select * from person order by i) person", values)
    _insert(superuser, "contact_keys", CONTACT_KEYS, "(select * from person order by i) person", values)
    _insert(superuser, "accounts", ACCOUNT_ROWS, "company", values)
    _insert(superuser, "account_keys", ACCOUNT_KEYS, "company", values)
    for kind, words in WORDS.items():
        _insert(superuser, "search_tokens", TOKENS, words, {**values, "kind": kind})


def _ledger(superuser: psycopg.Connection, values: Mapping[str, Any]) -> None:
    """Each contact's entries, turn by turn; the heads, as if search had read them all."""
    contacts, tenant, total = values["contacts"], values["tenant"], values["total"]
    senders = {
        "app": _one(superuser, f"select id from connected_apps where tenant_id = {tenant}"),
        "configuration": _one(
            superuser, f"select id from configurations where tenant_id = {tenant} and reference = 'contact'"
        ),
    }
    for turn in range(1, values["changes"] + 1):
        before = f"{(turn - 1) * contacts}::bigint"
        own = {
            "turn": turn, "before": before, "kind": "created" if turn == 1 else "updated",
            "diff": CREATED if turn == 1 else UPDATED.format(turn=turn),
            "prev": "null::uuid" if turn == 1 else f"bench.record({before} + n - {contacts})",
        }  # fmt: skip
        _insert(superuser, "changes", LEDGER, "(select * from person order by n) person", {**values, **senders, **own})
    head = {"tenant_id": "{tenant}", "seq": "{total}", "at": "bench.moment({total})"}
    superuser.execute(f"delete from tenant_heads where tenant_id = {tenant}")
    for table in ("tenant_heads", "search_heads"):
        _insert(superuser, table, head, "(select) head", values)
    assert total == _one(superuser, f"select seq from tenant_heads where tenant_id = {tenant}")


def _insert(
    superuser: psycopg.Connection,
    table: str,
    columns: Mapping[str, str],
    source: str,
    values: Mapping[str, Any],
) -> None:
    """Rows of `source` into those of `columns` that the table has."""
    found = superuser.execute(
        "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s", [table]
    )
    there = {name for (name,) in found}
    kept = {name: sql.format(**values) for name, sql in columns.items() if name in there}
    superuser.execute(f"insert into {table} ({', '.join(kept)}) select {', '.join(kept.values())} from {source}")


def _now(superuser: psycopg.Connection) -> int:
    """Milliseconds since 1970."""
    return int(_one(superuser, "select extract(epoch from now()) * 1000"))


def _one(superuser: psycopg.Connection, statement: str) -> Any:
    found = superuser.execute(statement).fetchone()
    assert found is not None, statement
    return found[0]
