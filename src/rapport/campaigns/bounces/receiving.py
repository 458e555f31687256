"""Takes what came back: reads it, finds its delivery, does what it asks for, and keeps it. Inside the tenant's scope.

Hard: bounced, and the address is suppressed. Soft: bounced; three in a row are suppressed. A complaint unsubscribes.
A notice is no bounce. What nobody understands, or whose delivery nobody finds, stays open until somebody has looked.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce

from rapport.campaigns.acts import SLOT
from rapport.campaigns.models import BounceReport, Delivery
from rapport.db.queries import statement
from rapport.feedback import suppressing
from rapport.records.errors import Invalid
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.statements import fetch

from .reading import FARED, Kind, Report, read

#: Characters that are kept of what nobody understood.
KEPT = 8_000
#: Mails in a row that an address may send back before it is suppressed.
SOFT = 3
#: Bytes of a report; the beginning of a larger one is read.
LIMIT = 1024 * 1024
_NOTE = statement("note_bounce")
#: A provider and a mailbox have nobody's name.
NOBODY = Author("bounce", None, "")


class Taken(NamedTuple):
    """What was kept, and whether it was there already."""

    row: BounceReport
    repeated: bool


def take(tenant_id: int, raw: bytes, source: str, envelope: str = "") -> Taken:
    """Something came back, as it is; the same again changes nothing."""
    return keep(tenant_id, read(raw[:LIMIT], envelope), hashlib.sha256(raw).digest(), source, _text(raw))


def keep(tenant_id: int, report: Report, digest: bytes, source: str, content: str = "") -> Taken:
    """A report that was read, with the digest that tells a repeat."""
    known = BounceReport.objects.filter(tenant_id=tenant_id, digest=digest)
    if (row := known.first()) is not None:
        return Taken(row, repeated=True)
    own = Delivery.objects.filter(tenant_id=tenant_id, id=report.delivery) if report.delivery else None
    delivery = own.first() if own is not None else None
    report = _own(report, delivery) if delivery else report
    is_open = report.kind == Kind.UNKNOWN or (delivery is None and report.kind != Kind.NOTICE)
    row = BounceReport(
        tenant_id=tenant_id,
        at=datetime.now(UTC),
        digest=digest,
        kind=str(report.kind),
        source=source,
        delivery_id=delivery.id if delivery else None,
        campaign_id=delivery.campaign_id if delivery else None,
        contact_id=delivery.contact_id if delivery else None,
        address=(delivery.address if delivery else None) or _kept(report.recipient or "") or None,
        said=_kept(report.said),
        content=content[:KEPT] if is_open else None,
        open=is_open,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same came at the same moment
        return Taken(known.get(), repeated=True)
    if delivery is not None:
        act(row, delivery)
    return Taken(row, repeated=False)


def _own(report: Report, delivery: Delivery) -> Report:
    """What a report says of a delivery's own address. Only that is ever hard; of several behind it the best counts."""
    keys = {delivery.address_key, _key(delivery.address or "")}
    told = report.each or (report,)
    own = [each for each in told if keys & {_key(name) for name in each.names or (each.recipient or "",)}]
    if own and report.kind != Kind.COMPLAINT:
        return min(own, key=lambda each: FARED.index(each.kind))
    return report._replace(kind=Kind.SOFT) if report.kind == Kind.HARD else report


def _key(address: str) -> str:
    try:
        return suppressing.address(suppressing.EMAIL, address).key
    except Invalid:
        return ""


def _kept(text: str) -> str:
    """A text as the database takes it: without NUL and without halves of characters."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _text(raw: bytes) -> str:
    return raw[: 4 * KEPT].decode(errors="replace").replace("\0", "")


def act(row: BounceReport, delivery: Delivery) -> None:
    """Does what a report asks for."""
    if row.kind == Kind.COMPLAINT:
        _suppress(row, delivery, suppressing.UNSUBSCRIBE, "complaint")
    elif row.kind in (Kind.HARD, Kind.SOFT) and delivery.address_key is not None:
        hard = row.kind == Kind.HARD
        fetch(_NOTE, row.tenant_id, delivery.id, hard, row.said, row.id, SLOT)
        if not hard and _in_a_row(delivery):
            _suppress(row, delivery, suppressing.BOUNCE, "bounce")


def _suppress(row: BounceReport, delivery: Delivery, on: str, source: str) -> None:
    try:
        address = suppressing.address(suppressing.EMAIL, delivery.address or "")
    except Invalid:
        return
    proof = {"delivery": str(delivery.id), "report": str(row.id)}
    suppressing.add(row.tenant_id, address, NOBODY, on=on, source=source, reason=row.said or None, proof=proof)


def _in_a_row(delivery: Delivery) -> bool:
    """Whether the last mails to an address all came back. Index: deliveries_subject."""
    own = Delivery.objects.filter(
        tenant_id=delivery.tenant_id, contact_id=delivery.contact_id, address_key=delivery.address_key
    )
    went = own.filter(state__in=(Delivery.State.SENT, Delivery.State.BOUNCED, Delivery.State.IN_DOUBT))
    moment = Coalesce("sent_at", "handed_over_at", "updated_at")
    last = list(went.order_by(moment.desc(), "-id").values_list("state", flat=True)[:SOFT])
    return last == [Delivery.State.BOUNCED] * SOFT


def settle(tenant_id: int, id: UUID, author: Author) -> bool:
    """Somebody has looked at what was open; whether it was."""
    own = BounceReport.objects.filter(tenant_id=tenant_id, id=id, open=True)
    if not own.update(open=False, content=None):
        return False
    audit.note(tenant_id, author, "bounce.settle", audit.Object(id, "report"))
    return True
