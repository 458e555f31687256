"""Contacts and keys are counted anew when half as many have come or changed: at every tenth, imports paid for it."""

from __future__ import annotations

from django.db import migrations

from rapport.tenants.operations import StorageParameters


class Migration(migrations.Migration):
    dependencies = [("directory", "0010_twins")]

    operations = [
        StorageParameters("contacts", ("autovacuum_analyze_scale_factor=0.5",)),
        StorageParameters("contact_keys", ("autovacuum_analyze_scale_factor=0.5",)),
    ]
