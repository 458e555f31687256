"""`/api/statistics/deliveries`, the Data Transport Report, and `/api/sender-domain`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rapport.campaigns import domains, senders, transport
from rapport.campaigns.models import Campaign
from rapport.tenants import answers
from rapport.tenants.models import Tenant
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Campaigns of one report, the newest.
CAMPAIGNS = 1_000


def deliveries(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """What became of the messages of a campaign or of all, by message and day; the buckets add up to the rows."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    campaign = reader.id("campaign")
    days = {
        name: reader(name, date.fromisoformat, f"The {name} must be a date in ISO 8601.") for name in ("from", "to")
    }
    reader.finish()
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id)
    with tenant_scope(tenant_id):
        own = Campaign.objects.filter(tenant_id=tenant_id, **({"id": campaign} if campaign else {}))
        ids = list(own.order_by("-id").values_list("id", flat=True)[:CAMPAIGNS])
        lines = transport.report(tenant_id, zone, ids, days["from"], days["to"])
    told = [transport.represent(line) for line in lines]
    return answers.data({"totals": transport.totals(lines).told(), "data": told})


def sender_domain(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """What a domain says of itself, by default the system's sender's, and what receivers make of it."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    told = "The domain must be one such as example.com."
    domain, selector = (
        reader("domain", senders.domain, told),
        reader("selector", senders.selector, "The selector must be a name."),
    )
    reader.finish()
    with tenant_scope(tenant_id):
        own, host = senders.of_system(tenant_id)
    found = domains.look(domain or own, selector or "", host) if domain or own else []
    return answers.data(
        {
            "domain": domain or own,
            "findings": [vars(each) for each in found],
            "verdict": domains.verdict(found) if found else [],
        }
    )
