"""One-time links: looking at one does not use it up, using it does; and new passwords by mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from rapport.members import links
from rapport.members.models import OneTimeLink
from tests.cast import Cast
from tests.console.visitor import visitor
from tests.members.conftest import PASSWORD, Postbox, at_a_place, with_password, work

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast, Person

SIGN_IN, RESET = OneTimeLink.Purpose.SIGN_IN, OneTimeLink.Purpose.RESET


def new(person: Person, purpose: OneTimeLink.Purpose = SIGN_IN) -> str:
    """The path of a new link."""
    return urlsplit(links.new(person.user, purpose)).path


def test_looking_at_a_link_does_not_use_it_up(cast: Cast, stranger: Client) -> None:
    link = new(cast.alice)
    for _ in range(2):
        answer = stranger.get(link)
        assert answer.status_code == 200
        assert "Sign in as Alice" in answer.content.decode()
    assert stranger.get("/").status_code == 200
    assert stranger.post(link)["Location"] == "/"
    assert stranger.get(f"/s/{cast.alice.tenant.slug}").status_code == 200


def test_it_works_once(cast: Cast, stranger: Client) -> None:
    link = new(cast.alice)
    assert stranger.post(link).status_code == 302
    second = at_a_place()
    answer = second.post(link)
    assert answer.status_code == 410
    assert "This link works no longer" in answer.content.decode()
    assert second.get(f"/s/{cast.alice.tenant.slug}")["Location"].startswith("/sign-in")


@pytest.mark.parametrize("purpose", [SIGN_IN, RESET])
def test_it_works_for_a_quarter_of_an_hour(cast: Cast, stranger: Client, purpose: OneTimeLink.Purpose) -> None:
    link = new(cast.alice, purpose)
    OneTimeLink.objects.filter(user_id=cast.alice.user.id).update(expires_at=datetime.now(UTC))
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, {"password": PASSWORD}).status_code == 410


def test_a_newer_link_takes_the_place_of_the_one_before(cast: Cast, stranger: Client) -> None:
    first, second = new(cast.alice), new(cast.alice)
    assert stranger.get(first).status_code == 410
    assert stranger.get(second).status_code == 200


def test_a_link_of_one_kind_is_none_of_the_other(cast: Cast, stranger: Client) -> None:
    secret = new(cast.alice).rpartition("/")[2]
    assert stranger.post(f"/reset/{secret}", {"password": PASSWORD}).status_code == 410


def test_the_link_of_somebody_who_was_deactivated_works_no_longer(cast: Cast, stranger: Client) -> None:
    link = new(cast.alice)
    cast.alice.user.is_active = False
    cast.alice.user.save(update_fields=["is_active"])
    assert stranger.get(link).status_code == 410
    assert stranger.post(link).status_code == 410


def test_only_a_digest_is_stored_and_no_other_site_learns_the_address(cast: Cast, stranger: Client) -> None:
    link = new(cast.alice)
    (row,) = OneTimeLink.objects.filter(user_id=cast.alice.user.id).values()
    assert link.rpartition("/")[2] not in str(row)
    assert stranger.get(link)["Referrer-Policy"] == "strict-origin"
    assert stranger.get(link)["Cache-Control"].count("no-store") == 1


# A new password by mail, through a real SMTP server.


def test_a_forgotten_password_is_replaced_by_mail(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    alice = with_password(cast.alice, "what was it again")
    elsewhere = visitor(alice)
    assert "is on its way" in stranger.post("/forgotten-password", {"email": alice.user.email}).content.decode()
    assert alice.user.email.encode() not in repr(list(ProcrastinateJob.objects.values_list("lock"))).encode()
    work()
    ((recipient, letter),) = postbox.letters
    assert recipient == alice.user.email
    assert "Subject: Set a new password for Rapport" in letter
    link = urlsplit(re.search(r"^http\S+/reset/\S+$", letter, re.MULTILINE)[0]).path
    assert stranger.get(link).status_code == 200
    answer = stranger.post(link, {"password": PASSWORD})
    assert answer.status_code == 302
    assert stranger.get(f"/s/{alice.tenant.slug}").status_code == 200
    assert elsewhere.get(f"/s/{alice.tenant.slug}")["Location"].startswith("/sign-in")
    alice.user.refresh_from_db()
    assert alice.user.check_password(PASSWORD)
    assert at_a_place().post(link, {"password": "another one entirely"}).status_code == 410


def test_a_password_that_is_easy_to_guess_does_not_use_the_link_up(cast: Cast, stranger: Client) -> None:
    link = new(cast.alice, RESET)
    answer = stranger.post(link, {"password": "password12"})
    assert answer.status_code == 422
    assert "too common" in answer.content.decode()
    assert stranger.post(link, {"password": PASSWORD}).status_code == 302


def test_nobody_learns_whether_there_is_such_a_person(stranger: Client, postbox: Postbox) -> None:
    person = Cast().alice
    told = [
        re.sub(r'value="[^"]+"', "", stranger.post("/forgotten-password", {"email": email}).content.decode())
        for email in (person.user.email, "nobody@example.com")
    ]
    work()
    assert told[0] == told[1]
    assert [recipient for recipient, _ in postbox.letters] == [person.user.email]


def test_somebody_cannot_be_flooded_with_mail(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    for _ in range(8):
        stranger.post("/forgotten-password", {"email": cast.alice.user.email})
    work()
    assert len(postbox.letters) == 5


def test_without_a_mail_server_the_page_names_the_command(stranger: Client) -> None:
    answer = stranger.get("/forgotten-password").content.decode()
    assert "rapport user sign-in-link EMAIL" in answer
    assert stranger.post("/forgotten-password", {"email": "a@example.com"}).status_code == 200
