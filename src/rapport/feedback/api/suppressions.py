"""`/api/suppressions`: who gets nothing, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.feedback import suppressing
from rapport.records.errors import Invalid, sentence
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants import answers, bodies
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

KINDS = ("email", "phone", "domain")
#: What a caller can say of how it came; what it does not say is `api`.
SOURCES = ("api", "hand", "file", "link", "one_click", "bounce", "complaint")
#: Characters of a reason, and of a proof.
LIMIT, PROOF = 1_000, 4_000


def represent(row: Suppression, *, lifted: bool) -> dict[str, Any]:
    """An act of the ledger as callers see it; `lifted` where it holds no more."""
    told = {name: getattr(row, name) for name in ("list", "act", "kind", "address", "source", "reason", "proof")}
    return {"id": str(row.id), **told, "at": answers.moment(row.at), "active": row.act == "added" and not lifted}


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the ledger, oldest first: what was added and what was lifted."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    on = reader.choice("list", Suppression.List.values)
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        rows = Suppression.objects.filter(tenant_id=tenant_id)
        found, cursor = page(rows.filter(list=on) if on else rows, after, limit)
        held = Suppressed.objects.filter(tenant_id=tenant_id, key__in={row.key for row in found})
        active = set(held.values_list("suppression_id", flat=True))
    return answers.data({"data": [represent(row, lifted=row.id not in active) for row in found], "cursor": cursor})


def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """Suppresses an address, a number or a domain; also where it is suppressed already."""
    given = bodies.read(request)
    address, faults = _address(given)
    source = given.get("source")
    if source not in SOURCES:
        faults["source"] = [sentence("choice", "source", allowed=", ".join(SOURCES))]
    proof = given.get("proof")
    if proof is not None and not (isinstance(proof, str | dict) and len(str(proof)) <= PROOF):
        faults["proof"] = [f"The proof must be a text or an object of up to {PROOF} characters."]
    if faults or address is None:
        return answers.faults(faults)
    on = suppressing.BOUNCE if source == "bounce" else suppressing.UNSUBSCRIBE
    kept = {"text": proof} if isinstance(proof, str) else proof
    with tenant_scope(tenant_id):
        added = suppressing.add(tenant_id, address, request.author, on=on, source=str(source), proof=kept)
        held = Suppressed.objects.get(tenant_id=tenant_id, key=address.key, list=on)
        row = Suppression.objects.get(tenant_id=tenant_id, id=held.suppression_id)
    return answers.data(represent(row, lifted=False), 201 if added else 200)


def _address(given: dict[str, Any]) -> tuple[suppressing.Address | None, dict[str, list[str]]]:
    known = (*KINDS, "source", "proof")
    faults = {key: [sentence("unknown", key, known=", ".join(known))] for key in given if key not in known}
    named = [kind for kind in KINDS if kind in given]
    if len(named) != 1:
        return None, faults | {"email": ["Send one of email, phone and domain."]}
    [kind] = named
    if not isinstance(given[kind], str):
        return None, faults | {kind: [sentence("string", kind)]}
    try:
        return suppressing.address(kind, given[kind]), faults
    except Invalid as fault:
        told = "The domain must be one such as example.com." if kind == "domain" else fault.sentence(kind)
        return None, faults | {kind: [told]}


def lift(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Lifts what an act has suppressed, with a reason."""
    given = bodies.read(request)
    reason = given.get("reason")
    faults = {key: [sentence("unknown", key, known="reason")] for key in given if key != "reason"}
    if not isinstance(reason, str) or not reason.strip() or len(reason) > LIMIT:
        faults["reason"] = [f"The reason must be a text of 1 to {LIMIT} characters."]
    if faults:
        return answers.faults(faults)
    with tenant_scope(tenant_id):
        if not Suppression.objects.filter(tenant_id=tenant_id, id=UUID(id), act="added").exists():
            return answers.sentence(404, "There is no such suppression.")
        lifted = suppressing.lift(tenant_id, UUID(id), request.author, str(reason).strip())
    return answers.data({"lifted": lifted})
