# ruff: noqa: E501 (what servers write stays on its line)
"""Reports as servers of many kinds write them, made up after their forms; about one delivery each."""

from __future__ import annotations

from rapport.campaigns.bounces.reading import Kind

#: The delivery that all are about: in the return path, in the Message-ID, in its own header.
DELIVERY = "01a2274c-ab22-7a29-b8d2-f02a80941316"
PATH = "ada+3hbq5bosgvaaey9a1oe93sba@sender.example"
HEX = DELIVERY.replace("-", "")
RETURNED = f"""\
From: Ada <ada@sender.example>
To: bob@example.com
Subject: How likely are you to recommend us?
Message-ID: <{HEX}@sender.example>
X-Rapport-Delivery: {DELIVERY}
"""


def dsn(fields: str, text: str = "It could not be delivered.", head: str = "") -> str:
    """A notification of RFC 3464."""
    return f"""\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {{path}}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
{head}Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

{text}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

{fields}

--B
Content-Type: message/rfc822

{RETURNED}
Hello.

--B--
"""


def failed(status: str, diagnostic: str, action: str = "failed") -> str:
    """The fields of one recipient."""
    told = f"\nDiagnostic-Code: {diagnostic}" if diagnostic else ""
    return f"Final-Recipient: rfc822; bob@example.com\nAction: {action}\nStatus: {status}{told}"


def plain(sender: str, subject: str, text: str, head: str = "") -> str:
    """A report in words alone."""
    return f"From: {sender}\nTo: {{path}}\nSubject: {subject}\n{head}\n{text}\n"


def feedback(kind: str) -> str:
    """A complaint of RFC 5965."""
    return f"""\
From: <staff@isp.example>
To: abuse@sender.example
Subject: FW: How likely are you to recommend us?
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <bob@example.com>

--B
Content-Type: message/rfc822

{RETURNED}
Hello.

--B--
"""


QMAIL = f"""\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.com>:
{{said}}

--- Below this line is a copy of the message.

Return-Path: <ada@sender.example>
{RETURNED}
"""
EXIM = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.com
    SMTP error from remote mail server after RCPT TO:<bob@example.com>:
    host mx.example.com [192.0.2.7]: {{said}}

------ This is a copy of the message, including all the headers. ------

Return-path: <ada@sender.example>
{RETURNED}
"""
#: Parts in parts in parts.
NESTED = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(1500))
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
#: Name -> (what came, what it says).
SAMPLES: dict[str, tuple[str, Kind]] = {
    "postfix, user unknown": (dsn(failed("5.1.1", "smtp; 550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown in virtual mailbox table")), Kind.HARD),
    "postfix, domain not found": (dsn(failed("5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=exampel.com type=A: Host not found")), Kind.HARD),
    "bad domain": (dsn(failed("5.1.2", "smtp; 550 5.1.2 <bob@example.com>: Bad destination system address")), Kind.HARD),
    "null MX": (dsn(failed("5.1.10", "smtp; 556 5.1.10 Recipient address has null MX")), Kind.HARD),
    "gmail, no such user": (dsn(failed("5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address")), Kind.HARD),
    "gmail, disabled": (dsn(failed("5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled.")), Kind.HARD),
    "gmail, over quota": (dsn(failed("5.2.2", "smtp; 552-5.2.2 The email account that you tried to reach is over quota and inactive.")), Kind.SOFT),
    "gmail, unauthenticated": (dsn(failed("5.7.26", "smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated.")), Kind.SOFT),
    "gmail, rate": (dsn(failed("4.2.1", "smtp; 450 4.2.1 The user you are trying to contact is receiving mail too quickly")), Kind.SOFT),
    "outlook, not found": (dsn(failed("5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")), Kind.HARD),
    "outlook, blocked": (dsn(failed("5.7.1", "smtp; 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).")), Kind.SOFT),
    "exchange, unknown": (dsn(failed("5.5.0", "smtp;550 5.5.0 Requested action not taken: mailbox unavailable")), Kind.SOFT),
    "exchange, denied": (dsn(failed("5.7.1", "smtp; 550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized")), Kind.SOFT),
    "yahoo, dead": (dsn(failed("5.0.0", "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [0]")), Kind.SOFT),
    "yahoo, unknown": (dsn(failed("5.0.0", "smtp; 552 1 Requested mail action aborted, mailbox not found")), Kind.HARD),
    "generic code, words": (dsn(failed("5.0.0", "smtp; 550 No such user here")), Kind.HARD),
    "generic code, spam in words": (dsn(failed("5.0.0", "smtp; 550 User unknown; message looks like spam")), Kind.SOFT),
    "spam under 5.1.1": (dsn(failed("5.1.1", "smtp; 550 5.1.1 Message blocked by our spam policy")), Kind.SOFT),
    "generic code, nothing more": (dsn(failed("5.0.0", "")), Kind.SOFT),
    "relay denied": (dsn(failed("5.7.1", "smtp; 550 5.7.1 Relaying denied")), Kind.SOFT),
    "too large": (dsn(failed("5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit")), Kind.SOFT),
    "content": (dsn(failed("5.6.0", "smtp; 554 5.6.0 Message contains invalid header")), Kind.SOFT),
    "loop": (dsn(failed("5.4.6", "smtp; 554 5.4.6 Too many hops")), Kind.SOFT),
    "expired": (dsn(failed("4.4.7", "smtp; 452 4.2.2 mailbox full")), Kind.SOFT),
    "expired, unreachable": (dsn(failed("4.4.1", "X-Postfix; connect to mx.example.com[192.0.2.7]:25: Connection timed out")), Kind.SOFT),
    "delayed": (dsn(failed("4.4.1", "smtp; 451 4.4.1 try again later", "delayed")), Kind.DELAYED),
    "delivered": (dsn(failed("2.0.0", "smtp; 250 ok", "delivered")), Kind.NOTICE),
    "relayed": (dsn(failed("2.1.9", "", "relayed")), Kind.NOTICE),
    "sendmail": (dsn(failed("5.1.1", "SMTP; 550 5.1.1 <bob@example.com>... User unknown"), "   ----- The following addresses had permanent fatal errors -----\n<bob@example.com>"), Kind.HARD),
    "status with a comment": (dsn(failed("5.1.1 (bad destination mailbox address)", "smtp; 550 5.1.1 unknown")), Kind.HARD),
    "lower case": (dsn("final-recipient: rfc822;bob@example.com\naction: failed\nstatus: 5.1.1"), Kind.HARD),
    "qmail, no mailbox": (plain("MAILER-DAEMON@mx.example.net", "failure notice", QMAIL.format(said="Sorry, no mailbox here by that name. (#5.1.1)")), Kind.HARD),
    "qmail, quota": (plain("MAILER-DAEMON@mx.example.net", "failure notice", QMAIL.format(said="552 5.2.2 user over quota")), Kind.SOFT),
    "qmail, policy": (plain("MAILER-DAEMON@mx.example.net", "failure notice", QMAIL.format(said="192.0.2.7 failed after I sent the message.\nRemote host said: 554 5.7.1 rejected by policy")), Kind.SOFT),
    "exim, unknown": (plain(DAEMON, "Mail delivery failed: returning message to sender", EXIM.format(said="550 5.1.1 <bob@example.com> User unknown"), "X-Failed-Recipients: bob@example.com\n"), Kind.HARD),
    "exim, words": (plain(DAEMON, "Mail delivery failed: returning message to sender", EXIM.format(said="550 No such recipient here"), "X-Failed-Recipients: bob@example.com\n"), Kind.HARD),
    "exim, blocked": (plain(DAEMON, "Mail delivery failed: returning message to sender", EXIM.format(said="554 5.7.1 Service unavailable; client host blocked"), "X-Failed-Recipients: bob@example.com\n"), Kind.SOFT),
    "complaint": (feedback("abuse"), Kind.COMPLAINT),
    "opt-out": (feedback("opt-out"), Kind.COMPLAINT),
    "not spam": (feedback("not-spam"), Kind.NOTICE),
    "authentication failure": (feedback("auth-failure"), Kind.UNKNOWN),
    "away": (plain("Bob <bob@example.com>", "Out of office", "I am away. Error 550 5.1.1 is my favourite.", "Auto-Submitted: auto-replied\n"), Kind.NOTICE),
    "away, by subject": (plain("Bob <bob@example.com>", "Automatische Antwort: Umfrage", "Ich bin nicht da."), Kind.NOTICE),
    "away, by Exchange": (plain("Bob <bob@example.com>", "Re: Survey", "Away", "X-Auto-Response-Suppress: All\n"), Kind.NOTICE),
    "away, from nobody, with a telephone": (plain("Bob <bob@example.com>", "Away", "Call me: 555 123 4567.", "Return-Path: <>\nAuto-Submitted: auto-replied\n"), Kind.NOTICE),
    "away for good": (plain("Bob <bob@example.com>", "Hi", "Bob is no longer with us. Tel.: 555-123-4567", "Return-Path: <>\nAuto-Submitted: auto-replied\n"), Kind.NOTICE),
    "away for good, unmarked": (plain("Bob <bob@example.com>", "Hi", "Bob is no longer with us. Tel.: 555 123 4567", "Return-Path: <>\n"), Kind.UNKNOWN),
    "exim, automatic": (plain(DAEMON, "Mail delivery failed", EXIM.format(said="550 5.1.1 <bob@example.com> User unknown"), "X-Failed-Recipients: bob@example.com\nAuto-Submitted: auto-replied\n"), Kind.HARD),
    "exim, spam under 5.1.1": (plain(DAEMON, "Mail delivery failed", EXIM.format(said="550 5.1.1 Message blocked due to spam content"), "X-Failed-Recipients: bob@example.com\n"), Kind.SOFT),
    "policy beside the code": (dsn(failed("5.0.0", "smtp; 550 5.1.1 <bob@example.com> blocked by policy")), Kind.SOFT),
    "policy beside the words": (dsn(failed("5.1.1", "smtp; 550 5.1.1 user unknown, or blocked by policy")), Kind.SOFT),
    "the sender's domain": (dsn(failed("5.1.8", "smtp; 553 5.1.8 sender domain does not exist")), Kind.SOFT),
    "a network's address": (dsn(failed("5.0.0", "smtp; 550 host 10.5.1.1 says no")), Kind.SOFT),
    "an address with a word": (dsn(failed("5.1.1", "smtp; 550 5.1.1 <policy@blocks.example>: User unknown")), Kind.HARD),
    "a person": (plain("Bob <bob@example.com>", "Re: How likely", "Please tell me more, my old account is disabled."), Kind.UNKNOWN),
    "a daemon that says nothing": (plain(DAEMON, "Problem", "Something went wrong."), Kind.UNKNOWN),
    "nothing": ("", Kind.UNKNOWN),
}  # fmt: skip
