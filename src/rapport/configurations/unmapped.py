"""Headings that nothing maps: what came under them, and which mapped heading they probably are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef
from django.db.models.functions import Now

from rapport.history.models import MappedHeading, UnmappedHeading, UnmappedValue
from rapport.records.rename import Mapped, suggest
from rapport.records.types import ALL
from rapport.tenants import audit
from rapport.tenants.answers import moment
from rapport.tenants.scope import tenant_scope

from . import catalogue
from .models import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import TypedDict
    from uuid import UUID

    from django_stubs_ext import WithAnnotations

    from rapport.records.rename import Suggestion
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

    class Newest(TypedDict):
        """What is read beside a heading."""

        newest: list[str]

    Listed = WithAnnotations[UnmappedHeading, Newest]

#: Newest values that are shown of a heading, and looked at for a suggestion.
SHOWN = 5
LOOKED_AT = 20
#: Different values that are shown where somebody maps a heading.
DISTINCT = 12
#: More than all headings of most tenants.
LISTED = 10_000


def headings(
    tenant_id: int, reference: str | None = None, limit: int = LISTED, *, dismissed: bool = False
) -> list[dict[str, Any]]:
    """Unmapped headings, those seen last first, ready for JSON; inside the tenant's scope.

    `reference` narrows to one configuration; `dismissed` shows those that somebody has dismissed instead.
    """
    known = Configuration.objects.filter(tenant_id=tenant_id, **({} if reference is None else {"reference": reference}))
    return _told(tenant_id, known, limit, dismissed_at__isnull=not dismissed)


def one(tenant_id: int, reference: str, heading: str) -> dict[str, Any] | None:
    """One unmapped heading like `headings` tells it, dismissed or not; None where there is none of that name."""
    known = Configuration.objects.filter(tenant_id=tenant_id, reference=reference)
    return next(iter(_told(tenant_id, known, 1, heading=heading)), None)


def unheard(row: Configuration, heading: str) -> dict[str, Any]:
    """A heading of which nothing is counted (yet, or any more), like `headings` tells it."""
    times = dict.fromkeys(("first_seen", "last_seen", "sample", "suggestion"))
    return {"configuration": row.reference, "heading": heading, "count": 0, "values": [], **times}


def kept(tenant_id: int, configuration_id: UUID, heading: str) -> list[tuple[str, int]]:
    """The values that are kept of a heading, each once with how often it came, the most frequent first."""
    rows = UnmappedValue.objects.filter(tenant_id=tenant_id, configuration_id=configuration_id, heading=heading)
    counted = rows.values_list("value").annotate(count=Count("value")).order_by("-count", "value")
    return list(counted[:DISTINCT])


def _told(tenant_id: int, known: Iterable[Configuration], limit: int, **wanted: Any) -> list[dict[str, Any]]:
    configurations = {row.id: row for row in known}
    newest = UnmappedValue.objects.filter(
        tenant_id=tenant_id, configuration_id=OuterRef("configuration_id"), heading=OuterRef("heading")
    )
    rows = UnmappedHeading.objects.filter(
        tenant_id=tenant_id, configuration_id__in=list(configurations), **wanted
    ).annotate(newest=ArraySubquery(newest.order_by("-id").values("value")[:LOOKED_AT]))
    found = [row for row in rows.order_by("-last_seen", "heading")[:limit] if not _is_mapped(row, configurations)]
    mapped = {id: list(_mapped(configurations[id])) for id in {row.configuration_id for row in found}}
    return [_represent(row, configurations[row.configuration_id], mapped[row.configuration_id]) for row in found]


def listing(tenant: Tenant, reference: str | None = None, *, dismissed: bool = False) -> list[dict[str, Any]]:
    """`headings` for the command line."""
    with tenant_scope(tenant) as tenant_id:
        return headings(tenant_id, reference, dismissed=dismissed)


def dismiss(tenant_id: int, author: Author, reference: str, heading: str) -> bool:
    """Takes a heading from the list; False where the configuration has none of that name. Inside the tenant's scope."""
    return _mark(tenant_id, author, (reference, heading), "dismiss")


def restore(tenant_id: int, author: Author, reference: str, heading: str) -> bool:
    """Brings a dismissed heading back to the list; False like `dismiss`. Inside the tenant's scope."""
    return _mark(tenant_id, author, (reference, heading), "restore")


def forget(tenant_id: int, author: Author, reference: str, heading: str) -> bool:
    """Deletes a heading with its values, new when it comes again; False like `dismiss`. Inside the tenant's scope."""
    return _mark(tenant_id, author, (reference, heading), "forget")


def _mark(tenant_id: int, author: Author, named: tuple[str, str], act: str) -> bool:
    """Does an act to the heading at (reference, heading), which the audit log keeps."""
    reference, heading = named
    known = Configuration.objects.filter(tenant_id=tenant_id, reference=reference).values_list("id", flat=True)
    place = {"tenant_id": tenant_id, "configuration_id__in": list(known), "heading": heading}
    rows = UnmappedHeading.objects.filter(**place)
    if act == "forget":
        UnmappedValue.objects.filter(**place).delete()
        found, _ = rows.delete()
    else:
        found = rows.update(dismissed_at=Now() if act == "dismiss" else None)
    if found:
        audit.note(tenant_id, author, f"unmapped.{act}", audit.Object(known[0], heading), {"reference": reference})
    return bool(found)


def erase(tenant_id: int, email_keys: Iterable[str] = (), phone_keys: Iterable[str] = ()) -> int:
    """Deletes the values that came with a contact's keys; how many. Inside the tenant's scope."""
    rows = UnmappedValue.objects.filter(tenant_id=tenant_id)
    deleted, _ = rows.filter(email_key__in=list(email_keys)).delete()
    more, _ = rows.filter(phone_key__in=list(phone_keys)).delete()
    return deleted + more


def last_sent(row: Configuration) -> dict[str, datetime]:
    """Heading -> when it last came mapped; inside the tenant's scope."""
    seen = MappedHeading.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id)
    return dict(seen.values_list("heading", "last_seen"))


def _is_mapped(row: UnmappedHeading, configurations: Mapping[UUID, Configuration]) -> bool:
    """Whether the configuration maps it by now; what had come before that is counted still."""
    return any(entry["heading"] == row.heading for entry in configurations[row.configuration_id].mapping)


def _mapped(configuration: Configuration) -> Iterable[Mapped]:
    """The headings that a configuration maps, with their types and when they were last sent."""
    tenant_id, kind = configuration.tenant_id, ALL[configuration.data_type]
    last = last_sent(configuration)
    fields = catalogue.of_tenant(tenant_id, [entry["field"] for entry in configuration.mapping]).fields(kind)
    for entry in configuration.mapping:
        if entry["field"] in fields:
            heading, field = entry["heading"], fields[entry["field"]]
            yield Mapped(heading, field.name, field.type, last.get(heading))


def _represent(row: Listed, configuration: Configuration, mapped: list[Mapped]) -> dict[str, Any]:
    found = suggest(row.heading, row.newest, row.first_seen, mapped) if row.heading else None
    return {
        "configuration": configuration.reference,
        "heading": row.heading,
        "count": row.count,
        "first_seen": moment(row.first_seen),
        "last_seen": moment(row.last_seen),
        "sample": row.newest[0] if row.newest else None,
        "values": row.newest[:SHOWN],
        "suggestion": found and _suggestion(found),
    }


def _suggestion(found: Suggestion) -> dict[str, Any]:
    return {"heading": found.heading, "field": found.field, "reasons": list(found.reasons)}
