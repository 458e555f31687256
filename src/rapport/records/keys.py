"""Identity keys: the one place where e-mail, phone and account names are normalised.

Every door and every look-up uses these functions; SQL never folds case (`contract.md` "Matching").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

import idna

from rapport.records.errors import Invalid
from rapport.records.texts import visible

#: What stands in a local part beside dots (RFC 5321 "Atom", RFC 6531): of ASCII this, and whatever can be seen.
_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
#: A lower-case ASCII host name that UTS-46 leaves as it is: letters, digits, inner single dashes.
#: Labels with a dash in third and fourth place (`xn--…`) take the slow way.
_HOST = (
    r"(?!.{254})(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
    r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_HOST_NAME = re.compile(_HOST)
_PLAIN_EMAIL = re.compile(rf"(?!.*=\?){_ATOM}(?:\.{_ATOM})*@{_HOST}")
_NO_LOCAL_PART = re.compile(r'[()<>\[\]:;,\\"]|=\?|^\.|\.\.|\.$|^$')
#: Every dash (Unicode's Pd) and the minus sign; every space (Zs).
DASHES = (
    "-\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030"
    "\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead\u2212"
)
SPACES = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_PHONE_SIGNS = str.maketrans(dict.fromkeys(SPACES, " ") | dict.fromkeys(DASHES, "-"))
_PHONE = re.compile(r"[0-9(+][0-9 ()+-]*")
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_NOT_DIGITS = str.maketrans("", "", " ()+-")
_ABROAD = re.compile("^(?:00)+")
PHONE_DIGITS = range(5, 21)
_DOTTED = re.compile("i\u0307+")


def email_key(text: str) -> str:
    """The identity key of a trimmed e-mail address.

    Local part in lower case (folding would make one mailbox of `ß` and `ss`), domain by UTS-46 (non-transitional) as
    A-labels. Raises `Invalid` with `email` or one of its codes that say more.
    """
    if text.isascii():
        lower = text.lower()
        if _PLAIN_EMAIL.fullmatch(lower):
            return lower
    code = _known_mistake(text)
    if code is not None:
        raise Invalid(code)
    local, at, domain = text.partition("@")
    local = normalize("NFC", local)
    if not at or not domain or _NO_LOCAL_PART.search(local):
        raise Invalid("email")
    return f"{normalize('NFC', local.lower())}@{_domain_key(domain)}"


def _known_mistake(text: str) -> str | None:
    """The code of what people often send in the place of an address."""
    if text[:7].lower() == "mailto:":
        return "email_mailto"
    if "<" in text or ">" in text:
        return "email_brackets"
    if text.count("@") > 1:
        return "email_one"
    if len(text.split()) > 1:
        return "email_space"
    return None if text.isprintable() and text == visible(text) else "email_invisible"


def _domain_key(domain: str) -> str:
    """The A-label form of a host name (UTS-46, non-transitional). Raises `Invalid("email")`."""
    if _HOST_NAME.fullmatch(domain.lower()):
        return domain.lower()
    try:
        key = idna.encode(domain, uts46=True, transitional=False, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise Invalid("email") from None
    if key.endswith("."):
        raise Invalid("email")
    return key


def mailbox(text: str) -> str:
    """An e-mail address as any mail server takes it: its domain as A-labels (RFC 5891), the rest as it is written.

    What is still beyond ASCII stands before the @ and needs a server with SMTPUTF8 (RFC 6531).
    """
    if text.isascii():
        return text
    local, sign, domain = text.rpartition("@")
    try:
        return f"{local}{sign}{_domain_key(normalize('NFC', domain))}"
    except Invalid:
        return text


def domain_part(text: str) -> str:
    """What part of an address is in keys, whole labels of its domain as A-labels; itself where that is none."""
    local, sign, domain = text.rpartition("@")
    if domain.isascii():
        return text
    try:
        labels = [each and _domain_key(each) for each in normalize("NFC", domain).split(".")]
    except Invalid:
        return text
    return f"{local}{sign}{'.'.join(labels)}"


def shown_email(key: str) -> str:
    """An e-mail key as people write it: the domain in its own letters."""
    local, sign, domain = key.rpartition("@")
    try:
        return f"{local}{sign}{idna.decode(domain)}" if "xn--" in domain else key
    except (idna.IDNAError, UnicodeError):
        return key


def phone_key(text: str) -> str:
    """The digits of a trimmed phone number, so that neither a lost `+` nor `00` in its place makes a second contact.

    Raises `Invalid("phone")` for other characters, a date, zeros only, fewer than 5 or more than 20 digits.
    """
    plain = (text if text.isascii() else visible(text).translate(_PHONE_SIGNS)).strip(" ")
    if not _PHONE.fullmatch(plain) or (plain[4:5] == "-" and _DATE.fullmatch(plain)):
        raise Invalid("phone")
    digits = plain.translate(_NOT_DIGITS)
    if digits.startswith("00"):
        digits = _ABROAD.sub("", digits, count=1)
    if len(digits) not in PHONE_DIGITS:
        raise Invalid("phone")
    return digits


def name_key(text: str) -> str:
    """The identity key of an account name or alias.

    Without what cannot be seen, inner white space collapsed, NFC, case folded; with one `i`, since that letter with a
    dot or without is the other case of the same in Turkish.
    """
    if text.isascii():
        return " ".join(text.split()).lower()
    name = normalize("NFC", " ".join(visible(text).split()))
    folded = normalize("NFC", name.casefold()).replace("ı", "i")  # noqa: RUF001
    return normalize("NFC", _DOTTED.sub("i", folded))


def same_email(old: str, new: str) -> bool:
    """Whether two addresses are one mailbox."""
    return _same(email_key, old, new)


def same_phone(old: str, new: str) -> bool:
    """Whether nothing is gained by the `new` spelling of a number: one with `+` says more than one without."""
    return _same(phone_key, old, new) and ("+" in old or "+" not in new)


def _same(key: Callable[[str], str], old: str, new: str) -> bool:
    """Whether two texts have one key; what was stored under older rules may have none."""
    try:
        return key(old) == key(new)
    except Invalid:
        return False
