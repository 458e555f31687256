"""How servers say that nobody is there, and how they say anything else."""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


#: Enhanced codes (RFC 3463) that say that there is no such mailbox or no such domain, for good.
NOBODY = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")
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
    r"\b[45]\.(?:2\.[2-4]|3\.\d|4\.\d|5\.\d|6\.\d|7\.\d{1,3})\b",
    r"quota|mailbox (?:is )?full|too (?:large|big)|spam|block|policy|reputation|blacklist|denied|content|virus|dmarc",
    r"\bspf\b",
    r"greylist|rate limit|try again|temporar|time ?out|timed out",
)
PERMANENT = re.compile(r"\b5(?:\.\d{1,3}\.\d{1,3}|\d\d)\b")
TEMPORARY = re.compile(r"\b4(?:\.\d{1,3}\.\d{1,3}|[25]\d)\b")
#: Codes that say nothing, so that the words count.
VAGUE = re.compile(r"5\.(?:0\.0|1\.0|4\.4|7\.1|4\.0|3\.0|1\.7|1\.8)?")
#: Who sends reports.
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
