"""From bytes to records: each sentence of the contract's grammar, and that no bytes at all can surprise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from time import process_time
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.records.errors import Invalid, Malformed
from rapport.records.parameters import advice
from rapport.records.wire import (
    Call,
    form_body,
    read_flat,
    read_form,
    read_json,
    read_object,
    records_fault,
)

#: Query or form -> record, in order.
RECORDS: dict[str, tuple[str, Any]] = {
    "nothing sent": ("", None),
    "one heading": ("record[Email]=a@b", {"Email": "a@b"}),
    "escaped brackets": ("record%5BEmail%5D=a%40b", {"Email": "a@b"}),
    "escaped brackets in small letters": ("record%5bEmail%5d=a", {"Email": "a"}),
    "half escaped": ("record[Email%5D=a", {"Email": "a"}),
    "plus is a space": ("record[First+Name]=Ada+B", {"First Name": "Ada B"}),
    "%20 is a space": ("record[First%20Name]=Ada%20B", {"First Name": "Ada B"}),
    "%2B is a plus": ("record[Email]=a%2Bb@c", {"Email": "a+b@c"}),
    "other escapes": ("record[%C3%9C]=%E2%82%AC", {"Ü": "€"}),
    "raw UTF-8": ("record[Ü]=€", {"Ü": "€"}),
    "an equals sign in the value": ("record[a]=b=c", {"a": "b=c"}),
    "an escaped ampersand": ("record[a]=b%26c", {"a": "b&c"}),
    "a semicolon separates nothing": ("record[a]=b;record[c]=d", {"a": "b;record[c]=d"}),
    "no equals sign": ("record[a]", {"a": ""}),
    "empty value": ("record[a]=", {"a": ""}),
    "white space is kept for the mapping to trim": ("record[a]=+b+", {"a": " b "}),
    "empty pairs": ("&&record[a]=1&&record[b]=2&", {"a": "1", "b": "2"}),
    "in the order of the query": ("record[b]=1&record[a]=2", {"b": "1", "a": "2"}),
    "a repeated key: the last wins": ("record[a]=1&record[b]=2&record[a]=3", {"b": "2", "a": "3"}),
    "repeated in another spelling": ("record[a]=1&record%5Ba%5D=2", {"a": "2"}),
    "to the first closing bracket": ("record[a[b]=1", {"a[b": "1"}),
    "text behind the bracket": ("record[a]b=1", {"a": "1"}),
    "nested": ("record[a][b]=1", {"a": {"[b]": "1"}}),
    "nested list": ("record[a][]=1", {"a": {"[]": "1"}}),
    "nested, then plain": ("record[a][b]=1&record[a]=2", {"a": "2"}),
    "plain, then nested": ("record[a]=2&record[a][b]=1", {"a": {"[b]": "1"}}),
    "no heading": ("record[]=x", {"0": "x"}),
    "no headings": ("record[]=x&record[]=y", {"0": "x", "1": "y"}),
    "the next free number": ("record[0]=x&record[]=y", {"0": "x", "1": "y"}),
    "numbers start again behind a text": ("record[]=x&record=y&record[]=z", {"0": "z"}),
    "a text": ("record=x", "x"),
    "a text last": ("record[a]=1&record=x", "x"),
    "a text first": ("record=x&record[a]=1", {"a": "1"}),
    "a text between": ("record[a]=1&record=x&record[b]=2", {"b": "2"}),
    "never closed": ("record[=x", None),
    "never closed, escaped": ("record%5B=x", None),
    "never opened": ("record]=x", None),
    "another case": ("Record[a]=1&RECORD[b]=2", None),
    "another name": ("records[a]=1&xrecord[b]=2&[c]=3", None),
    "an empty name": ("=x", None),
}


@pytest.mark.parametrize(("raw", "record"), RECORDS.values(), ids=RECORDS)
def test_grammar_of_record(raw: str, record: Any) -> None:
    call = read_form(raw.encode())
    assert call.record == record
    if isinstance(record, dict):
        assert list(call.record) == list(record)


@pytest.mark.parametrize(
    ("raw", "configuration"),
    [
        ("", None),
        ("configuration=contact", "contact"),
        ("%63onfiguration=c%20d", "c d"),
        ("configuration", ""),
        ("configuration=a&configuration=b", "b"),
        ("configuration[x]=a", None),
        ("Configuration=a", None),
    ],
)
def test_grammar_of_configuration(raw: str, configuration: Any) -> None:
    assert read_form(raw.encode()).configuration == configuration


def test_other_parameters_are_options_whatever_their_name() -> None:
    call = read_form(b"dry_run=true&whatever=x&record[=y&access_token=t&a[b][]=1&dry_run[]=x")
    options = {"dry_run": "true", "whatever": "x", "record[": "y", "access_token": "t", "a[b][]": "1", "dry_run[]": "x"}
    assert call == Call(options=options)


#: Query -> names that are left over, and what is asked about them.
LEFT: dict[str, tuple[str, list[str], str]] = {
    "nothing": ("configuration=a&record[b]=c&dry_run&atomic=false", [], ""),
    "the rest of a cut value": ("record[Account Name]=AT&T", ["T"], "Was an & in a value sent without %26?"),
    "and of one with an equals sign": ("record[a]=b&c=d", ["c"], "Was an & in a value sent without %26?"),
    "an address from a page": (
        "record[a]=b&amp;record[First Name]=Ada",
        ["amp;record[First Name]"],
        "Was &amp; sent for an &?",
    ),
    "encoded twice": (
        "record%255BFirst%2520Name%255D=Ada",
        ["record%5BFirst%20Name%5D"],
        "Was the address encoded twice?",
    ),
    "not closed": ("record[First Name=Ada", ["record[First Name"], "Does a heading lack its closing ]?"),
    "in other case": ("Record[a]=b&a=1", ["Record[a]", "a"], "Was record[…] or configuration spelt differently?"),
    "in the plural": ("records[a]=b", ["records[a]"], "Was record[…] or configuration spelt differently?"),
    "a heading alone": ("First Name=Ada", ["First Name"], "Was an & in a value sent without %26?"),
    "each once": ("a=1&b=2&a=3", ["a", "b"], "Was an & in a value sent without %26?"),
    "as it can be kept": ("a%00b=1", ["a\ufffdb"], "Was an & in a value sent without %26?"),
}


@pytest.mark.parametrize(("raw", "names", "asked"), LEFT.values(), ids=LEFT)
def test_what_else_an_address_holds_is_named(raw: str, names: list[str], asked: str) -> None:
    assert read_form(raw.encode()).leftovers() == names
    assert advice(names) == asked


def test_names_that_are_left_over_are_few_and_short() -> None:
    names = read_form(b"&".join(b"%d" % number + b"x" * 200 for number in range(100))).leftovers()
    assert (len(names), {len(name) for name in names}) == (20, {100})
    assert len(read_form(b"&".join(b"dry%sRun" % (b"-" * number) for number in range(100))).faults()) == 21
    assert read_json(b'{"\\ud800": 1, "b": 2, "record": {}}').leftovers() == ["?", "b"]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("dryRun", "dry_run"), ("dry-run", "dry_run"), ("DRY_RUN", "dry_run"), ("dryrun", "dry_run"),
        ("dry_run[]", "dry_run"), ("dry_run[0]", "dry_run"), ("Atomic", "atomic"), ("atomic[]", "atomic"),
        ("__atomic", "atomic"),
    ],
)  # fmt: skip
def test_a_misspelt_option_is_a_fault(name: str, option: str) -> None:
    told = {name: [f"{name} is not an option; did you mean {option}?"]}
    for call in (
        read_form(f"record[a]=1&{name}=true".encode()),
        read_json(json.dumps({"record": {"a": 1}, name: True}).encode()),
    ):
        assert call.faults() == told
        assert call.leftovers() == []


@pytest.mark.parametrize("name", ["dry_run", "atomic", "dry", "run", "dry_run_", "x_dry_run", "atomics", "Record"])
def test_what_is_no_misspelt_option(name: str) -> None:
    assert (name == "dry_run_") is bool(read_form(f"record[a]=1&{name}=true".encode()).faults())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Call(), "The record field is required."),
        (Call(record={}), "The record field is required."),
        (read_form(b"record="), "The record field is required."),
        (read_json(b'{"record": []}'), "The record field is required."),
        (read_json(b'{"record": null}'), "The record field is required."),
        (read_form(b"record=x"), "The record must be an array."),
        (read_form(b'record={"Email": "a@b"}'), "The record must be an object of headings and values."),
        (read_json(b'{"record": "x"}'), "The record must be an object of headings and values."),
        (read_json(b'{"record": 7}'), "The record must be an object of headings and values."),
        (read_json(b'{"record": true}'), "The record must be an object of headings and values."),
        (read_json(b'{"record": ["x"]}'), "The record must be an object of headings and values."),
        (
            read_json(b'{"record": "{}"}').over(read_form(b"record[a]=1")),
            "The record must be an object of headings and values.",
        ),
        (read_json(b"{}").over(read_form(b"record=x")), "The record must be an array."),
    ],
)
def test_what_is_no_record(call: Call, told: str) -> None:
    assert call.faults() == {"record": [told]}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([{}], None),
        ([], "The batch must hold between 1 and 2 records."),
        ([{}] * 3, "The batch must hold between 1 and 2 records."),
        ({"Email": "a@b"}, "The batch must be a JSON array of records, with nothing around it, even for a single one."),
        ({"records": []}, "The batch must be a JSON array of records, with nothing around it, even for a single one."),
        ("x", "The batch must be a JSON array of records, with nothing around it, even for a single one."),
    ],
)
def test_a_batch_is_an_array_of_so_many_records(sent: Any, told: str | None) -> None:
    assert records_fault(sent, 2) == told


def test_an_address_of_ours_knows_its_parameters() -> None:
    call = read_form(b"configuration=c&atomic&dryRun=true&x=1&record[a]=b")
    assert call.unknown(("configuration", "atomic", "dry_run")) == {
        "record": ["The parameter record is unknown; known are configuration, atomic, dry_run."],
        "x": ["The parameter x is unknown; known are configuration, atomic, dry_run."],
        "dryRun": ["dryRun is not an option; did you mean dry_run?"],
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"record": {"First Name": "X"}}', b' \r\n{\n  "Email": "a"}', b"{}", b"[]", b'[{"Email": "a&b=c"}]', b'["a"]',
        b'"{\\"Email\\"}"', b"{'Email': 'a'}", b'\xef\xbb\xbf{"a": 1}', b"%7B%22Email%22%3A%22a%40b%22%7D", b'{"cut',
    ],
)  # fmt: skip
def test_json_is_no_form(body: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        form_body(body)
    assert str(raised.value) == "The body looks like JSON: send it with Content-Type: application/json."


@pytest.mark.parametrize(
    "body", [b"", b"a=1", b"record[a]={}", b"%7Bname%7D=1", b"[x=1", b"{name}=1", b"[c]=3", b"a", b"%22a%22=1"]
)
def test_a_form_is_a_form(body: bytes) -> None:
    assert form_body(body) == form_body(b"\xef\xbb\xbf" + body) == body


@pytest.mark.parametrize("raw", ["record[a]=%", "record[a]=%4", "record[a]=%zz", "record[%]=x", "x=%G0", "%=x"])
def test_a_broken_escape_is_named(raw: str) -> None:
    with pytest.raises(Malformed, match="percent-encoding is broken"):
        read_form(raw.encode())


@pytest.mark.parametrize("raw", [b"record[a]=%FF", b"record[a]=\xff", b"record[%C3]=x", b"x=%ED%A0%80", b"\xc0\x80=x"])
def test_what_is_not_utf_8_is_named(raw: bytes) -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        read_form(raw)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("{}", Call()),
        ('{"configuration": "contact"}', Call("contact")),
        ('{"record": {"Email": "a@b"}}', Call(None, {"Email": "a@b"})),
        ('{"record": {"n": 1}}', Call(None, {"n": "1"})),
        ('{"record": {"n": -0.10}}', Call(None, {"n": "-0.10"})),
        ('{"record": {"n": 1e400}}', Call(None, {"n": "1e400"})),
        ('{"record": {"n": 12345678901234567890123}}', Call(None, {"n": "12345678901234567890123"})),
        ('{"record": {"a": null, "b": true, "c": false}}', Call(None, {"a": None, "b": True, "c": False})),
        ('{"record": {"a": [1], "b": {"c": 2}}}', Call(None, {"a": ["1"], "b": {"c": "2"}})),
        ('{"record": {"a": "1", "a": "2"}}', Call(None, {"a": "2"})),
        ('{"record": {"a": "1"}, "record": {"b": "2"}}', Call(None, {"b": "2"})),
        ('{"record": ["x"]}', Call(None, ["x"])),
        ('{"record": "x"}', Call(None, "x")),
        ('{"record": null}', Call(None, "")),
        ('{"configuration": null}', Call("")),
        ('{"configuration": 7}', Call("7")),
        ('{"dry_run": true, "other": [1]}', Call(options={"dry_run": True, "other": ["1"]})),
        ('{"record": {"\\u0000": "\\ud800"}}', Call(None, {"\0": "\ud800"})),
        (' \n{"record": {"a]b": "x"}}\t', Call(None, {"a]b": "x"})),
        ('\ufeff{"record": {"a": 1e-7}}', Call(None, {"a": "1e-7"})),
        ('{"dry_run": null}', Call()),
    ],
)
def test_json_bodies(body: str, call: Call) -> None:
    assert read_json(body.encode()) == replace(call, typed=True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "valid JSON"),
        (b"{", "valid JSON"),
        (b"{'a': 1}", "valid JSON"),
        (b'{"a": 1,}', "valid JSON"),
        (b'{"a": 1} x', "valid JSON"),
        (b'{"a": "\n"}', "valid JSON"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "valid JSON"),
        (b'{"a": NaN}', "must not contain NaN"),
        (b'{"a": -Infinity}', "must not contain -Infinity"),
        (b'{"a": "\xff"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"[" * 100_000, "100 levels"),
        (b'{"a":' * 100_000, "100 levels"),
        (b"[]", "must be a JSON object"),
        (b'"record"', "must be a JSON object"),
        (b"1", "must be a JSON object"),
        (b"null", "must be a JSON object"),
    ],
)
def test_unreadable_json_gets_one_sentence(body: bytes, told: str) -> None:
    with pytest.raises(Malformed, match=told) as raised:
        read_json(body)
    assert str(raised.value).endswith(".")


def test_numbers_of_any_length_stay_text() -> None:
    digits = "9" * 100_000
    assert read_json(f'{{"record": {{"n": {digits}}}}}'.encode()).record == {"n": digits}


def test_a_body_full_of_lists_is_read_in_no_time() -> None:
    """Looking for the next free number from the start each time took minutes."""
    started = process_time()
    assert len(read_form(b"record[]&" * 100_000).record) == 100_000
    assert process_time() - started < 5


@pytest.mark.parametrize(
    ("query", "body", "call"),
    [
        ("configuration=q&record[a]=1", '{"configuration": "b"}', Call("b", {"a": "1"})),
        ("configuration=q&record[a]=1", '{"record": {"b": "2"}}', Call("q", {"b": "2"})),
        ("configuration=q&record[a]=1", "{}", Call("q", {"a": "1"})),
        ("record[a]=1", '{"record": {}}', Call(None, {})),
        ("record[a]=1", '{"record": null}', Call(None, "")),
        ("configuration=q", '{"configuration": null}', Call("")),
        ("dry_run=true&x=1", '{"dry_run": false}', Call(options={"dry_run": False, "x": "1"})),
    ],
)
def test_what_a_body_has_is_taken_instead_of_the_querys(query: str, body: str, call: Call) -> None:
    read = read_json(body.encode()).over(read_form(query.encode()))
    assert read == replace(call, typed='"record"' in body)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (None, False), ("", True), (" ", True), ("0", False), ("false", False), ("False", False), (False, False),
        ("1", True), ("true", True), (" TRUE ", True), (True, True),
    ],
)  # fmt: skip
def test_flags(value: Any, flag: bool) -> None:
    assert Call(options={"dry_run": value}).flag("dry_run") is flag
    assert Call().flag("dry_run") is False


@pytest.mark.parametrize("value", ["yes", "2", "tru", "on", [], {}, ["true"]])
def test_other_flags_are_refused(value: Any) -> None:
    with pytest.raises(Invalid) as raised:
        Call(options={"dry_run": value}).flag("dry_run")
    assert raised.value.sentence("dry_run") == "The dry_run field must be true or false."


# Laws

names = st.text(st.characters(exclude_characters="]", exclude_categories=["Cs"]), min_size=1, max_size=20)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
#: Bytes that look like parameters, so that the grammar's corners are met.
tokens = [b"record", b"configuration", b"[", b"]", b"=", b"&", b"%", b"%5B", b"%5D", b"%00", b"%ff", b"+", b"a"]
formlike = st.lists(st.sampled_from(tokens) | st.binary(max_size=3)).map(b"".join)
jsonlike = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
).map(lambda value: json.dumps(value).encode())


def call_or_fault(read: Callable[[bytes], Any], raw: bytes) -> Any:
    try:
        return read(raw)
    except Malformed as fault:
        return fault


@given(st.binary() | formlike | jsonlike)
@example(b"record[a]=\x00")
def test_any_bytes_are_a_call_or_malformed(raw: bytes) -> None:
    for read in (read_form, read_json):
        assert isinstance(call_or_fault(read, raw), Call | Malformed)
    assert isinstance(call_or_fault(form_body, raw), bytes | Malformed)


@given(formlike | jsonlike)
def test_whatever_a_call_holds_can_be_told(raw: bytes) -> None:
    for read in (read_form, read_json):
        call = call_or_fault(read, raw)
        if isinstance(call, Call):
            told = [call.faults(), call.leftovers(), call.unknown(("configuration",)), advice(call.leftovers())]
            assert "\0" not in json.dumps(told, ensure_ascii=False).encode().decode()


@given(st.dictionaries(names, texts), st.sampled_from([quote, quote_plus]))
def test_what_a_client_encodes_is_what_is_read(record: dict[str, str], how: Any) -> None:
    raw = urlencode({f"record[{name}]": value for name, value in record.items()}, quote_via=how)
    assert read_form(raw.encode()).record == (record or None)


@given(st.dictionaries(names, texts))
def test_form_and_json_say_the_same(record: dict[str, str]) -> None:
    form = read_form(urlencode({f"record[{name}]": value for name, value in record.items()}).encode())
    body = read_json(json.dumps({"record": record}).encode())
    assert (form.record or {}) == body.record


@given(formlike)
def test_reading_twice_is_reading_once(raw: bytes) -> None:
    """The second time every name comes from the memory of those met before."""
    first, second = call_or_fault(read_form, raw), call_or_fault(read_form, raw)
    assert str(first) == str(second)


#: What a webhook's query or form says -> its fields.
FLAT = {
    "nothing": ("", {}),
    "fields": ("Email=a%40b&First+Name=Ada", {"Email": "a@b", "First Name": "Ada"}),
    "the last one counts": ("a=1&a=2", {"a": "2"}),
    "brackets are part of a name": ("record[a]=1", {"record[a]": "1"}),
    "no value": ("a&&b=", {"a": "", "b": ""}),
}


@pytest.mark.parametrize(("raw", "fields"), FLAT.values(), ids=FLAT)
def test_every_parameter_of_a_flat_call_is_a_field(raw: str, fields: dict[str, str]) -> None:
    assert read_flat(raw.encode()) == fields


@pytest.mark.parametrize("raw", [b"[]", b"1", b"{", b"\xff", b'{"a": NaN}', b'{"more": {"a": 1e999}}'])
def test_a_flat_body_is_one_object(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_object(raw, verbatim="more")


def test_numbers_are_numbers_only_where_they_are_not_fields() -> None:
    assert read_object(b'{"a": 1.50, "more": {"a": 1.5}}', verbatim="more") == {"a": "1.50", "more": {"a": 1.5}}


@given(formlike)
def test_any_bytes_are_fields_or_malformed(raw: bytes) -> None:
    for read in (read_flat, read_object):
        assert isinstance(call_or_fault(read, raw), dict | Malformed)


@pytest.mark.parametrize("number", ["1234567890123456789", "-" + "9" * 5000])
def test_numbers_kept_as_numbers_are_within_64_bits(number: str) -> None:
    with pytest.raises(Malformed, match="18 digits"):
        read_object(b'{"info": {"a": %s}}' % number.encode(), verbatim="info")


def test_a_null_in_the_body_undoes_no_option_of_the_address() -> None:
    body = read_json(b'{"record": {"Email": "a@b"}, "dry_run": null}')
    assert body.over(read_form(b"dry_run=true")).flag("dry_run")
    assert not body.flag("dry_run")


@pytest.mark.parametrize("name", ["dry_run[", "dry_run]", "DryRun[x]", "-atomic-"])
def test_a_broken_bracket_makes_no_other_option(name: str) -> None:
    assert name in read_form(name.encode() + b"=1&record[Email]=a@b").faults()
