"""Migration operations for what Django's own cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Whose rows are seen; no setting means no rows. No sub-select around it: Citus refuses them in policies, and without
#: one it is a one-time filter or an index's condition, evaluated once a statement as well, or once a row written.
CURRENT_TENANT = "nullif(current_setting('rapport.tenant_id', true), '')::integer"
#: Who may see and write a row.
OWN_ROWS = f"using (tenant_id = {CURRENT_TENANT}) with check (tenant_id = {CURRENT_TENANT})"


class EnableRowSecurity(migrations.RunSQL):
    """Shows a table's rows to their own tenant only, also to the table's owner."""

    deconstruct = Operation.deconstruct

    def __init__(self, table: str) -> None:
        super().__init__(
            f"alter table {table} enable row level security;"
            f"alter table {table} force row level security;"
            f"create policy tenant on {table} {OWN_ROWS}",
            f"drop policy tenant on {table};"
            f"alter table {table} no force row level security;"
            f"alter table {table} disable row level security",
        )


class RenewRowSecurity(migrations.RunPython):
    """Gives the tables that have it already the policy's text of today, one by one, so that none stays locked.

    Its migration needs `atomic = False`. Nothing is taken back: either text shows the same rows.
    """

    def __init__(self) -> None:
        super().__init__(_renew_policies, migrations.RunPython.noop)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """It takes nothing."""
        return type(self).__name__, [], {}


def _renew_policies(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select tablename from pg_policies where schemaname = 'public' and policyname = 'tenant'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"alter policy tenant on {table} {OWN_ROWS}")


class CompositeForeignKey(migrations.RunSQL):
    """A foreign key to a tenant-owned table: `(tenant_id, column)` to `(tenant_id, id)`.

    Never deferrable, since a distributed PostgreSQL does not know that; Django's own foreign keys always are.
    """

    deconstruct = Operation.deconstruct

    def __init__(self, table: str, column: str, to: str) -> None:
        name = f"{table}_{column}_fkey"
        super().__init__(
            f"alter table {table} add constraint {name} "
            f"foreign key (tenant_id, {column}) references {to} (tenant_id, id)",
            f"alter table {table} drop constraint {name}",
        )


class IndexConcurrently(migrations.AddIndex):
    """Builds an index while others write; what a build that was cut off has left is dropped first.

    Its migration needs `atomic = False`.
    """

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drops the invalid rest of an earlier try, and builds."""
        model = to_state.apps.get_model(app_label, self.model_name)
        # It waits for transactions that are older, and holds up nobody meanwhile.
        schema_editor.execute("set lock_timeout = 0")
        schema_editor.execute(f"drop index concurrently if exists {self.index.name}")
        schema_editor.execute(self.index.create_sql(model, schema_editor, concurrently=True))
        schema_editor.execute("reset lock_timeout")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drops the index."""
        schema_editor.execute(f"drop index concurrently if exists {self.index.name}")


class StorageParameters(migrations.RunSQL):
    """Sets storage parameters of a table, such as `fillfactor=80`."""

    deconstruct = Operation.deconstruct

    def __init__(self, table: str, parameters: Sequence[str]) -> None:
        names = ", ".join(parameter.partition("=")[0] for parameter in parameters)
        super().__init__(
            f"alter table {table} set ({', '.join(parameters)})",
            f"alter table {table} reset ({names})",
        )
