"""The Data Transport Report of a campaign, and what the sender's domain says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from rapport.campaigns import domains, reasons, senders, transport
from rapport.tenants.scope import tenant_scope

from .listing import find

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def report(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """What became of a campaign's messages, by message and day."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        lines = transport.report(tenant_id, member.tenant.time_zone, [row.id])
    sums = transport.totals(lines).told()
    columns = {name: label for name, label in transport.LABELS.items() if name not in ("uploaded", "failed")}
    shown = {name: label for name, label in {**columns, **transport.REACHED}.items() if sums[name]}
    told = [(line.place, line.figures.told()) for line in lines]
    context = {
        "row": row,
        "reached": [(label, sums[name]) for name, label in transport.REACHED.items()],
        "skipped": [(reasons.SHORT.get(code, code), number) for code, number in sums["skipped"].items()],
        "totals": [(label, sums[name], name in transport.FAILED) for name, label in transport.LABELS.items()],
        "columns": shown.values(),
        "lines": [{"place": place, "numbers": [each[name] for name in shown]} for place, each in told],
    }
    return render(request, "campaigns/report.html", context)


def sender_domain(request: HttpRequest, member: Member) -> HttpResponse:
    """What a domain says of itself, and what receivers make of it."""
    with tenant_scope(member.tenant) as tenant_id:
        own, host = senders.of_system(tenant_id)
    given, faults = {"domain": request.GET.get("domain", own), "selector": request.GET.get("selector", "")}, []
    found: list[domains.Finding] = []
    try:
        domain = senders.domain(given["domain"]) if given["domain"] else ""
        selector = senders.selector(given["selector"]) if given["selector"] else ""
        found = domains.look(domain, selector, host) if domain else []
    except ValueError:
        faults.append("The domain must be one such as example.com, the selector a name.")
    context = {**given, "findings": found, "verdict": domains.verdict(found) if found else [], "faults": faults}
    return render(request, "campaigns/domain.html", context, status=422 if faults else 200)
