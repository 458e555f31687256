"""Survey records, with what was known of contact and account then, and answers that were collected elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.shortcuts import render

from rapport.configurations.models import Touchpoint
from rapport.directory.legend import Legend, legend, values
from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name
from rapport.directory.pages.owners import found, owned
from rapport.directory.story import beginning, story
from rapport.feedback import asking, exporting, life
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS
from rapport.surveys.models import ExternalResponse, SurveyRecord
from rapport.tenants.exports import streamed
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

#: What a survey record keeps of its contact and its account, as the ledger names it.
_COPIED = {"contact": (*CONTACT_COLUMNS, "account_name"), "account": ACCOUNT_COLUMNS[1:]}


class Compared(NamedTuple):
    """A field as it was when a survey record was made, and as it is today."""

    label: str
    then: str
    today: str


def survey_records(request: HttpRequest, member: Member) -> HttpResponse:
    """Survey records, all of them or those of a state, a touchpoint, a contact or an account."""
    with tenant_scope(member.tenant) as tenant_id:
        rows, touchpoints = _filtered(request, tenant_id, SurveyRecord)
        rows = life.in_state(rows, request.GET.get("state", ""))
        context = owned(request, tenant_id, rows)
        for line in context["lines"]:
            line["row"].state = asking.state_now(line["row"])
    context |= {"touchpoints": touchpoints, "states": SurveyRecord.State.choices}
    return render(request, "feedback/survey_records.html", context)


def export(request: HttpRequest, member: Member, kind: str) -> Any:
    """All survey records as a file, those that wait with their links."""
    return streamed(exporting.survey_records(member.tenant, {}, hosts(request)["pages"]), kind)


def external_responses(request: HttpRequest, member: Member) -> HttpResponse:
    """External responses, likewise."""
    with tenant_scope(member.tenant) as tenant_id:
        rows, touchpoints = _filtered(request, tenant_id, ExternalResponse)
        context = owned(request, tenant_id, rows)
    return render(request, "feedback/external_responses.html", context | {"touchpoints": touchpoints})


def survey_record(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """One survey record: its own fields, and the copied ones beside today's."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(SurveyRecord, tenant_id, id)
        context = _shown(member, tenant_id, row, "survey") | life.of(request, tenant_id, row)
        contact, account = context["contact"], context["account"]
        context["story"] = story(row, legend(member.tenant, "survey"), request.GET)
        linked = account_names(tenant_id, [contact.account_id]).get(contact.account_id)
        legends = {owner: legend(member.tenant, owner) for owner in _COPIED}
    today = {"contact": values(contact, account_name=linked), "account": values(account) if account else {}}
    context["compared"] = {
        owner: _compared(legends[owner], names, row.fields, today[owner]) for owner, names in _COPIED.items()
    }
    return render(request, "feedback/survey_record.html", context)


def external_response(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """One answer."""
    with tenant_scope(member.tenant) as tenant_id:
        context = _shown(member, tenant_id, found(ExternalResponse, tenant_id, id), "external-response")
    return render(request, "feedback/external_response.html", context)


def _filtered(request: HttpRequest, tenant_id: int, model: Any) -> tuple[QuerySet[Any], list[str]]:
    """The rows of the touchpoint that the address names, and all touchpoints."""
    touchpoints = list(
        Touchpoint.objects.filter(tenant_id=tenant_id).order_by("name_key").values_list("name", flat=True)
    )
    rows = model.objects.filter(tenant_id=tenant_id)
    if request.GET.get("touchpoint") in touchpoints:
        rows = rows.filter(touchpoint=request.GET["touchpoint"])
    return rows, touchpoints


def _shown(member: Member, tenant_id: int, row: Any, owner: str) -> dict[str, Any]:
    """What both pages of one object have: its fields, its contact and account, and how it came to be."""
    shown = legend(member.tenant, owner)
    contact = Contact.ever.get(tenant_id=tenant_id, id=row.contact_id)
    return {
        "row": row,
        "facts": shown.facts(values(row)),
        "contact": contact,
        "contact_name": contact_name(contact),
        "account": row.account_id and Account.objects.filter(tenant_id=tenant_id, id=row.account_id).first(),
        "chapter": beginning(row, shown),
    }


def _compared(legend: Legend, names: Iterable[str], *rows: Mapping[str, Any]) -> list[Compared]:
    """The fields that were filled then, or are today: `rows` are what was and what is."""
    compared = (Compared(legend.label(name), *(legend.text(name, row.get(name)) for row in rows)) for name in names)
    return [each for each in compared if each.then or each.today]
