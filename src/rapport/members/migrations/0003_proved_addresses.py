"""Accounts know whether their address was proved, invitations whether their link proves it; of before, none."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_sessions_links_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="proved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="proves",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
