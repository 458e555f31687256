"""Policies without a sub-select, as a distributed PostgreSQL takes them."""

from __future__ import annotations

from django.db import migrations

from rapport.tenants.operations import RenewRowSecurity


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tenants", "0003_head_at")]

    operations = [RenewRowSecurity()]
