"""Getting in by e-mail address and password, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import hashers

from rapport.members.models import Session
from rapport.members.sessions import SessionStore
from rapport.tenants import audit
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import PASSWORD, at_a_place, with_password

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.cast import Cast


def sign_in(client: Client, email: str, password: str = PASSWORD, query: str = "") -> HttpResponse:
    return client.post(f"/sign-in{query}", {"email": email, "password": password})


def test_the_right_password_leads_home(cast: Cast, stranger: Client) -> None:
    alice = with_password(cast.alice)
    assert sign_in(stranger, alice.user.email)["Location"] == "/"
    assert stranger.get("/")["Location"] == f"/s/{alice.tenant.slug}"
    assert stranger.get(f"/s/{alice.tenant.slug}").status_code == 200


def test_the_address_may_be_spelled_otherwise(cast: Cast, stranger: Client) -> None:
    alice = with_password(cast.alice)
    assert sign_in(stranger, f" {alice.user.email.upper()} ").status_code == 302


def test_signing_in_is_noted_in_the_audit_log(cast: Cast, stranger: Client) -> None:
    sign_in(stranger, with_password(cast.bob).user.email)
    with tenant_scope(cast.bob.tenant) as tenant_id:
        (entry,), _ = audit.entries(tenant_id, audit.Wanted(action="member.sign_in"))
    assert (entry.actor_id, entry.object_name, entry.details) == (cast.bob.user.id, "Bob", {"by": "password"})


@pytest.mark.parametrize("wrong", ["password", "person", "nonsense", "deactivated", "none"])
def test_whatever_is_wrong_the_answer_is_the_same(cast: Cast, stranger: Client, wrong: str) -> None:
    alice = cast.alice if wrong == "none" else with_password(cast.alice)
    if wrong == "deactivated":
        alice.user.is_active = False
        alice.user.save(update_fields=["is_active"])
    email = {"person": "nobody@example.com", "nonsense": "nobody"}.get(wrong, alice.user.email)
    answer = sign_in(stranger, email, "a wrong one" if wrong == "password" else PASSWORD)
    assert answer.status_code == 422
    assert "This e-mail address and password do not belong together." in answer.content.decode()
    assert email in answer.content.decode()
    assert not Session.objects.filter(user_id=alice.user.id).exists()


@pytest.mark.parametrize("known", [True, False])
def test_one_password_is_hashed_whether_there_is_such_a_person_or_not(
    cast: Cast, stranger: Client, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """So that the time of the answer tells nobody anything."""
    alice = with_password(cast.alice)
    hashed: list[str] = []
    encode = hashers.ScryptPasswordHasher.encode

    def counted(self: object, password: str, *rest: object, **named: object) -> str:
        hashed.append(password)
        return encode(self, password, *rest, **named)

    monkeypatch.setattr(hashers.ScryptPasswordHasher, "encode", counted)
    sign_in(stranger, alice.user.email if known else "nobody@example.com", "a wrong one")
    assert hashed == ["a wrong one"]


def test_who_waits_is_told_so(cast: Cast, stranger: Client) -> None:
    alice = with_password(cast.alice)
    for _ in range(5):
        sign_in(stranger, alice.user.email, "a wrong one")
    assert "Please wait a quarter of an hour" in sign_in(stranger, alice.user.email).content.decode()


def test_signing_out_ends_the_session(cast: Cast) -> None:
    client = visitor(cast.alice)
    home = f"/s/{cast.alice.tenant.slug}"
    assert client.get(home).status_code == 200
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get(home)["Location"].startswith("/sign-in")
    assert not Session.objects.filter(user_id=cast.alice.user.id).exists()


def test_a_link_cannot_sign_anybody_out(cast: Cast) -> None:
    client = visitor(cast.alice)
    assert client.get("/sign-out").status_code == 405
    assert Session.objects.filter(user_id=cast.alice.user.id).exists()


def test_whoever_wanted_a_page_gets_there(cast: Cast, stranger: Client) -> None:
    page = f"/s/{cast.alice.tenant.slug}/settings/audit?actor=x"
    to_sign_in = stranger.get(page)["Location"]
    email = with_password(cast.alice).user.email
    assert stranger.post(to_sign_in, {"email": email, "password": PASSWORD})["Location"] == page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/%09/evil.example\n",
    ],
)
def test_nobody_is_led_to_another_site(cast: Cast, stranger: Client, elsewhere: str) -> None:
    email = with_password(cast.alice).user.email
    answer = stranger.post("/sign-in", {"email": email, "password": PASSWORD}, query_params={"next": elsewhere})
    assert answer.status_code == 302
    location = answer["Location"]
    assert location == "/" or (location.startswith("/") and location[1:2] not in ("/", "\\"))


def test_a_form_of_another_site_does_nothing(cast: Cast) -> None:
    email = with_password(cast.alice).user.email
    guarded = at_a_place(enforce_csrf_checks=True)
    refused = sign_in(guarded, email)
    assert refused.status_code == 403
    assert "This form is too old, or not ours." in refused.content.decode()
    guarded.get("/sign-in")
    token = guarded.cookies["rapport_csrf"].value
    answer = guarded.post("/sign-in", {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert answer.status_code == 302


def test_a_session_that_somebody_prepared_is_not_taken_over(cast: Cast, stranger: Client) -> None:
    prepared = SessionStore()
    prepared["of"] = "whoever knows the cookie"
    prepared.save()
    stranger.cookies["rapport_session"] = prepared.session_key
    assert sign_in(stranger, with_password(cast.alice).user.email).status_code == 302
    assert stranger.cookies["rapport_session"].value != prepared.session_key
    assert not SessionStore().exists(prepared.session_key)
