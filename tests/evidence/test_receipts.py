"""What a receipt says of each heading."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.evidence.receipts import DrawnLine, DrawnReceipt, Fate, Reading, draw

ENTRIES: list[Any] = [
    {"heading": "Email", "field": "email"},
    {"heading": "First Name", "field": "first_name"},
    {"heading": "Company", "field": "account_name"},
    {"heading": "Language", "field": "language", "default": "en"},
    {"heading": "Segment", "field": "contact.segment"},
]
LABELS = {"email": "Email", "first_name": "First Name", "account_name": "Account Name", "language": "Language"}
MAPPED = Reading(ENTRIES, LABELS | {"contact.segment": "Segment"})
ID = "01a208d7-cfc5-72da-a6a5-e1d8534c4927"


def contact(outcome: str = "updated", matched_by: str | None = "email", **changes: Any) -> dict[str, Any]:
    return {"type": "contact", "id": ID, "outcome": outcome, "matched_by": matched_by, "changes": changes}


def told(*objects: Any, outcome: str = "updated", **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "objects": list(objects), **more}


def line(receipt: DrawnReceipt, heading: str) -> DrawnLine:
    (found,) = [line for line in receipt.lines if line.heading == heading]
    return found


def say(receipt: DrawnReceipt, heading: str) -> list[tuple[Any, ...]]:
    return [(line(receipt, heading).kind, *fate) for fate in line(receipt, heading).fates]


def test_a_value_that_was_stored_shows_old_and_new() -> None:
    receipt = draw(told(contact(first_name=["Ann", "Ada"])), {"First Name": "Ada"}, MAPPED)
    assert say(receipt, "First Name") == [("stored", "stored as First Name", ("Ann", "Ada"))]
    assert line(receipt, "First Name").sent == "Ada"


def test_a_time_zone_is_stored_among_the_attributes_and_a_custom_field_is_no_standard_one() -> None:
    zone = Reading([{"heading": "Zone", "field": "time_zone"}], {"time_zone": "Time Zone"})
    receipt = draw(told(contact(**{"custom.time_zone": [None, "UTC"]})), {"Zone": "UTC"}, zone)
    assert say(receipt, "Zone") == [("stored", "stored as Time Zone", (None, "UTC"))]
    region = Reading([{"heading": "Region", "field": "region"}], {"region": "Region"})
    receipt = draw(told(contact(**{"custom.region": [None, "EU"]})), {"Region": "EMEA"}, region)
    assert line(receipt, "Region").kind != "stored"


def test_what_found_the_object_says_so() -> None:
    receipt = draw(told(contact()), {"Email": "ada@example.com"}, MAPPED)
    assert say(receipt, "Email") == [("matched", "found the contact by its e-mail address", None)]


@pytest.mark.parametrize(
    ("heading", "value", "words"),
    [
        ("Email", "old@example.com", "by an e-mail address that came with a merge; it keeps its own"),
        ("Phone", "+41 44 100 11 22", "by a phone number that came with a merge; it keeps its own"),
    ],
)
def test_what_a_merged_key_found_keeps_its_own(heading: str, value: str, words: str) -> None:
    own = Reading([{"heading": heading, "field": heading.lower()}], {heading.lower(): heading})
    receipt = draw(told(contact(matched_by=f"merged_{heading.lower()}")), {heading: value}, own)
    assert say(receipt, heading) == [("matched", f"found the contact {words}", None)]
    assert receipt.objects[0].found_by == words


def test_an_account_that_was_found_and_linked() -> None:
    account = {"type": "account", "id": ID, "outcome": "unchanged", "matched_by": "alias", "changes": {}}
    receipt = draw(told(contact(account_name=[None, "Acme"]), account), {"Company": "ACME"}, MAPPED)
    assert say(receipt, "Company") == [
        ("stored", "found the account by one of its aliases", None),
        ("stored", "stored as Account Name", (None, "Acme")),
    ]


def test_objects_are_told_apart_where_several_changed() -> None:
    account = {"type": "account", "id": ID, "outcome": "created", "matched_by": None, "changes": {"name": [None, "A"]}}
    receipt = draw(told(contact(account_name=[None, "A"]), account), {"Company": "A"}, MAPPED)
    assert [fate.told for fate in line(receipt, "Company").fates] == [
        "stored as Account Name of the contact",
        "stored as Account Name of the account",
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Ada", ("unchanged", "unchanged: First Name had this value", None)),
        ("", ("empty", "First Name stays as it is", None)),
        (" ", ("empty", "First Name stays as it is", None)),
        (None, ("empty", "First Name stays as it is", None)),
    ],
)
def test_a_value_that_changed_nothing(sent: Any, expected: Any) -> None:
    assert say(draw(told(contact("unchanged")), {"First Name": sent}, MAPPED), "First Name") == [expected]


def test_a_value_that_was_cleared() -> None:
    receipt = draw(told(contact(first_name=["Ada", None])), {"First Name": ""}, MAPPED)
    assert say(receipt, "First Name") == [("stored", "First Name cleared", ("Ada", None))]


def test_a_default_is_told_although_nothing_was_sent() -> None:
    receipt = draw(told(contact(language=[None, "en"])), {"Email": "a@example.com"}, MAPPED)
    prefix = "default of the configuration, "
    assert say(receipt, "Language") == [("stored", f"{prefix}stored as Language", (None, "en"))]
    assert line(receipt, "Language").sent is None
    again = draw(told(contact("unchanged")), {"Language": ""}, MAPPED)
    assert say(again, "Language") == [("unchanged", f"{prefix}unchanged: Language had this value", None)]
    given = draw(told(contact(language=["en", "de"])), {"Language": "de"}, MAPPED)
    assert say(given, "Language") == [("stored", "stored as Language", ("en", "de"))]


def test_custom_fields_belong_to_their_object() -> None:
    receipt = draw(told(contact(**{"custom.segment": [None, "A"]})), {"Segment": "A"}, MAPPED)
    assert say(receipt, "Segment") == [("stored", "stored as Segment", (None, "A"))]
    account = {"type": "account", "id": ID, "outcome": "updated", "matched_by": "name"}
    other = draw(told(account | {"changes": {"custom.segment": [None, "A"]}}), {"Segment": "A"}, MAPPED)
    assert line(other, "Segment").kind == "unchanged"


def test_a_survey_record_keeps_copies_and_its_own_custom_fields() -> None:
    mapped = Reading([*ENTRIES, {"heading": "Mood", "field": "survey.mood"}], LABELS | {"survey.mood": "Mood"})
    changes = {"fields": [None, {"first_name": "Ada"}], "attributes": [None, {"mood": "good"}]}
    record = {"type": "survey_record", "id": ID, "outcome": "created", "matched_by": None, "changes": changes}
    receipt = draw(told(record, contact("unchanged")), {"First Name": "Ada", "Mood": "good"}, mapped)
    assert say(receipt, "First Name") == [("stored", "kept with the survey record", (None, "Ada"))]
    assert say(receipt, "Mood") == [("stored", "stored as Mood", (None, "good"))]


def test_an_ignored_heading_and_a_refused_one() -> None:
    errors = {"record.Email": ["The Email must be a valid email address."], "record.Company": ["Required."]}
    sent = {"Email": "nonsense", "Frist Name": "Ada", "First Name": "Ada", "Unheard": "of"}
    receipt = draw(told(outcome="rejected", errors=errors, ignored=["Frist Name"]), sent, MAPPED)
    assert say(receipt, "Email") == [("rejected", "The Email must be a valid email address.", None)]
    assert say(receipt, "Company") == [("rejected", "Required.", None)]
    assert line(receipt, "Company").sent is None
    assert say(receipt, "Frist Name") == [("ignored", "ignored: nothing maps this heading", None)]
    refused = ("kept_out", "not stored, because the record was refused", None)
    assert say(receipt, "First Name") == say(receipt, "Unheard") == [refused]
    assert [found.heading for found in receipt.lines] == [*sent, "Company"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("not_written", "not stored, because another record of the batch was refused"),
        ("replayed", "not stored again, because it repeats an earlier request with its Idempotency-Key"),
    ],
)
def test_why_a_good_value_was_not_stored(outcome: str, reason: str) -> None:
    assert say(draw(told(outcome=outcome), {"Email": "a@example.com"}, MAPPED), "Email") == [("kept_out", reason, None)]


def test_without_what_was_sent_the_ledger_still_tells() -> None:
    objects = told(contact(first_name=[None, "Ada"]), ignored=["Frist Name"])
    receipt = draw(objects, None, MAPPED)
    assert not receipt.kept
    assert [(found.heading, found.sent, found.kind) for found in receipt.lines] == [
        ("Frist Name", None, "ignored"),
        ("Email", None, "matched"),
        ("First Name", None, "stored"),
    ]


def test_what_is_said_of_the_record_as_a_whole() -> None:
    errors = {"configuration": ["The selected configuration is invalid."]}
    receipt = draw(told(outcome="rejected", errors=errors, warnings=["phone_shared", "new_code"]), None, Reading())
    assert receipt.errors == ["The selected configuration is invalid."]
    assert receipt.warnings[0].startswith("The phone number is another contact's already")
    assert receipt.warnings[1] == "new_code"
    assert receipt.lines == []


def test_nested_values_are_shown_as_json() -> None:
    receipt = draw(told(outcome="rejected", ignored=["a", "b"]), {"a": {"ü": [1]}, "b": True}, MAPPED)
    assert [found.sent for found in receipt.lines] == ['{"ü": [1]}', "true"]


def test_a_contact_that_an_activity_names_is_linked() -> None:
    activity = {"type": "activity", "id": ID, "outcome": "created", "matched_by": None}
    mapped = Reading([{"heading": "who", "field": "contact"}], {"contact": "Contact"})
    receipt = draw(told(activity | {"changes": {"contact_id": [None, ID]}}), {"who": "a@example.com"}, mapped)
    assert line(receipt, "who").fates == [Fate("linked to the contact")]


SEVERAL = Reading(
    [
        {"heading": "First Name", "field": "first_name", "default": "N.N."},
        {"heading": "Vorname", "field": "first_name"},
    ],
    LABELS,
)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            {"First Name": "Ada", "Vorname": "Ida"},
            {
                "First Name": ("stored", "stored as First Name", ("Ann", "Ada")),
                "Vorname": (
                    "kept_out",
                    "not used: First Name fills First Name, and comes before this heading",
                    None,
                ),
            },
        ),
        (
            {"First Name": "", "Vorname": "Ada"},
            {
                "First Name": ("empty", "empty: Vorname fills First Name", None),
                "Vorname": ("stored", "stored as First Name", ("Ann", "Ada")),
            },
        ),
        (
            {"First Name": "", "Vorname": ""},
            {
                "First Name": ("stored", "default of the configuration, stored as First Name", ("Ann", "Ada")),
                "Vorname": ("empty", "empty, like every heading of First Name", None),
            },
        ),
        (None, {"First Name": ("stored", "stored as First Name", ("Ann", "Ada"))}),
    ],
)
def test_each_heading_of_a_field_says_whether_it_fills_it(sent: Any, expected: Any) -> None:
    warnings = ["heading_not_used: Vorname", "phone_shared"]
    receipt = draw(told(contact(first_name=["Ann", "Ada"]), warnings=warnings), sent, SEVERAL)
    assert {each.heading: say(receipt, each.heading)[0] for each in receipt.lines} == expected
    assert len(receipt.warnings) == 1
