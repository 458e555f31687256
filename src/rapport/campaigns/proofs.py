"""A message before it is sent: as somebody sees it, to oneself, and what to mind; inside the tenant's scope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from aiosmtplib import SMTP, SMTPException
from uuid_utils.compat import uuid7

from rapport.directory.models import Contact

from . import compose, plans, secrets, servers
from .compose import Letters
from .errors import StateError
from .messages import tags
from .messages.letter import CLIPPED, About
from .models import Campaign, Message
from .servers import Endpoint

#: A subject that is longer is cut by telephones.
SUBJECT = 60
SECONDS = 20
_SOMEBODY = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


class Proof(NamedTuple):
    """A mail to oneself, and where it is handed over."""

    endpoint: Endpoint
    sender: str
    recipient: str
    content: bytes


def _about(row: Campaign, address: str = "") -> About:
    """The newest contact of the system, else somebody made up; links that do nothing."""
    contact = Contact.objects.filter(tenant_id=row.tenant_id, email__isnull=False).order_by("-id").first()
    if contact is not None:
        return plans.example(contact, address or contact.email or "")
    fields = {"contact": _SOMEBODY, "account": {}}
    made = "https://example.com/a/preview", "https://example.com/u/preview"
    return About(uuid7(), address or _SOMEBODY["email"], fields, *made)


def shown(row: Campaign, part: str, language: str) -> dict[str, str]:
    """Subject, HTML and text as somebody will see them."""
    letter = Letters.of(row).choose(int(part == Message.Part.REMINDER), language or None)
    return letter.shown(_about(row))


def proof(row: Campaign, address: str, language: str) -> Proof:
    """A mail of the message to an address. Raises `StateError`."""
    if not row.sender_address:
        raise StateError("The sender needs an address.")
    try:
        endpoint = servers.endpoint(row.tenant_id, row.server_id)
        letter = Letters.of(row).choose(0, language or None)
        content = letter.fill(_about(row, address)._replace(delivery=uuid7()), datetime.now(UTC))
    except (servers.NoServerError, secrets.SealedError, LookupError, tags.TagFault) as fault:
        raise StateError(str(fault)) from fault
    return Proof(endpoint, row.sender_address, address, content)


async def send(made: Proof) -> str | None:
    """Hands it over at once; what went wrong, in a sentence."""
    try:
        async with _client(made.endpoint) as client:
            await client.sendmail(made.sender, [made.recipient], made.content)
    except (SMTPException, OSError, ValueError) as fault:
        return f"{made.endpoint.name} did not take it: {fault}"
    return None


async def check_server(endpoint: Endpoint) -> str | None:
    """What is wrong with a server: a real conversation, signed in, says it; in a sentence."""
    try:
        async with _client(endpoint) as client:
            await client.noop()
    except (SMTPException, OSError, ValueError) as fault:
        return f"{endpoint.name} cannot be used: {fault}"
    return None


def _client(endpoint: Endpoint) -> SMTP:
    return SMTP(
        hostname=endpoint.host,
        port=endpoint.port,
        use_tls=endpoint.security == "smtps",
        start_tls=endpoint.security == "smtp+tls",
        username=endpoint.user or None,
        password=endpoint.password or None,
        timeout=SECONDS,
    )


def checks(row: Campaign) -> list[str]:
    """What to mind before sending, in sentences."""
    told = []
    for part, own in compose.messages(row).items():
        for each in own:
            where = f"{each.language}{', reminder' if part == Message.Part.REMINDER else ''}"
            if len(each.subject) > SUBJECT:
                told.append(f"The subject ({where}) has {len(each.subject)} characters; telephones show {SUBJECT}.")
            if not each.preheader:
                told.append(f"There is no preheader ({where}): mailboxes show the first words instead.")
            told += [
                f"{{{{{expression.strip()}}}}} ({where}) says nothing where it is empty; add | default."
                for expression in tags.expressions(each.body)
                if expression.strip().startswith(("contact.", "account.")) and "default" not in expression
            ]
    letters = Letters.of(row)
    sizes = [
        len(letter.fill(_about(row), datetime.now(UTC))) for own in letters.by_part.values() for letter in own.values()
    ]
    if sizes and max(sizes) > CLIPPED:
        told.append(f"The mail has {max(sizes):,} bytes: Gmail clips it at {CLIPPED:,}.")
    return told
