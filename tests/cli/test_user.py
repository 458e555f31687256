"""`rapport user`: who signs in to the console."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.cli.conftest import rows


def opens(link: str) -> str | None:
    """Where the link leads whoever uses it."""
    client = Client()
    client.post(urlsplit(link).path)
    return client.get("/").headers.get("Location")


def test_somebody_new_gets_a_link_that_lets_them_in(rapport, tenant):
    email = f"erin@{tenant.slug}.example.com"
    (made,) = rows(
        rapport("user", "add", email, "--name", "Erin", "--role", "admin", "--tenant", tenant.slug, "--json")
    )

    assert (made["email"], made["name"], made["role"]) == (email, "Erin", "admin")
    assert opens(made["sign_in_link"]) == f"/s/{tenant.slug}"
    assert opens(made["sign_in_link"]) is None


def test_without_json_the_link_is_for_reading(rapport, tenant):
    result = rapport("user", "add", f"erin@{tenant.slug}.example.com", "--tenant", tenant.slug)

    assert result.stdout.splitlines()[1].startswith("http://127.0.0.1:8000/sign-in-link/")


def test_a_member_of_another_system_joins_and_a_member_gets_another_role(rapport, cast):
    slug, email = cast.alice.tenant.slug, cast.charlie.user.email.upper()

    for role in ("user", "admin"):
        assert rapport("user", "add", email, "--role", role, "--tenant", slug).exit_code == 0

    listed = {row["name"]: row["role"] for row in rows(rapport("user", "list", "--tenant", slug, "--json"))}
    assert listed == {"Alice": "system_admin", "Bob": "user", "Charlie": "admin"}


def test_members_are_listed_without_their_passwords(rapport, cast):
    (alice, bob) = rows(rapport("user", "list", "--tenant", cast.alice.tenant.slug, "--json"))

    assert set(alice) == {"id", "email", "name", "role", "active", "last_seen"}
    assert (alice["email"], alice["active"], alice["last_seen"]) == (cast.alice.user.email, True, None)
    assert bob["name"] in rapport("user", "list", "--tenant", cast.alice.tenant.slug).stdout


def test_a_new_link_is_made_for_whoever_lost_theirs(rapport, cast):
    link = rapport("user", "sign-in-link", cast.bob.user.email).stdout.strip()

    assert opens(link) == f"/s/{cast.bob.tenant.slug}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "nobody"), "The e-mail must be a valid email address."),
        (("sign-in-link", "nobody@example.com"), "There is nobody with the e-mail address nobody@example.com."),
        (("sign-in-link", "nobody"), "There is nobody with the e-mail address nobody."),
        (("add", "erin@example.com", "--tenant", "nowhere"), "There is no tenant 'nowhere'."),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(rapport, tenant, arguments, told):
    more = () if "--tenant" in arguments or arguments[0] != "add" else ("--tenant", tenant.slug)
    result = rapport("user", *arguments, *more)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {told}\n"


def test_the_last_system_admin_is_not_lowered(rapport, cast):
    result = rapport("user", "add", cast.alice.user.email, "--role", "user", "--tenant", cast.alice.tenant.slug)

    assert result.exit_code == 1
    assert "A system needs a System Admin" in result.stderr
