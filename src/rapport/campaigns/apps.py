"""The Django app `campaigns`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class CampaignsConfig(lifecycle.Room):
    """Campaigns and their deliveries."""

    name = "rapport.campaigns"
