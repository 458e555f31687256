"""One's own account: name, password, sessions, and joining a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.members import invitations, sessions
from rapport.members.forms import JoinForm, NameForm, OwnPasswordForm
from rapport.members.models import Session, User

from .entrance import enter, set_password

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def profile(request: HttpRequest, user: User) -> HttpResponse:
    """Name, password and sessions, each with a form of its own."""
    name = NameForm(request.POST if "name" in request.POST else None, initial={"name": user.name})
    password = OwnPasswordForm(request.POST if "password" in request.POST else None, user=user)
    if name.is_valid():
        User.objects.filter(id=user.id).update(name=name.cleaned_data["name"])
        messages.success(request, "Your name is saved.")
        return redirect("profile")
    if password.is_valid():
        set_password(user, password.cleaned_data["password"])
        sessions.end_all(user, but=request.session.session_key)
        messages.success(request, "Your new password is set; your other sessions have ended.")
        return redirect("profile")
    own = Session.objects.filter(user_id=user.id).order_by("-seen_at")
    here = sessions.stored(request.session.session_key)
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
    """Shows an invitation; accepting it makes a member."""
    found = invitations.look(secret)
    if found is None:
        return render(request, "members/invitation.html", {}, status=410)
    tenant, invited = found
    known = User.objects.filter(email_key=invited.email_key).first()
    form = JoinForm(request.POST or None, user=known or User(email=invited.email))
    if request.method == "POST" and (known is not None or form.is_valid()):
        fields = {} if known else form.cleaned_data
        user = invitations.accept(tenant, invited, fields.get("name", ""), fields.get("password"))
        if user is not None and known is None:
            enter(request, user, "invitation")
        return redirect("home", system=tenant.slug)
    context = {"tenant": tenant, "invitation": invited, "known": known, "form": None if known else form}
    answer = render(request, "members/invitation.html", context, status=422 if form.errors else 200)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer
