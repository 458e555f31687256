"""A message made once and filled for each contact: escaped, in lines that every server takes, right in both parts."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from rapport.campaigns import texts
from rapport.campaigns.messages import letter, tags

if TYPE_CHECKING:
    from email.message import EmailMessage

SENDER = letter.Sender("Ada & Söhne", "ada@example.com", "help@example.com", "Demo", "demo", UUID(int=5))


def filled(subject: str, body: str, **contact: Any) -> tuple[EmailMessage, bytes]:
    """A mail as the standard library reads it, and its bytes."""
    made = letter.letter(SENDER, "en", subject, "", body)
    fields = {"contact": contact, "account": {}}
    about = letter.About(UUID(int=7), "bob@example.com", fields, "https://r.example/a/x", "https://r.example/u/x")
    content = made.fill(about, datetime(2026, 1, 2, tzinfo=UTC))
    return message_from_bytes(content, policy=policy.default), content  # type: ignore[return-value]


def parts(mail: EmailMessage) -> tuple[str, str]:
    """HTML and text."""
    html, text = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    return html.get_content(), text.get_content()


def test_values_are_escaped_in_html_and_plain_in_text() -> None:
    html, text = parts(filled("x", "Hello {{ contact.first_name }}", first_name="<b>&")[0])
    assert "Hello &lt;b&gt;&amp;" in html
    assert "Hello <b>&" in text


def test_a_value_in_an_address_is_quoted_and_what_stands_in_for_an_empty_one_is_shown() -> None:
    body = '[go](https://e.example/?who={{ contact.id }}) {{ contact.first_name | default: "there" }}'
    html, text = parts(filled("x", body, id="a b&c", first_name=None)[0])
    assert 'href="https://e.example/?who=a%20b%26c"' in html
    assert "there" in text


def test_what_somebody_writes_can_add_no_header() -> None:
    mail, _ = filled("Hi {{ contact.first_name }}", "x", first_name="Bob\r\nBcc: all@example.com")
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bob Bcc: all@example.com"
    assert mail["From"] == "Ada & Söhne <ada@example.com>"
    assert mail.defects == []


@pytest.mark.parametrize("value", ["ä" * 3000, "x" * 3000, "word " * 800, ".\r\n.\r\n", "\n.\n"])
def test_no_line_is_longer_than_a_server_takes(value: str) -> None:
    mail, content = filled("{{ contact.first_name }}", "{{ contact.first_name }}", first_name=value)
    assert max(map(len, content.split(b"\r\n"))) <= letter.LINE
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert "".join(value.split()) in "".join(parts(mail)[1].split())


def test_the_score_row_has_eleven_links_in_both_parts() -> None:
    html, text = parts(filled("x", "{{ score_row }}")[0])
    for score in range(11):
        assert f'href="https://r.example/a/x?score={score}"' in html
        assert f"{score}: https://r.example/a/x?score={score}" in text


def test_markup_that_somebody_writes_into_a_message_is_text() -> None:
    html, _ = parts(filled("x", "<script>alert(1)</script> [x](javascript:alert(1))")[0])
    assert "<script>" not in html
    assert 'href="javascript' not in html


KNOWN = ("contact.first_name", "unsubscribe_link")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{ contact.shoe }}", "The tag contact.shoe is unknown."),
        ("{{ contact }}", "The tag contact is unknown."),
        ("{{ contact.first_name", "Merge tags are {{ … }}"),
        ("{% for x in (1..9999999) %}{% endfor %}", "Merge tags are {{ … }}"),
        ("{{ contact.first_name | explode }}", "cannot be read"),
        ("{{ }}", "cannot be read"),
        ('{{ "x" }}', "names no field"),
    ],
)
def test_a_tag_that_cannot_be_used_is_refused(text: str, sentence: str) -> None:
    [told] = tags.faults(text, KNOWN)
    assert sentence in told


def test_bounces_name_the_delivery_within_the_limits_of_an_address() -> None:
    long = f"{'a' * 64}@example.com"
    assert letter.return_path(UUID(int=7), "ada@example.com") == "ada+7@example.com"
    assert letter.return_path(UUID(int=7), long) == long
    widest = letter.return_path(UUID(int=2**128 - 1), f"{chr(97) * 38}@example.com")
    assert len(widest.partition("@")[0]) == 64


LEAVE, ASK = "[bye]({{ unsubscribe_link }})", "[go]({{survey_link}})"
#: A body in which the link to unsubscribe, or that to the survey, cannot be followed.
HIDDEN = [
    f"hello {{{{ unsubscribe_link | slice: 0, 0 }}}} {ASK}",
    f"[ref]: {{{{ unsubscribe_link }}}}\n\n{ASK}",
    f"[bye]({{{{ unsubscribe_link | upcase }}}}) {ASK}",
    f"[bye](https://e.example/?to={{{{ unsubscribe_link }}}}) {ASK}",
    f"[]({{{{ unsubscribe_link }}}}) {ASK}",
    f"[{{{{ contact.first_name }}}}]({{{{ unsubscribe_link }}}}) {ASK}",
    f"`{{{{ unsubscribe_link }}}}` {ASK}",
    f"{{{{ contact.first_name | default: unsubscribe_link }}}} {ASK}",
    f"![picture]({{{{ unsubscribe_link }}}}) {ASK}",
    f"{LEAVE} {{{{ score_row | upcase }}}}",
    f"{LEAVE}\n\n```\n{{{{ score_row }}}}\n```",
    f"{LEAVE} {{{{ survey_link | slice: 0, 4 }}}}",
]
PLAIN = [
    f"{LEAVE} {ASK}",
    "{{unsubscribe_link}} {{ score_row }}",
    "Bye: {{ unsubscribe_link }}, or {{ survey_link }}.",
    f"<!-- {{{{ unsubscribe_link }}}} --> {ASK}",
    f'[{{{{ contact.first_name | default: "bye" }}}}]({{{{ unsubscribe_link }}}}) {ASK}',
    "[bye][u] [go][s]\n\n[u]: {{ unsubscribe_link }}\n[s]: {{ survey_link }}",
]


@pytest.mark.parametrize("body", HIDDEN)
def test_a_link_that_nobody_could_follow_is_none(body: str) -> None:
    assert "where it can be followed" in str(texts.link_fault(body, asking=True))


@pytest.mark.parametrize("body", PLAIN)
def test_a_link_is_one_however_it_is_written(body: str) -> None:
    assert texts.link_fault(body, asking=True) is None
    html, text = parts(filled("x", body)[0])
    for link in ("https://r.example/u/x", "https://r.example/a/x"):
        assert f'href="{link}' in html
        assert link in text


def test_a_link_alone_in_the_text_is_a_link_in_html_and_stands_once_in_text() -> None:
    html, text = parts(filled("x", "Bye: {{ unsubscribe_link }}, {{ contact.first_name }}", first_name="Bob")[0])
    assert 'href="https://r.example/u/x">https://r.example/u/x</a>, Bob' in html
    assert text.count("https://r.example/u/x") == 1
