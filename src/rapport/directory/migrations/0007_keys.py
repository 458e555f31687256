"""The keys of contacts and accounts by today's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

from rapport.directory import rekeying

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def renew(_: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    rekeying.run(editor.connection)


class Migration(migrations.Migration):
    # Each batch commits by itself.
    atomic = False

    dependencies = [
        ("directory", "0006_last_record"),
        ("tenants", "0005_writers_lock"),
    ]

    operations = [
        migrations.RunPython(renew, migrations.RunPython.noop),
    ]
