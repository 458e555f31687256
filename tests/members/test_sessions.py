"""One's own sessions: seen, ended, and stored so that nobody who reads the table can use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import password_validation

from rapport.members import browsers, throttle
from rapport.members.models import Session, User
from tests.console.visitor import visitor
from tests.members.conftest import PASSWORD, with_password

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130"


def is_in(client: Client, cast: Cast) -> bool:
    return client.get(f"/s/{cast.alice.tenant.slug}").status_code == 200


def test_only_a_digest_of_the_cookie_is_stored(cast: Cast) -> None:
    client = visitor(cast.alice)
    (row,) = Session.objects.filter(user_id=cast.alice.user.id).values()
    cookie = client.cookies["rapport_session"].value
    assert cookie not in str(row)
    client.cookies["rapport_session"] = row["session_key"]
    assert not is_in(client, cast)


def test_they_are_listed_with_their_browsers(cast: Cast) -> None:
    clients = [visitor(cast.alice) for _ in range(2)]
    visitor(cast.bob)
    Session.objects.filter(user_id=cast.alice.user.id).update(agent=EDGE)
    page = clients[0].get("/profile").content.decode()
    assert page.count("Edge on Windows") == 2
    assert page.count("This one") == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("curl/8.10 Linux", "A program on Linux"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert browsers.told(agent) == words


def test_one_is_ended(cast: Cast) -> None:
    here, there = visitor(cast.alice), visitor(cast.alice)
    stored = Session.objects.filter(user_id=cast.alice.user.id).values_list("session_key", flat=True)
    page = here.get("/profile").content.decode()
    (other,) = [key for key in stored if f'value="{key}"' in page]
    here.post("/profile/sessions/end", {"session": other})
    assert is_in(here, cast)
    assert not is_in(there, cast)


def test_all_others_are_ended(cast: Cast) -> None:
    here, there, bob = visitor(cast.alice), visitor(cast.alice), visitor(cast.bob)
    here.post("/profile/sessions/end", {"session": "others"})
    assert [is_in(client, cast) for client in (here, there, bob)] == [True, False, True]


def test_nobody_ends_the_session_of_another_person(cast: Cast) -> None:
    alice, bob = visitor(cast.alice), visitor(cast.bob)
    stored = Session.objects.get(user_id=cast.alice.user.id).session_key
    bob.post("/profile/sessions/end", {"session": stored})
    assert is_in(alice, cast)


def test_a_new_password_ends_the_others(cast: Cast) -> None:
    alice = with_password(cast.alice, "what was it again")
    here, there = visitor(alice), visitor(alice)
    answer = here.post("/profile", {"current": "what was it again", "password": PASSWORD})
    assert answer.status_code == 302
    assert [is_in(client, cast) for client in (here, there)] == [True, False]
    alice.user.refresh_from_db()
    assert alice.user.check_password(PASSWORD)


def test_a_new_password_renews_ones_own_session(cast: Cast, stranger: Client) -> None:
    """Whoever had got hold of the cookie has it no longer."""
    here = visitor(with_password(cast.alice, "what was it again"))
    stranger.cookies["rapport_session"] = before = here.cookies["rapport_session"].value
    assert is_in(stranger, cast)
    here.post("/profile", {"current": "what was it again", "password": PASSWORD})
    assert here.cookies["rapport_session"].value != before
    assert [is_in(client, cast) for client in (here, stranger)] == [True, False]
    page = here.get("/profile").content.decode()
    assert (page.count("Signed in"), page.count("This one")) == (1, 1)


def test_whoever_signs_in_with_the_old_password_meanwhile_is_out(
    cast: Cast, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their session begins after all others have ended."""
    alice = with_password(cast.alice, "what was it again")
    here = visitor(alice)

    def meanwhile(*_: object) -> None:
        here.post("/profile", {"current": "what was it again", "password": PASSWORD})

    monkeypatch.setattr(throttle, "forgive", meanwhile)
    answer = stranger.post("/sign-in", {"email": alice.user.email, "password": "what was it again"})
    assert answer.status_code == 302
    assert [is_in(client, cast) for client in (here, stranger)] == [True, False]


def test_of_two_new_passwords_at_once_the_first_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one knew a password that is no longer theirs."""
    here = visitor(with_password(cast.alice, "what was it again"))

    def meanwhile(*_: object) -> None:
        user = User.objects.get(id=cast.alice.user.id)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])

    monkeypatch.setattr(password_validation, "validate_password", meanwhile)
    answer = here.post("/profile", {"current": "what was it again", "password": "another one entirely"})
    assert answer.status_code == 422
    assert "Your password has changed meanwhile." in answer.content.decode()
    assert User.objects.get(id=cast.alice.user.id).check_password(PASSWORD)
    assert not is_in(here, cast)


def test_who_does_not_know_the_present_password_sets_no_new_one(cast: Cast) -> None:
    alice = with_password(cast.alice)
    here, there = visitor(alice), visitor(alice)
    answer = here.post("/profile", {"current": "a wrong one", "password": "another one entirely"})
    assert answer.status_code == 422
    assert "This is not your current password." in answer.content.decode()
    alice.user.refresh_from_db()
    assert alice.user.check_password(PASSWORD)
    assert is_in(there, cast)


def test_somebody_who_is_deactivated_is_out_at_once(cast: Cast) -> None:
    client = visitor(cast.alice)
    assert is_in(client, cast)
    cast.alice.user.is_active = False
    cast.alice.user.save(update_fields=["is_active"])
    assert not is_in(client, cast)


def test_one_gives_oneself_another_name(cast: Cast) -> None:
    client = visitor(cast.alice)
    assert client.post("/profile", {"name": "Alice Liddell"}).status_code == 302
    cast.alice.user.refresh_from_db()
    assert cast.alice.user.name == "Alice Liddell"
