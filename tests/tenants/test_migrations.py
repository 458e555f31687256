from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from rapport.tenants import bootstrap
from rapport.tenants.lifecycle import rooms

if TYPE_CHECKING:
    from tests.conftest import Database

#: What a test would have to know that the models do not say.
STORAGE = {
    "contacts": ["fillfactor=80", "autovacuum_analyze_scale_factor=0.5"],
    "contact_keys": ["autovacuum_analyze_scale_factor=0.5"],
    "changes": ["autovacuum_analyze_scale_factor=1"],
    "tenant_heads": ["fillfactor=10"],
}


def test_the_models_have_no_change_that_no_migration_has(database: Database) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_app_of_ours_is_a_room() -> None:
    assert {room.name for room in rooms()} == {app.name for app in apps.get_app_configs() if "rapport." in app.name}


def test_unmanaged_tables_have_the_columns_of_their_models(database: Database) -> None:
    for model in (model for model in apps.get_models() if not model._meta.managed and hasattr(model, "grants")):
        with connection.cursor() as cursor:
            found = connection.introspection.get_table_description(cursor, model._meta.db_table)
        assert [column.name for column in found] == [field.column for field in model._meta.local_concrete_fields]


def test_rows_have_room_to_be_updated_in_place_and_large_tables_are_counted_rarely(database: Database) -> None:
    with psycopg.connect(database.app) as app:
        found = dict(app.execute("select relname, reloptions from pg_class where reloptions is not null"))
    assert {table: options for table, options in found.items() if table in STORAGE} == STORAGE


def test_our_migrations_can_be_taken_back(fresh_database: Database) -> None:
    with bootstrap._as_django_database(fresh_database.settings) as alias:
        ours = [(app.label, None) for app in apps.get_app_configs() if "rapport." in app.name]
        executor = MigrationExecutor(connections[alias])
        executor.migrate([target for target in ours if target[0] in executor.loader.migrated_apps])
    with psycopg.connect(fresh_database.owner) as owner:
        left = owner.execute(
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
            " and relname !~ '^(django|procrastinate)_'"
        ).fetchall()
    assert left == []
