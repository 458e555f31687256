"""Drafts of configurations and the way back to earlier versions: nothing reaches callers before it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.configurations import document, drafts, edits
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration, ConfigurationDraft
from rapport.records.types import ALL
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token
from tests.configurations.conftest import CONTENT
from tests.configurations.reading import made

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.configurations.conftest import Call

PATH = "configurations/nightly"
MAIL = [{"heading": "Mail", "field": "email"}]
DRAFT = {"name": "Daily", "mapping": MAIL}
VIEW_ONLY = {"message": "Default configurations are view-only; copy it and change the copy."}


@pytest.fixture(autouse=True)
def nightly(cast: Cast) -> Configuration:
    return made(cast.alice.tenant, reference="nightly")


def tag(answer: Any) -> str:
    """The version that an answer names, for `match`."""
    return str(answer["ETag"].strip('"'))


def saved(call: Call, **content: Any) -> Any:
    answer = call("PUT", f"{PATH}/draft", DRAFT | content, match=1)
    assert answer.status_code == 201, answer.json()
    return answer


def test_a_draft_changes_nothing_before_it_is_published(cast: Cast, call: Call) -> None:
    before = call("GET", PATH).json()
    draft = saved(call, comment="Their system changed")
    assert call("GET", PATH).json() == before
    found = draft.json()
    assert call("GET", f"{PATH}/draft").json() == found
    assert {name: found[name] for name in DRAFT} == DRAFT
    assert (found["options"], found["comment"], found["based_on"], found["version"]) == (
        {},
        "Their system changed",
        1,
        1,
    )
    assert (found["author"]["type"], found["author"]["name"]) == ("app", "Alice's app")
    assert found["differences"] == [
        {"what": "Name", "old": "Nightly", "new": "Daily"},
        {"what": "Email, heading", "old": "E-Mail", "new": "Mail"},
    ]
    published = call("POST", f"{PATH}/draft/publish", match=tag(draft))
    assert (published.status_code, tag(published)) == (200, "2")
    after = call("GET", PATH).json()
    assert published.json() == after
    assert (after["name"], after["mapping"], after["version"]) == ("Daily", MAIL, 2)
    assert call("GET", f"{PATH}/draft").status_code == 404
    newest, first = call("GET", f"{PATH}/versions").json()["data"]
    assert (newest["version"], newest["comment"], newest["differences"]) == (
        2,
        "Their system changed",
        found["differences"],
    )
    assert (first["version"], first["comment"]) == (1, None)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        acts = list(AuditEntry.objects.filter(tenant_id=tenant_id).values_list("action", flat=True).order_by("id"))
    assert acts[-2:] == ["configuration.draft", "configuration.change"]


def test_versions_are_the_edits_with_a_comment_each(call: Call) -> None:
    call("PUT", PATH, DRAFT | {"comment": "For good"}, match=1)
    call("POST", "configurations", {**CONTENT, "name": "Other", "reference": "other", "comment": "For Bob"})
    assert call("GET", f"{PATH}/versions").json() == call("GET", f"{PATH}/edits").json()
    assert [edit["comment"] for edit in call("GET", f"{PATH}/versions").json()["data"]] == ["For good", None]
    assert call("GET", "configurations/other/versions").json()["data"][0]["comment"] == "For Bob"


def test_a_comment_of_the_publication_goes_before_the_drafts_own(call: Call) -> None:
    saved(call, comment="First thought")
    call("POST", f"{PATH}/draft/publish", {"comment": "Second thought"})
    assert call("GET", f"{PATH}/versions").json()["data"][0]["comment"] == "Second thought"


def test_a_draft_that_was_overtaken_is_not_published(call: Call) -> None:
    draft = saved(call)
    call("PUT", PATH, CONTENT | {"name": "Weekly"}, who="bob", match=1)
    refused = call("POST", f"{PATH}/draft/publish")
    assert refused.status_code == 409
    told = refused.json()["message"]
    assert told.startswith("Bob's app changed it at 20")
    assert told.endswith("after this draft was made; look at version 2, and save the draft again with based_on 2."), (
        told
    )
    assert call("GET", PATH).json()["name"] == "Weekly"
    again = call("PUT", f"{PATH}/draft", DRAFT, match=tag(draft))
    assert (again.status_code, again.json()["based_on"], again.json()["version"]) == (200, 1, 2)
    assert call("POST", f"{PATH}/draft/publish").status_code == 409
    call("PUT", f"{PATH}/draft", DRAFT | {"based_on": 2}, match=tag(again))
    assert call("POST", f"{PATH}/draft/publish").json()["name"] == "Daily"


def test_who_saves_a_draft_has_read_the_one_before(call: Call) -> None:
    assert call("PUT", f"{PATH}/draft", DRAFT).status_code == 428
    assert call("PUT", f"{PATH}/draft", DRAFT, match=2).status_code == 412
    first = saved(call)
    for match in (1, int(tag(first)) + 1):
        refused = call("PUT", f"{PATH}/draft", DRAFT, who="bob", match=match)
        assert (refused.status_code, tag(refused)) == (412, tag(first))
    second = call("PUT", f"{PATH}/draft", DRAFT | {"name": "Weekly"}, who="bob", match=tag(first))
    assert (second.status_code, second.json()["author"]["name"]) == (200, "Bob's app")
    for method, path in (("DELETE", "draft"), ("POST", "draft/publish")):
        assert call(method, f"{PATH}/{path}", match=tag(first)).status_code == 412
    assert call("DELETE", f"{PATH}/draft").status_code == 428
    assert call("DELETE", f"{PATH}/draft", match=tag(second)).status_code == 204
    third = saved(call)
    assert call("PUT", f"{PATH}/draft", DRAFT, match=tag(first)).status_code == 412, "a draft that comes again"
    assert tag(third) not in (tag(first), tag(second))


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["The name field is required."], "mapping": ["The mapping field is required."]}),
        (
            {"mapping": [{"heading": "x", "field": "nothing"}], "name": "Contacts (Default)", "comment": "\t"},
            {
                "mapping": ["A configuration for Contact must map Email or Phone."],
                "mapping.0.field": ["The field nothing does not exist for Contact."],
                "name": ["The name is taken already."],
                "comment": ["The comment must have 1 to 500 printable characters, with no space at either end."],
            },
        ),
        (
            DRAFT | {"active": False, "kind": "file", "based_on": 7, "version": 3},
            {
                "active": ["The active cannot be changed."],
                "kind": ["The kind cannot be changed."],
                "based_on": ["The based_on must be a whole number from 1 to 1."],
                "version": ["The version cannot be changed."],
            },
        ),
        (DRAFT | {"based_on": True}, {"based_on": ["The based_on must be a whole number from 1 to 1."]}),
    ],
)
def test_every_fault_of_a_draft_is_told_at_once(call: Call, given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = call("PUT", f"{PATH}/draft", given, match=1)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)
    assert call("GET", f"{PATH}/draft").status_code == 404


def test_what_was_read_of_a_configuration_can_be_its_draft(call: Call) -> None:
    read = call("GET", PATH).json()
    assert call("PUT", f"{PATH}/draft", read | {"name": "Daily"}, match=1).json()["name"] == "Daily"
    wrong = call("PUT", f"{PATH}/draft", read | {"colour": "red"}, headers={"If-Match": "*"})
    assert "comment, based_on." in wrong.json()["errors"]["colour"][0]


def test_a_draft_that_is_wrong_by_now_is_refused_as_an_edit_is(call: Call) -> None:
    saved(call)
    call("POST", "configurations", CONTENT | {"name": "Daily"})
    for act in ("rehearse", "publish"):
        answer = call("POST", f"{PATH}/draft/{act}")
        assert (answer.status_code, answer.json()["errors"]) == (422, {"name": ["The name is taken already."]})
    assert call("GET", f"{PATH}/draft").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "draft"), ("DELETE", "draft"), ("POST", "draft/publish"), ("POST", "draft/rehearse")],
)
def test_without_a_draft_it_is_said(call: Call, method: str, path: str) -> None:
    answer = call(method, f"{PATH}/{path}", match=1)
    assert (answer.status_code, answer.json()) == (404, {"message": "The configuration has no draft."})


def test_defaults_have_no_drafts(call: Call) -> None:
    default = call("GET", "configurations/contact").json()
    answer = call("PUT", "configurations/contact/draft", default, match=1)
    assert (answer.status_code, answer.json()) == (409, VIEW_ONLY)
    assert call("POST", "configurations/contact/versions/1/restore").status_code == 404, "nobody has edited it"


def test_going_back_makes_a_draft(call: Call) -> None:
    first = call("GET", PATH).json()
    call("PUT", PATH, DRAFT, match=1)
    back = call("POST", f"{PATH}/versions/1/restore")
    assert (back.status_code, back.json()["comment"], back.json()["based_on"]) == (201, "Back to version 1", 2)
    assert call("GET", PATH).json()["name"] == "Daily"
    again = call("POST", f"{PATH}/versions/2/restore", who="bob")
    told = "There is a draft by Alice's app; publish or discard it first."
    assert (again.status_code, again.json()) == (409, {"message": told})
    published = call("POST", f"{PATH}/draft/publish", match=tag(back)).json()
    assert {name: published[name] for name in CONTENT} == {name: first[name] for name in CONTENT}


def test_going_back_at_once_needs_the_version_that_was_seen(call: Call) -> None:
    call("PUT", PATH, DRAFT, match=1)
    wanted = {"publish": True, "comment": "It did harm"}
    assert call("POST", f"{PATH}/versions/1/restore", wanted).status_code == 428
    assert call("POST", f"{PATH}/versions/1/restore", wanted, match=1).status_code == 412
    done = call("POST", f"{PATH}/versions/1/restore", wanted, match=2)
    assert (done.status_code, tag(done), done.json()["name"]) == (200, "3", "Nightly")
    assert call("GET", f"{PATH}/versions").json()["data"][0]["comment"] == "It did harm"
    assert call("GET", f"{PATH}/draft").status_code == 404
    wrong = call("POST", f"{PATH}/versions/1/restore", {"publish": "yes", "to": 1}, match=3)
    assert wrong.json()["errors"] == {
        "to": ["The key to is unknown; known are comment, publish."],
        "publish": ["The publish must be true or false."],
    }


def test_there_is_no_version_that_nobody_made(call: Call) -> None:
    for version in ("2", "0", "999999999"):
        answer = call("POST", f"{PATH}/versions/{version}/restore")
        assert (answer.status_code, answer.json()["message"]) == (404, f"The configuration has no version {version}.")
    assert call("POST", f"{PATH}/versions/x/restore").status_code == 404


def test_a_configuration_goes_with_its_draft(cast: Cast, call: Call) -> None:
    saved(call)
    assert call("DELETE", PATH, match=1).status_code == 204
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not ConfigurationDraft.objects.filter(tenant_id=tenant_id).exists()


ROUTES = [
    ("GET", "draft"),
    ("PUT", "draft"),
    ("DELETE", "draft"),
    ("POST", "draft/rehearse"),
    ("POST", "draft/publish"),
    ("GET", "versions"),
    ("POST", "versions/1/restore"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_stranger_learns_nothing_and_the_unentitled_change_nothing(
    cast: Cast, call: Call, method: str, path: str
) -> None:
    draft = saved(call)
    body = DRAFT if method == "PUT" else None
    stranger = call(method, f"{PATH}/{path}", body, who="charlie", match=tag(draft))
    assert stranger.status_code == 404
    assert "Daily" not in stranger.content.decode()
    reader = new_token(cast.alice.tenant, cast.alice.client_id, ["configurations:read"])
    headers = {"Authorization": f"Bearer {reader}"}
    reads = method == "GET" or path.endswith("rehearse")
    allowed = call(method, f"{PATH}/{path}", body, match=tag(draft), headers=headers)
    assert allowed.status_code == (200 if reads else 403)
    nobody = new_token(cast.alice.tenant, cast.alice.client_id, ["records:write"])
    assert call(method, f"{PATH}/{path}", body, headers={"Authorization": f"Bearer {nobody}"}).status_code == 403
    assert call("GET", f"{PATH}/draft").json() == draft.json()


FIELDS = [field.name for field in ALL["contact"].fields if field.name != "email"]
HEADINGS = st.text("abcdefgh", min_size=1, max_size=3)
MAPPINGS = st.dictionaries(st.sampled_from(FIELDS), HEADINGS, max_size=4).map(
    lambda found: [
        {"heading": "E-Mail", "field": "email"},
        *({"heading": f"{field} {heading}", "field": field} for field, heading in found.items()),
    ]
)
CONTENTS = st.fixed_dictionaries({"name": HEADINGS.map("N{}".format), "mapping": MAPPINGS})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(CONTENTS, min_size=1, max_size=4), data=st.data())
def test_publishing_and_going_back_is_the_identity(cast: Cast, contents: list[Any], data: st.DataObject) -> None:
    """Whatever is published, each version that there was can be had again, exactly."""
    with editing(cast.alice.tenant) as tenant_id:
        row = edits.find(tenant_id, "nightly")
        seen = {row.version: document.content(row)}
        for content in contents:
            drafts.save(row, COMMAND, content)
            assert document.content(row) == seen[row.version]
            drafts.publish(row, COMMAND)
            seen[row.version] = document.content(row)
        version = data.draw(st.sampled_from(sorted(seen)))
        drafts.back_to(row, COMMAND, version)
        drafts.publish(row, COMMAND)
        assert document.content(edits.find(tenant_id, "nightly")) == seen[version]
