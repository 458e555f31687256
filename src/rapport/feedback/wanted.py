"""Which answers somebody wants: read from the query of a page or of the API, in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from rapport.surveys.models import FollowUp, Response
from rapport.tenants.query import Reader

from . import figures, known
from .fields import Field
from .responses import Answer, load
from .statistics import GROUPS

#: Parameters that are fields of their own; any other goes by `field` and `value`.
NAMED = ("touchpoint", "campaign", "account", "contact", "survey", "type", "channel", "follow_up", "assignee")
#: What those are that have words of their own.
_WORDS = {
    "type": ("response", "external_response"),
    "channel": Response.Channel.values,
    "follow_up": FollowUp.State.values,
}
_IDS = frozenset(("campaign", "account", "contact", "survey", "assignee"))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The answers of a list."""

    answers: figures.Wanted
    group: str | None = None

    def conditions(self) -> str:
        """What follows `where` besides."""
        if self.group is None:
            return ""
        return f"and k.score between {GROUPS[self.group][0]:d} and {GROUPS[self.group][-1]:d}"


def read(reader: Reader, known_fields: Mapping[str, Field]) -> Filter:
    """The filters of a query; faults are collected by the reader."""
    where = []
    for name in NAMED:
        found = _value(reader, name)
        if found is not None:
            where.append((known_fields[name], None if found == "" else str(found)))
    field, value = reader.choice("field", known_fields), reader("value", str)
    if field is not None:
        where.append((known_fields[field], value or None))
    elif value is not None:
        reader.errors["value"] = ["The value needs a field."]
    answers = figures.Wanted(start=reader.time("from"), end=reader.time("to"), where=tuple(where))
    return Filter(answers=answers, group=reader.choice("group", GROUPS))


def _value(reader: Reader, name: str) -> str | UUID | None:
    if name in _WORDS:
        return reader.choice(name, _WORDS[name])
    if name in _IDS:
        return reader.id(name)
    text: str | None = reader(name, str)
    return text


def page(
    tenant_id: int, wanted: Filter, *, after: int | None = None, before: int | None = None, limit: int
) -> tuple[list[Answer], list[int]]:
    """Answers behind a number, oldest first, or before one, newest first, with the numbers of their entering."""
    side, order = ("k.seq > %(place)s", "seq") if after is not None else ("k.seq < %(place)s", "seq desc")
    place = after if after is not None else before if before is not None else known.LAST
    where = " ".join(("where", figures.conditions(wanted.answers), wanted.conditions(), "and", side))
    beside = figures.joins(wanted.answers)
    # Of what is counted, as many more as may be out of date; so it is read in the index's order, and ends soon.
    parts = (
        "select id, seq from (select c.id, c.seq from (select k.id, k.seq from counted_answers k",
        beside,
        where,
        "and k.tenant_id = %(tenant)s order by k.seq" + order.removeprefix("seq"),
        "limit %(limit)s + (select count(*) from behind)) c",
        "where not exists (select from behind b where b.object_id = c.id)",
        "union all select k.id, k.seq from present k",
        beside,
        where,
        f") k order by {order} limit %(limit)s",
    )
    more = {"place": place, "limit": limit}
    rows = known.query(tenant_id, " ".join(parts), figures.parameters(wanted.answers) | more)
    numbers: dict[UUID, int] = dict(rows)
    found = load(tenant_id, list(numbers))
    return found, [numbers[answer.id] for answer in found]


def among(tenant_id: int, wanted: Filter, ids: list[UUID]) -> set[UUID]:
    """Which of these answers are wanted."""
    tail = f"{wanted.conditions()} and k.id = any(%(ids)s)"
    return {
        id for (id,) in figures.select(tenant_id, "k.id", wanted.answers, tail=tail, rolls=False, more={"ids": ids})
    }
