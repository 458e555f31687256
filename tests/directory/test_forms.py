"""Forms hold what an object has, take what somebody changed, and follow what others changed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from uuid_utils.compat import uuid7

from rapport.configurations.models import CustomField
from rapport.directory.forms import ObjectForm
from rapport.directory.legend import Legend
from rapport.directory.revisions import Revision
from rapport.tenants.actors import Author

if TYPE_CHECKING:
    from collections.abc import Mapping

BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = [
    CustomField(object="contact", name="segment", label="Segment", type="choice", choices=["Large", "Small"]),
    CustomField(object="contact", name="news", label="News", type="boolean"),
    CustomField(object="contact", name="born", label="Born", type="date"),
    CustomField(object="contact", name="seen", label="Seen", type="date-time"),
    CustomField(object="contact", name="notes", label="Notes", type="long text"),
    CustomField(object="contact", name="old", label="Old", type="text", archived_at=datetime(2026, 1, 1, tzinfo=UTC)),
]
LEGEND = Legend("contact", FIELDS, BERLIN)
STORED = {
    "version": 3,
    "email": "ada@example.com",
    "first_name": "Ada",
    "custom.segment": "Large",
    "custom.news": False,
    "custom.born": "1815-12-10",
    "custom.seen": "2026-07-01T12:30:15.123456Z",
    "custom.notes": "one\r\ntwo",
    "custom.old": "kept",
}


def posted(form: ObjectForm, **changed: str) -> QueryDict:
    """What a browser sends of a form in which somebody has changed something."""
    sent = {name: str(value or "").replace("\n", "\r\n") for name, value in form.initial.items()}
    query = QueryDict(mutable=True)
    query.update(sent | {name.replace("custom__", "contact."): text for name, text in changed.items()})
    return query


def saved(values: Mapping[str, Any] = STORED, **changed: str) -> dict[str, str]:
    """What the engine is given of a form that was sent."""
    form = ObjectForm(LEGEND, values, posted(ObjectForm(LEGEND, values), **changed))
    assert form.is_valid(), form.errors
    return form.given()


def revised(version: int, **changes: tuple[Any, Any]) -> Revision:
    """What a feed did."""
    names = {name.replace("custom__", "custom."): pair for name, pair in changes.items()}
    return Revision(version, datetime(2026, 7, 2, tzinfo=UTC), Author("app", uuid7(), "Shop"), names)


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    assert saved() == {}
    assert saved({**STORED, "first_name": "two\nlines", "custom.segment": "no longer a choice"}) == {}


def test_only_what_was_changed_is_given_and_an_emptied_input_is_empty() -> None:
    assert saved(first_name="", custom__news="", custom__segment="Small", last_name=" King ") == {
        "first_name": "",
        "last_name": "King",
        "contact.segment": "Small",
        "contact.news": "",
    }


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
        ("contact.segment", '<option value="Large" selected>'),
        ("contact.news", '<option value="false" selected>No'),
        ("contact.born", 'type="date" name="contact.born" value="1815-12-10"'),
        ("contact.seen", 'type="datetime-local" name="contact.seen" value="2026-07-01T14:30:15"'),
        ("contact.notes", "<textarea"),
        ("email", 'inputmode="email"'),
        ("first_name", 'type="text" name="first_name" value="Ada"'),
    ],
)
def test_each_type_has_its_input(path: str, drawn: str) -> None:
    assert drawn in str(ObjectForm(LEGEND, STORED)[path])


def test_a_choice_that_is_no_longer_offered_stays_chosen() -> None:
    drawn = str(ObjectForm(LEGEND, STORED | {"custom.segment": "Huge"})["contact.segment"])
    assert '<option value="Huge" selected>' in drawn


def test_the_version_is_no_field_of_the_object() -> None:
    form = ObjectForm(LEGEND, {}, {"version": "3", "email": "ada@example.com"})
    assert form.is_valid()
    assert form.given() == {"email": "ada@example.com"}


def test_archived_fields_are_not_on_the_form_but_shown_while_they_have_a_value() -> None:
    assert "contact.old" not in ObjectForm(LEGEND, STORED).fields
    assert [fact.text for fact in LEGEND.facts(STORED) if fact.entry.archived] == ["kept"]
    assert not [fact for fact in LEGEND.facts({}) if fact.entry.archived]


def test_what_nobody_touched_follows_what_others_changed() -> None:
    now = STORED | {"version": 5, "first_name": "Augusta", "custom.seen": None}
    sent = posted(ObjectForm(LEGEND, STORED), last_name="King")
    since = [
        revised(4, first_name=("Ada", "A."), custom__seen=(STORED["custom.seen"], None)),
        revised(5, first_name=("A.", "Augusta")),
    ]
    caught_up = ObjectForm(LEGEND, now, ObjectForm(LEGEND, now, sent).caught_up(since))
    assert caught_up.is_valid()
    assert caught_up.cleaned_data["version"] == 5
    assert caught_up.given() == {"last_name": "King"}
    assert not caught_up.disputes("first_name")


def test_what_somebody_typed_stays_and_is_marked_where_others_changed_it_too() -> None:
    now = STORED | {"version": 4, "first_name": "Augusta"}
    sent = posted(ObjectForm(LEGEND, STORED), first_name="Ada Augusta")
    since = [revised(4, first_name=("Ada", "Augusta"))]
    caught_up = ObjectForm(LEGEND, now, ObjectForm(LEGEND, now, sent).caught_up(since))
    assert caught_up.is_valid()
    assert caught_up.given() == {"first_name": "Ada Augusta"}
    assert caught_up.disputes("first_name")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("custom.news", True, "Yes"),
        ("custom.seen", "2026-07-01T12:30:15Z", "1 Jul 2026, 14:30 CEST"),
        ("custom.seen", "erased", "erased"),
        ("custom.seen", "9999-12-31T23:30:00Z", "9999-12-31T23:30:00Z"),
        ("email", None, ""),
        ("custom.unknown", 12, "12"),
    ],
)
def test_values_are_written_for_people(name: str, value: Any, text: str) -> None:
    assert LEGEND.text(name, value) == text
