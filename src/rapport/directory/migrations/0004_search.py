"""What search reads: the words of contacts and accounts, and how far they have followed the ledger."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_activities")]

    operations = [
        migrations.CreateModel(
            name="SearchToken",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "object_type", "token", "object_id",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
                ("object_type", models.TextField()),
                ("token", models.TextField(db_collation="C")),
                ("object_id", models.UUIDField()),
            ],
            options={
                "db_table": "search_tokens",
                "indexes": [models.Index(fields=["tenant_id", "object_id"], name="search_tokens_object")],
            },
        ),
        migrations.CreateModel(
            name="SearchHead",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(db_default=0)),
            ],
            options={"db_table": "search_heads"},
        ),
        EnableRowSecurity("search_tokens"),
        EnableRowSecurity("search_heads"),
    ]  # fmt: skip
