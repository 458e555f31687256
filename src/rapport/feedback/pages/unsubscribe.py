"""`/u/`: a page with one button, and the one click of mail programs (RFC 8058). It never closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.feedback import public, suppressing, visitors
from rapport.feedback.documents import furniture, languages
from rapport.surveys.models import SurveyRecord
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.feedback.links import Link


def unsubscribe(request: HttpRequest, link: Link) -> HttpResponse:
    """Asks; posted, it suppresses the address that the link was made for, once."""
    with tenant_scope(link.tenant_id) as tenant_id:
        row = SurveyRecord.objects.filter(tenant_id=tenant_id, id=link.id).first()
        given = suppressing.of_contact(row.fields) if row else None
        if request.method == "POST" and row and given:
            suppressing.add(
                tenant_id,
                given,
                Author("respondent", row.contact_id, ""),
                source="one_click" if request.POST.get("List-Unsubscribe") == "One-Click" else "link",
                proof={"survey_record": str(row.id), "user_agent": visitors.user_agent(request)},
            )
    accepted = languages.accepted(request.headers.get("Accept-Language", ""))
    language = furniture.language(row.fields.get("language") if row else None, *accepted)
    if request.method != "POST":
        if request.method == "GET":
            visitors.note(request, link)
        return public.page(request, "unsubscribe.html", {"language": language})
    say = furniture.furniture(language)
    context = {"language": language, "heading": say["unsubscribed"], "text": say["unsubscribed_text"]}
    return public.page(request, "sentence.html", context)
