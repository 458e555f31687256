"""Mail to people about their account: plain text, one link, to the mailbox that their address names or to none."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from rapport.records.errors import Invalid
from rapport.records.keys import email_key


class UnmailableError(Invalid):
    """The message library would make another mailbox of an address, or none."""

    def __init__(self) -> None:
        super().__init__("email")

    def sentence(self, heading: str) -> str:
        """What is wrong with the address that stands under `heading`."""
        return f"The {heading} must be an address that we can mail: plain letters, digits and signs before the @."


def mailbox(address: str) -> str:
    """Where mail for an address goes: what stands before the @ as it is, at the host of its key.

    Raises `records.errors.Invalid`.
    """
    local, host = address.strip().rpartition("@")[0], email_key(address.strip()).rpartition("@")[2]
    wanted = f"{local}@{host}"
    try:
        # Encoded words, comments and quotes are read, obsolete syntax is refused: whatever is left as it is, is meant.
        made = Address(addr_spec=wanted).addr_spec
    except (MessageError, ValueError, IndexError):
        raise UnmailableError from None
    if made != wanted:
        raise UnmailableError
    return wanted


def send(template: str, to: str, *, room: str = "members", **context: object) -> None:
    """Sends `<room>/mail/<template>.txt`, whose first line is the subject.

    Raises `Invalid` where trying again mends nothing, else `OSError`, `SMTPException`.
    """
    text = render_to_string(f"{room}/mail/{template}.txt", {**context, "origin": settings.RAPPORT.origin})
    subject, _, body = text.partition("\n")
    send_mail(subject.strip(), body.lstrip("\n"), None, [mailbox(to)])
