"""The ledger of who gets nothing: adding to it, lifting, and what it has come to (law 4). Undo never touches it.

Called inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from rapport.records import keys
from rapport.records.errors import Invalid
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants import audit
from rapport.tenants.actors import Author, current_request

UNSUBSCRIBE, BOUNCE = Suppression.List.UNSUBSCRIBE, Suppression.List.BOUNCE
EMAIL, PHONE, DOMAIN = Suppression.Kind.EMAIL, Suppression.Kind.PHONE, Suppression.Kind.DOMAIN
#: Characters of an e-mail address and of a domain.
EMAIL_LIMIT, DOMAIN_LIMIT = 320, 253
#: Addresses of a file that are written at once.
CHUNK = 1_000


class Address(NamedTuple):
    """What is suppressed: as it was given, and the key that finds it."""

    kind: str
    text: str
    key: str


def address(kind: str, text: str) -> Address:
    """An address of a kind. Raises `Invalid`."""
    text = text.strip()
    if kind == EMAIL and len(text) > EMAIL_LIMIT:
        raise Invalid("max", limit=EMAIL_LIMIT)
    if kind == EMAIL:
        return Address(kind, text, f"e:{keys.email_key(text)}")
    if kind == PHONE:
        return Address(kind, text, f"p:{keys.phone_key(text)}")
    domain = text.removeprefix("@")
    if len(domain) > DOMAIN_LIMIT:
        raise Invalid("max", limit=DOMAIN_LIMIT)
    if "." not in domain.strip("."):  # `com` would silence all below it
        raise Invalid("domain")
    return Address(DOMAIN, domain, f"d:{keys.email_key(f'x@{domain}').partition('@')[2]}")


def any_address(text: str) -> Address:
    """What a line of a file names: an e-mail address, a domain (also with an @ before it), or a number.

    Raises `Invalid`.
    """
    text = text.strip()
    if "@" in text[1:]:
        return address(EMAIL, text)
    return address(DOMAIN if any(sign.isalpha() for sign in text) else PHONE, text)


def of_contact(fields: Mapping[str, Any]) -> Address | None:
    """Where a contact is written to: the e-mail address, else the phone number; None where there is neither."""
    for kind, name in ((EMAIL, "email"), (PHONE, "phone")):
        if fields.get(name):
            try:
                return address(kind, fields[name])
            except Invalid:
                continue
    return None


def add(
    tenant_id: int,
    given: Address,
    author: Author,
    *,
    on: str = UNSUBSCRIBE,
    source: str,
    reason: str | None = None,
    proof: Mapping[str, Any] | None = None,
) -> bool:
    """Suppresses an address; False where it is on that list already."""
    said = _Said(on, source, reason, dict(proof) if proof else None)
    added = _added(tenant_id, [given], author, said)
    if added and author.type != "respondent":
        audit.note(tenant_id, author, "suppression.add", audit.Object(added[0].id, given.kind), {"source": source})
    return bool(added)


def add_file(tenant_id: int, given: Iterable[Address], author: Author, *, on: str, reason: str | None = None) -> int:
    """Suppresses all addresses of a file; how many were not on that list already."""
    by_key = {each.key: each for each in given}
    # In one order: two files at the same moment wait for each other once.
    ordered = sorted(by_key)
    added: list[Suppression] = []
    for start in range(0, len(ordered), CHUNK):
        part = [by_key[key] for key in ordered[start : start + CHUNK]]
        added += _added(tenant_id, part, author, _Said(on, "file", reason))
    if added:
        audit.note(
            tenant_id, author, "suppression.add_file", audit.Object(added[0].id, "a file"), {"added": len(added)}
        )
    return len(added)


class _Said(NamedTuple):
    """What is written of an act besides its address."""

    on: str
    source: str
    reason: str | None = None
    proof: dict[str, Any] | None = None


def _added(tenant_id: int, given: Sequence[Address], author: Author, said: _Said) -> list[Suppression]:
    """Puts addresses with different keys on a list; the acts of those that were not on it."""
    moment = datetime.now(UTC)
    rows = [
        Suppression(
            tenant_id=tenant_id,
            at=moment,
            list=said.on,
            act=Suppression.Act.ADDED,
            kind=each.kind,
            address=each.text,
            key=each.key,
            source=said.source,
            reason=said.reason,
            proof=said.proof,
            actor_type=author.type,
            actor_id=author.id,
            request_id=current_request.get(),
        )
        for each in given
    ]
    states = (
        Suppressed(tenant_id=tenant_id, key=row.key, list=said.on, suppression_id=row.id, at=moment) for row in rows
    )
    Suppressed.objects.bulk_create(states, ignore_conflicts=True)
    held = Suppressed.objects.filter(tenant_id=tenant_id, list=said.on, key__in=[row.key for row in rows])
    mine = set(held.values_list("suppression_id", flat=True))
    return Suppression.objects.bulk_create([row for row in rows if row.id in mine])


def lift(tenant_id: int, id: UUID, author: Author, reason: str) -> bool:
    """Lifts what an act has put on a list; False where it is lifted already, or there is no such act."""
    found = Suppressed.objects.filter(tenant_id=tenant_id, suppression_id=id)
    act = Suppression.objects.filter(tenant_id=tenant_id, id=id).first()
    if act is None or not found.delete()[0]:
        return False
    Suppression.objects.create(
        tenant_id=tenant_id,
        at=datetime.now(UTC),
        list=act.list,
        act=Suppression.Act.LIFTED,
        kind=act.kind,
        address=act.address,
        key=act.key,
        source="hand" if author.type == "user" else "api",
        reason=reason,
        actor_type=author.type,
        actor_id=author.id,
        request_id=current_request.get(),
    )
    audit.note(tenant_id, author, "suppression.lift", audit.Object(id, act.kind), {"reason": reason})
    return True


def listed(tenant_id: int, ids: list[UUID]) -> dict[UUID, Suppression]:
    """The acts with these ids."""
    return {row.id: row for row in Suppression.objects.filter(Q(tenant_id=tenant_id) & Q(id__in=ids))}
