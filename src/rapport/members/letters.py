"""What becomes of letters: when one that could not be sent is tried again, and what people are told meanwhile."""

from __future__ import annotations

import logging
import smtplib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models.functions import Now
from procrastinate import BaseRetryStrategy, RetryDecision

from rapport.records.errors import Invalid
from rapport.tenants.scope import tenant_scope

from .models import Mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procrastinate import JobContext
    from procrastinate.jobs import Job

log = logging.getLogger("rapport.members")

#: Seconds from each failed try to the next. Most servers are back in minutes, some make strangers wait for a quarter of
#: an hour; after seven hours a letter is given up.
WAITS = (10, 60, 300, 900, 1800, 3600, 3600, 7200, 7200)
#: How long people can see what became of a letter; as long as an invitation works and more.
LIFETIME = timedelta(days=30)
#: How long a link to a new password that was sent is still told of.
TOLD = timedelta(minutes=15)
_TIMES = ("", "once", "twice", "three times", "four times", "five times", "six times", "seven times", "eight times")


class Patience(BaseRetryStrategy):
    """Tries letters again after `WAITS`; one that was refused for good is not."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; logs what went wrong, without the address."""
        wait = _wait(exception, job.attempts)
        if wait is None:
            log.error("a letter was given up after %d tries: %s", job.attempts + 1, _kind(exception))
            return None
        log.warning("a letter was not sent, try %d; the next in %d s: %s", job.attempts + 1, wait, _kind(exception))
        return RetryDecision(retry_in={"seconds": wait})


def expect(tenant_id: int, about: UUID) -> Mail:
    """A letter that is on its way from now on; inside the tenant's scope."""
    return Mail.objects.create(tenant_id=tenant_id, about=about)


@contextmanager
def sending(context: JobContext, tenant_id: int | None, mail_id: str | None) -> Iterator[None]:
    """Notes what becomes of a letter, where anybody can ask; outside of any scope. Raises what sending raises.

    Addresses are judged where they come in; one of before that cannot be mailed is not tried again.
    """
    try:
        yield
    except Invalid:
        log.warning("an address from before cannot be mailed; nothing was sent")
        _note(tenant_id, mail_id, tries=context.job.attempts + 1, next_at=None, fault="no mail reaches this address")
        return
    except OSError as fault:
        wait = _wait(fault, context.job.attempts)
        next_at = None if wait is None else datetime.now(UTC) + timedelta(seconds=wait)
        _note(tenant_id, mail_id, tries=context.job.attempts + 1, next_at=next_at, fault=_words(fault))
        raise
    _note(tenant_id, mail_id, tries=context.job.attempts + 1, next_at=None, fault="", sent_at=Now())


def latest(tenant_id: int, about: Iterable[UUID]) -> dict[UUID, Mail]:
    """The newest letter about each of these; inside the tenant's scope."""
    rows = Mail.objects.filter(tenant_id=tenant_id, about__in=list(about)).order_by("about", "id")
    return {row.about: row for row in rows}


def told(mail: Mail, zone: str) -> str:
    """What became of a letter, for people: `tried three times, next at 12:30: connection refused`."""
    if mail.sent_at is not None:
        return f"mailed at {_clock(mail.sent_at, zone)}"
    if not mail.fault:
        return "on its way"
    times = _TIMES[mail.tries] if mail.tries < len(_TIMES) else f"{mail.tries} times"
    if mail.next_at is None:
        return f"could not be sent, tried {times}: {mail.fault}"
    return f"tried {times}, next at {_clock(mail.next_at, zone)}: {mail.fault}"


def pending(mails: Mapping[UUID, Mail]) -> dict[UUID, Mail]:
    """Those that are not sent, or were just now."""
    since = datetime.now(UTC) - TOLD
    return {about: mail for about, mail in mails.items() if mail.sent_at is None or mail.sent_at > since}


def _note(tenant_id: int | None, mail_id: str | None, **values: object) -> None:
    if tenant_id is not None and mail_id is not None:
        with tenant_scope(tenant_id):
            Mail.objects.filter(tenant_id=tenant_id, id=UUID(mail_id)).update(**values)


def _wait(fault: BaseException, tries: int) -> int | None:
    """Seconds until the next try, behind so many earlier ones; None: there is none."""
    return None if tries >= len(WAITS) or _for_good(fault) else WAITS[tries]


def _for_good(fault: BaseException) -> bool:
    """Whether the server will say no again: a code from 500 on about the recipient or the text, not about us."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPDataError) and fault.smtp_code >= 500


def _kind(fault: BaseException) -> str:
    """A fault for the log: servers repeat addresses in their sentences."""
    code = getattr(fault, "smtp_code", None) or getattr(fault, "errno", None)
    return type(fault).__name__ + (f" {code}" if code else "")


def _words(fault: OSError) -> str:
    """A fault for people, on one short line."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(fault.recipients.values()))
        return _line(f"{code} {_text(text)}")
    if isinstance(fault, smtplib.SMTPResponseException):
        return _line(f"{fault.smtp_code} {_text(fault.smtp_error)}")
    if isinstance(fault, TimeoutError):
        return "the mail server does not answer"
    return _line((fault.strerror or str(fault) or type(fault).__name__).lower())


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def _clock(moment: datetime, zone: str) -> str:
    """`12:30`, with the day where it is not today."""
    local, today = moment.astimezone(ZoneInfo(zone)), datetime.now(ZoneInfo(zone)).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%H:%M on %-d %B}"
