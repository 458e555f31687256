"""Who may see a page: everybody, whoever is signed in, or members of a system with a certain role.

The permission stands beside the route. Whoever is no member of a system learns nothing of it, not even that it exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import re_path, reverse
from django.utils.cache import add_never_cache_headers
from django_htmx.middleware import HtmxDetails

from rapport.tenants.actors import Author
from rapport.tenants.models import Tenant
from rapport.tenants.permission import Permitted, View

from . import sessions
from .models import Membership, Role, User

if TYPE_CHECKING:
    from django.urls import URLPattern

SYSTEM = r"s/(?P<system>[a-z0-9-]{1,64})"
#: What a route has in the place of an object's id.
ID = r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


@dataclass(frozen=True)
class Member:
    """Who looks at a page, in which system."""

    user: User
    tenant: Tenant
    role: Role
    #: The other systems of this person, and this one.
    systems: Sequence[Tenant]

    @cached_property
    def author(self) -> Author:
        """Who they are to the audit log and the histories."""
        return Author("user", self.user.id, self.user.name or self.user.email)

    def may(self, role: str) -> bool:
        """Whether they have this role, or a higher one."""
        return self.role.rank >= Role(role).rank

    def to(self, name: str, **parts: Any) -> str:
        """The address of a page of this system."""
        return reverse(name, kwargs={"system": self.tenant.slug, **parts})


class MemberRequest(HttpRequest):
    """A request for a page of a system, by one of its members."""

    member: Member


def page(
    path: str, role: Role, view: View, name: str, methods: Sequence[str] = ("GET",), *, protects_itself: bool = False
) -> URLPattern:
    """The route of a page in a system; `view(request, member, **parts)` needs at least `role`.

    A view that `protects_itself` asks for the form's token itself, once it has said where the form's files go.
    """
    whole = f"{SYSTEM}/{path}" if path else SYSTEM
    guarded = replace(_members(view, role, methods), csrf_exempt=protects_itself)
    return re_path(rf"^{whole}/?$", guarded, name=name)


def signed_in(path: str, view: View, name: str, methods: Sequence[str] = ("GET",)) -> URLPattern:
    """The route of a page for whoever is signed in; `view(request, user, **parts)`."""

    @wraps(view)
    def guarded(request: HttpRequest, **parts: str) -> HttpResponse:
        user = sessions.current(request)
        return _to_sign_in(request) if user is None else view(request, user, **parts)

    return re_path(rf"^{path}/?$", _limited(guarded, methods, "signed in"), name=name)


def everybody(path: str, view: View, name: str, methods: Sequence[str] = ("GET", "POST")) -> URLPattern:
    """The route of a page that people see before they are signed in."""
    return re_path(rf"^{path}/?$", _limited(view, methods, "everybody"), name=name)


def memberships(user: User) -> list[tuple[Tenant, Role]]:
    """The systems of a person and their role in each, by name of the system.

    A policy on `memberships` shows people their own rows, whichever tenant these belong to (migration 0002).
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"set local rapport.user_id = '{user.id}'")
        roles = dict(Membership.objects.filter(user_id=user.id).values_list("tenant_id", "role"))
        tenants = list(Tenant.objects.filter(pk__in=list(roles)).order_by("name", "slug"))
    return [(tenant, Role(roles[tenant.pk])) for tenant in tenants]


def _members(view: View, role: Role, methods: Sequence[str]) -> Permitted:
    @wraps(view)
    def guarded(request: HttpRequest, system: str, **parts: str) -> HttpResponse:
        user = sessions.current(request)
        if user is None:
            return _to_sign_in(request)
        own = memberships(user)
        found = [(tenant, has) for tenant, has in own if tenant.slug == system]
        if not found:
            raise Http404
        cast(MemberRequest, request).member = member = Member(user, *found[0], [tenant for tenant, _ in own])
        if not member.may(role):
            return render(request, "members/forbidden.html", {"needed": role.label}, status=403)
        if request.session.get("system") != system:
            request.session["system"] = system
        return view(request, member, **parts)

    return _limited(guarded, methods, f"role {role.value}")


def _limited(view: View, methods: Sequence[str], permission: str) -> Permitted:
    @wraps(view)
    def answered(request: HttpRequest, **parts: str) -> HttpResponse:
        answer = view(request, **parts)
        add_never_cache_headers(answer)
        return answer

    return Permitted(answered, permission, (*methods, "HEAD") if "GET" in methods else tuple(methods))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the page that signs people in, and back here afterwards; a part of a page is replaced by all of that one."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") and not HtmxDetails(request) else "/"
    address = reverse("sign-in") + ("?" + urlencode({"next": back}) if back != "/" else "")
    if HtmxDetails(request):
        return HttpResponse(status=200, headers={"HX-Redirect": address})
    return redirect(address)
