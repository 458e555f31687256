"""Mail goes to the mailbox that the address names, or nowhere: what cannot be mailed is refused where it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.mail.message import sanitize_address
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from rapport.members import invitations, jobs, mail
from rapport.members.models import Role, User
from rapport.records.errors import Invalid
from rapport.records.keys import email_key
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import Postbox, colleague, work

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast

UNMAILABLE = [
    "=?utf-8?q?a?=@x.example",
    "=?utf-8?q?evil=40evil.example=3E?=@x.example",
    "(c)victim@x.example",
    "victim(c)@x.example",
    '"victim"@x.example',
    "a<victim@x.example",
    "a\\b@x.example",
    ".a@x.example",
    "a.@x.example",
    "a..b@x.example",
    "a;b@x.example",
    "a,b@x.example",
    "a\nb@x.example",
    "a\r\nBcc:b@x.example",
    "a\x85b@x.example",
    "a\u2028b@x.example",
    "jürgen@x.example",
]
EACH = pytest.mark.parametrize("address", UNMAILABLE, ids=ascii)


def queued() -> bool:
    """Whether any mail waits."""
    return ProcrastinateJob.objects.filter(task_name__startswith="rapport.members.jobs.send").exists()


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada.L+x@Example.COM ", "Ada.L+x@example.com"),
        ("o'neil!#$%&*/^_`{|}~@x.example", "o'neil!#$%&*/^_`{|}~@x.example"),
        ("a@b", "a@b"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
    ],
)
def test_a_mailbox_is_the_address_as_it_is_written_at_the_host_of_its_key(address: str, mailbox: str) -> None:
    assert mail.mailbox(address) == mailbox
    assert sanitize_address(mailbox, "utf-8") == mailbox


@EACH
def test_what_mail_would_make_another_address_of_is_none(address: str) -> None:
    with pytest.raises(Invalid):
        mail.mailbox(address)


ADDRESSES = st.text(st.sampled_from("aA.=?()<>\"\\;,:[]+ '\n\r\t\x00üßs\u200b@"), max_size=14).map(
    lambda local: f"{local}@x.example"
)


@given(ADDRESSES | st.emails())
def test_a_mailbox_has_the_key_of_the_address(address: str) -> None:
    try:
        found = mail.mailbox(address)
    except Invalid:
        return
    assert sanitize_address(found, "utf-8") == found
    assert email_key(found) == email_key(address.strip())


@pytest.mark.usefixtures("postbox")
@EACH
def test_nobody_is_invited_or_made_under_such_an_address(cast: Cast, address: str) -> None:
    form = {"email": address, "role": "user", "mailed": "on"}
    answer = visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/settings/users/invite", form)
    assert answer.status_code == 422
    with pytest.raises(Invalid), tenant_scope(cast.alice.tenant) as tenant_id:
        invitations.invite(tenant_id, COMMAND, address, Role.USER)
    with pytest.raises(Invalid):
        User.objects.create(email=address, name="Nobody")
    assert not queued()


def test_the_form_says_what_can_be_mailed(cast: Cast) -> None:
    form = {"email": "jürgen@x.example", "role": "user"}
    page = visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/settings/users/invite", form).content.decode()
    assert "The e-mail must be an address that we can mail" in page


@pytest.mark.usefixtures("postbox")
@EACH
def test_nor_does_anybody_get_a_link_to_a_new_password(stranger: Client, address: str) -> None:
    assert stranger.post("/forgotten-password", {"email": address}).status_code == 422
    assert not queued()


def test_an_address_from_before_gets_no_mail_and_stays_in_no_queue(cast: Cast, postbox: Postbox) -> None:
    dora = colleague(cast.alice, "Dora", Role.USER).user
    User.objects.filter(id=dora.id).update(email=f"(c){dora.email}", email_key=f"(c){dora.email}")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        made, _ = invitations.invite(tenant_id, COMMAND, f"erin-{tenant_id}@x.example", Role.USER)
        invitations.open_ones(tenant_id).update(email=".erin@x.example")
    assert visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/settings/users/{dora.id}/reset").status_code == 302
    jobs.send_invitation.defer(tenant_id=cast.alice.tenant.pk, invitation_id=str(made.id))
    work()
    assert postbox.letters == []
