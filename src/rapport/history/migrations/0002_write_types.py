"""The shapes in which the records writer hands rows over (db/queries/records.sql)."""

from __future__ import annotations

from django.db import migrations

CREATE = """
create type request_write as (
    id uuid, request_id text, position integer, actor_type text, actor_id uuid, configuration_id uuid,
    status smallint, outcome text, objects json, sent json, errors json, ignored json, warnings json,
    email_key text, phone_key text
);
create type change_write as (
    object_type text, object_id uuid, version integer, kind text, diff jsonb, actor_type text, actor_id uuid,
    request_id text
);
create type answer_write as (actor_id uuid, key text, fingerprint bytea, receipt json);
"""

DROP = "drop type request_write, change_write, answer_write;"


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
