"""Whatever is sent, the answer says what is wrong: never a 500."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.records.catalogue import OBJECTS, TYPES
from rapport.records.entries import check
from rapport.records.mapping import PLAIN, Mapping
from rapport.records.types import ALL
from tests.configurations.conftest import CONTENT

if TYPE_CHECKING:
    from tests.configurations.conftest import Call

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
words = st.sampled_from([*ALL, *OBJECTS, *TYPES, "api", "file", "email", "account_name", "E", "F", "a@b", ";", True])
entry = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("heading", "field", "default", "empty_clears", "x"), words | anything)
)
mapping = anything | st.lists(entry | anything, max_size=4)
options = anything | st.dictionaries(st.sampled_from(["account_required", "delimiter", "x"]), words | anything)
document = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("name", "kind", "data_type", "active", "reference", "label", "type"), words | anything)
    | dict.fromkeys(("object", "choices", "archived", "version", "x"), words | anything)
    | {"mapping": mapping, "options": options},
)
calmly = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@calmly
@given(st.sampled_from(["configurations", "configurations/contact/copy", "fields", "touchpoints"]), document)
def test_nothing_that_is_posted_breaks_anything(call: Call, path: str, body: Any) -> None:
    answer = call("POST", path, body)
    assert answer.status_code in (201, 400, 422), answer.content


@calmly
@given(document)
def test_nothing_that_is_put_breaks_anything(call: Call, body: Any) -> None:
    call("POST", "configurations", CONTENT | {"reference": "ours"})
    answer = call("PUT", "configurations/ours", body, headers={"If-Match": "*"})
    assert answer.status_code in (200, 400, 422), answer.content


@given(words, words, mapping, options)
def test_what_has_no_fault_can_be_compiled(kind: Any, data_type: Any, entries: Any, options: Any) -> None:
    if not check(str(kind), str(data_type), entries, options, PLAIN):
        assert Mapping(data_type, entries, options=options, kind=kind).prepare({}).errors
