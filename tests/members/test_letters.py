"""Letters that cannot be sent: tried again, told of, and never at the cost of one that was sent."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import override_settings

from rapport.members import invitations, letters
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.ingest.serving import free_port
from tests.members.conftest import PASSWORD, Postbox, at_a_place, queued, work, work_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.cast import Cast

LINK = re.compile(r"^(http\S+/(?:invitation|reset)/\S+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def nothing_is_left(database: object) -> Iterator[None]:
    """The queue has no tenant: whoever leaves a job that cannot be done leaves it to everybody."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def page(cast: Cast) -> str:
    """What Alice reads about her people."""
    text = visitor(cast.alice).get(f"/s/{cast.alice.tenant.slug}/settings/users").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def invite(cast: Cast) -> str:
    """Alice invites somebody by mail; the address."""
    email = f"dora-{cast.alice.tenant.pk}@example.com"
    given = {"email": email, "role": "user", "mailed": "on"}
    visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/settings/users/invite", given)
    return email


def reset(cast: Cast) -> None:
    """Alice sends Bob the link to a new password."""
    visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/settings/users/{cast.bob.user.id}/reset")


def try_again() -> None:
    """As if the time for the next try had come."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set scheduled_at = null")
    work_once()


def links(postbox: Postbox) -> list[str]:
    """The paths of the links in all letters."""
    return [urlsplit(LINK.search(text)[1]).path for _, text in postbox.letters]


def test_people_see_when_a_letter_is_tried_again_and_why(
    cast: Cast, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    email = invite(cast)
    reset(cast)
    assert "Letter: on its way" in page(cast)
    with override_settings(EMAIL_PORT=free_port()), caplog.at_level(logging.WARNING):
        work_once()
        assert re.search(r"Letter: tried once, next at \d\d:\d\d: connection refused", page(cast))
        assert re.search(r"Link to a new password: tried once, next at \d\d:\d\d: connection refused", page(cast))
        try_again()
        try_again()
        assert re.search(r"Letter: tried three times, next at \d\d:\d\d: connection refused", page(cast))
    said = [record.getMessage() for record in caplog.records if record.name == "rapport.members"]
    assert said.count("a letter was not sent, try 3; the next in 300 s: ConnectionRefusedError 111") == 2
    assert email not in " ".join(said)
    try_again()
    assert [recipient for recipient, _ in postbox.letters] == [email, cast.bob.user.email]
    assert re.search(r"Letter: mailed at \d\d:\d\d", page(cast))
    assert queued().count() == 0


def test_a_letter_that_is_mailed_again_holds_the_same_link(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    """The server had it and hung up before it said so: the first letter must go on working."""
    postbox.breaks = True
    invite(cast)
    reset(cast)
    work_once()
    first = links(postbox)
    postbox.breaks = False
    try_again()
    assert sorted(links(postbox)) == sorted(first * 2)
    assert len(set(first)) == 2
    invitation, password = sorted(first)
    assert at_a_place().post(password, {"password": PASSWORD}).status_code == 302
    assert stranger.post(invitation, {"name": "Dora", "password": PASSWORD}).status_code == 302


def test_a_second_try_leaves_a_newer_link_alone(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    reset(cast)
    with override_settings(EMAIL_PORT=free_port()):
        work_once()
    reset(cast)
    work_once()
    try_again()
    newer, older = links(postbox)
    assert newer != older
    assert stranger.get(newer).status_code == stranger.get(older).status_code == 200
    assert stranger.post(newer, {"password": PASSWORD}).status_code == 302
    assert at_a_place().get(older).status_code == 410


def test_a_link_that_was_used_is_not_mailed_again(cast: Cast, stranger: Client, postbox: Postbox) -> None:
    postbox.breaks = True
    reset(cast)
    work_once()
    # Setting a password would delete the link; here it was only used.
    assert stranger.get(links(postbox)[0]).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("update one_time_links set used_at = now() where user_id = %s", [cast.bob.user.id])
    try_again()
    assert len(postbox.letters) == 1


@pytest.mark.parametrize("where", ["recipients", "data"])
def test_what_is_refused_for_good_is_not_tried_again(cast: Cast, postbox: Postbox, where: str) -> None:
    setattr(postbox, where, "550 5.1.1 no such mailbox")
    invite(cast)
    work_once()
    assert "Letter: could not be sent, tried once: 550 5.1.1 no such mailbox" in page(cast)
    assert list(queued().values_list("status", flat=True)) == ["failed"]


def test_a_server_that_wants_patience_gets_it(cast: Cast, postbox: Postbox) -> None:
    postbox.recipients = "451 4.7.1 greylisted, come back later"
    invite(cast)
    work_once()
    assert re.search(r"tried once, next at \d\d:\d\d: 451 4.7.1 greylisted, come back later", page(cast))


def test_after_the_last_try_it_is_given_up(cast: Cast, postbox: Postbox) -> None:
    invite(cast)
    with override_settings(EMAIL_PORT=free_port()):
        for _ in range(len(letters.WAITS) + 1):
            try_again()
    assert "Letter: could not be sent, tried 10 times: connection refused" in page(cast)
    assert list(queued().values_list("status", flat=True)) == ["failed"]


def test_a_job_of_the_version_before_is_done(cast: Cast, postbox: Postbox) -> None:
    """It says nothing of a letter that anybody waits for."""
    from rapport.members import jobs  # noqa: PLC0415 (beside the arguments that it had)

    email = invite(cast)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set args = args - 'mail_id'")
    jobs.send_reset_link.defer(email_key=cast.bob.user.email_key)
    work()
    assert [recipient for recipient, _ in postbox.letters] == [email, cast.bob.user.email]


def test_links_are_derived_from_the_secret_key_and_nothing_else(cast: Cast, postbox: Postbox) -> None:
    invite(cast)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        id = invitations.open_ones(tenant_id).get().id
        made = {invitations.mailed(tenant_id, id)[1] for _ in range(2)}
        with override_settings(SECRET_KEY=django_settings.SECRET_KEY + "x"):
            made.add(invitations.mailed(tenant_id, id)[1])
    assert len(made) == 2
