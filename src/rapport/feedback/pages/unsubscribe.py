"""`/u/`: a page with one button, and the one click of mail programs (RFC 8058). It never closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rapport.feedback import public, suppressing, visitors
from rapport.feedback.documents import furniture, languages
from rapport.surveys.models import SurveyRecord
from rapport.tenants import lifecycle
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from rapport.feedback.links import Link


class _Asked(NamedTuple):
    address: suppressing.Address | None
    contact_id: UUID
    language: str | None
    proof: Mapping[str, str]


def _asked(tenant_id: int, id: UUID) -> _Asked | None:
    """What the link was made for: a delivery's address, for a copied link that of the survey record, be it deleted."""
    row = SurveyRecord.ever.filter(tenant_id=tenant_id, id=id).first()
    if row is not None:
        proof = {"survey_record": str(row.id)}
        return _Asked(suppressing.of_contact(row.fields), row.contact_id, row.fields.get("language"), proof)
    sent = lifecycle.written(tenant_id, id)
    return sent and _Asked(suppressing.of_contact({"email": sent.email}), *sent[1:])


def unsubscribe(request: HttpRequest, link: Link) -> HttpResponse:
    """Asks; posted, it suppresses the address that the link was made for, once."""
    with tenant_scope(link.tenant_id) as tenant_id:
        asked = _asked(tenant_id, link.id)
        if request.method == "POST" and asked and asked.address:
            suppressing.add(
                tenant_id,
                asked.address,
                Author("respondent", asked.contact_id, ""),
                source="one_click" if request.POST.get("List-Unsubscribe") == "One-Click" else "link",
                proof={**asked.proof, "user_agent": visitors.user_agent(request)},
            )
    accepted = languages.accepted(request.headers.get("Accept-Language", ""))
    language = furniture.language(asked.language if asked else None, *accepted)
    if request.method != "POST":
        if request.method == "GET":
            visitors.note(request, link)
        return public.page(request, "unsubscribe.html", {"language": language})
    say = furniture.furniture(language)
    context = {"language": language, "heading": say["unsubscribed"], "text": say["unsubscribed_text"]}
    return public.page(request, "sentence.html", context)
