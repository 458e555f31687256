"""What copies of a default do with headings that it does not map itself. All is called inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from rapport.history.models import UnmappedValue

from .models import Configuration, ConfigurationEdit

#: (configuration's reference, heading).
Place = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A heading that a default does not map, and that a copy of it does."""

    copy: Configuration
    #: When the copy first mapped it.
    since: datetime
    #: Values that were kept since then of those who still name the default; these may be fewer than came.
    values: int
    #: Whether any came since then.
    came: bool

    @property
    def sentence(self) -> str:
        """What has come since, in words."""
        if not self.came:
            return "nothing has come since"
        told = "1 value has" if self.values == 1 else f"{self.values:,} values have" if self.values else "more has"
        return f"{told} come since from whoever does not name it yet"


def of(row: Configuration) -> list[Configuration]:
    """The active configurations that map all that a default maps: they can take its place. The newest first."""
    if not row.is_default:
        return []
    return fitting(row, Configuration.objects.filter(tenant_id=row.tenant_id))


def mended(tenant_id: int, rows: Iterable[Mapping[str, Any]]) -> dict[Place, Mended]:
    """Which of these unmapped headings, as `unmapped.headings` tells them, are mapped in a copy."""
    told = {(row["configuration"], row["heading"]): row for row in rows if row["heading"]}
    references = {reference for reference, _ in told}
    known = Configuration.objects.filter(tenant_id=tenant_id)
    alike = known.filter(is_default=True, reference__in=references).values("data_type")
    every = list(known.filter(data_type__in=alike)) if told else []
    defaults = [row for row in every if row.is_default and row.reference in references]
    found = {default.id: fitting(default, every) for default in defaults}
    pairs: dict[Place, tuple[Configuration, Configuration]] = {}
    for default in defaults:
        for reference, heading in told:
            copy = next((each for each in found[default.id] if maps(each, heading)), None)
            if reference == default.reference and copy is not None:
                pairs[reference, heading] = (default, copy)
    moments = _moments(tenant_id, {(copy.id, place[1]) for place, (_, copy) in pairs.items()})
    since = {place: moments.get((copy.id, place[1]), copy.created_at) for place, (_, copy) in pairs.items()}
    values = _values(tenant_id, [(default.id, place[1], since[place]) for place, (default, _) in pairs.items()])
    return {
        place: Mended(
            copy=copy,
            since=since[place],
            values=values.get((default.id, place[1]), 0),
            came=datetime.fromisoformat(told[place]["last_seen"]) > since[place],
        )
        for place, (default, copy) in pairs.items()
    }


def maps(row: Configuration, heading: str) -> bool:
    """Whether a configuration maps a heading."""
    return any(entry["heading"] == heading for entry in row.mapping)


def fitting(default: Configuration, rows: Iterable[Configuration]) -> list[Configuration]:
    """Those of the rows that can take a default's place, the newest first."""
    wanted = _pairs(default)
    alike = [row for row in rows if (row.kind, row.data_type) == (default.kind, default.data_type)]
    found = [row for row in alike if row.active and not row.is_default and wanted <= _pairs(row)]
    return sorted(found, key=lambda row: row.id, reverse=True)


def _pairs(row: Configuration) -> set[tuple[str, str]]:
    return {(entry["heading"], entry["field"]) for entry in row.mapping}


def _moments(tenant_id: int, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], datetime]:
    """(configuration's id, heading) -> when an edit first mapped it."""
    if not wanted:
        return {}
    edits = ConfigurationEdit.objects.filter(tenant_id=tenant_id, configuration_id__in={id for id, _ in wanted})
    places = sorted(wanted)
    firsts = {
        f"first_{n}": Min("at", filter=Q(configuration_id=id, after__mapping__contains=[{"heading": heading}]))
        for n, (id, heading) in enumerate(places)
    }
    found = zip(places, edits.aggregate(**firsts).values(), strict=True)
    return {place: at for place, at in found if at is not None}


def _values(tenant_id: int, wanted: list[tuple[UUID, str, datetime]]) -> dict[tuple[UUID, str], int]:
    """(configuration's id, heading) -> values that are kept from after a moment. Index: their primary key."""
    if not wanted:
        return {}
    places = (Q(configuration_id=id, heading=heading, at__gt=since) for id, heading, since in wanted)
    rows = UnmappedValue.objects.filter(reduce(or_, places), tenant_id=tenant_id)
    counted = rows.values_list("configuration_id", "heading").annotate(count=Count("id"))
    return {(id, heading): count for id, heading, count in counted}
