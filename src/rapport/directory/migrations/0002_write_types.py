"""The shapes in which the records writer hands rows over (db/queries/records.sql).

Types of their own, not the tables' row types: a column added later leaves a running writer's shape alone.
"""

from __future__ import annotations

from django.db import migrations, models

CREATE = """
create type contact_write as (
    id uuid, email text, phone text, first_name text, last_name text, job_title text, job_level text,
    language text, account_id uuid, attributes jsonb, version integer, base integer
);
create type account_write as (
    id uuid, name text, manager text, manager_email text, parent_account text, industry text,
    company_size text, region text, number text, attributes jsonb, version integer, base integer
);
create type key_write as (key text, object_id uuid, label text);
create type alias_move as (key text, object_id uuid, base uuid);
create type activity_write as (
    id uuid, reference text, account_id uuid, contact_id uuid, type text, source text, happened_at timestamptz,
    information text, attributes jsonb, version integer, base integer
);
"""

DROP = "drop type contact_write, account_write, key_write, alias_move, activity_write;"


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AddIndex(
            "contactkey", models.Index(fields=("tenant_id", "contact_id"), name="contact_keys_contact")
        ),
    ]
