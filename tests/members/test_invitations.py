"""Invitations: a link that makes somebody a member, once, within a week."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rapport.members import accounts, invitations
from rapport.members.invitations import InvitationError
from rapport.members.models import Invitation, Role, User
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import PASSWORD, Postbox, at_a_place, with_password, work

if TYPE_CHECKING:
    from django.test import Client

    from rapport.tenants.models import Tenant
    from tests.cast import Cast


def invite(tenant: Tenant, email: str, role: Role = Role.ADMIN) -> str:
    """The path of a new invitation's link."""
    with tenant_scope(tenant) as tenant_id:
        _, link = invitations.invite(tenant_id, COMMAND, email, role)
    return urlsplit(link).path


def roles(tenant: Tenant) -> dict[str, str]:
    return {person["email"]: person["role"] for person in accounts.members(tenant)}


def address(cast: Cast) -> str:
    """Of somebody whom nobody knows yet."""
    return f"dora-{cast.alice.tenant.pk}@example.com"


def test_somebody_new_joins_with_a_name_and_a_password(cast: Cast, stranger: Client) -> None:
    email = address(cast)
    link = invite(cast.alice.tenant, email)
    page = stranger.get(link)
    assert f"{email} is invited as Admin" in page.content.decode()
    assert page["Referrer-Policy"] == "strict-origin"
    assert email not in roles(cast.alice.tenant)
    answer = stranger.post(link, {"name": "Dora", "password": PASSWORD})
    assert answer["Location"] == f"/s/{cast.alice.tenant.slug}"
    assert stranger.get(answer["Location"]).status_code == 200
    assert roles(cast.alice.tenant)[email] == "admin"
    assert User.objects.get_by_natural_key(email).check_password(PASSWORD)


def test_somebody_who_has_an_account_joins_as_themselves_with_a_click(cast: Cast) -> None:
    charlie = with_password(cast.charlie)
    link = invite(cast.alice.tenant, charlie.user.email.upper(), Role.USER)
    browser = visitor(charlie)
    answer = browser.post(link, {"name": "Mallory", "password": "another one entirely"})
    assert answer["Location"] == f"/s/{cast.alice.tenant.slug}"
    assert browser.get(answer["Location"]).status_code == 200
    charlie.user.refresh_from_db()
    assert (charlie.user.name, charlie.user.check_password(PASSWORD)) == ("Charlie", True)
    assert roles(cast.alice.tenant)[charlie.user.email] == "user"


@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_the_link_alone_joins_nobody_who_has_an_account(cast: Cast, stranger: Client, who: str) -> None:
    """Whoever invites knows the link, and may have made the account under an address that is not theirs."""
    link = invite(cast.alice.tenant, cast.charlie.user.email)
    browser = stranger if who == "nobody" else visitor(cast.bob)
    shown = browser.get(link).content.decode()
    assert ("Sign in to accept" in shown) == (who == "nobody")
    assert ("you are signed in as" in shown) == (who == "bob")
    assert browser.post(link, {"name": "Mallory", "password": PASSWORD}).status_code == 200
    assert cast.charlie.user.email not in roles(cast.alice.tenant)


def test_an_account_that_came_to_be_meanwhile_is_not_entered(cast: Cast) -> None:
    link = invite(cast.alice.tenant, address(cast))
    tenant, invited = invitations.look(link.rpartition("/")[2])
    accounts.add(cast.charlie.tenant, COMMAND, address(cast), "Dora", Role.USER)
    assert invitations.accept_anew(tenant, invited, "Mallory", PASSWORD) is None
    assert invitations.look(link.rpartition("/")[2]) is not None


def test_a_weak_password_does_not_use_it_up(cast: Cast, stranger: Client) -> None:
    link = invite(cast.alice.tenant, address(cast))
    answer = stranger.post(link, {"name": "Dora", "password": "short"})
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.content.decode()
    assert 'value="Dora"' in answer.content.decode()
    assert stranger.post(link, {"name": "Dora", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("why", ["used", "expired", "revoked", "replaced", "invented"])
def test_it_works_no_longer(cast: Cast, stranger: Client, why: str) -> None:
    tenant, email = cast.alice.tenant, address(cast)
    link = invite(tenant, email)
    with tenant_scope(tenant) as tenant_id:
        (row,) = Invitation.objects.filter(tenant_id=tenant_id)
        if why == "expired":
            Invitation.objects.filter(tenant_id=tenant_id).update(expires_at=datetime.now(UTC))
        elif why == "revoked":
            assert invitations.revoke(tenant_id, COMMAND, row.id)
    if why == "used":
        stranger.post(link, {"name": "Dora", "password": PASSWORD})
    elif why == "replaced":
        invite(tenant, email, Role.USER)
    elif why == "invented":
        link = link[:-1] + ("a" if link[-1] != "a" else "b")
    before, other = roles(tenant), at_a_place()
    for answer in (other.get(link), other.post(link, {"name": "Eve", "password": PASSWORD})):
        assert answer.status_code == 410
        assert "This invitation works no longer" in answer.content.decode()
    assert roles(tenant) == before


def test_members_are_not_invited_again(cast: Cast) -> None:
    with pytest.raises(InvitationError, match="is a member already"):
        invite(cast.alice.tenant, cast.bob.user.email)


def test_only_a_digest_of_the_link_is_stored(cast: Cast) -> None:
    secret = invite(cast.alice.tenant, address(cast)).rpartition("/")[2]
    with tenant_scope(cast.alice.tenant) as tenant_id:
        (row,) = Invitation.objects.filter(tenant_id=tenant_id).values()
    assert secret not in str(row)


def test_what_becomes_of_invitations_is_noted(cast: Cast, stranger: Client) -> None:
    tenant, email = cast.alice.tenant, address(cast)
    stranger.post(invite(tenant, email), {"name": "Dora", "password": PASSWORD})
    with tenant_scope(tenant) as tenant_id:
        rows, _ = audit.entries(tenant_id, audit.Wanted())
    people = [row for row in rows if row.object_type in ("invitation", "member")]
    assert [(row.actor_name, row.action, row.object_name) for row in people] == [
        ("Dora", "member.sign_in", "Dora"),
        ("Dora", "invitation.accept", email),
        ("command line", "invitation.create", email),
    ]


def test_a_mailed_link_is_in_the_mail_and_nowhere_else(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    email = address(cast)
    client, place = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}/settings/users/invite"
    answer = client.post(place, {"email": email, "role": "user", "mailed": "on"}, follow=True)
    assert "/invitation/" not in answer.content.decode()
    assert f"An invitation to {email} is on its way." in answer.content.decode()
    work()
    ((recipient, letter),) = postbox.letters
    assert recipient == email
    assert f"Subject: Alice invites you to {cast.alice.tenant.name} on Rapport" in letter
    link = urlsplit(re.search(r"^http\S+/invitation/\S+$", letter, re.MULTILINE)[0]).path
    assert stranger.post(link, {"name": "Dora", "password": PASSWORD}).status_code == 302
    assert roles(cast.alice.tenant)[email] == "user"


def test_an_invitation_that_is_taken_back_is_not_mailed(cast: Cast, postbox: Postbox) -> None:
    client, place = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}/settings/users/invite"
    client.post(place, {"email": address(cast), "role": "user", "mailed": "on"})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        invitations.revoke(tenant_id, COMMAND, invitations.open_ones(tenant_id).get().id)
    work()
    assert postbox.letters == []
