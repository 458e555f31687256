"""A message before it is sent: as somebody sees it, to oneself, and what to mind; inside the tenant's scope."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid_utils.compat import uuid7

from rapport.directory.models import Contact, ContactKey
from rapport.records import keys
from rapport.records.errors import Invalid
from rapport.records.texts import trimmed
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.models import AuditEntry

from . import asked, compose, examples, providers, secrets, servers, texts
from .compose import Letters
from .errors import StateError
from .messages import tags
from .messages.letter import CLIPPED, About
from .models import Campaign, Message
from .servers import Endpoint
from .smtp import Client

#: A subject that is longer is cut by telephones.
SUBJECT = 60
SECONDS = 20
#: Test mails of one person within an hour.
TESTS = 20
_SOMEBODY = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


class Proof(NamedTuple):
    """A mail to oneself, and where it is handed over."""

    endpoint: Endpoint
    sender: str
    recipient: str
    content: bytes


def contact(tenant_id: int, text: str) -> Contact | None:
    """The contact with an e-mail address, inside the tenant's scope."""
    try:
        key = f"e:{keys.email_key(trimmed(text))}"
    except Invalid:
        return None
    found = ContactKey.objects.filter(tenant_id=tenant_id, key=key).first()
    return Contact.objects.filter(tenant_id=tenant_id, id=found.contact_id).first() if found else None


def _about(row: Campaign, address: str = "", contact: Contact | None = None) -> About:
    """A contact, else the newest of the system, else somebody made up; links that do nothing."""
    newest = Contact.objects.filter(tenant_id=row.tenant_id, email__isnull=False).order_by("-id")
    contact = contact or newest.first()
    if contact is not None:
        return examples.example(contact, address or contact.email or "")
    fields = {"contact": _SOMEBODY, "account": {}}
    made = "https://example.com/a/preview", "https://example.com/u/preview"
    return About(uuid7(), address or _SOMEBODY["email"], fields, *made)


def shown(row: Campaign, part: str, language: str, contact: Contact | None = None) -> dict[str, str]:
    """Subject, HTML and text as a contact will see them, in their own language where none is named."""
    own = contact.language if contact else None
    letter = Letters.of(row).choose(int(part == Message.Part.REMINDER), language or own)
    return letter.shown(_about(row, contact=contact))


def proof(row: Campaign, author: Author, address: str, language: str) -> Proof:
    """A mail of the message to the address of whoever asks, and a line in the audit log. Raises `StateError`."""
    address = keys.mailbox(address)
    earlier = AuditEntry.objects.filter(tenant_id=row.tenant_id, actor_id=author.id, action="campaign.test")
    if earlier.filter(at__gt=datetime.now(UTC) - timedelta(hours=1)).count() >= TESTS:
        raise StateError(f"Whoever edits campaigns may send {TESTS} test mails an hour, each to their own address.")
    if not row.sender_address:
        raise StateError("The sender needs an address.")
    try:
        endpoint = servers.endpoint(row.tenant_id, row.server_id)
        letter = Letters.of(row).choose(0, language or None)
        content = letter.fill(_about(row, address)._replace(delivery=uuid7()), datetime.now(UTC))
    except (servers.NoServerError, secrets.SealedError, LookupError, tags.TagFault) as fault:
        raise StateError(str(fault)) from fault
    audit.note(row.tenant_id, author, "campaign.test", audit.Object(row.id, row.name))
    return Proof(endpoint, keys.mailbox(row.sender_address), address, content)


async def send(made: Proof) -> str | None:
    """Hands it over at once; what went wrong, in a sentence."""
    if made.endpoint.security == providers.SECURITY:
        return await asyncio.to_thread(_post, made)
    try:
        async with _client(made.endpoint) as client:
            more = () if (made.sender + made.recipient).isascii() else ("SMTPUTF8",)
            await client.sendmail(made.sender, [made.recipient], made.content, mail_options=more)
    except (SMTPException, OSError, ValueError) as fault:
        return f"{made.endpoint.name} did not take it: {_said(fault)}"
    return None


async def check_server(endpoint: Endpoint) -> str | None:
    """What is wrong with a server: a real conversation, signed in, says it; in a sentence."""
    if endpoint.security == providers.SECURITY:
        return providers.check(endpoint)
    try:
        async with _client(endpoint) as client:
            await client.noop()
    except (SMTPException, OSError, ValueError) as fault:
        return f"{endpoint.name} cannot be used: {_said(fault)}"
    return None


def _post(made: Proof) -> str | None:
    fault = providers.check(made.endpoint)
    if fault is None:
        try:
            providers.backend(made.endpoint).send_messages([providers.message(made.content)])
        except (OSError, ValueError, TypeError) as error:
            fault = f"{made.endpoint.name} did not take it: {str(error).partition(chr(10))[0]}"
        except Exception as error:  # noqa: BLE001 (the library's own have no common ancestor here)
            fault = f"{made.endpoint.name} did not take it: {type(error).__name__}"
    return fault


def _said(fault: Exception) -> str:
    """What the server said, else what went wrong."""
    if isinstance(fault, SMTPRecipientsRefused):
        fault = fault.recipients[0]
    if isinstance(fault, SMTPResponseException):
        return f"{fault.code} {fault.message}"
    return next((told for kind, told in _REACHED.items() if _is(fault, kind)), str(fault))


#: What came in the way of a conversation -> what that means, the special before the general.
_REACHED: dict[type[Exception], str] = {
    socket.gaierror: "there is no host of this name.",
    ssl.SSLCertVerificationError: "its certificate is not trusted, or not for this name.",
    ssl.SSLError: "it does not speak TLS in this way.",
    ConnectionRefusedError: "nothing answers at this port of this host.",
    TimeoutError: f"it did not answer within {SECONDS} seconds.",
}


def _is(fault: BaseException | None, kind: type[Exception]) -> bool:
    """Whether it is, or comes of, such a fault."""
    return fault is not None and (isinstance(fault, kind) or _is(fault.__cause__, kind))


def _client(endpoint: Endpoint) -> Client:
    return Client(
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
    what = asked.of(row)
    for part, own in compose.messages(row).items():
        for each in own:
            where = f"{each.language}{', reminder' if part == Message.Part.REMINDER else ''}"
            if mismatch := texts.mismatch(what, each):
                told.append(mismatch)
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
