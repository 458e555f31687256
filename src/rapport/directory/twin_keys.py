"""What two contacts, or two accounts, that are one are likely to share; pure.

A key is `n:` and a name, `p:` and a phone number, or `d:` and a domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rapport.records.errors import Invalid
from rapport.records.keys import email_key, phone_key

from .words import fold

if TYPE_CHECKING:
    from .models import Account, Contact

#: How a key begins -> why two that share it may be one.
REASONS = {"n": "name", "p": "phone", "d": "domain"}
#: Custom fields of accounts that hold an address in the web.
SITES = ("website", "web_site", "homepage", "url", "domain")
#: What stands behind a company's name, without dots and accents: the commonest forms.
LEGAL_FORMS = frozenset({
    "ab", "ag", "aktiengesellschaft", "aps", "as", "asa", "bhd", "bv", "bvba", "co", "company", "corp", "corporation",
    "cv", "dd", "doo", "eg", "eood", "ev", "gbr", "gesmbh", "gmbh", "holding", "holdings", "inc", "incorporated",
    "kft", "kg", "kgaa", "kk", "lda", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "og", "ohg", "oo",
    "ood", "oy", "oyj", "plc", "pte", "pty", "pvt", "sa", "sab", "sarl", "sas", "sasu", "scs", "sdn", "se", "sl",
    "slu", "sp", "spa", "srl", "srls", "sro", "ug", "vof", "wll", "z", "zrt",
})  # fmt: skip
#: Where everybody has an address.
FREE_MAIL = frozenset({
    "126.com", "163.com", "aol.com", "bluewin.ch", "btinternet.com", "comcast.net", "fastmail.com", "free.fr",
    "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.co.uk",
    "hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "laposte.net", "libero.it", "live.com", "mac.com",
    "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr", "outlook.com", "outlook.de", "pm.me",
    "proton.me", "protonmail.com", "qq.com", "t-online.de", "uol.com.br", "virgilio.it", "web.de", "yahoo.co.uk",
    "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.ru", "ymail.com",
})  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


def of_contact(row: Contact) -> set[str]:
    """The keys of a contact: its phone number, and its whole name within its account."""
    found = set()
    with suppress(Invalid):
        found.add(f"p:{phone_key(row.phone or '')}")
    name = " ".join(_WORD.findall(fold(f"{row.first_name} {row.last_name}")))
    if row.first_name and row.last_name and row.account_id and name:
        found.add(f"n:{name} {row.account_id}")
    return found


def of_account(row: Account, emails: Iterable[str]) -> set[str]:
    """The keys of an account: its name but for the legal form, the domains of its site and its contacts' `emails`."""
    domains = {*_hosts(row.attributes), *_domains(emails)} - FREE_MAIL
    name = plain_name(row.name)
    return {f"d:{domain}" for domain in domains} | ({f"n:{name}"} if name else set())


def plain_name(name: str) -> str:
    """A company's name without its legal form, folded."""
    words = _WORD.findall(fold(name).replace(".", ""))
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _domains(emails: Iterable[str]) -> Iterator[str]:
    for email in emails:
        with suppress(Invalid):
            yield email_key(email).rpartition("@")[2]


def _hosts(attributes: Mapping[str, Any]) -> Iterator[str]:
    """The hosts of an account's addresses in the web, without `www`."""
    for name in SITES:
        text = str(attributes.get(name) or "")
        with suppress(ValueError):
            host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
            if "." in host:
                yield host.removeprefix("www.")
