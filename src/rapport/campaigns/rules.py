"""What holds for all campaigns of a system: the rest rule, who sends, and by which server."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from rapport.records.errors import sentence
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.models import Tenant

from . import automation, conditions
from .drafts import address_fault, is_server
from .errors import FaultsError
from .models import SendingRules

if TYPE_CHECKING:
    import psycopg

KEYS = ("rest_on", "rest_days", "rest_fields", "sender_name", "sender_address", "reply_to", "server")
#: Fields beside the contact that a rest rule can look at.
FIELDS = 3
_OLDER = """
insert into sending_rules (tenant_id, sender_name) select id, name from tenants where id = %(tenant)s
on conflict do nothing
"""


def give(tenant: Tenant) -> None:
    """Gives a new system its rules, inside its scope: 30 days of rest, the deployment's sender."""
    address = parseaddr(settings.RAPPORT.mail_from)[1]
    SendingRules.objects.create(
        tenant_id=tenant.pk,
        sender_name=tenant.name,
        sender_address="" if address.endswith("@localhost") else address,
    )
    automation.give(tenant)


def give_older(owner: psycopg.Connection) -> None:
    """Gives systems from before this version theirs."""
    for (tenant_id,) in owner.execute("select id from tenants order by id").fetchall():
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
            owner.execute(_OLDER, {"tenant": tenant_id})
            automation.give_older(owner, tenant_id)


def of(tenant_id: int) -> SendingRules:
    """The system's rules, inside its scope."""
    return SendingRules.objects.get(tenant_id=tenant_id)


def resting_fields(tenant_id: int) -> dict[str, str]:
    """The fields that a rest rule can look at -> their labels, inside the tenant's scope.

    Not those that are called like one of every system: of the two, the rule's SQL reads the system's.
    """
    known = conditions.fields(tenant_id).items()
    return {name: field.label for name, field in known if not {"survey", "custom"} & set(name.split("."))}


def change(row: SendingRules, author: Author, given: Mapping[str, Any]) -> None:
    """Edits them; what was planned before must be planned again. Raises `FaultsError`."""
    faults = {key: [sentence("unknown", key, known=", ".join(KEYS))] for key in given if key not in KEYS}
    faults |= {key: [told] for key in given if key in KEYS and (told := _fault(row.tenant_id, key, given[key]))}
    if faults:
        raise FaultsError(faults)
    before = represent(row)
    for key in KEYS:
        if key in given and key != "server":
            setattr(row, key, given[key])
    if "server" in given:
        row.server_id = given["server"] and UUID(given["server"])
    row.version += 1
    row.save(force_update=True)
    what = audit.Object(row.tenant_id, "sending")
    audit.note(row.tenant_id, author, "sending.change", what, audit.changed(before, represent(row)))


def _fault(tenant_id: int, key: str, value: Any) -> str | None:
    if key == "rest_on":
        return None if isinstance(value, bool) else sentence("truth", key)
    if key == "rest_days":
        fit = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 3650
        return None if fit else sentence("integer_between", key, least=1, most=3650)
    if key == "rest_fields":
        known = resting_fields(tenant_id)
        fit = isinstance(value, list) and len(value) <= FIELDS and len(set(map(str, value))) == len(value)
        fit = fit and all(each in known for each in value)
        return None if fit else f"The rest_fields are up to {FIELDS} different fields of contact or account."
    if key == "sender_name":
        fit = isinstance(value, str) and value.isprintable() and len(value) <= 128
        return None if fit else sentence("printable", key, limit=128)
    if key == "server":
        return None if value is None or is_server(tenant_id, value) else sentence("selected", key)
    empty = value is None if key == "reply_to" else value == ""
    return None if empty else address_fault(f"The {key}", value)


def represent(row: SendingRules) -> dict[str, Any]:
    """The rules as callers and the audit log see them."""
    told = {key: getattr(row, key) for key in KEYS if key != "server"}
    return told | {"server": row.server_id and str(row.server_id), "version": row.version}
