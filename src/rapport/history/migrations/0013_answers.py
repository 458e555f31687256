"""What the pages for contacts read and write (db/functions/answers_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

CREATE = resources.files("rapport.db").joinpath("functions/answers_1.sql").read_text(encoding="utf-8")
DROP = """
drop function note_fetch_1, change_asked_1, write_answer_1, read_visit_1, read_asked_1;
drop type asked_write_1, page_write_1, answer_write_1;
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0012_records_3"), ("configurations", "0002_fields_touchpoints_edits")]

    operations = [migrations.RunSQL(CREATE, DROP)]
