"""Pages of surveys: the list, templates, the editor beside its preview, versions, the default."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from rapport.feedback import surveys
from rapport.feedback.documents import checks
from rapport.surveys.models import Survey, SurveyVersion
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser

if TYPE_CHECKING:
    from tests.cast import Cast

_INPUT = re.compile(r'<input[^>]*? name="([^"]+)"[^>]*?value="([^"]*)"[^>]*>')
_AREA = re.compile(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)
_SELECT = re.compile(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
START = "feedback/surveys/relationship-nps"


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


def form(html: str) -> dict[str, Any]:
    """What the editor's form holds."""
    html = html.partition("<main")[2]
    given = dict(_INPUT.findall(html)) | dict(_AREA.findall(html))
    for name, options in _SELECT.findall(html):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        given[name] = (chosen[1] or chosen[2]) if chosen else ""
    for box in re.findall(r'<input type="checkbox" name="([^"]+)"[^>]*?>', html):
        given.pop(box, None)
    for box in re.findall(r'<input type="checkbox" name="([^"]+)" value="1" checked', html):
        given[box] = "1"
    given.pop("show_language", None)
    return {name: unescape(value) for name, value in given.items() if name != "csrfmiddlewaretoken"}


def stored(cast: Cast, reference: str = "relationship-nps", version: int | None = None) -> dict[str, Any]:
    """A survey's document."""
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return surveys.document(surveys.find(tenant_id, reference), version)


def state(cast: Cast, reference: str = "relationship-nps") -> Survey:
    """A survey's row."""
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return surveys.find(tenant_id, reference)


def test_a_new_system_has_a_live_survey_that_is_its_default(cast: Cast, alice: Browser) -> None:
    assert "Relationship NPS Default" in alice.text("feedback/surveys")
    survey = state(cast)
    assert (survey.state, survey.is_default, survey.version) == ("live", True, 1)


def test_saving_what_the_form_shows_changes_nothing(cast: Cast, alice: Browser) -> None:
    before = stored(cast)
    given = form(alice.get(f"{START}/edit").content.decode())
    assert json.loads(given["document"]) == before
    alice.post(f"{START}/edit", given | {"act": "save"}, status=302)
    assert stored(cast) == before
    assert state(cast).version == 1


def test_saving_makes_a_version_and_keeps_the_one_before(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    changed = {"p0-q0-text": "Would you recommend us?", "p0-q1-choices": "price | Price | detractor\nluck | Luck"}
    alice.post(f"{START}/edit", given | changed | {"act": "save"}, status=302)
    questions = stored(cast)["pages"][0]["questions"]
    assert questions[0]["text"]["en"] == "Would you recommend us?"
    assert questions[0]["text"]["de"].startswith("Wie wahrscheinlich")
    assert questions[1]["choices"] == [
        {"id": "price", "text": {"en": "Price", "de": "Preis"}, "groups": ["detractor"]},
        {"id": "luck", "text": {"en": "Luck"}},
    ]
    assert state(cast).version == 2
    assert stored(cast, version=1)["pages"][0]["questions"][0]["text"]["en"].startswith("How likely")
    text = alice.text(START)
    assert "Version 2 by Alice" in text
    assert "pages[0].questions[1].choices[1].text de" in text


def test_buttons_of_the_editor_change_what_is_shown_and_nothing_that_is_stored(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())

    def ids(act: str, given: dict[str, Any]) -> tuple[list[list[str]], dict[str, Any]]:
        made = form(alice.post(f"{START}/edit", given | {"act": act}).content.decode())
        pages = json.loads(made["document"])["pages"]
        return [[question["id"] for question in page["questions"]] for page in pages], made

    told, given = ids("add:0", given)
    assert told == [["nps", "drivers", "comment", "follow_up", "question1"]]
    told, given = ids("up:0.4", given)
    assert told == [["nps", "drivers", "comment", "question1", "follow_up"]]
    told, given = ids("remove:0.1", given)
    assert told == [["nps", "comment", "question1", "follow_up"]]
    told, given = ids("page:0", given)
    told, given = ids("down:0.3", given)
    assert told == [["nps", "comment", "question1"], ["follow_up", "question2"]]
    for nonsense in ("up:9.9", "remove:0.99", "jump:0", "up:", ""):
        told, _ = ids(nonsense, given)
        assert told == [["nps", "comment", "question1"], ["follow_up", "question2"]]
    assert state(cast).version == 1
    alice.post(f"{START}/edit", given | {"act": "save"}, status=302)
    assert len(stored(cast)["pages"]) == 2


def test_faults_are_said_beside_what_was_typed_and_nothing_is_stored(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    wrong = {"colour": "#ffff00", "p0-q2-text": "", "p0-q3-show": "price: detractor", "name": ""}
    html = alice.post(f"{START}/edit", given | wrong | {"act": "save"}, status=422).content.decode()
    assert "This must not be empty." in html
    given["name"] = "NPS"
    text = unescape(
        alice.post(f"{START}/edit", given | {**wrong, "name": "NPS"} | {"act": "save"}, status=422).content.decode()
    )
    assert "White on #ffff00 has a contrast of 1.1; choose a darker one, at least 4.5." in text
    assert "The text in en, the default language, is required." in text
    assert "price is no question before this one." in text
    assert 'value="#ffff00"' in text
    assert state(cast).version == 1


def test_what_was_typed_is_shown_again_beside_what_is_wrong_with_its_languages(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    typed = {"languages": "English, klingonisch", "p0-q0-text": "Would you?", "title": "Hello", "colour": "yellow"}
    html = alice.post(f"{START}/edit", given | typed | {"act": "save"}, status=422).content.decode()
    again = form(html)
    assert {name: again[name] for name in typed} == typed | {"languages": "en klingonisch"}
    told = re.findall(r'name="(languages|colour)".*?<li>(.*?)</li>', html)
    assert told == [
        ("languages", "&quot;klingonisch&quot; is no short name of a language, such as en, de or pt-BR."),
        ("colour", "&quot;yellow&quot; is no colour: # and six digits from 0 to 9 and a to f, such as #1d4ed8."),
    ]
    right = {"languages": "English, deutsch", "colour": "#1d4ed8", "act": "save"}
    alice.post(f"{START}/edit", again | right, status=302)
    assert stored(cast)["languages"] == ["en", "de"]
    assert stored(cast)["title"] == {"en": "Hello"}


def test_a_language_leaves_with_its_texts_once_that_is_said(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    both = form(alice.post(f"{START}/edit", given | {"languages": "en, de", "act": "language"}).content.decode())
    german = both | {"language": "de", "p0-q0-text": "Wie war es?"}
    alice.post(f"{START}/edit", german | {"act": "save"}, status=302)
    given = form(alice.get(f"{START}/edit").content.decode()) | {"languages": "en"}
    wrong = alice.post(f"{START}/edit", given | {"colour": "#ffff00", "act": "save"}, status=422).content.decode()
    assert "without:de" not in wrong, "first what else is wrong"
    html = alice.post(f"{START}/edit", given | {"act": "save"}, status=422).content.decode()
    texts = [language for _, each in checks.texts_of(stored(cast)) for language in each if language == "de"]
    assert f"Deutsch leaves the survey, and {len(texts)} texts with it." in html
    assert 'value="without:de"' in html
    assert stored(cast)["languages"] == ["en", "de"]
    alice.post(f"{START}/edit", form(html) | {"act": "without:de"}, status=302)
    assert {language for _, each in checks.texts_of(stored(cast)) for language in each} == {"en"}
    assert stored(cast, version=2)["pages"][0]["questions"][0]["text"]["de"] == "Wie war es?"


def test_a_language_that_came_back_keeps_its_texts_whatever_was_offered(cast: Cast, alice: Browser) -> None:
    before = stored(cast)
    given = form(alice.get(f"{START}/edit").content.decode())
    html = alice.post(f"{START}/edit", given | {"languages": "en", "act": "save"}, status=422).content.decode()
    alice.post(f"{START}/edit", form(html) | {"languages": "en, de", "act": "without:de"}, status=302)
    assert stored(cast) == before
    wrong = {"languages": "en, klingonisch", "act": "save"}
    html = alice.post(f"{START}/edit", given | wrong, status=422).content.decode()
    assert "is no short name of a language" in html
    assert "without:" not in html, "what is wrong is another thing"


def test_who_saves_what_somebody_else_has_saved_is_told_first(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    alice.post(f"{START}/edit", given | {"title": "Alice's", "act": "save"}, status=302)
    answer = alice.post(f"{START}/edit", given | {"title": "Mine", "act": "save"}).content.decode()
    assert "Somebody else has saved this survey since you opened it." in answer
    alice.post(f"{START}/edit", form(answer) | {"act": "save"}, status=302)
    assert stored(cast)["title"] == {"en": "Mine"}
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert SurveyVersion.objects.filter(tenant_id=tenant_id).count() == 3


def test_the_preview_shows_what_is_typed_in_our_own_frame_and_stores_nothing(cast: Cast, alice: Browser) -> None:
    given = form(alice.get(f"{START}/edit").content.decode())
    given["p0-q0-text"] = "Dear {{ contact.first_name }}, <b>would</b> you?"
    answer = alice.post(f"{START}/preview", given)
    html = answer.content.decode()
    assert "Dear Ada, &lt;b&gt;would&lt;/b&gt; you?" in html
    assert "Preview: nothing is stored." in html
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert 'type="submit"' not in html
    given["p0-q0-text"] = "{{ contact.secret }}"
    assert "The merge tag contact.secret is unknown" in alice.post(f"{START}/preview", given).content.decode()


def test_a_template_becomes_a_draft_and_the_default_when_somebody_says_so(cast: Cast, alice: Browser) -> None:
    assert "Customer effort (CES)" in alice.text("feedback/new-survey")
    alice.post("feedback/new-survey", {"start": "ces"}, status=302)
    alice.post("feedback/new-survey", {"start": "ces"}, status=302)
    assert state(cast, "ces-2").state == "draft"
    alice.post("feedback/surveys/ces/default", {}, status=302)
    assert not state(cast, "ces").is_default
    alice.post("feedback/surveys/ces/live", {}, status=302)
    alice.post("feedback/surveys/ces/default", {}, status=302)
    assert state(cast, "ces").is_default
    assert not state(cast).is_default
    alice.post("feedback/surveys/ces/archive", {}, status=302)
    assert state(cast, "ces").state == "live"
    assert "Archive Relationship NPS?" in alice.text(f"{START}/archive")
    alice.post(f"{START}/archive", {}, status=302)
    assert state(cast).state == "archived"


def test_bob_looks_and_changes_nothing(cast: Cast) -> None:
    bob = Browser(cast.bob)
    assert "Edit" not in bob.get(START).content.decode().partition("<main")[2]
    for path in (f"{START}/edit", f"{START}/live", f"{START}/default", f"{START}/archive", "feedback/new-survey"):
        bob.post(path, {}, status=403)
    assert state(cast).state == "live"
