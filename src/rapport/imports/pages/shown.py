"""One import: how far it is, what became of its rows, what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404
from django.shortcuts import render

from rapport.configurations.models import Configuration
from rapport.imports.checking import UnfitError, judged
from rapport.imports.failed import download
from rapport.imports.models import COUNTS, OPEN, Import
from rapport.imports.reading.readings import called
from rapport.imports.reading.rows import Layout, Place
from rapport.imports.representation import can_start, first_failures, rate, seconds_left
from rapport.tenants import lifecycle
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

State = Import.State
#: States that change by themselves.
_MOVING = (State.RECEIVED, State.CHECKING, State.RUNNING)


def shown(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The import; while it moves, htmx asks for its progress every second."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        configuration = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id).first()
        failures = first_failures(row)
        wants_mapping = _wants_mapping(row)
        parts = lifecycle.parts("import", row)
    whole = (row.bytes or 0) - row.head_end
    context = {
        "row": row,
        "configuration": configuration,
        "failures": failures,
        "counts": [(name, getattr(row, name)) for name in COUNTS],
        "rate": rate(row),
        "left": seconds_left(row),
        "share": (row.offset - row.head_end) / whole if whole > 0 else float(row.state == State.DONE),
        "wants_mapping": wants_mapping,
        "parts": parts,
        "moving": row.state in _MOVING,
        "can_start": can_start(row),
        "encoding": called((row.layout or {}).get("encoding", "")),
        "readings": [each | {"called": called(each["encoding"])} for each in row.readings],
        "can_cancel": row.state in OPEN,
    }
    return render(request, "imports/shown.html", context)


def _wants_mapping(row: Import) -> bool:
    """Whether an import waits since its mapping does not fit; inside the tenant's scope."""
    if row.state != State.WAITING or row.layout is None or not row.reason:
        return False
    try:
        fit = judged(row, Layout(**row.layout), Place(row.head_end, row.head_line))
    except UnfitError:
        return True
    return any(each in row.reason for each in fit.doubts)


def failed_rows(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The failed rows as a file to mend and send again."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
    answer = download(row)
    if answer is None:
        raise Http404
    return answer


def find(tenant_id: int, id: str) -> Import:
    """The import with this id; inside the tenant's scope. Raises `Http404`."""
    row = Import.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    if row is None:
        raise Http404
    return row
