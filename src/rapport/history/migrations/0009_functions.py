"""What writers call, as a distributed PostgreSQL takes it (records_3, counts_1 and unmapped_2 in db/functions/)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTIONS = {
    "records_3": "write_group_3",
    "counts_1": "count_records_1",
    "unmapped_2": "note_headings_2",
}


def text(file: str) -> str:
    return resources.files("rapport.db").joinpath(f"functions/{file}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("history", "0008_ledger_indexes")]

    operations = [migrations.RunSQL(text(file), f"drop function {function}") for file, function in FUNCTIONS.items()]
