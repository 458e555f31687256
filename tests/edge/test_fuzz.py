"""Whatever is sent through any door, for as long as one likes (`make endure`): no 5xx, no answer that the document does
not describe; and what was accepted, read back and sent again, is unchanged."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from rapport.records.types.activity import KEYS, OBJECT
from tests.cast import Cast
from tests.edge.crm import DOORS, FORM, JSON, LINES
from tests.edge.strange import Strange, configuration
from tests.records.anything import ADDING, FIELDS, FINDING, records, texts, unicode, value, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.ingest.serving import Server

#: Seconds for all laws together; a few of each, always the same, are part of every run.
LONG = float(os.environ.get("FUZZ_SECONDS", "60"))
BRIEF = 2.0
#: Of the long time, so that each law meets what the others have left.
PARTS = 2

doors = st.sampled_from(list(DOORS))
_inner = st.none() | st.booleans() | st.integers() | st.floats() | texts
_names = unicode | st.sampled_from(["configuration", "record", "dry_run", "atomic", "Email", "Phone", "x", *KEYS])
shapes = st.recursive(_inner, lambda each: st.lists(each, max_size=3) | st.dictionaries(_names, each, max_size=3))
objects = st.dictionaries(unicode, shapes, max_size=3)


def what_was_taken_and_read_back_is_unchanged(program: Strange, data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(FINDING).flatmap(records))
    data_type = record.pop("")
    told = program.send(data.draw(doors), record, data_type)
    if told.errors:
        assert "another account" in str(told.errors)
        return
    again = program.send(data.draw(doors), record, data_type)
    assert {each["outcome"] for each in again.objects} == {"unchanged"}
    back = program.read_back(data_type, again, record)
    third = program.send(data.draw(doors), back, data_type)
    assert third.errors == {}
    assert {each["outcome"] for each in third.objects} == {"unchanged"}
    assert program.read_back(data_type, third, record) == back


def what_only_adds_leaves_what_it_found_unchanged(program: Strange, data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(ADDING).flatmap(records))
    data_type = record.pop("")
    assert program.send(data.draw(doors), record, data_type).errors == {}
    told = program.send(data.draw(doors), record, data_type)
    assert {each["outcome"] for each in told.objects[1:]} <= {"unchanged"}


def an_activity_is_unchanged(program: Strange, data: st.DataObject) -> None:
    drawn = data.draw(records("activity"))
    labels = {field.name: field.label for field in FIELDS["activity"].values()}
    body = {key: drawn[labels[field]] for key, field in KEYS.items() if labels[field] in drawn and key != OBJECT}
    body |= data.draw(st.fixed_dictionaries({}, optional={OBJECT: objects, "x": shapes}))
    told = [program.call("PUT", "/activities", json.dumps(body), JSON) for _ in range(2)]
    assert told[0].status_code == told[1].status_code or (told[0].status_code, told[1].status_code) == (201, 200)
    if told[1].status_code == 200:
        assert {each["outcome"] for each in told[1].json()["objects"]} == {"unchanged"}


def a_default_is_taken_as_a_value(program: Strange, data: st.DataObject) -> None:
    data_type = data.draw(st.sampled_from(["contact", "account"]))
    field = data.draw(st.sampled_from(list(FIELDS[data_type].values())))
    reference = str(uuid4())
    content = configuration(data_type, field=field.name, default=data.draw(value(field)))
    content |= {"reference": reference, "name": reference}
    made = program.call("POST", "/api/configurations", json.dumps(content), JSON)
    if made.status_code != 201:
        assert made.status_code == 400 or len(made.json()["errors"]) == 1
        return
    shown, etag = program.http.get(f"/api/configurations/{reference}"), made.headers["etag"]
    same = program.http.put(f"/api/configurations/{reference}", json=shown.json(), headers={"If-Match": etag})
    assert (same.status_code, same.headers["etag"]) == (200, etag)
    key = "Email" if data_type == "contact" else "Account Name"
    record = {key: f"{reference}@x.example"} | {field.label: None}
    told = program.through(data.draw(doors), record, reference)
    assert told.errors == {}
    back = program.read_back(data_type, told, record)
    for name in (reference, f"all-{data_type}"):
        again = program.through(data.draw(doors), back, name)
        assert (again.errors, {each["outcome"] for each in again.objects}) == ({}, {"unchanged"})


def json_of_any_shape_is_answered(program: Strange, data: st.DataObject) -> None:
    body = json.dumps(data.draw(shapes | st.dictionaries(st.sampled_from(["configuration", "record"]), shapes)))
    method, path = data.draw(st.sampled_from(PLACES))
    kind = data.draw(st.sampled_from([JSON, LINES, FORM, "text/plain", "application/x+json", "a/b"]))
    program.call(method, path, body, kind)
    lines = data.draw(st.lists(st.dictionaries(st.sampled_from(["Email", "Phone", "First Name"]) | unicode, values)))
    path = "/records/batch?configuration=contact"
    program.call("POST", path, "\n".join(map(json.dumps, lines)), LINES)
    program.call("POST", path + data.draw(st.sampled_from(["", "&atomic", "&dry_run"])), json.dumps(lines), JSON)


def bytes_of_any_kind_are_answered(program: Strange, data: st.DataObject) -> None:
    raw = data.draw(st.binary(max_size=100) | st.text(max_size=60).map(lambda text: text.encode(errors="replace")))
    method, path = data.draw(st.sampled_from(PLACES))
    program.call(method, path, raw, data.draw(st.sampled_from([JSON, LINES, FORM, "text/plain"])))
    pairs = data.draw(st.lists(st.tuples(_names.map("record[{}]".format) | _names, texts), max_size=5))
    query = "&".join("=".join(quote(part, errors="replace", safe="[]") for part in pair) for pair in pairs)
    mark = "&" if "?" in path else "?"
    program.call(method, path + mark + query)


PLACES = [
    ("PUT", "/records"), ("POST", "/records?configuration=contact"), ("PUT", "/records?configuration=all-survey"),
    ("POST", "/records/batch?configuration=contact"), ("PUT", "/activities"), ("PUT", "/hooks/contact"),
    ("POST", "/hooks/all-external-response"),
]  # fmt: skip
LAWS = [
    what_was_taken_and_read_back_is_unchanged,
    what_only_adds_leaves_what_it_found_unchanged,
    an_activity_is_unchanged,
    a_default_is_taken_as_a_value,
    json_of_any_shape_is_answered,
    bytes_of_any_kind_are_answered,
]


@pytest.fixture(scope="module")
def program(service: Server) -> Iterator[Strange]:
    with Strange(service, Cast().alice) as made:
        yield made


def hold(law: Callable[[Strange, st.DataObject], None], program: Strange, seconds: float, number: int) -> None:
    """Draws anew until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _drawn(law, program, number)
        number += 1


def _drawn(law: Callable[[Strange, st.DataObject], None], program: Strange, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=10,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        law(program, data)

    run()


@pytest.mark.parametrize("law", LAWS)
def test_briefly(program: Strange, law: Any) -> None:
    hold(law, program, BRIEF, 0)


@pytest.mark.endure
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("law", LAWS)
def test_for_long(program: Strange, law: Any, part: int) -> None:
    hold(law, program, LONG / PARTS / len(LAWS), part * 1_000_000 + int(time.time()))
