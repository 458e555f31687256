"""Fetches reports from a system's mailbox by IMAP (RFC 9051). They stay there; each is read once.

The mail is written down, with how far the mailbox was read, in one transaction; the conversation is outside of it.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from rapport.campaigns import secrets
from rapport.campaigns.models import BounceMailbox, BounceReport
from rapport.tenants.scope import tenant_scope

from . import receiving

#: Seconds of one step, of all steps together, and after which no further mail is begun.
SECONDS, WHOLE, ENOUGH = 20.0, 60.0, 40.0
#: Bytes that a server may send in one visit.
BYTES = 64 * 1024 * 1024
#: Mails of one visit; the next one goes on.
MAILS = 500
FAULTS = (OSError, imaplib.IMAP4.error, ValueError)


class Mailbox(NamedTuple):
    """Where, as whom, and how far it was read."""

    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str
    uid_validity: int | None
    last_uid: int


class Fetched(NamedTuple):
    """A mail with its id, of a validity."""

    validity: int
    uid: int
    raw: bytes


class _Plain(imaplib.IMAP4):
    """A conversation that ends, however slowly and however much the server sends."""

    left = BYTES
    _watch: threading.Timer | None = None

    def read(self, size: int) -> bytes:
        self._use(size)
        return super().read(size)

    def readline(self) -> bytes:
        if self._watch is None:  # the server's greeting is to come
            self._watch = threading.Timer(WHOLE, self._cut)
            self._watch.daemon = True
            self._watch.start()
        line = super().readline()
        self._use(len(line))
        return line

    def shutdown(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().shutdown()

    def _use(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise imaplib.IMAP4.abort(f"it sends more than {BYTES} bytes")

    def _cut(self) -> None:
        with suppress(OSError):  # the plain one: that of TLS would change what the reader is using
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Encrypted(_Plain, imaplib.IMAP4_SSL):
    pass


def of(row: BounceMailbox) -> Mailbox:
    """A system's mailbox. Raises `secrets.SealedError`."""
    password = secrets.unseal(bytes(row.password))
    where = (row.host, row.port, row.security, row.user_name)
    return Mailbox(*where, password, row.folder, row.uid_validity, row.last_uid)


@contextmanager
def conversation(box: Mailbox) -> Iterator[tuple[_Plain, int]]:
    """Signed in, the folder opened for reading, and its validity. Raises `FAULTS`."""
    context = ssl.create_default_context()
    client = (
        _Encrypted(box.host, box.port, ssl_context=context, timeout=SECONDS)
        if box.security == BounceMailbox.Security.TLS
        else _Plain(box.host, box.port, timeout=SECONDS)
    )
    try:
        with client:
            if box.security == BounceMailbox.Security.STARTTLS:
                client.starttls(context)
            client.login(box.user, box.password)
            quoted = '"' + box.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
            status, told = client.select(quoted, readonly=True)
            if status != "OK":
                raise ValueError(f"the folder {box.folder} cannot be opened: {_said(told)}")
            _, validity = client.response("UIDVALIDITY")
            yield client, int(validity[0] or b"1")
    finally:  # a logout that fails leaves the socket open
        with suppress(OSError):
            client.shutdown()


def fetch(box: Mailbox) -> Iterator[Fetched]:
    """What has come since, oldest first, at most so many and for so long. Raises `FAULTS`."""
    end = monotonic() + ENOUGH
    with conversation(box) as (client, validity):
        behind = box.last_uid if validity == box.uid_validity else 0
        _, found = client.uid("SEARCH", f"UID {behind + 1}:*")
        # A server answers with the last one where there is none behind it.
        uids = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > behind)
        for uid in uids[:MAILS]:
            if monotonic() > end or client.left < 2 * receiving.LIMIT:
                return  # the next visit goes on
            _, parts = client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{receiving.LIMIT}>)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            yield Fetched(validity, uid, raw)


def visit(tenant_id: int) -> str | None:
    """Reads what has come to a system's mailbox; what went wrong, in a sentence. Not inside a scope."""
    with tenant_scope(tenant_id):
        row = BounceMailbox.objects.filter(tenant_id=tenant_id).first()
    if row is None:
        return None
    fault = None
    try:
        for mail in fetch(of(row)):
            with tenant_scope(tenant_id):
                if mail.raw:
                    receiving.take(tenant_id, mail.raw, BounceReport.Source.MAILBOX)
                BounceMailbox.objects.filter(tenant_id=tenant_id, version=row.version).update(
                    uid_validity=mail.validity, last_uid=mail.uid
                )
    except (*FAULTS, secrets.SealedError) as error:
        fault = told(row.host, error)
    _note(tenant_id, fault)
    return fault


def _note(tenant_id: int, fault: str | None) -> None:
    with tenant_scope(tenant_id):
        BounceMailbox.objects.filter(tenant_id=tenant_id).update(fault=fault, checked_at=datetime.now(UTC))


def check(box: Mailbox) -> str | None:
    """What is wrong with a mailbox: a real conversation, signed in, says it; in a sentence."""
    try:
        with conversation(box):
            return None
    except FAULTS as error:
        return told(box.host, error)


def told(host: str, error: Exception) -> str:
    """What went wrong, without what was sent."""
    said = error.args[0] if error.args else type(error).__name__
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    return f"{host} cannot be read: {' '.join(text.split())[:300]}"


def _said(told: object) -> str:
    first = told[0] if isinstance(told, list) and told else b""
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
