"""Drafts on pages: saved and rehearsed in the editor, looked at, published; and the versions with the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import drafts, edits
from rapport.configurations.locks import editing
from rapport.members.models import Role
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.configurations.reading import Form, address, changed, made, stored, text
from tests.console.visitor import visitor
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from django.test import Client

    from rapport.configurations.models import Configuration, ConfigurationDraft
    from tests.cast import Cast

DRAFT, EDIT, VERSIONS = "/nightly/draft", "/nightly/edit", "/nightly/versions"
BOB = Author("user", None, "Bob")
MAPPING = [{"heading": "E-Mail", "field": "email"}, {"heading": "First", "field": "first_name"}]


@pytest.fixture
def alice(cast: Cast) -> Client:
    return visitor(cast.alice)


@pytest.fixture(autouse=True)
def nightly(cast: Cast) -> Configuration:
    return made(cast.alice.tenant, reference="nightly", mapping=MAPPING)


def draft_of(cast: Cast) -> ConfigurationDraft | None:
    with tenant_scope(cast.alice.tenant):
        return drafts.of(stored_row(cast))


def stored_row(cast: Cast) -> Configuration:
    return edits.find(cast.alice.tenant.pk, "nightly")


def saved(cast: Cast, author: Author = BOB, **content: Any) -> None:
    with editing(cast.alice.tenant) as tenant_id:
        row = edits.find(tenant_id, "nightly")
        drafts.save(row, author, {"name": row.name, "mapping": MAPPING[:1], **content})


def typed(alice: Client, cast: Cast) -> dict[str, Any]:
    return Form(alice.get(address(cast.alice, EDIT))).data


def test_the_editor_saves_a_draft_and_callers_notice_nothing(cast: Cast, alice: Client) -> None:
    form = typed(alice, cast) | {"act": "draft", "first_name-heading": "Vorname", "comment": "They renamed it"}
    answer = alice.post(address(cast.alice, EDIT), form, follow=True)
    assert answer.redirect_chain[-1][0] == address(cast.alice, "/nightly")
    shown = text(answer)
    assert "The draft of Nightly is saved; callers go on with version 1." in shown
    assert "saved a draft just now ; callers go on with version 1." in shown
    assert stored(cast, "nightly").mapping == MAPPING
    draft = draft_of(cast)
    assert draft is not None
    assert (draft.content["mapping"][1]["heading"], draft.comment) == ("Vorname", "They renamed it")
    again = alice.get(address(cast.alice, EDIT))
    assert "This is the draft that" in text(again)
    assert Form(again).data["first_name-heading"] == "Vorname"
    assert Form(again).data["comment"] == "They renamed it"


def test_rehearse_saves_a_draft_and_shows_what_it_would_change(cast: Cast, alice: Client) -> None:
    sender = Sender(cast.alice)
    records = sender.send(
        {"E-Mail": "ada@example.com", "First": "Ada", "Vorname": "Augusta"},
        {"E-Mail": "bo@example.com"},
        configuration="nightly",
    )
    form = typed(alice, cast) | {"act": "rehearse", "first_name-heading": "Vorname", "first_name-default": "Friend"}
    shown = alice.post(address(cast.alice, EDIT), form, follow=True)
    assert shown.redirect_chain[-1][0] == address(cast.alice, DRAFT)
    told = text(shown)
    for words in (
        "First Name, heading First became Vorname".replace("became ", ""),
        "With the last 2 records of which what was sent is kept",
        "First Name changed 1 Ada Augusta",
        "First Name gained 1 Friend",
        "First First Name no longer used 1",
        "Vorname First Name newly used 1",
    ):
        assert words in told
    assert f"/data/requests/{records[0].record}" in shown.content.decode()


def test_records_that_would_fail_are_shown_with_their_sentences(cast: Cast, alice: Client) -> None:
    Sender(cast.alice).send({"E-Mail": "ada@example.com"}, configuration="nightly")
    saved(cast, mapping=[{"heading": "Mail", "field": "email"}])
    shown = text(alice.get(address(cast.alice, DRAFT)))
    assert "1 record would fail that is taken now." in shown
    assert "The Mail field is required." in shown


@pytest.mark.parametrize(
    ("sends", "told"), [(True, "Nothing would change."), (False, "There is no record to rehearse")]
)
def test_where_nothing_would_change_it_is_said(cast: Cast, alice: Client, sends: bool, told: str) -> None:
    if sends:
        Sender(cast.alice).send({"E-Mail": "ada@example.com"}, configuration="nightly")
    saved(cast, mapping=MAPPING)
    assert told in text(alice.get(address(cast.alice, DRAFT)))


def test_a_draft_is_published_with_a_comment(cast: Cast, alice: Client) -> None:
    saved(cast, comment="Bob's reason")
    page = alice.get(address(cast.alice, DRAFT))
    assert "By Bob, just now , from version 1." in text(page)
    draft = draft_of(cast)
    assert draft is not None
    answer = alice.post(address(cast.alice, DRAFT), {"draft": draft.stamp, "comment": "Agreed"}, follow=True)
    assert "Nightly is published as version 2." in text(answer)
    assert stored(cast, "nightly").mapping == MAPPING[:1]
    assert draft_of(cast) is None
    versions = text(alice.get(address(cast.alice, VERSIONS)))
    assert "changed it · just now · version 2" in versions
    assert "Agreed" in versions
    assert "has no draft" in text(alice.get(address(cast.alice, DRAFT), follow=True))


def test_a_draft_that_somebody_saved_again_is_looked_at_first(cast: Cast, alice: Client) -> None:
    saved(cast)
    seen = draft_of(cast)
    assert seen is not None
    saved(cast, name="Daily")
    answer = alice.post(address(cast.alice, DRAFT), {"draft": seen.stamp, "comment": ""}, follow=True)
    assert "Somebody saved the draft again" in text(answer)
    assert stored(cast, "nightly").version == 1


def test_a_draft_that_was_overtaken_says_by_whom_and_is_saved_again(cast: Cast, alice: Client) -> None:
    saved(cast)
    changed(stored(cast, "nightly"), Author("user", None, "Carol"), name="Weekly")
    page = alice.get(address(cast.alice, DRAFT))
    assert "Carol changed it" in text(page)
    draft = draft_of(cast)
    assert draft is not None
    refused = alice.post(address(cast.alice, DRAFT), {"draft": draft.stamp}, follow=True)
    assert "Carol changed it at" in text(refused)
    assert stored(cast, "nightly").name == "Weekly"
    form = typed(alice, cast) | {"act": "draft"}
    warned = alice.post(address(cast.alice, EDIT), form)
    assert (warned.status_code, "While you were editing" in text(warned)) == (409, True)
    assert alice.post(address(cast.alice, EDIT), Form(warned).data | {"act": "draft"}).status_code == 302
    draft = draft_of(cast)
    assert draft is not None
    alice.post(address(cast.alice, DRAFT), {"draft": draft.stamp})
    assert stored(cast, "nightly").name == "Nightly"


@pytest.mark.parametrize("act", ["save", "draft"])
def test_the_draft_of_somebody_else_is_not_lost_unseen(cast: Cast, alice: Client, act: str) -> None:
    form = typed(alice, cast) | {"act": act, "name": "Mine"}
    saved(cast, name="Theirs")
    warned = alice.post(address(cast.alice, EDIT), form)
    assert (warned.status_code, "Bob saved a draft just now" in text(warned)) == (409, True)
    assert Form(warned).data["name"] == "Mine"
    assert stored(cast, "nightly").name == "Nightly"
    assert alice.post(address(cast.alice, EDIT), Form(warned).data | {"act": act}).status_code == 302
    left = draft_of(cast)
    assert (stored(cast, "nightly").name, left and left.content["name"]) == (
        ("Mine", None) if act == "save" else ("Nightly", "Mine")
    )


def test_faults_of_a_draft_are_told_beside_their_fields(cast: Cast, alice: Client) -> None:
    form = typed(alice, cast) | {"act": "draft", "name": "Contacts (Default)"}
    answer = alice.post(address(cast.alice, EDIT), form)
    assert (answer.status_code, "The configuration name is taken already." in text(answer)) == (422, True)
    assert draft_of(cast) is None


def test_a_draft_that_cannot_be_published_says_why(cast: Cast, alice: Client) -> None:
    saved(cast, name="Daily")
    made(cast.alice.tenant, name="Daily")
    assert "The name is taken already." in text(alice.get(address(cast.alice, DRAFT)))
    draft = draft_of(cast)
    assert draft is not None
    answer = alice.post(address(cast.alice, DRAFT), {"draft": draft.stamp})
    assert answer.status_code == 422
    assert stored(cast, "nightly").version == 1


def test_a_draft_is_discarded_when_asked_twice(cast: Cast, alice: Client) -> None:
    saved(cast)
    assert "What Bob saved is deleted for good." in text(alice.get(address(cast.alice, f"{DRAFT}/discard")))
    assert draft_of(cast) is not None
    assert "is discarded" in text(alice.post(address(cast.alice, f"{DRAFT}/discard"), follow=True))
    assert draft_of(cast) is None
    assert "has no draft" in text(alice.post(address(cast.alice, f"{DRAFT}/discard"), follow=True))


def test_back_to_a_version_makes_a_draft_of_it(cast: Cast, alice: Client) -> None:
    changed(stored(cast, "nightly"), name="Daily")
    page = alice.get(address(cast.alice, VERSIONS)).content.decode()
    assert page.count("Back to this version") == 1, "the present one is where one is"
    answer = alice.post(address(cast.alice, f"{VERSIONS}/1/restore"), follow=True)
    assert answer.redirect_chain[-1][0] == address(cast.alice, DRAFT)
    assert "This draft is version 1 again" in text(answer)
    assert stored(cast, "nightly").name == "Daily"
    again = alice.post(address(cast.alice, f"{VERSIONS}/1/restore"), follow=True)
    assert "publish or discard it first" in text(again)
    draft = draft_of(cast)
    assert draft is not None
    alice.post(address(cast.alice, DRAFT), {"draft": draft.stamp, "comment": draft.comment})
    assert stored(cast, "nightly").name == "Nightly"


def test_defaults_have_no_drafts_on_pages(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/contact/edit"), {"act": "draft"}, follow=True)
    assert "Default configurations are view-only" in text(answer)
    assert "has no draft" in text(alice.get(address(cast.alice, "/contact/draft"), follow=True))
    assert "Back to this version" not in text(alice.get(address(cast.alice, "/contact/versions")))


@pytest.mark.parametrize(
    ("method", "page"),
    [
        ("get", VERSIONS),
        ("get", DRAFT),
        ("post", DRAFT),
        ("get", f"{DRAFT}/discard"),
        ("post", f"{DRAFT}/discard"),
        ("post", f"{VERSIONS}/1/restore"),
    ],
)
def test_drafts_and_versions_are_for_admins_of_their_system(cast: Cast, method: str, page: str) -> None:
    saved(cast)
    for person, tenant, status in (
        (cast.bob, cast.alice, 403),
        (cast.charlie, cast.alice, 404),
        (cast.charlie, cast.charlie, 404),
    ):
        assert getattr(visitor(person), method)(address(tenant, page)).status_code == status
    assert draft_of(cast) is not None
    admin = visitor(new_person("Ada", cast.alice.tenant, Role.ADMIN))
    assert getattr(admin, method)(address(cast.alice, page)).status_code in (200, 302)
