"""Responses and survey records as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rapport.directory.legend import legend
from rapport.directory.models import Account, Contact
from rapport.directory.names import contact_name
from rapport.surveys.models import Survey, SurveyRecord, SurveyVersion
from rapport.tenants.exports import CHUNK, Export, Row
from rapport.tenants.scope import tenant_scope

from . import asking, following_up, links, representation, wanted
from .documents.survey import compiled
from .responses import Answer, by_id

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.tenants.models import Tenant

    from .wanted import Filter


def responses(tenant: Tenant, filters: Filter) -> Export:
    """The responses that a list shows, oldest first; opens transactions of its own."""
    with tenant_scope(tenant) as tenant_id:
        people = following_up.members(tenant_id)
        questions = _questions(tenant_id)
        custom = _custom(tenant)
    zone = ZoneInfo(tenant.time_zone)

    def pages() -> Iterator[list[Answer]]:
        after: int | None = 0
        while after is not None:
            with tenant_scope(tenant) as tenant_id:
                found, numbers = wanted.page(tenant_id, filters, after=after, limit=CHUNK)
            yield found
            after = numbers[-1] if len(numbers) == CHUNK else None

    def cells(answer: Answer) -> Row:
        said = {} if answer.is_external else {(answer.row.survey_id, each.id): each.answer for each in answer.said}
        assignee = people.get(answer.assignee_id, "") if answer.assignee_id else ""
        asks_back = "" if answer.wants_contact is None else "Yes" if answer.wants_contact else "No"
        row, contact, account = answer.row, answer.contact, answer.account
        return [
            row.number, _moment(answer.at, zone), answer.score, answer.group.capitalize(), row.comment,
            ", ".join(answer.drivers), *_person(contact),
            account and account.name, row.touchpoint, _moment(answer.sent_at, zone),
            "Collected elsewhere" if answer.is_external else row.get_channel_display(),
            None if answer.is_external else row.language, asks_back,
            following_up.STATES[answer.state], assignee,
            *(answer.attributes.get(name) for name in custom), *(said.get(key) for key in questions),
        ]  # fmt: skip

    columns = (
        "Number", "Answered", "NPS Score", "Group", "Comment", "Drivers", "Contact", "Email", "Phone", "Account Name",
        "Touchpoint", "Sent", "Source", "Language", "Follow Up Request", "Follow-up", "Assigned to",
        *custom.values(), *questions.values(),
    )  # fmt: skip
    return Export(
        name="responses",
        columns=columns,
        cells=cells,
        represent=representation.response,
        pages=pages,
        numbers=frozenset(("Number", "NPS Score")),
    )


def survey_records(tenant: Tenant, given: Mapping[str, Any], origin: str) -> Export:
    """The survey records with these columns, oldest first, those that wait with their links below `origin`."""
    with tenant_scope(tenant):
        custom = _custom(tenant)
    zone = ZoneInfo(tenant.time_zone)

    def pages() -> Iterator[list[tuple[SurveyRecord, Any, Any, str]]]:
        last: UUID | None = None
        while True:
            with tenant_scope(tenant) as tenant_id:
                rows = SurveyRecord.objects.filter(tenant_id=tenant_id, **given).order_by("id")
                found = list((rows if last is None else rows.filter(id__gt=last))[:CHUNK])
                contacts = by_id(Contact, tenant_id, (row.contact_id for row in found))
                accounts = by_id(Account, tenant_id, (row.account_id for row in found))
            yield [(row, contacts.get(row.contact_id), accounts.get(row.account_id), link(row)) for row in found]
            if len(found) < CHUNK:
                return
            last = found[-1].id

    def link(row: SurveyRecord) -> str:
        if asking.state_now(row) not in SurveyRecord.WAITING:
            return ""
        return f"{origin}/a/{links.make(tenant.pk, links.ANSWER, row.id, row.generation)}"

    def cells(item: tuple[SurveyRecord, Any, Any, str]) -> Row:
        row, contact, account, address = item
        times = (row.created_at, row.order_date, row.sent_at, row.started_at, row.answered_at)
        return [
            row.number, SurveyRecord.State(asking.state_now(row)).label,
            *_person(contact),
            account and account.name, row.touchpoint, row.division, row.delivery_vector,
            *(_moment(each, zone) for each in times), address, *(row.attributes.get(name) for name in custom),
        ]  # fmt: skip

    def represent(item: tuple[SurveyRecord, Any, Any, str]) -> Mapping[str, Any]:
        row, _, _, address = item
        return representation.survey_record(row, asking.state_now(row)) | {"link": address or None}

    columns = (
        "Number", "State", "Contact", "Email", "Phone", "Account Name", "Touchpoint", "Division", "Delivery Vector",
        "Created", "Order Date", "Sent", "Started", "Answered", "Link", *custom.values(),
    )  # fmt: skip
    return Export(
        name="survey-records",
        columns=columns,
        cells=cells,
        represent=represent,
        pages=pages,
        numbers=frozenset(("Number",)),
    )


def _questions(tenant_id: int) -> dict[tuple[UUID, str], str]:
    """Survey and question -> its words in the newest version, of what has no column of its own."""
    newest = dict(Survey.objects.filter(tenant_id=tenant_id).order_by("id").values_list("id", "version"))
    found: dict[tuple[UUID, str], str] = {}
    for row in SurveyVersion.objects.filter(tenant_id=tenant_id, survey_id__in=list(newest)).order_by("survey_id"):
        if row.version == newest[row.survey_id]:
            survey = compiled(row.document)
            for question in survey.questions.values():
                if question.kind not in ("nps", "comment", "drivers", "note"):
                    found[row.survey_id, question.id] = question.text(survey.languages[0])
    return found


def _person(contact: Contact | None) -> Row:
    """Name, e-mail and phone."""
    return (contact_name(contact), contact.email, contact.phone) if contact else (None,) * 3


def _custom(tenant: Tenant) -> dict[str, str]:
    """Technical name -> label of the fields that the tenant added to survey records."""
    entries = legend(tenant, "survey").entries.values()
    return {entry.name.removeprefix("custom."): entry.label for entry in entries if entry.custom}


def _moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
