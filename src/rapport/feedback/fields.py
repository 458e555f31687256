"""By what answers are grouped and filtered: their own columns, and any field of survey record, contact and account.

Contact and account are taken as they are today. Values come as parameters, never as text of a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.directory.legend import legend
from rapport.directory.models import Account
from rapport.surveys.models import Response, Survey

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: Table -> how a query of `known k` reaches it. Index: the primary key of each.
JOINS = {
    "r": "left join responses r on r.tenant_id = %(tenant)s and r.id = k.id and k.type = 'response'",
    "x": "left join external_responses x on x.tenant_id = %(tenant)s and x.id = k.id and k.type <> 'response'",
    "s": "left join survey_records s on s.tenant_id = %(tenant)s and s.id = k.survey_record_id",
    "c": "left join contacts c on c.tenant_id = %(tenant)s and c.id = k.contact_id",
    "a": "left join accounts a on a.tenant_id = %(tenant)s and a.id = k.account_id",
    "f": "left join follow_ups f on f.tenant_id = %(tenant)s and f.answer_id = k.id",
}
#: Types of fields whose values make groups.
_LONG = "long text"


@dataclass(frozen=True)
class Field:
    """Something that answers can be grouped by."""

    name: str
    label: str
    #: Its value as a text, null where there is none; `%(key…)s` is in `parameters`.
    sql: str
    joins: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: Whether the hours that are rolled up have it.
    rolled: bool = False


_OWN = (
    Field("touchpoint", "Touchpoint", "k.touchpoint", rolled=True),
    Field("campaign", "Campaign", "k.campaign_id::text", rolled=True),
    Field("account", "Account", "k.account_id::text"),
    Field("contact", "Contact", "k.contact_id::text"),
    Field("survey", "Survey", "k.survey_id::text"),
    Field("type", "Source", "k.type"),
    Field("channel", "Channel", "k.channel"),
    Field("language", "Language of the answer", "k.language"),
    Field("follow_up", "Follow-up", "coalesce(f.state, 'open')", ("f",)),
    Field("assignee", "Assigned to", "f.assignee_id::text", ("f",)),
    Field("division", "Division", "coalesce(s.division, x.division)", ("s", "x")),
    Field("delivery_vector", "Delivery Vector", "s.delivery_vector", ("s",)),
)
#: Those whose values are no names: pages filter by them, and group by something else.
IDS = frozenset(("contact", "assignee"))
_TABLES = {"contact": "c", "account": "a"}
_NOT_TEXT = ("email", "phone", "first_name", "last_name", "account_name", "name")


def fields(tenant: Tenant) -> dict[str, Field]:
    """Every one by its name, inside the tenant's scope: `touchpoint`, `contact.language`, `survey.order_type`."""
    found = {each.name: each for each in _OWN}
    for owner, alias in _TABLES.items():
        for entry in legend(tenant, owner).entries.values():
            if entry.custom and entry.type != _LONG:
                expression = _custom(entry.name, (alias,))
            elif not entry.custom and entry.name not in _NOT_TEXT:
                expression = Field("", "", f"{alias}.{entry.name}", (alias,))
            else:
                continue
            name = f"{owner}.{entry.name.removeprefix('custom.')}"
            found.setdefault(name, replace(expression, name=name, label=f"{owner.capitalize()}: {entry.label}"))
    for entry in legend(tenant, "survey").entries.values():
        if entry.custom and entry.type != _LONG:
            name = f"survey.{entry.name.removeprefix('custom.')}"
            found.setdefault(name, replace(_custom(entry.name, ("s", "x")), name=name, label=entry.label))
    return found


def _custom(name: str, aliases: tuple[str, ...]) -> Field:
    """A field that the tenant added; its technical name is a parameter."""
    key = f"key_{aliases[0]}_{name.removeprefix('custom.')}"
    values = ", ".join(f"{alias}.attributes ->> %({key})s" for alias in aliases)
    sql = f"coalesce({values})" if len(aliases) > 1 else values
    return Field("", "", sql, aliases, {key: name.removeprefix("custom.")})


def words(tenant_id: int, field: str, values: Iterable[str | None]) -> dict[str | None, str]:
    """What people read for values of a field; inside the tenant's scope."""
    known = {value for value in values if value is not None}
    if field in ("account", "survey"):
        model: Any = Account if field == "account" else Survey
        rows = model.objects.filter(tenant_id=tenant_id, id__in=map(UUID, known)).values_list("id", "name")
        return {str(id): name for id, name in rows}
    named = {
        "type": {"response": "Survey", "external_response": "Collected elsewhere"},
        "channel": dict(Response.Channel.choices),
        "follow_up": {"open": "Open", "in_progress": "In Progress", "closed": "Closed"},
    }
    return {value: str(named.get(field, {}).get(value, value)) for value in known}
