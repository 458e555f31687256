"""The draft of a configuration: what it would change, rehearsed and published; and the way back to a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import changes, drafts
from rapport.configurations.errors import ConfigurationError, FaultsError, MovedError, UnknownError
from rapport.configurations.forms import PublishForm, tell
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration, ConfigurationDraft
from rapport.configurations.rehearsing import rehearse
from rapport.tenants.scope import tenant_scope

from . import found
from .acts import asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def shown(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """What a draft makes different, and what it would have made of the newest records; there it is published."""
    form = PublishForm(request.POST or None)
    if form.is_valid():
        answer = _published(request, member, reference, form)
        if answer is not None:
            return answer
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        draft = drafts.of(row)
        context = {} if draft is None else _told(row, draft)
    if draft is None:
        messages.info(request, f"{row.name} has no draft.")
        return redirect(member.to("configuration", reference=reference))
    if not form.is_bound:
        form = PublishForm(initial={"draft": draft.stamp, "comment": draft.comment})
    try:
        context["rehearsal"] = rehearse(member.tenant, reference)
    except ConfigurationError as error:
        context["fault"] = str(error)
    return render(request, "configurations/draft.html", context | {"form": form}, status=422 if form.errors else 200)


def _told(row: Configuration, draft: ConfigurationDraft) -> dict[str, Any]:
    """What is told of a draft before it is rehearsed."""
    meanwhile = changes.since(row, draft.based_on)
    return {"row": row, "draft": draft, "differences": drafts.different(row, draft), "meanwhile": meanwhile}


def _published(request: HttpRequest, member: Member, reference: str, form: PublishForm) -> HttpResponse | None:
    """Gives callers the draft that was looked at; None where that cannot be, and the form says why."""
    try:
        with editing(member.tenant) as tenant_id:
            row = found(tenant_id, reference)
            if drafts.need(row).stamp != form.cleaned_data["draft"]:
                raise MovedError("Somebody saved the draft again; this is what it says now.")
            drafts.publish(row, member.author, form.cleaned_data["comment"] or None)
    except FaultsError as error:
        tell(form, error)
        return None
    except UnknownError:
        raise Http404 from None
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect(member.to("configuration-draft", reference=reference))
    messages.success(request, f"{row.name} is published as version {row.version}.")
    return redirect(member.to("configuration", reference=reference))


def _of_discarding(row: Configuration) -> list[str]:
    draft = drafts.of(row)
    whose = f"What {draft.actor_name} saved is deleted for good." if draft else "There is none any more."
    return [f"{whose} Callers of {row.name} notice nothing."]


@asked("Discard the draft of {}?", "Discard", _of_discarding, danger=True)
def discard(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Deletes the draft."""
    with editing(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        drafts.discard(row, member.author)
    messages.success(request, f"The draft of {row.name} is discarded.")
    return redirect(member.to("configuration", reference=reference))


def restore(request: HttpRequest, member: Member, reference: str, version: str) -> HttpResponse:
    """Makes a draft of what the configuration was, and shows it."""
    try:
        with editing(member.tenant) as tenant_id:
            drafts.back_to(found(tenant_id, reference), member.author, int(version))
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect(member.to("configuration-versions", reference=reference))
    messages.success(request, f"This draft is version {version} again; callers get it when you publish it.")
    return redirect(member.to("configuration-draft", reference=reference))
