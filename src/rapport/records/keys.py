"""Identity keys: the one place where e-mail, phone and account names are normalised.

Every door and every look-up uses these functions; SQL never folds case (`contract.md` "Matching").
"""

from __future__ import annotations

import re
import unicodedata

import idna

from rapport.records.errors import Invalid

#: A lower-case ASCII host name that UTS-46 leaves as it is: letters, digits, inner single dashes.
#: Labels with a dash in third and fourth place (`xn--…`) take the slow way.
_PLAIN_DOMAIN = re.compile(
    r"(?!.{254})(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
    r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_PHONE = re.compile(r"[0-9 ()+-]+")
_NOT_DIGITS = str.maketrans("", "", " ()+-")
PHONE_DIGITS = range(5, 21)


def _fold(text: str) -> str:
    """NFC, case folded, NFC again: folding can leave a decomposed text."""
    normalised = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", normalised.casefold())


def email_key(text: str) -> str:
    """The identity key of a trimmed e-mail address.

    Local part folded, domain by UTS-46 (non-transitional) as A-labels.
    Raises `Invalid` with `email`, `email_space` or `email_invisible`.
    """
    if " " in text:
        raise Invalid("email_space")
    if not text.isprintable():
        raise Invalid("email_invisible" if len(text.split()) == 1 else "email_space")
    local, at, domain = text.partition("@")
    if not at or not local or not domain or "@" in domain:
        raise Invalid("email")
    if text.isascii():
        domain = domain.lower()
        if _PLAIN_DOMAIN.fullmatch(domain):
            return f"{local.lower()}@{domain}"
    return f"{_fold(local)}@{_domain_key(domain)}"


def _domain_key(domain: str) -> str:
    """The A-label form of a host name (UTS-46, non-transitional). Raises `Invalid("email")`."""
    try:
        key = idna.encode(domain, uts46=True, transitional=False, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise Invalid("email") from None
    if key.endswith("."):
        raise Invalid("email")
    return key


def phone_key(text: str) -> str:
    """The digits of a trimmed phone number, so that a lost `+` makes no second contact.

    Raises `Invalid("phone")` for other characters or fewer than 5 or more than 20 digits.
    """
    if not _PHONE.fullmatch(text):
        raise Invalid("phone")
    digits = text.translate(_NOT_DIGITS)
    if len(digits) not in PHONE_DIGITS:
        raise Invalid("phone")
    return digits


def name_key(text: str) -> str:
    """The identity key of an account name or alias: inner white space collapsed, NFC, case folded."""
    collapsed = " ".join(text.split())
    if collapsed.isascii():
        return collapsed.lower()
    return _fold(collapsed)
