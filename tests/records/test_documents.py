"""JSON and NDJSON in slices: whatever is read so is what would be read at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.records import documents
from rapport.records.documents import is_array, load_json, read_array, read_lines
from rapport.records.errors import Malformed

LIMIT = 10_000
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text('a{}[],\\" \n€'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("a{}[],", max_size=3), inner),
)


def whole(read: Callable[[bytes, int], Iterator[list[Any]]], raw: bytes, limit: int = LIMIT) -> list[Any]:
    return list(chain.from_iterable(read(raw, limit)))


def told(read: Callable[[bytes], Any], raw: bytes) -> Any:
    """What was read, or the sentence."""
    try:
        return read(raw)
    except Malformed as fault:
        return str(fault)


@pytest.fixture(autouse=True, scope="module")
def small_slices() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "SLICE", 40)
        patch.setattr(documents, "_EACH", 5)
        yield


@given(st.lists(values), st.sampled_from([None, 1]), st.integers(0, 200), st.text('[]{},:"\\ 1', max_size=2))
@example([{"a": "},"}, {"a": [{"b": 1}, 2]}] * 5, None, 200, "")
@example([{"a": 1}] * 30, None, 200, "")
@example([], None, 200, " x")
@example([1, 2], None, 2, "")
def test_an_array_is_read_in_slices_as_at_once(sent: list[Any], indent: int | None, at: int, noise: str) -> None:
    text = json.dumps(sent, indent=indent)
    raw = (text[:at] + noise + text[at:]).encode()
    if is_array(raw):
        assert told(lambda raw: whole(read_array, raw), raw) == told(load_json, raw)


@pytest.mark.parametrize(
    "raw", [b"[", b"[1", b"[1,", b"[1 2]", b"[1]]", b"[NaN]", b'["\xff"]', b"\xef\xbb\xbf [] ", b"[] 1"]
)
def test_arrays_that_are_none(raw: bytes) -> None:
    assert is_array(raw)
    assert told(lambda raw: whole(read_array, raw), raw) == told(load_json, raw)


def test_slices_are_small() -> None:
    raw = json.dumps([{"a": str(number)} for number in range(1_000)]).encode()
    assert max(map(len, read_array(raw, LIMIT))) < 5
    assert max(map(len, read_array(b"[" + b"1," * 1_000 + b"1]", LIMIT))) < 20
    assert max(map(len, read_lines(b"1\n" * 1_000, LIMIT))) < 20


def test_elements_and_lines_beyond_the_limit_are_not_even_read() -> None:
    assert len(whole(read_lines, b"{\n" * 1_000, 10)) == 11
    assert len(whole(read_array, b"[" + b"1," * 1_000 + b"what", 10)) < 50


@pytest.mark.parametrize("depth", [101, 990])
def test_nesting_that_could_not_be_written_again_is_refused(depth: int) -> None:
    raw = b"[" * depth + b"]" * depth
    for read in (load_json, lambda raw: whole(read_array, raw)):
        with pytest.raises(Malformed, match="100 levels"):
            read(raw)
        assert read(b"[" * 100 + b"]" * 100)


def test_lines_of_ndjson() -> None:
    lines = whole(read_lines, b'{"a": 1}\n\n \t\r\n{"b": 2}\r\nno\n[3]\n{"c": "\xff"}')
    assert lines[:2] == [{"a": "1"}, {"b": "2"}]
    assert lines[3] == ["3"]
    assert [str(lines[at])[:13] for at in (2, 4)] == ["The body must", "The body must"]
    assert all(isinstance(lines[at], Malformed) for at in (2, 4))
    assert whole(read_lines, b"") == whole(read_lines, b" \n\n") == []
    assert whole(read_lines, b'\xef\xbb\xbf{"a": 1}\n{"b": 2}') == [{"a": "1"}, {"b": "2"}]
