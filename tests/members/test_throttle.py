"""Guessing is slowed down: how often, for how long, by whom; and no guess slips through beside another."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from rapport.members import throttle
from rapport.members.models import FailedAttempt
from tests.members.conftest import PASSWORD, at_a_place, with_password

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast
    from tests.members.outside import Browser, Outside


def guess(client: Client, email: str, password: str = "a wrong one") -> int:  # noqa: S107
    return client.post("/sign-in", {"email": email, "password": password}).status_code


def test_of_twenty_guesses_at_once_five_are_looked_at(outside: Outside) -> None:
    """Counted before they are checked: who counts afterwards lets in whatever came meanwhile."""
    email = with_password(outside.cast.alice).user.email
    statuses, ready = Counter(), threading.Barrier(20)

    def attempt(browser: Browser) -> None:
        ready.wait()
        statuses[browser.fill("/sign-in", {"email": email, "password": "a wrong one"}).status_code] += 1

    threads = [threading.Thread(target=attempt, args=[outside.browser()]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {422: 5, 429: 15}


def test_five_for_one_e_mail_address_from_one_network_address(cast: Cast, stranger: Client) -> None:
    email = with_password(cast.alice).user.email
    assert [guess(stranger, email) for _ in range(6)] == [422] * 5 + [429]
    assert guess(stranger, email, PASSWORD) == 429
    assert guess(stranger, f"other-{email}") == 422
    assert guess(at_a_place(), email, PASSWORD) == 302


def test_thirty_from_one_network_address(cast: Cast, stranger: Client) -> None:
    emails = [f"nobody-{number}@example.com" for number in range(31)]
    assert [guess(stranger, email) for email in emails] == [422] * 30 + [429]
    assert guess(stranger, with_password(cast.alice).user.email, PASSWORD) == 429


def test_fifty_for_one_e_mail_address_from_everywhere(cast: Cast) -> None:
    email = with_password(cast.alice).user.email
    assert [guess(at_a_place(), email) for _ in range(51)] == [422] * 50 + [429]
    assert guess(at_a_place(), email, PASSWORD) == 429


def test_whoever_waits_already_makes_nobody_else_wait(cast: Cast, stranger: Client) -> None:
    """What is refused is not counted, or one caller could lock somebody out everywhere."""
    email = with_password(cast.alice).user.email
    for _ in range(60):
        guess(stranger, email)
    assert guess(at_a_place(), email, PASSWORD) == 302
    assert guess(stranger, with_password(cast.bob).user.email, PASSWORD) == 302


def test_who_knows_the_password_may_come_as_often_as_they_like(cast: Cast, stranger: Client) -> None:
    email = with_password(cast.alice).user.email
    for _ in range(7):
        assert guess(stranger, email, PASSWORD) == 302
        stranger.post("/sign-out")


def test_getting_in_forgives_no_guess(cast: Cast, stranger: Client) -> None:
    email = with_password(cast.alice).user.email
    assert [guess(stranger, email) for _ in range(4)] == [422] * 4
    assert guess(stranger, email, PASSWORD) == 302
    stranger.post("/sign-out")
    assert [guess(stranger, email) for _ in range(2)] == [422, 429]


def test_the_numbers() -> None:
    """As the contract of the console has them, whatever the tests above make of the settings."""
    assert throttle.LIMITS == {"both": 5, "network address": 30, "e-mail address": 50}
    assert timedelta(minutes=15) == throttle.WINDOW


def test_a_quarter_of_an_hour_begins_with_its_first_guess_and_the_next_one_anew(cast: Cast, stranger: Client) -> None:
    """Neither goes on with each guess, nor is over for good."""
    email = with_password(cast.alice).user.email
    guess(stranger, email)
    later(timedelta(minutes=14, seconds=50))
    assert [guess(stranger, email) for _ in range(5)] == [422] * 4 + [429]
    later(timedelta(seconds=10))
    assert [guess(stranger, email) for _ in range(6)] == [422] * 5 + [429]


def later(passed: timedelta) -> None:
    """Lets time pass for every counter."""
    FailedAttempt.objects.update(window_start=F("window_start") - passed)


@pytest.mark.parametrize(("passed", "status"), [(timedelta(minutes=14, seconds=50), 429), (timedelta(minutes=15), 302)])
def test_it_lasts_a_quarter_of_an_hour(cast: Cast, stranger: Client, passed: timedelta, status: int) -> None:
    email = with_password(cast.alice).user.email
    for _ in range(5):
        guess(stranger, email)
    later(passed)
    assert guess(stranger, email, PASSWORD) == status
