"""How servers say that nobody is there, and how they say anything else."""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


#: An enhanced code (RFC 3463), which is no part of an address of a network or of a version.
_CODE = r"(?<![\d.]){}(?!\.?\d)"
#: Three digits that begin a reply, also where the other server's stands in a sentence; no telephone number.
_REPLY = r"(?:^|[:;]\s{{0,2}}){}[ -](?!\d\d)"
ENHANCED = re.compile(_CODE.format(r"[245]\.\d{1,3}\.\d{1,3}"))
#: Enhanced codes that say that there is no such mailbox or no such domain, for good.
NOBODY = re.compile(_CODE.format(r"5\.(?:1\.(?:1|2|3|6|10)|2\.1)"))
#: The same in words, beside a permanent code.
IN_WORDS = _any(
    r"user unknown|unknown user|addressee unknown|nxdomain",
    r"no such (?:user|recipient|mailbox|address|person)",
    r"(?:user|mailbox|recipient|address|account|domain|host)(?: name)? (?:does not|doesn'?t) exist",
    r"unknown (?:recipient|mailbox|address|local part)",
    r"recipient address rejected: (?:user|undeliverable)",
    r"recipient (?:not found|unknown)|mailbox (?:not found|not local)|no mailbox (?:here )?by that name",
    r"(?:account|mailbox|user) (?:has been |is )?(?:disabled|inactive|deactivated|closed)",
    r"(?:host|domain)(?: or domain)?(?: name)? not found",
    r"no longer (?:valid|in use|with us|works? here)",
)
#: What is about the mail, the sender or the moment.
ELSE = _any(
    _CODE.format(r"[45]\.(?:2\.[2-4]|3\.\d|4\.\d|5\.\d|6\.\d|7\.\d{1,3})"),
    r"quota|mailbox (?:is )?full|too (?:large|big)|spam|block|policy|reputation|blacklist|denied|content|virus|dmarc",
    r"\bspf\b|\bsender\b|your (?:account|domain|host|ip|server)\b",
    r"greylist|rate limit|try again|temporar|time ?out|timed out",
)
PERMANENT = re.compile(f"{_CODE.format(r'5[.][0-9]{1,3}[.][0-9]{1,3}')}|{_REPLY.format(r'5[0-9][0-9]')}")
TEMPORARY = re.compile(f"{_CODE.format(r'4[.][0-9]{1,3}[.][0-9]{1,3}')}|{_REPLY.format(r'4[25][0-9]')}")
#: What may hold any word, and says nothing.
_NAMES = re.compile(r"\S+@\S+|https?://\S+")
#: Codes that say nothing, so that the words count.
VAGUE = re.compile(r"5\.(?:0\.0|1\.0|4\.4|7\.1|4\.0|3\.0|1\.7|1\.8)?")
#: Programs that send nothing but reports, and whoever else sends them.
DAEMONS = _any("mailer-daemon", "mail delivery")
ROBOTS = _any("mailer-daemon", "postmaster", "mail delivery", "<>")
#: Subjects of automatic replies.
AWAY = _any(
    r"^\W*auto(?:matic)?[ -:]*(?:reply|antwort|response)",
    r"^\W*(?:out of (?:the )?office|abwesenheit|réponse automatique|respuesta automática|resposta automática)",
    r"^\W*automatische? ant(?:wort|woord)",
)
#: Where the mail that is returned begins, in a report that is one text.
RETURNED = _any(
    r"\n-{2,}.*(?:copy|original|returned|message|headers).*\n",
    r"\n(?:Received|Return-Path): ",
)


def nobody_there(status: str, told: str) -> bool:
    """Whether a refusal for good says that nobody is there, rather than anything about the mail or its sender.

    What is about mail, sender or moment counts first: some servers put every refusal under 5.1.1 or 5.2.1 and say in
    words what it was. Then the `status`, where it says something; `5.0.0` and its kin, like none, say nothing.
    """
    if ELSE.search(IN_WORDS.sub("", _NAMES.sub("", told))):
        return False
    if NOBODY.search(status):
        return True
    if status and not VAGUE.fullmatch(status):
        return False
    if NOBODY.search(told) and not TEMPORARY.search(told):
        return True
    return bool(IN_WORDS.search(told) and PERMANENT.search(f"{status} {told}".strip()))
