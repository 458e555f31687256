"""Puts answers on the shelves, with ledger and feeds, as the functions of `rapport.db` leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from rapport.history.models import Change
from rapport.surveys.models import Entry, ExternalResponse, Response, Survey, SurveyRecord, SurveyVersion
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope
from tests.stock import put_contact

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "name": "Relationship NPS",
    "languages": ["en", "de"],
    "pages": [
        {
            "id": "page1",
            "questions": [
                {"id": "nps", "kind": "nps", "text": {"en": "How likely are you to recommend us?"}, "required": True},
                {
                    "id": "drivers",
                    "kind": "drivers",
                    "text": {"en": "What influenced your score most?"},
                    "choices": [
                        {"id": "price", "text": {"en": "Price"}},
                        {"id": "service", "text": {"en": "Service"}},
                    ],
                },
                {"id": "comment", "kind": "comment", "text": {"en": "Why?"}},
                {"id": "again", "kind": "single", "text": {"en": "Would you buy again?"}, "choices": [
                    {"id": "yes", "text": {"en": "Surely"}}, {"id": "no", "text": {"en": "No"}}]},
            ],
        }
    ],
}  # fmt: skip


def put_survey(tenant: Tenant, reference: str = "nps", document: dict[str, Any] | None = None) -> UUID:
    """A live survey in its first version."""
    document, new = document or DOCUMENT, uuid7()
    with tenant_scope(tenant) as tenant_id:
        Survey.objects.create(
            tenant_id=tenant_id, id=new, reference=reference, name=document["name"], state="live", version=1
        )
        SurveyVersion.objects.create(
            tenant_id=tenant_id, survey_id=new, version=1, document=document, actor_type="command", actor_name="x"
        )
    return new


def put_survey_record(tenant: Tenant, contact: UUID, *, at: datetime = NOON, **fields: Any) -> UUID:
    """A survey record that enters the non-responses; `at` is when it was made."""
    new = uuid7()
    with tenant_scope(tenant) as tenant_id:
        seq, number = _number(tenant_id)
        values = {"state": "sent", "number": number, "contact_id": contact, "created_at": at, "sent_at": at} | fields
        SurveyRecord.objects.create(tenant_id=tenant_id, id=new, **values)
        _note(tenant_id, seq, "survey_record", new, "created")
        Entry.objects.create(
            tenant_id=tenant_id, feed="non-responses", seq=seq, object_type="survey_record", object_id=new
        )
    return new


def put_response(
    tenant: Tenant,
    survey: UUID,
    score: int | None,
    *,
    record: UUID | None = None,
    at: datetime = NOON,
    entered: bool = True,
    **fields: Any,
) -> UUID:
    """A response; one that has not entered is only begun."""
    new = uuid7()
    with tenant_scope(tenant) as tenant_id:
        seq, number = _number(tenant_id)
        asked = record and SurveyRecord.objects.get(tenant_id=tenant_id, id=record)
        owners = {"contact_id": asked.contact_id, "account_id": asked.account_id} if asked else {}
        values = {
            "number": asked.number if asked else number,
            "survey_record_id": record,
            "survey_id": survey,
            "survey_version": 1,
            "nps_score": score,
            "answers": {} if score is None else {"nps": score},
            "language": "en",
            "channel": "link",
            "started_at": at,
            "paged_at": at,
            "answered_at": at if entered else None,
            "entered_seq": seq if entered else None,
            "created_at": at,
            "updated_at": at,
        }
        Response.objects.create(tenant_id=tenant_id, id=new, **values | owners | fields)
        _note(tenant_id, seq, "response", new, "created")
        if entered:
            Entry.objects.create(tenant_id=tenant_id, feed="responses", seq=seq, object_type="response", object_id=new)
        if record:
            rows = SurveyRecord.objects.filter(tenant_id=tenant_id, id=record)
            rows.update(state="answered" if entered else "started", answered_at=at if entered else None)
    return new


def correct(tenant: Tenant, response: UUID, **fields: Any) -> None:
    """Another page of a response."""
    with tenant_scope(tenant) as tenant_id:
        seq, _ = _number(tenant_id)
        rows = Response.objects.filter(tenant_id=tenant_id, id=response)
        rows.update(version=F("version") + 1, corrections=F("corrections") + 1, updated_at=datetime.now(UTC), **fields)
        _note(tenant_id, seq, "response", response, "updated", rows.get().version)


def put_external(
    tenant: Tenant, score: int, *, contact: UUID | None = None, at: datetime = NOON, **fields: Any
) -> UUID:
    """An answer that was collected elsewhere."""
    new, contact = uuid7(), contact or put_contact(tenant)
    with tenant_scope(tenant) as tenant_id:
        seq, number = _number(tenant_id)
        values = {
            "number": number,
            "contact_id": contact,
            "nps_score": score,
            "sent_date": at - timedelta(days=1),
            "response_date": at,
            "created_at": at,
        }
        ExternalResponse.objects.create(tenant_id=tenant_id, id=new, **values | fields)
        _note(tenant_id, seq, "external_response", new, "created")
        Entry.objects.create(
            tenant_id=tenant_id, feed="responses", seq=seq, object_type="external_response", object_id=new
        )
    return new


def move(tenant: Tenant, answer: UUID, model: Any, **owners: Any) -> None:
    """An answer gets another contact or account, as merging does it."""
    with tenant_scope(tenant) as tenant_id:
        seq, _ = _number(tenant_id)
        model.objects.filter(tenant_id=tenant_id, id=answer).update(**owners)
        name = "response" if model is Response else "external_response"
        _note(tenant_id, seq, name, answer, "merged")


def _number(tenant_id: int) -> tuple[int, int]:
    """The next number of the ledger and of what is numbered; the head is kept until the end of the transaction."""
    heads = TenantHead.objects.filter(tenant_id=tenant_id)
    heads.update(seq=F("seq") + 1, number=F("number") + 1)
    found = heads.get()
    return found.seq, found.number


def _note(tenant_id: int, seq: int, object_type: str, id: UUID, kind: str, version: int = 1) -> None:
    Change.objects.create(
        tenant_id=tenant_id,
        seq=seq,
        at=datetime.now(UTC),
        object_type=object_type,
        object_id=id,
        version=version,
        kind=kind,
        diff={},
        actor_type="respondent",
        request_id="test",
        record=uuid7(),
    )
