"""Identity keys: who counts as the same, who does not, and what is no key at all."""

# ruff: noqa: RUF001 - letters that look like others are what this is about

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.provisional import domains

from rapport.records.errors import Invalid
from rapport.records.keys import email_key, name_key, phone_key


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("a@b", "a@b"),
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+news@example.com", "ada+news@example.com"),
        ("a.b.c!#$%&'*/?=^_`{|}~-@example.com", "a.b.c!#$%&'*/?=^_`{|}~-@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "straße@example.com"),
        ("ſam@example.com", "ſam@example.com"),
        ("ﬁn@example.com", "ﬁn@example.com"),
        ("Zo\N{COMBINING DIAERESIS}e@example.com", "zöe@example.com"),
        ("ΟΔΟΣ@example.com", "οδος@example.com"),
        ("οδος@example.com", "οδος@example.com"),
        ("İ@example.com", "i̇@example.com"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@bu\N{COMBINING DIAERESIS}cher.example", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("a@faß.example", "a@xn--fa-hia.example"),
        ("a@fass.example", "a@fass.example"),
        ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
        ("a@example。com", "a@example.com"),
        ("ü@example.com", "ü@example.com"),
        ("a@1.2.3.4", "a@1.2.3.4"),
        ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
    ],
)
def test_email_keys(email: str, key: str) -> None:
    assert email_key(email) == key


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("a", "email"),
        ("@", "email"),
        ("a@", "email"),
        ("@b", "email"),
        ("a@b@c", "email_one"),
        ("a@b; c@d", "email_one"),
        ("a@b,c@d", "email_one"),
        ("mailto:john@example.com", "email_mailto"),
        ("MailTo:john@example.com?cc=a@b", "email_mailto"),
        ("<jane@x.example", "email_brackets"),
        ("jane@x.example>", "email_brackets"),
        ('"Doe, Jane" <jane@x.example>', "email_brackets"),
        ("Jane <jane@x.example>, a@b", "email_brackets"),
        (",john@example.com", "email"),
        ("[jane@x.example", "email"),
        ("(c)victim@x.example", "email"),
        ('"quoted"@example.com', "email"),
        ("a\\b@example.com", "email"),
        ("a;b@example.com", "email"),
        ("tel:1@example.com", "email"),
        ("=?utf-8?q?a?=@x.example", "email"),
        (".a@example.com", "email"),
        ("a.@example.com", "email"),
        ("a..b@example.com", "email"),
        (".ü@example.com", "email"),
        ("ü..ü@example.com", "email"),
        ("ü(c)@example.com", "email"),
        ("a@b..c", "email"),
        ("a@.b", "email"),
        ("a@b.", "email"),
        ("a@-b", "email"),
        ("a@b-.c", "email"),
        ("a@b_c", "email"),
        ("a@b!c", "email"),
        ("a@[127.0.0.1]", "email"),
        ("a@ab--c.example", "email"),
        ("a@xn--.example", "email"),
        ("a@xn--a.example", "email"),
        ("a@" + "b" * 64 + ".example", "email"),
        ("a@" + ".".join(["b" * 60] * 5), "email"),
        ("a@\N{HEAVY BLACK HEART}.example", "email"),
        ("a b@example.com", "email_space"),
        ("a@example .com", "email_space"),
        ("Jane Doe", "email_space"),
        ("a\tb@example.com", "email_space"),
        ("a\N{NO-BREAK SPACE}b@example.com", "email_space"),
        ("a\0@example.com", "email_invisible"),
        ("a\x7f@example.com", "email_invisible"),
        ("a\N{ZERO WIDTH SPACE}@example.com", "email_invisible"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}@example.com", "email_invisible"),
        ("\N{RIGHT-TO-LEFT MARK}a@example.com", "email_invisible"),
        ("a\ud800@example.com", "email_invisible"),
        ("a\N{HANGUL FILLER}@example.com", "email_invisible"),
        ("a@exa\N{VARIATION SELECTOR-16}mple.com", "email_invisible"),
        ("a@exa\N{SOFT HYPHEN}mple.com", "email_invisible"),
    ],
)
def test_no_email(email: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        email_key(email)
    assert raised.value.code == code


def test_a_space_gets_the_hint_about_a_literal_plus() -> None:
    with pytest.raises(Invalid) as raised:
        email_key("ada news@example.com")
    assert "a literal + must be sent as %2B" in raised.value.sentence("Email")


@pytest.mark.parametrize(
    ("phone", "key"),
    [
        ("12345", "12345"),
        ("12345678901234567890", "12345678901234567890"),
        ("+55 (62) 01234-56789", "55620123456789"),
        ("55 62 01234 56789", "55620123456789"),
        (" 55620123456789", "55620123456789"),
        ("((((12345", "12345"),
        ("00447911123456", "447911123456"),
        ("+00 44 7911 123456", "447911123456"),
        ("0012345678901234567890", "12345678901234567890"),
        ("0447911123456", "0447911123456"),
        ("12\N{NO-BREAK SPACE}345\N{NARROW NO-BREAK SPACE}6", "123456"),
        ("+44\N{NON-BREAKING HYPHEN}20\N{EN DASH}79\N{MINUS SIGN}46", "44207946"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}+44 20\N{ZERO WIDTH SPACE} 7946\N{POP DIRECTIONAL FORMATTING}", "44207946"),
        ("20260131", "20260131"),
        ("2026-13-31", "20261331"),
    ],
)
def test_phone_keys(phone: str, key: str) -> None:
    assert phone_key(phone) == key


@pytest.mark.parametrize(
    "phone",
    ["", "1234", "1 2 3 4", "123456789012345678901", "+", "()", "12345x", "12345.6", "12345/6", "12\t345", "12\n345",
     "１２３４５", "١٢٣٤٥", "12345\0", "12345\ud800", "2026-01-31", "2026\N{EN DASH}02\N{EN DASH}31",
     "00000", "+0000000000", "001234", "00123456789012345678901", "-447911123456", ")447911123456",
     "\N{EN DASH}12345", "+(-)"],
)  # fmt: skip
def test_no_phone(phone: str) -> None:
    with pytest.raises(Invalid) as raised:
        phone_key(phone)
    assert raised.value.code == "phone"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Example Corp", "example corp"),
        ("  Example \t Corp ", "example corp"),
        ("EXAMPLE\N{NO-BREAK SPACE}CORP", "example corp"),
        ("Straße", "strasse"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("ﬁne", "fine"),
        ("株式会社", "株式会社"),
        ("x\N{ZERO WIDTH SPACE}y", "xy"),
        ("Acme\N{SOFT HYPHEN} \N{WORD JOINER} Inc.\N{RIGHT-TO-LEFT MARK}", "acme inc."),
        ("e\N{ZERO WIDTH NON-JOINER}\N{COMBINING ACUTE ACCENT}", "é"),
        ("İSTANBUL A.Ş.", "istanbul a.ş."),
        ("istanbul a.ş.", "istanbul a.ş."),
        ("IŞIK", "işik"),
        ("ışık", "işik"),
    ],
)
def test_name_keys(name: str, key: str) -> None:
    assert name_key(name) == key


# Laws

#: What folding and composing is hard with, beside everything else.
hard = st.text(st.sampled_from("aAßẞİıſ\u200b\u3164ΐϓΣςŉǰﬃﬆᾳͅ\u0301\u0308\u0323\u0345iI. -xn@Ａ。가각ᄀ"), max_size=12)
texts = st.text(max_size=40) | hard
locals_and_domains = st.tuples(texts, texts | domains()).map("@".join)


def key_or_none(of: Callable[[str], str], text: str) -> str | None:
    """The key; None where the text has none, for a reason that has a sentence."""
    try:
        return of(text)
    except Invalid as fault:
        assert fault.sentence("Email").endswith(".")  # noqa: PT017 - any text may be refused, none may crash
        return None


@given(texts | locals_and_domains)
@example("a@" + "\N{CYRILLIC SMALL LETTER A}" * 300)
def test_an_email_key_is_its_own_key(text: str) -> None:
    key = key_or_none(email_key, text)
    if key is not None:
        assert email_key(key) == key
        assert key.count("@") == 1


@given(locals_and_domains)
def test_an_email_key_ignores_case_and_composition(text: str) -> None:
    key = key_or_none(email_key, text)
    if key is not None:
        local, _, domain = text.partition("@")
        assert email_key(f"{unicodedata.normalize('NFD', local)}@{domain}") == key
        assert email_key(f"{local}@{domain.upper()}") == key or not domain.isascii()
        if local.isascii():
            assert email_key(f"{local.upper()}@{domain}") == email_key(f"{local.lower()}@{domain}") == key


@given(texts | st.text("0123456789 ()+-", max_size=30))
def test_a_phone_key_is_its_own_key(text: str) -> None:
    key = key_or_none(phone_key, text)
    if key is not None:
        assert phone_key(key) == key
        assert phone_key("+" + key) == phone_key("00" + key) == key
        assert "".join(filter(str.isdigit, text)).endswith(key)


@given(texts)
@example("i\N{COMBINING DOT ABOVE}\N{COMBINING DOT ABOVE}")
def test_a_name_key_is_its_own_key(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key
    assert name_key(unicodedata.normalize("NFD", text)) == key
    assert name_key(text.upper()) == name_key(text.upper().lower())
    assert name_key(f" {text}\n") == key


@given(st.text(st.characters(codec="ascii")))
def test_an_ascii_name_key_ignores_case_and_white_space(text: str) -> None:
    assert name_key(text.upper()) == name_key(text.lower()) == name_key("  ".join(text.split()))


def test_a_sign_that_composing_makes_is_no_part_of_an_address() -> None:
    """The Greek question mark is a semicolon in NFC."""
    with pytest.raises(Invalid):
        email_key("a\u037eb@x.de")
