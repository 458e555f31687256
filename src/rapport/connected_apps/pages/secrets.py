"""The secrets of a Connected App: a new one, and an old one's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.connected_apps import issue
from rapport.connected_apps.issue import LIVE_SECRETS, ConnectedAppError, Credentials, SecretsMovedError

from . import apps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


_MOVED = (
    "No secret was made: those of {} have changed since you were asked, by a double click perhaps."
    " If the newest one was not shown to you, retire it and rotate again."
)


def rotate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then makes a new secret, which is in the answer and nowhere else."""
    app = apps.find(member, id, active=True)
    apps.guard(member, app)
    if request.method == "POST":
        try:
            secret = issue.rotate(member.tenant, member.author, app["client_id"], request.POST.get("newest", ""))
        except SecretsMovedError:
            messages.error(request, _MOVED.format(app["name"]))
            return redirect(member.to("connected-app", id=id))
        except ConnectedAppError:  # somebody stopped it meanwhile
            raise Http404 from None
        return apps.secret_shown(request, member, Credentials(client_id=app["client_id"], client_secret=secret))
    context = {
        "title": f"Rotate the secret of {app['name']}?",
        "sentences": list(_overlap(member, app["secrets"])),
        "action": "Make a new secret",
        "fields": {"newest": issue.newest(app["secrets"])},
        "back": member.to("connected-app", id=id),
    }
    return render(request, "console/confirm.html", context)


def retire(request: HttpRequest, member: Member, id: str, secret: str) -> HttpResponse:
    """Asks, then ends one secret."""
    app = apps.find(member, id, active=True)
    found = [each for each in app["secrets"] if str(each["id"]) == secret]
    if not found:
        raise Http404
    if request.method == "POST":
        try:
            issue.retire(member.tenant, member.author, app["client_id"], UUID(secret))
        except ConnectedAppError:  # somebody stopped the app meanwhile
            raise Http404 from None
        messages.success(request, "The secret is retired.")
        return redirect(member.to("connected-app", id=id))
    context = {
        "title": f"Retire the secret of {_day(member, found[0]['created_at'])}?",
        "sentences": [
            _left(member, [each for each in app["secrets"] if each is not found[0]]),
            "Nobody gets a token with the retired one any more; tokens that it bought live out their hour.",
            "There is no way back.",
        ],
        "action": "Retire",
        "danger": True,
        "back": member.to("connected-app", id=id),
    }
    return render(request, "console/confirm.html", context)


def _overlap(member: Member, secrets: list[dict[str, Any]]) -> Iterator[str]:
    """What becomes of the secrets that there are, oldest first."""
    yield "You get a new secret, shown once."
    if len(secrets) >= LIVE_SECRETS:
        yield f"The older of the two, made on {_day(member, secrets[0]['created_at'])}, stops at once."
    if secrets:
        made = _day(member, secrets[-1]["created_at"])
        yield f"The one made on {made} goes on working beside it, so that your program can change over without a gap."
        yield "Once it has, retire the old one. Tokens in use are not touched."


def _left(member: Member, others: list[dict[str, Any]]) -> str:
    if not others:
        return "It is the only one: this app gets no further token until you rotate."
    return f"The one made on {_day(member, others[-1]['created_at'])} goes on working."


def _day(member: Member, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(member.tenant.time_zone)):%-d %B %Y at %H:%M}"
