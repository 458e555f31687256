"""One's own account: name, password, sessions, and joining a system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.members import accounts, invitations, sessions
from rapport.members.forms import JoinForm, NameForm, OwnPasswordForm
from rapport.members.invitations import accept, accept_anew
from rapport.members.models import Session, User

from .entrance import enter

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.models import Invitation
    from rapport.tenants.models import Tenant


def profile(request: HttpRequest, user: User) -> HttpResponse:
    """Name, password and sessions, each with a form of its own."""
    name = NameForm(request.POST if "name" in request.POST else None, initial={"name": user.name})
    password = OwnPasswordForm(request.POST if "password" in request.POST else None, user=user)
    if name.is_valid():
        User.objects.filter(id=user.id).update(name=name.cleaned_data["name"])
        messages.success(request, "Your name is saved.")
        return redirect("profile")
    if password.is_valid():
        if accounts.set_password(user, password.cleaned_data["password"]):
            sessions.renew(request, user)
            sessions.end_all(user, but=request.session.session_key)
            messages.success(request, "Your new password is set; your other sessions have ended.")
            return redirect("profile")
        password.add_error(None, "Your password has changed meanwhile.")
    own = Session.objects.filter(user_id=user.id).order_by("-seen_at")
    here = sessions.stored(request.session.session_key or "")
    context = {"user": user, "name": name, "password": password, "sessions": own, "here": here}
    return render(request, "members/profile.html", context, status=422 if name.errors or password.errors else 200)


def end_session(request: HttpRequest, user: User) -> HttpResponse:
    """Ends one session of one's own, or all others."""
    key = request.POST.get("session", "")
    if key == "others":
        sessions.end_all(user, but=request.session.session_key)
    else:
        Session.objects.filter(user_id=user.id, session_key=key).delete()
    messages.success(request, "The session has ended." if key != "others" else "All other sessions have ended.")
    return redirect("profile")


def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Shows an invitation; accepting it makes a member. Whoever has an account of theirs accepts it as themselves."""
    found = invitations.look(secret)
    if found is None:
        return render(request, "members/invitation.html", {}, status=410)
    tenant, invited = found
    known = User.objects.filter(email_key=invited.email_key).first()
    visitor = sessions.current(request)
    new = invitations.takes(invited, known)
    initial = {"name": known.name if known else ""}
    form = JoinForm(request.POST or None, user=User(email=invited.email), initial=initial) if new else None
    if request.method == "POST" and _joined(request, tenant, invited, form):
        return redirect("home", system=tenant.slug)
    context: dict[str, Any] = {"tenant": tenant, "invitation": invited, "known": known, "visitor": visitor}
    context |= {"form": form, "mail": settings.RAPPORT.mail_url is not None}
    answer = render(request, "members/invitation.html", context, status=422 if form and form.errors else 200)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def _joined(request: HttpRequest, tenant: Tenant, invited: Invitation, form: JoinForm | None) -> bool:
    """Whether whoever sent the page's form is a member now."""
    if form is None:
        visitor = sessions.current(request)
        return visitor is not None and visitor.email_key == invited.email_key and accept(tenant, invited, visitor)
    if not form.is_valid():
        return False
    user = accept_anew(tenant, invited, form.cleaned_data["name"], form.cleaned_data["password"])
    if user is not None:
        enter(request, user, "invitation")
    return user is not None
