"""`/api/provider-events/<link>`: what a provider tells of mails; the link is the right to tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

from rapport.campaigns import providers
from rapport.campaigns.bounces import receiving
from rapport.campaigns.models import BounceReport, SmtpServer
from rapport.feedback import links
from rapport.tenants import answers
from rapport.tenants.permission import Permitted
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest


def _taken(request: HttpRequest, link: str) -> HttpResponse:
    try:
        row = _server(links.read(link, providers.PURPOSE))
    except links.NoKeyError:
        return answers.sentence(503, "Try again later.")
    if row is None:
        return answers.sentence(404, "There is no such address.")
    if request.method == "HEAD":  # some look whether it is there
        return HttpResponse()
    if int(request.META.get("CONTENT_LENGTH") or 0) > receiving.LIMIT:
        return answers.sentence(413, f"The body must not be larger than {receiving.LIMIT} bytes.")
    return _kept(request, row)


def _server(found: links.Link | None) -> SmtpServer | None:
    if found is None:
        return None
    with tenant_scope(found.tenant_id):
        own = SmtpServer.objects.filter(tenant_id=found.tenant_id, id=found.id)
        return own.filter(security=SmtpServer.Security.PROVIDER, host__in=list(providers.PROVIDERS)).first()


def _kept(request: HttpRequest, row: SmtpServer) -> HttpResponse:
    try:
        told = providers.events(row.host, request)
    except ImportError:
        return answers.sentence(503, providers.MISSING)
    except providers.EventsError:
        return answers.sentence(400, f"That is not what {row.host} sends.")
    with tenant_scope(row.tenant_id):
        for report, digest, text in told:
            receiving.keep(row.tenant_id, report, digest, BounceReport.Source.PROVIDER, text)
    return answers.data({"taken": len(told)})


taken = Permitted(_taken, "a link", ("HEAD", "POST"), csrf_exempt=True)
