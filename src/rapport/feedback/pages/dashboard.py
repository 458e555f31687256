"""The dashboard, and the scores of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from rapport.feedback import account_scores, charts, drivers, figures, marks, response_rate, responses
from rapport.feedback.fields import IDS, words
from rapport.feedback.narrowing import DEFAULT_PERIOD, AnswersForm
from rapport.feedback.statistics import FEW, Score
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.feedback.fields import Field
    from rapport.feedback.figures import Wanted
    from rapport.members.access import Member

#: By what accounts are ordered -> its words and the order.
ORDERS = {
    "worst": "Lowest score first",
    "best": "Highest score first",
    "silent": "Silent ones first",
    "quiet": "Longest unheard of first",
    "name": "By name",
}
#: Accounts on a page.
SHOWN = 200


def dashboard(request: HttpRequest, member: Member) -> HttpResponse:
    """The score with all that explains it."""
    with tenant_scope(member.tenant) as tenant_id:
        form = AnswersForm(request.GET, member, period=DEFAULT_PERIOD)
        wanted, known = form.filter().answers, form.known
        by = known.get(request.GET.get("by", ""), known["touchpoint"])
        context = _figures(tenant_id, wanted, member.tenant.time_zone) | {"groups": _groups(tenant_id, wanted, by)}
        if "more" in request.GET:  # what is not rolled up comes behind the rest of the page
            found = drivers.of(tenant_id, wanted, known["survey"])
            context["drivers"] = [(each, charts.shares(each.score)) for each in found]
            context["rate"] = response_rate.of(tenant_id, wanted)
            context["marks"] = marks.of(tenant_id, wanted)
    context |= {
        "more": "more" in request.GET,
        "form": form,
        "inputs": form.inputs("period", "touchpoint", "survey", "type", "start", "end"),
        "by": by,
        "fields": [field for field in known.values() if field.name not in IDS],
        "chart": {"width": charts.WIDTH, "narrow": charts.NARROW, "height": charts.HEIGHT},
    }
    return render(request, "feedback/dashboard.html", context)


def _figures(tenant_id: int, wanted: Wanted, zone: str) -> dict[str, Any]:
    """The score, what it was before, and how it came about."""
    counts, before = figures.counts(tenant_id, wanted), wanted.before()
    score, unit = Score.of(counts), figures.unit(wanted)
    then = Score.of(figures.counts(tenant_id, before)) if before else None
    steps = figures.trend(tenant_id, wanted, zone, unit)
    return {
        "score": score,
        "answers": sum(counts.values()),
        "then": then,
        "change": then and figures.change(score, then),
        "bars": charts.distribution(counts),
        "narrow_bars": charts.distribution(counts, charts.NARROW),
        "trend": charts.trend(steps, unit),
        "narrow_trend": charts.trend(steps, unit, charts.NARROW),
        "unit": unit,
        "few": responses.load(tenant_id, figures.few(tenant_id, wanted, FEW)) if score.is_small else [],
    }


def accounts(request: HttpRequest, member: Member) -> HttpResponse:
    """Score, coverage and silence of each account, and of all."""
    order = request.GET.get("order", "worst")
    with tenant_scope(member.tenant) as tenant_id:
        form = AnswersForm(request.GET, member, period="365")
        weights = account_scores.weights(tenant_id)
        weight = request.GET.get("weight") if request.GET.get("weight") in weights else None
        rows = account_scores.of(tenant_id, form.filter().answers, weight)
        parents = account_scores.parents(tenant_id, rows)
    context = {
        "form": form,
        "inputs": form.inputs("period", "touchpoint", "start", "end"),
        "rows": _ordered(rows, order)[:SHOWN],
        "count": len(rows),
        "overall": account_scores.overall(rows),
        "silent": sum(row.is_silent for row in rows),
        "contacts": {name: sum(getattr(row, name) for row in rows) for name in ("contacts", "asked", "answered")},
        "parents": parents,
        "orders": ORDERS,
        "order": order if order in ORDERS else "worst",
        "weights": weights,
        "weight": weight,
    }
    return render(request, "feedback/account_scores.html", context)


def _groups(tenant_id: int, wanted: Wanted, by: Field) -> list[dict[str, Any]]:
    found = figures.groups(tenant_id, wanted, by)
    named = words(tenant_id, by.name, (group.value for group in found))
    return [
        {"group": group, "label": named.get(group.value, group.value), "shares": charts.shares(group.score)}
        for group in found
    ]


def _ordered(rows: list[account_scores.AccountScore], order: str) -> list[account_scores.AccountScore]:
    """Rows in an order; those without what it is about come last."""

    def key(row: account_scores.AccountScore) -> tuple[Any, ...]:
        score, days = row.score.score, row.quiet_days()
        return {
            "best": (score is None, -(score or 0)),
            "silent": (not row.is_silent, -row.asked),
            "quiet": (days is None, -(days or 0)),
            "name": (row.name.casefold(),),
        }.get(order, (score is None, score or 0))

    return sorted(rows, key=key)
