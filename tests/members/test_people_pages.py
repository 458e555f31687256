"""Settings, Users: everybody there is, and what a System Admin changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rapport.members import accounts, invitations
from rapport.members.models import Role
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import Postbox, colleague, work

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


def users(cast: Cast, path: str = "") -> str:
    return f"/s/{cast.alice.tenant.slug}/settings/users{path}"


def roles(cast: Cast) -> dict[str, str]:
    return {person["name"]: person["role"] for person in accounts.members(cast.alice.tenant)}


def invited(cast: Cast, email: str = "dora@example.com") -> str:
    """The id of an open invitation."""
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return str(invitations.invite(tenant_id, COMMAND, email, Role.USER)[0].id)


def test_members_and_open_invitations_are_listed(cast: Cast) -> None:
    invited(cast)
    page = visitor(cast.alice).get(users(cast)).content.decode()
    for told in (cast.alice.user.email, cast.bob.user.email, "System Admin", "dora@example.com"):
        assert told in page
    assert cast.charlie.user.email not in page


def test_an_admin_reads_and_changes_nothing(cast: Cast) -> None:
    dora = visitor(colleague(cast.alice, "Dora", Role.ADMIN))
    page = dora.get(users(cast)).content.decode()
    assert cast.bob.user.email in page
    assert "Change role" not in page
    assert "Invite" not in page
    bob, invitation = cast.bob.user.id, invited(cast, "erin@example.com")
    for path in ("/invite", f"/{bob}/role", f"/{bob}/remove", f"/{bob}/reset", f"/invitations/{invitation}/revoke"):
        for answer in (dora.get(users(cast, path)), dora.post(users(cast, path), {"role": "admin"})):
            assert answer.status_code == 403
            assert "This page is for the role System Admin" in answer.content.decode()
    assert roles(cast) == {"Alice": "system_admin", "Bob": "user", "Dora": "admin"}


def test_a_user_does_not_see_the_list(cast: Cast) -> None:
    answer = visitor(cast.bob).get(users(cast))
    assert answer.status_code == 403
    assert cast.alice.user.email not in answer.content.decode()


def test_the_link_of_an_invitation_is_shown_once(cast: Cast, stranger: Client) -> None:
    alice = visitor(cast.alice)
    page = alice.post(users(cast, "/invite"), {"email": "dora@example.com", "role": "admin"})
    (link,) = re.findall(r"<code>(http\S+/invitation/\S+)</code>", page.content.decode())
    assert "no-store" in page["Cache-Control"]
    assert "/invitation/" not in alice.get(users(cast)).content.decode()
    assert "dora@example.com is invited as Admin" in stranger.get(urlsplit(link).path).content.decode()


@pytest.mark.parametrize(
    ("email", "told"),
    [("nobody", "The e-mail must be a valid email address."), ("", "Enter an e-mail."), ("bob", "is a member")],
)
def test_who_cannot_be_invited_is_said_beside_the_field(cast: Cast, email: str, told: str) -> None:
    email = cast.bob.user.email if email == "bob" else email
    answer = visitor(cast.alice).post(users(cast, "/invite"), {"email": email, "role": "admin"})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert f'value="{email}"' in answer.content.decode() or not email


def test_an_invitation_is_taken_back(cast: Cast) -> None:
    alice, path = visitor(cast.alice), users(cast, f"/invitations/{invited(cast)}/revoke")
    assert "Take back the invitation of dora@example.com?" in alice.get(path).content.decode()
    assert "dora@example.com" in alice.get(users(cast)).content.decode()
    answer = alice.post(path, follow=True).content.decode()
    assert "The invitation of dora@example.com is taken back." in answer
    assert "Nobody is invited now." in answer
    assert alice.post(path).status_code == 404


def test_a_member_gets_another_role(cast: Cast) -> None:
    alice, path = visitor(cast.alice), users(cast, f"/{cast.bob.user.id}/role")
    assert re.search(r'value="user"[^>]* checked', alice.get(path).content.decode())
    assert alice.post(path, {"role": "admin"})["Location"] == users(cast)
    assert roles(cast)["Bob"] == "admin"
    assert alice.post(path, {"role": "emperor"}).status_code == 422


def test_the_last_system_admin_is_neither_lowered_nor_removed(cast: Cast) -> None:
    alice = visitor(cast.alice)
    for path in (f"/{cast.alice.user.id}/role", f"/{cast.alice.user.id}/remove"):
        answer = alice.post(users(cast, path), {"role": "admin"})
        assert answer.status_code == 422
        assert "A system needs a System Admin: make somebody else one first." in answer.content.decode()
    assert roles(cast)["Alice"] == "system_admin"


def test_a_member_is_removed_and_out_at_once(cast: Cast) -> None:
    bob, path = visitor(cast.bob), users(cast, f"/{cast.bob.user.id}/remove")
    alice, home = visitor(cast.alice), f"/s/{cast.bob.tenant.slug}"
    assert f"Remove Bob from {cast.alice.tenant.name}?" in alice.get(path).content.decode()
    assert bob.get(home).status_code == 200
    assert "Bob is no longer a member." in alice.post(path, follow=True).content.decode()
    assert bob.get(home).status_code == 404
    assert alice.post(path).status_code == 404


def test_whoever_removes_or_lowers_themselves_is_led_where_they_may_be(cast: Cast) -> None:
    dora = colleague(cast.alice, "Dora", Role.SYSTEM_ADMIN)
    erin = colleague(cast.alice, "Erin", Role.SYSTEM_ADMIN)
    lowered = visitor(dora).post(users(cast, f"/{dora.user.id}/role"), {"role": "user"}, follow=True)
    removed = visitor(erin).post(users(cast, f"/{erin.user.id}/remove"), follow=True)
    assert (lowered.status_code, removed.status_code) == (200, 200)
    assert "You belong to no system" in removed.content.decode()


def test_a_reset_link_is_mailed_and_never_shown(cast: Cast, postbox: Postbox) -> None:
    alice, path = visitor(cast.alice), users(cast, f"/{cast.bob.user.id}/reset")
    assert "Send a reset link" in alice.get(users(cast)).content.decode()
    assert cast.bob.user.email in alice.get(path).content.decode()
    assert "/reset/" not in alice.post(path, follow=True).content.decode().replace(path, "")
    work()
    assert [recipient for recipient, _ in postbox.letters] == [cast.bob.user.email]


def test_without_a_mail_server_there_is_no_reset_link(cast: Cast) -> None:
    alice, path = visitor(cast.alice), users(cast, f"/{cast.bob.user.id}/reset")
    assert "Send a reset link" not in alice.get(users(cast)).content.decode()
    assert alice.post(path).status_code == 404


@pytest.mark.parametrize("act", ["role", "remove"])
def test_nobody_changes_the_members_of_another_system(cast: Cast, act: str) -> None:
    alice = visitor(cast.alice)
    path = users(cast, f"/{cast.charlie.user.id}/{act}")
    for answer in (alice.get(path), alice.post(path, {"role": "user"})):
        assert answer.status_code == 404
    elsewhere = path.replace(cast.alice.tenant.slug, cast.charlie.tenant.slug)
    assert alice.post(elsewhere, {"role": "user"}).status_code == 404
    assert [person["role"] for person in accounts.members(cast.charlie.tenant)] == ["system_admin"]


def test_nor_does_anybody_take_back_its_invitations(cast: Cast) -> None:
    with tenant_scope(cast.charlie.tenant) as tenant_id:
        made, _ = invitations.invite(tenant_id, COMMAND, "dora@example.com", Role.USER)
    assert visitor(cast.alice).post(users(cast, f"/invitations/{made.id}/revoke")).status_code == 404
    with tenant_scope(cast.charlie.tenant) as tenant_id:
        assert invitations.open_ones(tenant_id).exists()
