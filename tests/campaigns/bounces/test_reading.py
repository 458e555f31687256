"""What came back is read right, and nothing is called hard that is not."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.campaigns.bounces.reading import Kind, judge, read
from rapport.campaigns.messages.letter import return_path

from .samples import DELIVERY, HEX, NESTED, PATH, RETURNED, SAMPLES, dsn, failed

ID = UUID(DELIVERY)


def test_the_return_path_of_the_samples_is_ours() -> None:
    assert return_path(ID, "ada@sender.example") == PATH


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read(name: str) -> None:
    text, kind = SAMPLES[name]
    found = read(text.replace("{path}", PATH).encode())
    assert found.kind == kind, found
    if text:
        assert found.delivery == ID


@pytest.mark.parametrize("name", [name for name, (_, kind) in SAMPLES.items() if kind in (Kind.HARD, Kind.SOFT)])
def test_without_a_return_path_what_was_returned_tells(name: str) -> None:
    found = read(SAMPLES[name][0].replace("{path}", "ada@sender.example").encode().replace(b"\n", b"\r\n"))
    assert (found.delivery, found.kind) == (ID, SAMPLES[name][1])


def test_what_was_returned_is_found_where_it_was_encoded() -> None:
    inner = base64.b64encode(RETURNED.encode()).decode()
    text = f"From: x@y.example\nTo: z@y.example\nContent-Transfer-Encoding: base64\n\n{inner}\n"
    assert read(text.encode()).delivery == ID
    answered = f"From: x@y.example\nIn-Reply-To: <{HEX}@sender.example>\n\nYes"
    assert read(answered.encode()).delivery == ID


def test_the_reason_is_what_the_server_said() -> None:
    found = read(dsn(failed("5.1.1", "smtp; 550 5.1.1 no\n such  person")).encode())
    assert (found.said, found.recipient) == ("550 5.1.1 no such person", "bob@example.com")


def test_of_several_recipients_the_one_that_fared_worst_counts() -> None:
    both = failed("4.4.1", "smtp; 451 later", "delayed") + "\n\n" + failed("5.1.1", "smtp; 550 5.1.1 unknown")
    assert read(dsn(both).encode()).kind == Kind.HARD


def test_a_report_in_words_needs_no_sender() -> None:
    text = "Subject: Returned mail\n\nThe following addresses had permanent fatal errors\n<ada@example.com>\n"
    assert read(text.encode()).kind == read(f"From: mailer-daemon@example.com\n{text}".encode()).kind


HOSTILE = {
    "an encoding beyond ASCII": "Content-Transfer-Encoding: é\n\nHello",
    "parts in parts": NESTED,
    "parts in parts of a report": dsn(failed("5.1.1", "smtp; 550 5.1.1 who?")).replace("\nHello.", NESTED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_parser_stumbles_over_is_not_understood(name: str) -> None:
    assert read(HOSTILE[name].encode("latin-1")).kind == Kind.UNKNOWN


@given(st.binary(max_size=2000))
def test_anything_is_read_and_nothing_raises(raw: bytes) -> None:
    assert read(raw).kind in Kind


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 4000), st.binary(max_size=20))
def test_a_damaged_report_is_read_as_something(name: str, place: int, damage: bytes) -> None:
    raw = SAMPLES[name][0].encode()
    assert read(raw[:place] + damage + raw[place + len(damage) :]).kind in Kind


#: Never hard, whatever else is said.
OTHERS = ("5.2.2", "5.7.1 spam", "5.7.606 access denied, banned sending ip", "4.1.1 later", "5.3.4 too large", "5.6.1")


@pytest.mark.parametrize("told", OTHERS)
def test_what_is_about_something_else_is_never_hard(told: str) -> None:
    assert judge(told.split(maxsplit=1)[0], told) == Kind.SOFT
