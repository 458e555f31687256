"""The Django app `surveys`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class SurveysConfig(lifecycle.Room):
    """Survey records and answers."""

    name = "rapport.surveys"
