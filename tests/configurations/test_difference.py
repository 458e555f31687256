from __future__ import annotations

from typing import Any

from rapport.configurations.difference import Difference, act, differences

LABELS = {"email": "Email", "first_name": "First Name"}


def content(*mapping: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"name": "Nightly", "active": True, "mapping": list(mapping), "options": {}} | rest


EMAIL = {"heading": "E-Mail", "field": "email"}
FIRST = {"heading": "First", "field": "first_name"}


def test_each_kind_of_difference_is_told_in_words() -> None:
    before = content(EMAIL, {**FIRST, "default": "x"})
    after = content(
        {**EMAIL, "heading": "Mail", "empty_clears": True},
        FIRST,
        name="Daily",
        options={"account_required": True, "delimiter": ";"},
    )
    assert differences(before, after, LABELS) == [
        Difference("Name", "Nightly", "Daily"),
        Difference("Account Name is required", "no", "yes"),
        Difference("Delimiter", None, "semicolon"),
        Difference("Email, heading", "E-Mail", "Mail"),
        Difference("Email, an empty value clears it", "no", "yes"),
        Difference("First Name, default", "x", None),
    ]


def test_what_was_added_or_taken_out_has_one_side_only() -> None:
    assert differences(content(EMAIL), content(FIRST), LABELS) == [
        Difference("Email, heading", "E-Mail", None),
        Difference("First Name, heading", None, "First"),
    ]


def test_another_order_is_a_difference_and_a_new_line_is_not() -> None:
    swapped = differences(content(EMAIL, FIRST), content(FIRST, EMAIL), LABELS)
    assert swapped == [Difference("Order", "Email, First Name", "First Name, Email")]
    assert not any(each.what == "Order" for each in differences(content(EMAIL), content(FIRST, EMAIL), LABELS))


def test_a_field_that_is_gone_keeps_its_name() -> None:
    gone = {"heading": "x", "field": "contact.gone"}
    assert differences(content(gone), content(), LABELS) == [Difference("contact.gone, heading", "x", None)]


def test_an_act_is_told_in_a_word() -> None:
    assert act(None, content()) == "made it"
    assert act(content(), None) == "removed it"
    assert act(content(), content(active=False)) == "deactivated it"
    assert act(content(active=False), content()) == "activated it"
    assert act(content(), content(name="x")) == "changed it"
