"""Signing in and out, one-time links, and setting a forgotten password."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from rapport.members import access, accounts, jobs, links, sessions, throttle
from rapport.members.forms import AddressForm, PasswordForm, SignInForm
from rapport.members.models import OneTimeLink, User
from rapport.records.errors import Invalid
from rapport.records.keys import email_key

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

log = logging.getLogger("rapport.members")

SIGN_IN, RESET = OneTimeLink.Purpose.SIGN_IN, OneTimeLink.Purpose.RESET
WRONG = "This e-mail address and password do not belong together."
WAIT = "There were too many attempts. Please wait a quarter of an hour, or ask an administrator for a sign-in link."


def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail address and password."""
    if sessions.current(request) is not None:
        return redirect(_next(request))
    form, status = SignInForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        key = _key(form.cleaned_data["email"])
        if not throttle.admitted(request, key):
            log.warning("signing in is paused for an e-mail address or a network address that failed too often")
            form.add_error(None, WAIT)
            status = 429
        elif (user := _person(key, form.cleaned_data["password"])) is not None:
            throttle.forgive(request, key)
            enter(request, user, "password")
            return redirect(_next(request))
        else:
            form.add_error(None, WRONG)
            status = 422
    return render(request, "members/sign_in.html", {"form": form, "next": request.GET.get("next", "")}, status=status)


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends this session."""
    request.session.flush()
    return redirect("sign-in")


def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Signs in whoever holds a one-time link; looking at it does not use it up."""
    if request.method == "POST":
        user = links.use(secret, SIGN_IN)
        if user is not None:
            enter(request, user, "link")
            return redirect("start")
    else:
        user = links.look(secret, SIGN_IN)
    return _private(render(request, "members/sign_in_link.html", {"user": user}, status=200 if user else 410))


def forgotten(request: HttpRequest) -> HttpResponse:
    """Sends a link to set a new password; tells nobody whether there is such a person."""
    form = AddressForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid() and settings.RAPPORT.mail_url is not None
    if sent:
        key = _key(form.cleaned_data["email"])
        if throttle.admitted(request, f"reset {key}"):
            jobs.send_reset_link.defer(email_key=key)
    context = {"form": form, "sent": sent, "mail": settings.RAPPORT.mail_url is not None}
    return render(request, "members/forgotten.html", context, status=422 if form.errors else 200)


def reset(request: HttpRequest, secret: str) -> HttpResponse:
    """Sets a new password for whoever holds the link, and ends their other sessions."""
    user = links.look(secret, RESET)
    form = PasswordForm(request.POST or None, user=user)
    if user is not None and request.method == "POST" and form.is_valid():
        used = links.use(secret, RESET)
        if used is not None and accounts.set_password(used, form.cleaned_data["password"]):
            sessions.end_all(used)
            enter(request, used, "reset")
            messages.success(request, "Your new password is set.")
            return redirect("start")
        user = None
    context = {"form": form, "user": user}
    status = 410 if user is None else 422 if form.errors else 200
    return _private(render(request, "members/reset.html", context, status=status))


def start(request: HttpRequest) -> HttpResponse | None:
    """To the system that was looked at last, else to the first; None for whoever is not signed in."""
    user = sessions.current(request)
    if user is None:
        return None
    own = [tenant for tenant, _ in access.memberships(user)]
    last = [tenant for tenant in own if tenant.slug == request.session.get("system")]
    if not own:
        return render(request, "members/no_system.html", {"user": user})
    return redirect("home", system=(last or own)[0].slug)


def enter(request: HttpRequest, user: User, by: str) -> None:
    """Signs a person in; `by` is how they showed who they are."""
    sessions.begin(request, user)
    accounts.note(user, "member.sign_in", {"by": by})


def _person(key: str, password: str) -> User | None:
    """Whose password this is; as long in coming for people who do not exist."""
    user = User.objects.filter(email_key=key, is_active=True).first()
    if user is None or not user.has_usable_password():
        make_password(password)
        return None
    return user if user.check_password(password) else None


def _key(email: str) -> str:
    try:
        return str(email_key(email.strip()))
    except Invalid:
        return email.strip().casefold()


def _next(request: HttpRequest) -> str:
    """Where somebody wanted to go before they had to sign in."""
    wanted = request.GET.get("next", "")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None) else "/"


def _private(answer: HttpResponse) -> HttpResponse:
    """The address holds a secret: no other site may learn it."""
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer
