"""Settings, Users: who belongs to a system, and who is invited."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.members import accounts, invitations, jobs, letters
from rapport.members.accounts import MembersError
from rapport.members.forms import InviteForm, RoleForm
from rapport.members.invitations import InvitationError
from rapport.members.models import Membership, Role, User
from rapport.records.errors import Invalid
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The members and the open invitations; who is no System Admin only reads them."""
    people = [each | {"role": Role(each["role"])} for each in accounts.members(member.tenant)]
    with tenant_scope(member.tenant) as tenant_id:
        invited = list(invitations.open_ones(tenant_id))
        mails = letters.latest(tenant_id, [*(row.id for row in invited), *(person["id"] for person in people)])
    zone = member.tenant.time_zone
    resets = {id: letters.told(mail, zone) for id, mail in letters.pending(mails).items()}
    names = {person["id"]: person["name"] or person["email"] for person in people}
    context = {
        "people": [person | {"reset": resets.get(person["id"])} for person in people],
        "invited": [
            {
                "row": row,
                "by": names.get(row.invited_by),
                "mail": mails.get(row.id) and letters.told(mails[row.id], zone),
            }
            for row in invited
        ],
        "changes": member.may(Role.SYSTEM_ADMIN),
        "mail": settings.RAPPORT.mail_url is not None,
    }
    return render(request, "members/people.html", context)


def invite(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that invites somebody; the link is mailed, or shown in the answer and nowhere else."""
    form = InviteForm(request.POST or None, mail=settings.RAPPORT.mail_url is not None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with tenant_scope(member.tenant) as tenant_id:
                made, link = invitations.invite(tenant_id, member.author, given["email"], Role(given["role"]))
                if given.get("mailed"):
                    letter = letters.expect(tenant_id, made.id)
                    jobs.send_invitation.defer(tenant_id=tenant_id, invitation_id=str(made.id), mail_id=str(letter.id))
        except (InvitationError, Invalid) as error:
            form.add_error("email", error.sentence("e-mail") if isinstance(error, Invalid) else str(error))
        else:
            if not given.get("mailed"):
                context = {"invitation": made, "rows": {"Link": link}, "back": member.to("users")}
                return render(request, "members/invited.html", context)
            messages.success(request, f"An invitation to {made.email} is on its way.")
            return redirect(member.to("users"))
    return render(request, "members/invite.html", {"form": form}, status=422 if form.errors else 200)


def revoke(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then takes an invitation back."""
    with tenant_scope(member.tenant) as tenant_id:
        found = invitations.open_ones(tenant_id).filter(id=UUID(id)).first()
        if found is None:
            raise Http404
        if request.method == "POST":
            invitations.revoke(tenant_id, member.author, found.id)
    if request.method == "POST":
        messages.success(request, f"The invitation of {found.email} is taken back.")
        return redirect(member.to("users"))
    context = {
        "title": f"Take back the invitation of {found.email}?",
        "sentences": ["Its link stops working at once. You can invite them again at any time."],
        "action": "Take back",
        "back": member.to("users"),
    }
    return render(request, "console/confirm.html", context)


def role(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that gives a member another role."""
    person, has = _find(member, id)
    form = RoleForm(request.POST or None, initial={"role": has.role})
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["role"]
        try:
            with tenant_scope(member.tenant) as tenant_id:
                accounts.change_role(tenant_id, member.author, person.id, wanted)
        except MembersError as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, f"{person.name or person.email} is {Role(wanted).label} now.")
            return redirect(member.to("home" if person.id == member.user.id else "users"))
    return render(request, "members/role.html", {"person": person, "form": form}, status=422 if form.errors else 200)


def remove(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then ends a membership."""
    person, _ = _find(member, id)
    name, error = person.name or person.email, None
    if request.method == "POST":
        try:
            with tenant_scope(member.tenant) as tenant_id:
                accounts.remove(tenant_id, member.author, person.id)
        except MembersError as refused:
            error = str(refused)
        else:
            messages.success(request, f"{name} is no longer a member.")
            return redirect("start" if person.id == member.user.id else member.to("users"))
    context = {
        "title": f"Remove {name} from {member.tenant.name}?",
        "sentences": [
            *([error] if error else ()),
            f"{person.email} sees nothing of {member.tenant.name} any more, at once. Their account stays, and"
            " what they did stays in the histories under their name.",
            "You can invite them again at any time.",
        ],
        "action": "Remove",
        "danger": True,
        "back": member.to("users"),
    }
    return render(request, "console/confirm.html", context, status=422 if error else 200)


def send_reset(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then mails a member the link to a new password; only where mail is set up."""
    if settings.RAPPORT.mail_url is None:
        raise Http404
    person, _ = _find(member, id)
    if request.method == "POST":
        # Noted before, in each of their systems: rather a note too many than a letter that nobody knows of.
        accounts.note(person, "member.reset", author=member.author)
        with tenant_scope(member.tenant) as tenant_id:
            letter = letters.expect(tenant_id, person.id)
            jobs.send_reset_link.defer(email_key=person.email_key, tenant_id=tenant_id, mail_id=str(letter.id))
        messages.success(request, f"A link to set a new password is on its way to {person.email}.")
        return redirect(member.to("users"))
    context = {
        "title": f"Send {person.name or person.email} a link to a new password?",
        "sentences": [
            f"It goes to {person.email} and works once, within 15 minutes. Until then nothing changes for them."
        ],
        "action": "Send the link",
        "back": member.to("users"),
    }
    return render(request, "console/confirm.html", context)


def _find(member: Member, id: str) -> tuple[User, Membership]:
    """A member of this system. Raises `Http404`."""
    with tenant_scope(member.tenant) as tenant_id:
        has = Membership.objects.filter(tenant_id=tenant_id, user_id=UUID(id)).first()
    if has is None:
        raise Http404
    return User.objects.get(id=has.user_id), has
