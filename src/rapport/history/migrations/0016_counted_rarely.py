"""The ledger is counted anew once it has doubled: at every tenth, imports cost a fifth more of PostgreSQL."""

from __future__ import annotations

from django.db import migrations

from rapport.tenants.operations import StorageParameters


class Migration(migrations.Migration):
    dependencies = [("history", "0015_rewrites")]

    operations = [StorageParameters("changes", ("autovacuum_analyze_scale_factor=1",))]
