"""One configuration: what it maps, how much came through it, and how it came to be so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from rapport.configurations import catalogue, changes, copies, drafts, unmapped, use
from rapport.configurations.artefacts import curl, sheet
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.models import Configuration, ConfigurationEdit
from rapport.records.entries import by_field
from rapport.records.types import ALL
from rapport.tenants import lifecycle
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

from . import found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member
    from rapport.records.fields import Field

#: Unmapped headings that are named, of those looked at.
NAMED, LOOKED_AT = 3, 100
PAGE = 25


def shown(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A configuration."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        known = catalogue.of_tenant(tenant_id)
        records, refused = use.records(row)
        context = {
            "row": row,
            "type": ALL[row.data_type],
            "lines": _lines(row, known.fields(ALL[row.data_type])),
            "parts": lifecycle.parts("configuration", row),
            "records": records,
            "refused": refused,
            "unmapped": _unmapped(tenant_id, reference),
            "edits": changes.told(row, _edits(row)[:1]),
            "draft": drafts.of(row),
        }
    api = row.kind == Configuration.Kind.API
    outline = Outline.of(row, known)
    context["example"] = curl.text(outline, hosts(request)) if api else sheet.text(outline)
    return render(request, "configurations/shown.html", context)


def versions(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """The edits of a configuration, each of which made a version, newest first."""
    before = request.GET.get("before", "")
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        rows = _edits(row)
        if before.isascii() and before.isdigit() and len(before) < 10:
            rows = rows.filter(version__lt=int(before))
        edits = changes.told(row, rows[: PAGE + 1])
    older = edits[PAGE - 1].version if len(edits) > PAGE else None
    context = {"row": row, "edits": edits[:PAGE], "older": older, "before": before}
    return render(request, "configurations/versions.html", context)


def _edits(row: Configuration) -> Any:
    rows = ConfigurationEdit.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id)
    return rows.order_by("-version")


def _unmapped(tenant_id: int, reference: str) -> list[dict[str, Any]]:
    """The newest headings that nothing maps, nor a copy that can take its place."""
    rows = unmapped.headings(tenant_id, reference, LOOKED_AT)
    mended = copies.mended(tenant_id, rows)
    return [row for row in rows if (row["configuration"], row["heading"]) not in mended][:NAMED]


def _lines(row: Configuration, fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """The mapping, each heading with its field and when it last came."""
    seen = unmapped.last_sent(row)
    first = {name: own[0]["heading"] for name, own in by_field(row.mapping).items()}
    return [
        {
            **entry,
            "label": fields[entry["field"]].label,
            "last_seen": seen.get(entry["heading"]),
            "after": first[entry["field"]] if first[entry["field"]] != entry["heading"] else "",
        }
        for entry in row.mapping
    ]
