from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import IntegrityError, connection, connections
from psycopg import sql

from rapport.connected_apps.models import ConnectedApp
from rapport.db import tenancy
from rapport.history import partitions
from rapport.tenants import bootstrap, operations
from rapport.tenants.scope import tenant_scope
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

TENANT_TABLES = (
    "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
    " where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1"
)
#: Rows that no fixture and no `stock` makes, as the application role writes them.
ROWS = {
    "requests": "insert into requests values (%(tenant)s, now(), gen_random_uuid(), 'r', 0, 'app', null, null, 422,"
    " 'rejected', '[]', '{}', null, null, null, null, null)",
    "idempotency_keys": "insert into idempotency_keys values"
    " (%(tenant)s, gen_random_uuid(), 'k', '\\x00', '{}', now())",
    "webhooks": "insert into webhooks (tenant_id, id, public_id, configuration_id, user_name, hash)"
    " select tenant_id, gen_random_uuid(), 'p', id, 'u', '\\x00'"
    " from configurations where tenant_id = %(tenant)s limit 1",
    "invitations": "insert into invitations (tenant_id, id, hash, email, email_key, role, expires_at)"
    " values (%(tenant)s, gen_random_uuid(), '\\x01', 'x@example.com', 'x@example.com', 'user', now())",
    "rate_leases": "insert into rate_leases values (%(tenant)s, gen_random_uuid(), now(), 1)",
    "unmapped_headings": "insert into unmapped_headings values (%(tenant)s, gen_random_uuid(), 'h', 1, now(), now())",
    "unmapped_values": "insert into unmapped_values values"
    " (%(tenant)s, gen_random_uuid(), 'h', gen_random_uuid(), now(), 'v')",
    "hourly_counts": "insert into hourly_counts values"
    " (%(tenant)s, now(), 'app', gen_random_uuid(), gen_random_uuid(), 'created', 1, 0, now())",
    "search_heads": "insert into search_heads values (%(tenant)s, 0)",
    "search_tokens": "insert into search_tokens values (%(tenant)s, 'contact', 'ada', gen_random_uuid())",
    "mapped_headings": "insert into mapped_headings values (%(tenant)s, gen_random_uuid(), 'h', now())",
    "activities": "insert into activities"
    " (tenant_id, id, reference, account_id, type, source, happened_at, version, created_at, updated_at)"
    " select tenant_id, gen_random_uuid(), 'r', id, 't', 's', now(), 1, now(), now()"
    " from accounts where tenant_id = %(tenant)s limit 1",
    "survey_records": "insert into survey_records (tenant_id, id, contact_id, state, created_at)"
    " select tenant_id, gen_random_uuid(), id, 'queued', now() from contacts where tenant_id = %(tenant)s limit 1",
    "external_responses": "insert into external_responses"
    " (tenant_id, id, contact_id, nps_score, sent_date, response_date, created_at)"
    " select tenant_id, gen_random_uuid(), id, 9, now(), now(), now()"
    " from contacts where tenant_id = %(tenant)s limit 1",
    "configuration_edits": "insert into configuration_edits values"
    " (%(tenant)s, gen_random_uuid(), 1, now(), 'command', null, 'x', null, '{}')",
    "configuration_drafts": "insert into configuration_drafts values"
    " (%(tenant)s, gen_random_uuid(), '{}', 1, null, 'command', null, 'x', now())",
    "custom_fields": "insert into custom_fields (tenant_id, id, object, name, label, type)"
    " values (%(tenant)s, gen_random_uuid(), 'contact', 'segment', 'Segment', 'text')",
    "mails": "insert into mails (tenant_id, id, about) values (%(tenant)s, gen_random_uuid(), gen_random_uuid())",
    "score_heads": "insert into score_heads values (%(tenant)s, 0)",
    "counted_answers": "insert into counted_answers (tenant_id, id, type, seq, at)"
    " values (%(tenant)s, gen_random_uuid(), 'response', 1, now())",
    "score_hours": "insert into score_hours values (%(tenant)s, now(), '', gen_random_uuid(), 9, 1)",
    "score_days": "insert into score_days values (%(tenant)s, now(), '', gen_random_uuid(), 9, 1)",
    "follow_ups": "insert into follow_ups (tenant_id, answer_id, updated_at)"
    " values (%(tenant)s, gen_random_uuid(), now())",
    "follow_up_notes": "insert into follow_up_notes (tenant_id, answer_id, id, author_type, author_name)"
    " values (%(tenant)s, gen_random_uuid(), gen_random_uuid(), 'user', 'x')",
    "alert_rules": "insert into alert_rules (tenant_id, id, name) values (%(tenant)s, gen_random_uuid(), 'n')",
    "surveys": "insert into surveys (tenant_id, id, reference, name) values (%(tenant)s, gen_random_uuid(), 'r', 'n')",
    "survey_versions": "insert into survey_versions"
    " select tenant_id, id, 99, '{}', now(), 'command', null, 'x' from surveys where tenant_id = %(tenant)s limit 1",
    "responses": "insert into responses (tenant_id, id, number, survey_id, survey_version, language, channel,"
    " started_at, paged_at, created_at, updated_at)"
    " values (%(tenant)s, gen_random_uuid(), 1, gen_random_uuid(), 1, 'en', 'link', now(), now(), now(), now())",
    "response_pages": "insert into response_pages"
    " select tenant_id, id, 1, 'n', 'd', 'p', survey_id, 1, '{}', 'en', now(), now(), 'phone'"
    " from responses where tenant_id = %(tenant)s limit 1",
    "link_fetches": "insert into link_fetches"
    " values (%(tenant)s, 'a', gen_random_uuid(), -1, 1, now(), now(), 'phone')",
    "feed_entries": "insert into feed_entries values (%(tenant)s, 'responses', 1, 'response', gen_random_uuid())",
    "link_keys": "insert into link_keys values (%(tenant)s, 99, 'x', now())",
    "touchpoint_links": "insert into touchpoint_links values (%(tenant)s, gen_random_uuid())",
    "suppressions": "insert into suppressions"
    " (tenant_id, id, at, list, act, kind, key, source, actor_type, request_id)"
    " values (%(tenant)s, gen_random_uuid(), now(), 'bounce', 'added', 'domain', 'd:x', 'hand', 'user', 'r')",
    "suppressed": "insert into suppressed values (%(tenant)s, 'd:x', 'bounce', gen_random_uuid(), now())",
    "campaigns": "insert into campaigns (tenant_id, id, name, kind, recipients, sender_name, sender_address)"
    " values (%(tenant)s, gen_random_uuid(), 'n', 'general', '{}', 'n', 'a@example.com')",
    "messages": "insert into messages select tenant_id, id, 'first', 'de', 's', 'p', 'b'"
    " from campaigns where tenant_id = %(tenant)s limit 1",
    "segments": "insert into segments (tenant_id, id, name, conditions)"
    " values (%(tenant)s, gen_random_uuid(), 'n', '[]')",
    "plans": "insert into plans select tenant_id, id, 'x', now(), now(), '{}', 0, 0, '{}', '[]'"
    " from campaigns where tenant_id = %(tenant)s limit 1",
    "deliveries": "insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, state, due_at, updated_at)"
    " select tenant_id, gen_random_uuid(), id, 0, gen_random_uuid(), 'queued', now(), now()"
    " from campaigns where tenant_id = %(tenant)s limit 1",
    "bounce_reports": "insert into bounce_reports (tenant_id, id, at, digest, kind, source)"
    " values (%(tenant)s, gen_random_uuid(), now(), 'x', 'hard', 'api') on conflict do nothing",
    "bounce_mailboxes": "insert into bounce_mailboxes (tenant_id, host, port, security, user_name, password)"
    " values (%(tenant)s, 'h', 993, 'imaps', 'u', 'x') on conflict do nothing",
    "campaign_counts": "insert into campaign_counts values (%(tenant)s, gen_random_uuid(), 0, 'sent', '', 0, 1)",
    "rest_holds": "insert into rest_holds values (%(tenant)s, 'e:a@example.com', '', gen_random_uuid())",
    "sender_leases": "insert into sender_leases values (%(tenant)s, gen_random_uuid(), now())",
    "sending_rates": "insert into sending_rates values (%(tenant)s, gen_random_uuid(), now())",
    "taking_heads": "insert into taking_heads values (%(tenant)s, 1) on conflict do nothing",
    "smtp_servers": "insert into smtp_servers (tenant_id, id, name, host, port, security)"
    " values (%(tenant)s, gen_random_uuid(), 'n', 'h', 25, 'smtp')",
    "sending_rules": "insert into sending_rules (tenant_id) values (%(tenant)s) on conflict do nothing",
    "imports": "insert into imports (tenant_id, id, name, configuration_id, state, author_type, author_name, manual,"
    ' dry_run, size, packed, unmapped, notes, readings, head_start, head_end, head_line, "offset", line, read, created,'
    " updated, unchanged, rejected, blank, seconds, forgotten)"
    " values (%(tenant)s, gen_random_uuid(), 'n', gen_random_uuid(), 'received', 'user', 'x', false,"
    " false, 1, '[]', '[]', '[]', '[]', 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, false)",
    "import_chunks": "insert into import_chunks (tenant_id, import_id, number, outcomes, lines)"
    " values (%(tenant)s, gen_random_uuid(), 1, 'c', '[2]')",
    "import_failures": "insert into import_failures"
    ' (tenant_id, import_id, number, first_line, last_line, start, "end", faults)'
    " values (%(tenant)s, gen_random_uuid(), 1, 2, 2, 0, 1, '[]')",
    "merges": "insert into merges (tenant_id, id, object_type, kept_id, merged_ids, state, author_type, author_name,"
    " total, moved)"
    " values (%(tenant)s, gen_random_uuid(), 'contact', gen_random_uuid(), '[]', 'done', 'user', 'x', 0, 0)",
    "twin_keys": "insert into twin_keys values (%(tenant)s, 'contact', 'p:1', gen_random_uuid())",
    "twins": "insert into twins (tenant_id, id, object_type, first_id, second_id, reason)"
    " values (%(tenant)s, gen_random_uuid(), 'contact', gen_random_uuid(), gen_random_uuid(), 'phone')",
    "twin_heads": "insert into twin_heads values (%(tenant)s, 0)",
    "undos": "insert into undos (tenant_id, id, state, token, asked, entries, behind, author_type, author_name, kind,"
    " position, restored, deleted, kept, reasons)"
    " values (%(tenant)s, gen_random_uuid(), 'done', gen_random_uuid()::text::bytea, '{}', '[]', 0, 'user', 'x', 0,"
    " 0, 0, 0, 0, '{}')",
    "replays": "insert into replays (tenant_id, id, state, token, asked, until, versions, total, read, author_type,"
    " author_name, applied, unchanged, kept, rejected, reasons)"
    " values (%(tenant)s, gen_random_uuid(), 'done', gen_random_uuid()::text::bytea, '{}', now(), '{}', 0, 0, 'user',"
    " 'x', 0, 0, 0, 0, '{}')",
    "replayed_records": "insert into replayed_records (tenant_id, made, record, replay_id, whole)"
    " values (%(tenant)s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), true)",
    "touchpoints": "insert into touchpoints (tenant_id, id, name, name_key)"
    " values (%(tenant)s, gen_random_uuid(), 'Sales', 'sales')",
}
#: The application role can change none of their columns, in no tenant: rows are added, or taken away as a whole.
ONLY_ADDED_TO = {
    "audit_entries",
    "configuration_edits",
    "feed_entries",
    "search_tokens",
    "survey_versions",
    "twin_keys",
}
ROUTINE = [
    "access_tokens",
    "account_keys",
    "accounts",
    "activities",
    "alert_rules",
    "app_secrets",
    "audit_entries",
    "bounce_mailboxes",
    "bounce_reports",
    "campaign_counts",
    "campaigns",
    "changes",
    "configuration_drafts",
    "configuration_edits",
    "configurations",
    "connected_apps",
    "contact_keys",
    "contacts",
    "counted_answers",
    "custom_fields",
    "deliveries",
    "external_responses",
    "feed_entries",
    "follow_up_notes",
    "follow_ups",
    "hourly_counts",
    "idempotency_keys",
    "import_chunks",
    "import_failures",
    "imports",
    "invitations",
    "link_fetches",
    "link_keys",
    "mails",
    "mapped_headings",
    "memberships",
    "merges",
    "messages",
    "plans",
    "rate_leases",
    "replayed_records",
    "replays",
    "requests",
    "response_pages",
    "responses",
    "rest_holds",
    "score_days",
    "score_heads",
    "score_hours",
    "search_heads",
    "search_tokens",
    "segments",
    "sender_leases",
    "sending_rates",
    "sending_rules",
    "smtp_servers",
    "suppressed",
    "suppressions",
    "survey_records",
    "survey_versions",
    "surveys",
    "taking_heads",
    "tenant_heads",
    "touchpoint_links",
    "touchpoints",
    "twin_heads",
    "twin_keys",
    "twins",
    "undos",
    "unmapped_headings",
    "unmapped_values",
    "webhooks",
]


@pytest.fixture
def app(database: Database) -> Any:
    """A plain connection of the application role."""
    with psycopg.connect(database.app, autocommit=True) as connection:
        yield connection


def bind(connection: psycopg.Connection, person: Person) -> None:
    """Binds the open transaction to the person's tenant."""
    connection.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")


@pytest.fixture
def filled(cast: Cast, app: psycopg.Connection) -> Cast:
    """Alice has a row in every table."""
    put_account(cast.alice.tenant, "Analytical Engines")
    put_contact(cast.alice.tenant, email="ada@example.com")
    with app.transaction():
        bind(app, cast.alice)
        for statement in ROWS.values():
            app.execute(statement, {"tenant": cast.alice.tenant.pk})
    return cast


def test_every_table_with_a_tenant_forces_row_security(app: psycopg.Connection) -> None:
    tables = [name for (name,) in app.execute(TENANT_TABLES)]
    forced = app.execute("select relname from pg_class where relrowsecurity and relforcerowsecurity order by 1")
    assert tables == ROUTINE
    assert [name for (name,) in forced] == ROUTINE


def test_every_policy_asks_for_the_tenant_once_a_statement(app: psycopg.Connection) -> None:
    policies = app.execute(
        "select tablename, qual, with_check, roles::text, cmd from pg_policies where policyname = 'tenant'"
    ).fetchall()
    assert sorted(table for table, *_ in policies) == ROUTINE
    setting = "(NULLIF(current_setting('rapport.tenant_id'::text, true), ''::text))::integer"
    for _, qual, check, roles, command in policies:
        assert qual == check == f"(tenant_id = {setting})"
        assert (roles, command) == ("{public}", "ALL")
    app.execute("set enable_seqscan = off")
    plan = [line.strip() for (line,) in app.execute("explain select from contacts")]
    assert f"Index Cond: (tenant_id = {setting})" in plan
    plan = [line.strip() for (line,) in app.execute("explain select from contacts where tenant_id = 1")]
    assert f"One-Time Filter: ({setting} = 1)" in plan


def test_policies_of_the_version_before_get_todays_text(fresh_database: Database) -> None:
    """Citus takes no sub-select in a policy; those from before had one."""
    policies = "select tablename, qual, with_check from pg_policies where policyname = 'tenant' order by 1"
    old = "(select nullif(current_setting('rapport.tenant_id', true), '')::integer)"
    with psycopg.connect(fresh_database.owner, autocommit=True) as owner:
        today = owner.execute(policies).fetchall()
        for table, *_ in today:
            owner.execute(f"alter policy tenant on {table} using (tenant_id = {old}) with check (tenant_id = {old})")
        assert all("SELECT" in qual and "SELECT" in check for _, qual, check in owner.execute(policies))
        with (
            bootstrap._as_django_database(fresh_database.settings) as alias,
            connections[alias].schema_editor(atomic=False) as editor,
        ):
            operations.RenewRowSecurity().code(None, editor)
        assert owner.execute(policies).fetchall() == today


def test_people_see_their_own_memberships_whatever_the_tenant_and_change_none(
    filled: Cast, app: psycopg.Connection
) -> None:
    others = app.execute("select tablename, cmd from pg_policies where policyname <> 'tenant'").fetchall()
    assert others == [("memberships", "SELECT")]
    with app.transaction():
        app.execute(f"set local rapport.user_id = '{filled.alice.user.id}'")
        assert app.execute("select tenant_id, user_id from memberships").fetchall() == [
            (filled.alice.tenant.pk, filled.alice.user.id)
        ]
        assert app.execute("update memberships set role = 'user'").rowcount == 0
        assert app.execute("delete from memberships").rowcount == 0


@pytest.mark.parametrize("table", ROUTINE)
def test_the_owner_of_the_rows_sees_them(filled: Cast, app: psycopg.Connection, table: str) -> None:
    with app.transaction():
        bind(app, filled.alice)
        assert count(app, table) > 0


@pytest.mark.parametrize("table", ROUTINE)
def test_the_stranger_sees_nothing(filled: Cast, app: psycopg.Connection, table: str) -> None:
    with app.transaction():
        bind(app, filled.charlie)
        assert count(app, table, filled.alice) == 0


@pytest.mark.parametrize("table", ROUTINE)
def test_whoever_names_no_tenant_sees_nothing(filled: Cast, app: psycopg.Connection, table: str) -> None:
    assert count(app, table) == 0
    with app.transaction():
        app.execute("set local rapport.tenant_id = ''")
        assert count(app, table) == 0


@pytest.mark.parametrize("table", ROUTINE)
def test_the_stranger_changes_nothing(filled: Cast, app: psycopg.Connection, table: str) -> None:
    found = app.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and has_column_privilege(%s, attname, 'update') order by attnum desc limit 1",
        [table, table],
    ).fetchone()
    if found is None:
        assert table in ONLY_ADDED_TO
        return
    column = found[0]
    statement = sql.SQL("update {} set {} = {}").format(*map(sql.Identifier, (table, column, column)))
    with app.transaction():
        bind(app, filled.charlie)
        theirs = count(app, table)
        assert app.execute(statement).rowcount == theirs
    with app.transaction():
        bind(app, filled.charlie)
        narrowed = statement + sql.SQL(" where tenant_id = {}").format(filled.alice.tenant.pk)
        assert app.execute(narrowed).rowcount == 0


@pytest.mark.parametrize("table", ROUTINE)
def test_the_stranger_deletes_nothing(filled: Cast, app: psycopg.Connection, table: str) -> None:
    statement = sql.SQL("delete from {} where tenant_id = {}").format(sql.Identifier(table), filled.alice.tenant.pk)
    may = app.execute("select has_table_privilege(%s, 'delete')", [table]).fetchone()[0]
    with app.transaction():
        bind(app, filled.charlie)
        if may:
            assert app.execute(statement).rowcount == 0
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
                app.execute(statement)
    with app.transaction():
        bind(app, filled.alice)
        assert count(app, table) > 0


@pytest.mark.parametrize("table", ROUTINE)
def test_the_stranger_plants_nothing(filled: Cast, app: psycopg.Connection, table: str) -> None:
    name = sql.Identifier(table)
    with app.transaction():
        bind(app, filled.alice)
        row = app.execute(sql.SQL("select to_json(t)::text from {} t limit 1").format(name)).fetchone()[0]
    plant = sql.SQL("insert into {} select * from json_populate_record(null::{}, %s)").format(name, name)
    with app.transaction(force_rollback=True):
        bind(app, filled.charlie)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            app.execute(plant, [row])


def test_nobody_can_hand_rows_to_another_tenant(filled: Cast, app: psycopg.Connection) -> None:
    with app.transaction(force_rollback=True):
        bind(app, filled.alice)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            app.execute("update connected_apps set tenant_id = %s", [filled.charlie.tenant.pk])


def test_a_composite_key_keeps_references_within_the_tenant(filled: Cast) -> None:
    with tenant_scope(filled.alice.tenant) as tenant_id:
        app_id = ConnectedApp.objects.filter(tenant_id=tenant_id).first().id
    with pytest.raises(IntegrityError), tenant_scope(filled.charlie.tenant) as tenant_id, connection.cursor() as cursor:
        cursor.execute(
            "insert into app_secrets values (%s, gen_random_uuid(), %s, '\\x00', now(), null)", [tenant_id, app_id]
        )


def test_the_application_role_is_no_owner_and_is_bound(app: psycopg.Connection) -> None:
    tenancy.judge_role(*app.execute(tenancy.ROLE_CHECK).fetchone())
    owned = app.execute("select count(*) from pg_class where relowner = current_user::regrole").fetchone()[0]
    assert owned == 0


def test_partitions_are_out_of_reach_but_through_their_parent(app: psycopg.Connection) -> None:
    names = [name for (name,) in app.execute("select inhrelid::regclass::text from pg_inherits")]
    leaves = [name for name in names if name.startswith("requests") and not name.endswith("_pkey")]
    assert len(leaves) == partitions.DAYS_AHEAD + 3
    for name in leaves:
        for privilege in ("select", "insert", "update", "delete"):
            assert not app.execute("select has_table_privilege(%s, %s)", [name, privilege]).fetchone()[0], name


def test_every_key_of_a_tenants_table_begins_with_the_tenant(app: psycopg.Connection) -> None:
    unique = app.execute(
        "select i.indexrelid::regclass::text, a.attname from pg_index i"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
        " where i.indisunique and i.indrelid::regclass::text = any(%s)",
        [ROUTINE],
    ).fetchall()
    assert len(unique) >= len(ROUTINE)
    assert {column for _, column in unique} == {"tenant_id"}
    foreign = app.execute(
        "select conname, pg_get_constraintdef(oid), condeferrable from pg_constraint"
        " where contype = 'f' and conrelid::regclass::text = any(%s)",
        [ROUTINE],
    ).fetchall()
    assert len(foreign) == 17
    for name, definition, deferrable in foreign:
        assert definition.startswith("FOREIGN KEY (tenant_id, "), name
        assert not deferrable, name


def count(connection: psycopg.Connection, table: str, person: Person | None = None) -> int:
    where = sql.SQL(" where tenant_id = {}").format(person.tenant.pk) if person else sql.SQL("")
    return connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table)) + where).fetchone()[0]
