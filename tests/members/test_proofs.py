"""Whose account it is: a link that reached nobody else proves an address, and until then no other system opens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rapport.members import accounts, invitations, links
from rapport.members.accounts import UnprovedError
from rapport.members.models import Invitation, Membership, OneTimeLink, Role, Session, User
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import PASSWORD, Postbox, at_a_place, with_password, work

if TYPE_CHECKING:
    from django.test import Client

    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.members.outside import Outside

CHARLIES = "whatever charlie likes"


def address(tenant: Tenant) -> str:
    """Of somebody who has never been here."""
    return f"victim-{tenant.pk}@example.com"


def invite(tenant: Tenant, email: str, *, proves: bool = False, role: Role = Role.USER) -> str:
    """The path of a new invitation's link."""
    with tenant_scope(tenant) as tenant_id:
        _, link = invitations.invite(tenant_id, COMMAND, email, role, proves=proves)
    return urlsplit(link).path


def planted(cast: Cast) -> tuple[User, Client]:
    """An account that Charlie made under an address that is not his, and his browser, signed in with it."""
    browser, email = at_a_place(), address(cast.alice.tenant)
    assert browser.post(invite(cast.charlie.tenant, email), {"name": "Victim", "password": CHARLIES}).status_code == 302
    return User.objects.get_by_natural_key(email), browser


def sees(browser: Client, tenant: Tenant) -> bool:
    return browser.get(f"/s/{tenant.slug}/contacts").status_code == 200


def signs_in(email: str, password: str) -> bool:
    return at_a_place().post("/sign-in", {"email": email, "password": password}).status_code == 302


def members(tenant: Tenant) -> set[str]:
    return {person["email"] for person in accounts.members(tenant)}


# From outside.


def test_charlie_walks_into_no_other_system_with_an_account_that_nobody_proved(outside: Outside) -> None:
    """He invites somebody, opens the link that he is shown, sets a password, and waits for the operator."""
    alice, charlie = outside.cast.alice, with_password(outside.cast.charlie)
    ours, theirs = (f"/s/{person.tenant.slug}" for person in (alice, charlie))
    email = address(alice.tenant)
    admin, puppet, victim = (outside.browser() for _ in range(3))
    assert admin.fill("/sign-in", {"email": charlie.user.email, "password": PASSWORD}).status_code == 302
    shown = admin.fill(f"{theirs}/settings/users/invite", {"email": email, "role": "user"}).text
    link = re.search(r"http\S+/invitation/[\w-]+", shown)[0]
    assert puppet.fill(link, {"name": "Victim", "password": CHARLIES}).status_code == 302
    assert puppet.get(theirs).status_code == 200

    told = outside.operate("user", "add", email, "--tenant", alice.tenant.slug)
    again = outside.browser()
    assert again.fill("/sign-in", {"email": email, "password": CHARLIES}).status_code == 302
    for browser in (puppet, again, admin):
        assert browser.get(f"{ours}/contacts").status_code == 404
    assert f"{email} has an account already, and nobody has proved that the address is theirs." in told

    (proof,) = re.findall(r"http\S+", told)
    assert victim.fill(proof, {"name": "Vera", "password": PASSWORD}).headers["Location"] == ours
    assert victim.get(f"{ours}/contacts").status_code == 200
    for browser in (puppet, again):
        assert browser.get(f"{ours}/contacts").headers["Location"].startswith("/sign-in")
    assert puppet.fill("/sign-in", {"email": email, "password": CHARLIES}).status_code == 422
    assert puppet.get(proof).status_code == 410
    assert admin.get(f"{ours}/contacts").status_code == 404
    pages = [admin.get(f"{theirs}/settings/{page}").text for page in ("users", "audit")]
    assert [page for page in pages if alice.tenant.slug in page or alice.tenant.name in page] == []


def test_the_operator_is_told_of_an_account_and_joins_a_proved_one_at_once(outside: Outside) -> None:
    cast, slug = outside.cast, outside.cast.alice.tenant.slug
    new, known = outside.add(address(cast.alice.tenant), slug), outside.add(cast.charlie.user.email, slug)
    assert [(made["existed"], made["member"]) for made in (new, known)] == [(False, True), (True, True)]
    assert [made["invitation_link"] for made in (new, known)] == [None, None]
    for made in (new, known):
        browser = outside.browser()
        browser.fill(made["sign_in_link"])
        assert browser.get(f"/s/{slug}/contacts").status_code == 200
    assert "had an account already" in outside.operate("user", "add", cast.charlie.user.email, "--tenant", slug)


# What proves an address, and what does not.


def test_a_link_that_an_administrator_was_shown_proves_nothing(cast: Cast) -> None:
    user, _ = planted(cast)
    assert user.proved_at is None


def test_a_mailed_invitation_proves_the_address(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    email, place = address(cast.alice.tenant), f"/s/{cast.alice.tenant.slug}/settings/users/invite"
    visitor(cast.alice).post(place, {"email": email, "role": "user", "mailed": "on"})
    work()
    ((_, letter),) = postbox.letters
    link = urlsplit(re.search(r"^http\S+/invitation/\S+$", letter, re.MULTILINE)[0]).path
    assert stranger.post(link, {"name": "Vera", "password": PASSWORD}).status_code == 302
    assert User.objects.get_by_natural_key(email).proved_at is not None


@pytest.mark.parametrize("purpose", list(OneTimeLink.Purpose))
def test_so_does_a_link_of_the_operator_or_to_a_new_password(
    cast: Cast, stranger: Client, purpose: OneTimeLink.Purpose
) -> None:
    user, puppet = planted(cast)
    link = urlsplit(links.new(user, purpose)).path
    shown = stranger.get(link).content.decode()
    assert ("the password and the sessions of until now end" in shown) == (purpose == OneTimeLink.Purpose.SIGN_IN)
    assert User.objects.get(id=user.id).proved_at is None, "looking proves nothing"
    assert stranger.post(link, {"password": PASSWORD}).status_code == 302
    assert User.objects.get(id=user.id).proved_at is not None
    assert sees(stranger, cast.charlie.tenant)
    assert not sees(puppet, cast.charlie.tenant)
    assert not signs_in(user.email, CHARLIES)
    assert signs_in(user.email, PASSWORD) == (purpose == OneTimeLink.Purpose.RESET)


def test_whoever_has_proved_their_address_keeps_password_and_sessions(cast: Cast, stranger: Client) -> None:
    here = visitor(with_password(cast.alice))
    assert stranger.post(urlsplit(links.new(cast.alice.user, OneTimeLink.Purpose.SIGN_IN)).path).status_code == 302
    assert sees(here, cast.alice.tenant)
    assert signs_in(cast.alice.user.email, PASSWORD)


def test_the_first_proof_ends_other_links(cast: Cast, stranger: Client) -> None:
    user, _ = planted(cast)
    reset, sign_in = (urlsplit(links.new(user, purpose)).path for purpose in ("reset", "sign_in"))
    assert stranger.post(sign_in).status_code == 302
    assert stranger.post(reset, {"password": PASSWORD}).status_code == 410


def test_who_is_deactivated_proves_nothing(cast: Cast, stranger: Client) -> None:
    user, _ = planted(cast)
    User.objects.filter(id=user.id).update(is_active=False)
    link = invite(cast.alice.tenant, user.email, proves=True)
    assert stranger.post(link, {"name": "Vera", "password": PASSWORD}).status_code == 200
    assert User.objects.get(id=user.id).proved_at is None
    assert user.email not in members(cast.alice.tenant)


# Joining another system.


def test_an_account_that_nobody_proved_is_not_made_a_member(cast: Cast) -> None:
    user, _ = planted(cast)
    with pytest.raises(UnprovedError):
        accounts.add(cast.alice.tenant, COMMAND, user.email.upper(), "", Role.ADMIN)
    assert user.email not in members(cast.alice.tenant)
    accounts.add(cast.charlie.tenant, COMMAND, user.email, "", Role.ADMIN)
    roles = {person["email"]: person["role"] for person in accounts.members(cast.charlie.tenant)}
    assert roles[user.email] == "admin", "in its own system it gets another role"


def test_an_account_from_before_keeps_its_systems_and_proves_its_address_for_a_new_one(
    cast: Cast, stranger: Client
) -> None:
    bob = with_password(cast.bob)
    User.objects.filter(id=bob.user.id).update(proved_at=None)
    assert stranger.post("/sign-in", {"email": bob.user.email, "password": PASSWORD}).status_code == 302
    assert sees(stranger, bob.tenant)
    with pytest.raises(UnprovedError):
        accounts.add(cast.charlie.tenant, COMMAND, bob.user.email, "", Role.USER)


@pytest.mark.parametrize("mailed", [False, True])
def test_a_shown_link_joins_nobody_who_has_not_proved_the_address(
    cast: Cast, stranger: Client, request: pytest.FixtureRequest, mailed: bool
) -> None:
    """Not even whoever is signed in. By the operator's link, or one to a new password, they prove it and join."""
    if mailed:
        request.getfixturevalue("postbox")
    user, puppet = planted(cast)
    link = invite(cast.alice.tenant, user.email)
    page = puppet.get(link).content.decode()
    assert "Nobody has proved yet" in page
    assert (f"rapport user sign-in-link {user.email}" in page, "/forgotten-password" in page) == (not mailed, mailed)
    assert puppet.post(link, {"name": "Victim", "password": CHARLIES}).status_code == 200
    assert not sees(puppet, cast.alice.tenant)
    assert "Sign in to accept" in stranger.get(link).content.decode()
    stranger.post(urlsplit(links.new(user, OneTimeLink.Purpose.SIGN_IN)).path)
    assert stranger.post(link).headers["Location"] == f"/s/{cast.alice.tenant.slug}"
    assert sees(stranger, cast.alice.tenant)
    assert not sees(puppet, cast.alice.tenant)


def test_a_link_that_proves_the_address_takes_the_account_over(cast: Cast, stranger: Client) -> None:
    user, puppet = planted(cast)
    link = invite(cast.alice.tenant, user.email, proves=True, role=Role.ADMIN)
    page = stranger.get(link).content.decode()
    assert "has an account here whose address nobody has proved" in page
    assert stranger.post(link, {"name": "Vera", "password": "short"}).status_code == 422
    assert sees(puppet, cast.charlie.tenant), "nothing has happened yet"
    assert stranger.post(link, {"name": "Vera", "password": PASSWORD}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.check_password(PASSWORD), user.proved_at is not None) == ("Vera", True, True)
    assert [sees(stranger, tenant) for tenant in (cast.alice.tenant, cast.charlie.tenant)] == [True, True]
    assert not sees(puppet, cast.charlie.tenant)
    assert Session.objects.filter(user_id=user.id).count() == 1
    assert not signs_in(user.email, CHARLIES)


def test_whoever_proved_the_address_otherwise_joins_as_themselves(cast: Cast, stranger: Client) -> None:
    """The link was made while nobody had; it takes over nothing now."""
    user, _ = planted(cast)
    link = invite(cast.alice.tenant, user.email, proves=True)
    owner = at_a_place()
    owner.post(urlsplit(links.new(user, OneTimeLink.Purpose.RESET)).path, {"password": PASSWORD})
    assert "Sign in to accept" in stranger.get(link).content.decode()
    tenant, invited = invitations.look(link.rpartition("/")[2])
    assert invitations.accept_anew(tenant, invited, "Mallory", CHARLIES) is None
    assert signs_in(user.email, PASSWORD)
    assert owner.post(link).status_code == 302
    assert sees(owner, cast.alice.tenant)


def test_what_was_too_late_proves_nothing(cast: Cast) -> None:
    user, puppet = planted(cast)
    tenant, invited = invitations.look(invite(cast.alice.tenant, user.email, proves=True).rpartition("/")[2])
    with tenant_scope(tenant) as tenant_id:
        assert invitations.revoke(tenant_id, COMMAND, invited.id)
    assert invitations.accept_anew(tenant, invited, "Vera", PASSWORD) is None
    assert User.objects.get(id=user.id).proved_at is None
    assert sees(puppet, cast.charlie.tenant)


def test_who_signs_in_with_the_old_password_while_it_is_proved_is_out(cast: Cast, stranger: Client) -> None:
    user, puppet = planted(cast)
    stale = User.objects.get(id=user.id)
    stranger.post(urlsplit(links.new(user, OneTimeLink.Purpose.SIGN_IN)).path)
    assert not accounts.set_password(stale, CHARLIES), "nor is a new one set with it"
    assert not signs_in(user.email, CHARLIES)
    assert not sees(puppet, cast.charlie.tenant)


def test_an_invitation_that_was_shown_is_none_that_proves_until_it_is_mailed(cast: Cast) -> None:
    """Mailed, it has another link: the one that was shown works no longer."""
    link = invite(cast.alice.tenant, address(cast.alice.tenant))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        (row,) = Invitation.objects.filter(tenant_id=tenant_id)
        assert not row.proves
        renewed, mailed = invitations.mailed(tenant_id, row.id)
    assert renewed.proves
    assert mailed.rpartition("/")[2] != link.rpartition("/")[2]
    assert invitations.look(link.rpartition("/")[2]) is None


def test_what_happens_is_noted_in_the_systems_own_logs(cast: Cast, stranger: Client) -> None:
    user, _ = planted(cast)
    stranger.post(invite(cast.alice.tenant, user.email, proves=True), {"name": "Vera", "password": PASSWORD})
    for tenant, expected in (
        (cast.alice.tenant, ["member.sign_in", "member.prove", "invitation.accept", "invitation.create"]),
        (cast.charlie.tenant, ["member.sign_in", "member.prove"]),
    ):
        with tenant_scope(tenant) as tenant_id:
            rows, _ = audit.entries(tenant_id, audit.Wanted())
        acts = [row.action for row in rows if row.object_type in ("invitation", "member")]
        assert acts[: len(expected)] == expected
        assert [row for row in rows if tenant.pk != cast.alice.tenant.pk and cast.alice.tenant.slug in str(row)] == []


def test_nobody_is_a_member_by_halves(cast: Cast) -> None:
    """Until the link is used there is an invitation, which the system's administrators see and can take back."""
    user, _ = planted(cast)
    invite(cast.alice.tenant, user.email, proves=True)
    page = visitor(cast.alice).get(f"/s/{cast.alice.tenant.slug}/settings/users").content.decode()
    assert page.count(user.email) >= 1
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not Membership.objects.filter(tenant_id=tenant_id, user_id=user.id).exists()
