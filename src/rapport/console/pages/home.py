"""Home: what is going on in a system, and its first steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.shortcuts import render

from rapport.campaigns import taking
from rapport.connected_apps.models import ConnectedApp
from rapport.connected_apps.senders import DAY, HOUR, sources
from rapport.console import charts
from rapport.evidence import pulse, trace
from rapport.evidence.feeds import IGNORED, REFUSED
from rapport.feedback import figures
from rapport.feedback.statistics import Score
from rapport.history.models import SentRecord, this_hour
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.evidence.pulse import Finding
    from rapport.members.access import Member

#: Over which the score is told.
SCORED = timedelta(days=90)
#: What stands where there is not one app that is surely meant.
CLIENT_ID = "CLIENT_ID"
FIRST = """\
TOKEN=$(curl -s {auth}/oauth2/token -d grant_type=client_credentials \\
  -d client_id={client_id} \\
  -d client_secret=CLIENT_SECRET | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')"""
SECOND = """\
curl -i -X PUT {records}/records \\
  -H "Authorization: Bearer $TOKEN" -d configuration=contact \\
  -d "record[Email]=ada@example.com" -d "record[First Name]=Ada\""""


def home(request: HttpRequest, member: Member) -> HttpResponse:
    """Records by hour, sources, and what needs attention; before the first record, how to send it."""
    asked = request.GET.get("span")
    zone = ZoneInfo(member.tenant.time_zone)
    with tenant_scope(member.tenant) as tenant_id:
        newest = SentRecord.objects.filter(tenant_id=tenant_id).order_by("-at", "-id").first()
        # What a record held is for those who may see the request history.
        if newest is None or ("waiting" in request.GET and member.may("admin")):
            return _start(request, member, tenant_id, newest)
        new = pulse.is_new(tenant_id)
        span = asked if asked in ("24h", "30d") else "1h" if new else "24h"
        found = pulse.minutes(tenant_id, zone) if span == "1h" else pulse.chart(tenant_id, zone, _days(span))
        counts = figures.counts(tenant_id, figures.Wanted(start=this_hour() - SCORED))
        context = {
            "span": span,
            "new": new,
            "chart": charts.draw(found, span),
            "refused": _since(member, found[0].start),
            "day": {name: _since(member, this_hour() - DAY + HOUR, name) for name in (REFUSED, IGNORED)},
            "sources": sources(tenant_id),
            "score": Score.of(counts),
            "answers": sum(counts.values()),
            "waiting": taking.waiting(tenant_id),
            "findings": [(each, _remedy(member, each)) for each in pulse.attention(tenant_id)],
        }
    return render(request, "console/home.html", context)


def _days(span: str) -> Literal["24h", "30d"]:
    return "30d" if span == "30d" else "24h"


def _start(request: HttpRequest, member: Member, tenant_id: int, newest: SentRecord | None) -> HttpResponse:
    """The first steps, which wait for a record and show what became of it."""
    apps = list(ConnectedApp.objects.filter(tenant_id=tenant_id, active=True).values_list("client_id", flat=True)[:2])
    origins = hosts(request)
    context = {
        "apps": apps,
        "token": FIRST.format(client_id=apps[0] if len(apps) == 1 else CLIENT_ID, **origins),
        "put": SECOND.format(**origins),
        "receipt": newest and trace.receipt(tenant_id, newest),
    }
    return render(request, "console/start.html", context)


def _remedy(member: Member, finding: Finding) -> str:
    """Where somebody looks into a finding; nowhere for those who may not."""
    about = finding.about
    if not member.may("admin"):
        return ""
    if finding.kind in ("unmapped", "untold"):
        return f"{member.to('map-heading')}?{urlencode(about)}"
    if finding.kind == "others":
        return member.to("unmapped")
    app = {"app": about["id"]} if about else {}
    return _since(member, finding.since, **app) if finding.since else f"{member.to('requests')}?{urlencode(app)}"


def _since(member: Member, since: datetime, outcome: str = REFUSED, **filters: str) -> str:
    """The records of an outcome from a moment on."""
    local = since.astimezone(ZoneInfo(member.tenant.time_zone))
    # Of two equal hours the form takes the first: the second has its offset.
    told = local.strftime("%Y-%m-%dT%H:%M%z" if local.fold else "%Y-%m-%dT%H:%M")
    return f"{member.to('requests')}?{urlencode({**filters, 'outcome': outcome, 'from': told})}"
