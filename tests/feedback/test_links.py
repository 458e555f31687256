"""Derived links: what they are, and that nobody makes or changes one."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from rapport.db.write import Actor
from rapport.feedback import asking, links
from rapport.process import redacted
from rapport.surveys.models import LinkKey
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, responses

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.conftest import Database

ID = UUID("01932f0e-0000-7000-8000-0123456789ab")
DIGITS = string.ascii_letters + string.digits


@pytest.fixture
def made(tenant: Tenant) -> str:
    """A link that somebody got."""
    return links.make(tenant.pk, links.ANSWER, ID, 3)


def test_a_link_is_short_plain_and_says_what_it_is_for(tenant: Tenant, made: str) -> None:
    assert 45 <= len(made) <= 60
    assert set(made) <= set(DIGITS)
    assert links.read(made, links.ANSWER) == links.Link(tenant.pk, links.ANSWER, ID, 3)
    assert links.make(tenant.pk, links.ANSWER, ID, 3) == made


def test_it_is_for_nothing_else(made: str) -> None:
    assert links.read(made, links.UNSUBSCRIBE) is None
    assert links.read(made, links.TOUCHPOINT) is None


def test_any_other_letter_anywhere_makes_it_none(made: str) -> None:
    for place, letter in enumerate(made):
        other = DIGITS[(DIGITS.index(letter) + 1) % len(DIGITS)]
        assert links.read(made[:place] + other + made[place + 1 :], links.ANSWER) is None, place
        assert links.read(made[:place] + made[place + 1 :], links.ANSWER) is None, place
    for wrong in (made + "0", "0" + made, made.lower(), made.upper(), made[:-1] + "\n"):
        assert links.read(wrong, links.ANSWER) is None


@given(st.text(alphabet=DIGITS, max_size=90))
def test_no_text_is_one_by_chance(text: str) -> None:
    """The signature would have to be right; without a database a text that names no key is none."""
    if links._LINK.fullmatch(text) is None:
        assert links.read(text, links.ANSWER) is None


def test_another_systems_key_makes_no_link_of_this_one(cast: Cast, made: str) -> None:
    theirs = links.make(cast.charlie.tenant.pk, links.ANSWER, ID, 3)
    assert theirs[-22:] != made[-22:]
    assert links.read(made.partition("K")[0] + "K" + theirs.partition("K")[2], links.ANSWER) is None


def test_a_new_key_signs_and_the_old_ones_verify(tenant: Tenant, made: str) -> None:
    assert links.renew(tenant.pk) == 2
    newer = links.make(tenant.pk, links.ANSWER, ID, 3)
    assert newer != made
    assert links.read(newer, links.ANSWER) == links.read(made, links.ANSWER)


def test_the_database_alone_gives_no_key(tenant: Tenant, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant_scope(tenant) as tenant_id:
        [row] = LinkKey.objects.filter(tenant_id=tenant_id)
    assert len(row.secret) > 64
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, secret_key="another key, of another deployment"))
    links.forget()
    with pytest.raises(links.NoKeyError):
        links.read(made, links.ANSWER)
    Respondent(f"/a/{made}").open(status=503)
    links.forget()


def test_older_keys_of_the_deployment_still_open(tenant: Tenant, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = settings.RAPPORT.secret_key
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, secret_key=f"{'n' * 40} {old}"))
    links.forget()
    assert links.read(made, links.ANSWER) is not None


def test_no_log_has_a_link(made: str) -> None:
    assert redacted(f"GET /a/{made}?score=9 200") == "GET /a/…?score=9 200"


@pytest.mark.parametrize("purpose", [links.ANSWER, links.UNSUBSCRIBE, links.TOUCHPOINT])
def test_what_does_not_exist_looks_the_same_whatever_it_is(database: Database, cast: Cast, purpose: str) -> None:
    tenant = cast.alice.tenant
    asked = ask(database, tenant)
    right = links.make(tenant.pk, purpose, asked)
    texts = {
        Respondent(f"/{purpose}/{text}").open(status=404).text
        for text in ("x", right[:-1], links.make(cast.charlie.tenant.pk, purpose, asked)[:-3] + "abc", right[::-1])
    }
    if purpose == links.ANSWER:
        texts.add(Respondent(link(cast.charlie.tenant, asked)).open(status=404).text)
        texts.add(Respondent(link(tenant, asked, generation=1)).open(status=404).text)
    assert (
        texts
        == {
            "There is nothing here There is nothing here Perhaps the end of the link was cut off."
            " Please open it once more from the message."
        }
        or len(texts) == 1
    )


def test_a_revoked_link_leads_nowhere_and_the_new_one_does(database: Database, tenant: Tenant) -> None:
    asked = ask(database, tenant)
    ada = Respondent(link(tenant, asked))
    form = ada.open().form() | {"q-nps": "9"}
    assert asking.revoke(tenant.pk, asked, Actor("user", ID))
    ada.open(status=404)
    ada.post(form, 404)
    assert responses(tenant) == []
    Respondent(link(tenant, asked, generation=1)).open().send(nps="9")
    assert len(responses(tenant)) == 1
