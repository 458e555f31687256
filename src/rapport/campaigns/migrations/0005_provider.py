"""A mail server may be a provider's API."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_bounces"),
    ]

    operations = [
        migrations.AlterField(
            model_name="smtpserver",
            name="security",
            field=models.TextField(
                choices=[
                    ("smtp", "Not encrypted"),
                    ("smtp+tls", "STARTTLS"),
                    ("smtps", "TLS"),
                    ("provider", "A provider's API"),
                ]
            ),
        ),
    ]
