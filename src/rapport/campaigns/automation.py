"""What an automated campaign has beside what all have, and the one that every system is made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection

from rapport.records.errors import sentence
from rapport.tenants.models import Tenant

from . import ready
from .models import Campaign

if TYPE_CHECKING:
    import psycopg

KEYS = ("priority", "delay_hours", "by_order_date")
#: Hours of the longest delay; the greatest number of a priority.
DELAY, PRIORITY = 2_160, 10_000
_NAME = "Default"
_GIVE = """
with made as (
    insert into campaigns (tenant_id, id, name, mode, kind, recipients, sender_name, sender_address, is_default)
    select t.id, uuidv7(), %(name)s, 'automated', 'invitation', '{"all": true}', t.name, '', true
    from tenants t where t.id = %(tenant)s
    on conflict do nothing
    returning tenant_id, id
)
insert into messages (tenant_id, campaign_id, part, language, subject, preheader, body)
select tenant_id, id, 'first', 'en', %(subject)s, %(preheader)s, %(body)s from made
"""
Faults = dict[str, list[str]]


def give(tenant: Tenant) -> None:
    """The campaign without a filter of a new system, inactive, with its message; inside its scope."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, _parameters(tenant.pk))


def give_older(owner: psycopg.Connection, tenant_id: int) -> None:
    """The same for a system from before this version, by a connection that is inside its scope."""
    owner.execute(_GIVE, _parameters(tenant_id))


def _parameters(tenant_id: int) -> dict[str, Any]:
    subject, preheader, body = ready.TEXTS[Campaign.Kind.INVITATION]
    return {"tenant": tenant_id, "name": _NAME, "subject": subject, "preheader": preheader, "body": body}


def check(given: Mapping[str, Any], row: Campaign | None = None) -> Faults:
    """What is wrong with the own parts of an automated campaign, given or changed."""
    faults: Faults = {}
    if given.get("kind", Campaign.Kind.INVITATION) != Campaign.Kind.INVITATION:
        faults["kind"] = ["An automated campaign is an invitation."]
    meant = given.get("recipients")
    if row is not None and row.is_default and meant not in (None, {"all": True}):
        faults["recipients"] = ["The default campaign has no filter: it takes what no other one takes."]
    elif (row is None or not row.is_default) and isinstance(meant, dict) and meant.keys() != {"where"}:
        faults["recipients"] = ["An automated campaign has a filter: where, and nothing else."]
    if given.get("spread_hours"):
        faults["spread_hours"] = ["Only a manual campaign is spread."]
    priority, delay, by_order_date = (given.get(key) for key in KEYS)
    if "priority" in given and not _is_number(priority, 1, PRIORITY, whole=True):
        faults["priority"] = [sentence("integer_between", "priority", least=1, most=PRIORITY)]
    if delay is not None and not _is_number(delay, 0, DELAY):
        faults["delay_hours"] = [f"The delay_hours must be a number from 0 to {DELAY}."]
    if "by_order_date" in given and not isinstance(by_order_date, bool):
        faults["by_order_date"] = [sentence("truth", "by_order_date")]
    return faults


def refuse(given: Mapping[str, Any]) -> Faults:
    """What only an automated campaign has, given for a manual one."""
    faults = {key: ["Only an automated campaign has that."] for key in KEYS if key in given}
    if given.get("mode", Campaign.Mode.MANUAL) not in Campaign.Mode.values:
        faults["mode"] = [sentence("choice", "mode", allowed=", ".join(Campaign.Mode.values))]
    meant, kind = given.get("recipients"), given.get("kind", Campaign.Kind.INVITATION)
    if isinstance(meant, dict) and "waiting" in meant and kind != Campaign.Kind.INVITATION:
        faults["recipients"] = ["Only an invitation goes to survey records that wait."]
    return faults


def fill(row: Campaign, given: Mapping[str, Any]) -> None:
    """Puts what `check` has found right into a campaign."""
    if "priority" in given:
        row.priority = given["priority"]
    if "delay_hours" in given:
        row.delay_seconds = round((given["delay_hours"] or 0) * 3600)
    if "by_order_date" in given:
        row.by_order_date = given["by_order_date"]


def represent(row: Campaign) -> dict[str, Any]:
    """The own parts of an automated campaign, as callers see them."""
    own = {"priority": row.priority, "is_default": row.is_default, "by_order_date": row.by_order_date}
    return own | {"delay_hours": row.delay_seconds / 3600}


def _is_number(value: Any, least: float, most: float, *, whole: bool = False) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most
