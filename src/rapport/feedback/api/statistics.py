"""`GET /api/statistics/nps`: the score with its interval, by groups, beside the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.feedback import figures, representation, wanted
from rapport.feedback.fields import IDS, fields, words
from rapport.feedback.statistics import Score
from rapport.tenants import answers
from rapport.tenants.models import Tenant
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def nps(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The score of the wanted answers."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        known = fields(tenant)
        filters = wanted.read(reader, known)
        by = reader.choice("by", [name for name in known if name not in IDS])
        if filters.group is not None:
            reader.errors["group"] = ["A score is of all its groups; leave group out."]
        reader.finish()
        return answers.data(_figures(tenant_id, filters.answers, by and known[by]))


def _figures(tenant_id: int, wanted: figures.Wanted, by: Any) -> dict[str, Any]:
    counts = figures.counts(tenant_id, wanted)
    before = wanted.before()
    told = representation.score(Score.of(counts)) | {
        "answers": sum(counts.values()),
        "distribution": {str(score): counts.get(score, 0) for score in range(11)},
        "before": before and representation.score(Score.of(figures.counts(tenant_id, before))),
    }
    if by:
        groups = figures.groups(tenant_id, wanted, by)
        named = words(tenant_id, by.name, (group.value for group in groups))
        told["groups"] = [representation.group(group, named) for group in groups]
    return told
