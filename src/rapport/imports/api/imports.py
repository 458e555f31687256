"""`/api/imports`: a file comes in as a stream, is followed, steered, and its failed rows come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import UnreadablePostError

from rapport.imports import acts, failed, receiving
from rapport.imports.errors import RefusedError, SpoolError, StateError
from rapport.imports.models import COUNTS, Import
from rapport.imports.reading.readings import CHOICES
from rapport.imports.representation import outcomes, represent
from rapport.tenants import answers, bodies
from rapport.tenants.query import NO_CURSOR, Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

#: Bytes that are read at a time.
PIECE = 256 * 1024
_STARTS = ("auto", "manual")


def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new import of the body, which goes into the spool as it comes."""
    wanted = _wanted(request)
    with tenant_scope(tenant_id):
        _configured(request, tenant_id, wanted)
    size = _size(request)
    id, path = receiving.new_file(tenant_id)
    try:
        receiving.receive(_pieces(request, size), path, size)
    except SpoolError as error:
        raise answers.Refused(answers.sentence(507 if "room" in str(error) else 400, str(error))) from None
    try:
        row = receiving.begin(tenant_id, request.author, id, size, wanted)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, RefusedError):
            raise answers.Refused(answers.faults(error.errors)) from None
        raise
    told = {"import": str(row.id), "state": row.state}
    return answers.data(told, 201, {"Location": f"/api/imports/{row.id}"})


def shown(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """One import, as it is now."""
    with tenant_scope(tenant_id):
        return answers.data(represent(_own(request, tenant_id, id)))


def change(request: AuthoredRequest, tenant_id: int, id: str, act: str) -> HttpResponse:
    """Start, pause, resume or cancel; 200 also where it is so already."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    options = _start(reader) if act == "start" else {}
    reader.finish()
    bodies.nothing(request)
    try:
        with tenant_scope(tenant_id):
            row = _own(request, tenant_id, id)
            _check_limit(request, row.configuration_id)
            acts.ACTS[act](row, request.author, **options)
    except StateError as error:
        return answers.sentence(409, str(error))
    with tenant_scope(tenant_id):
        return answers.data(represent(_own(request, tenant_id, id)))


def failed_rows(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """The failed rows as they came, with the reason."""
    with tenant_scope(tenant_id):
        row = _own(request, tenant_id, id)
    return failed.download(row) or answers.sentence(404, "The file of this import is not there, or is no table.")


def rows(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """What became of each row, in order."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    outcome = reader.choice("outcome", COUNTS)
    after = reader.number("cursor", NO_CURSOR)
    limit = reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        row = _own(request, tenant_id, id)
    found = outcomes(row, outcome, after or 0, limit + 1)
    cursor = str(found[limit - 1]["row"]) if len(found) > limit else None
    return answers.page(request, found[:limit], cursor)


def _own(request: AuthoredRequest, tenant_id: int, id: str) -> Import:
    """An import that the caller's app made. Raises `answers.Refused` 404."""
    own = {"author_type": request.author.type, "author_id": request.author.id}
    row = Import.objects.filter(tenant_id=tenant_id, id=UUID(id), **own).first()
    if row is None:
        raise answers.Refused(answers.sentence(404, "There is no such import."))
    return row


def _wanted(request: HttpRequest) -> receiving.Wanted:
    """What the address asks for. Raises `ParametersError`."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    wanted: dict[str, Any] = {
        "configuration": reader("configuration", str) or "",
        "name": reader("name", str) or "",
        "manual": reader.choice("start", _STARTS) == "manual",
        "dry_run": _flag(reader, "dry_run"),
        "encoding": reader.choice("encoding", CHOICES),
    }
    reader.finish()
    return receiving.Wanted(**wanted)


def _start(reader: Reader) -> dict[str, Any]:
    return {"dry_run": _flag(reader, "dry_run"), "encoding": reader.choice("encoding", CHOICES)}


def _flag(reader: Reader, name: str) -> bool:
    return reader.choice(name, ("true", "false", "1", "0")) in ("true", "1")


def _configured(request: AuthoredRequest, tenant_id: int, wanted: receiving.Wanted) -> None:
    """Raises `answers.Refused` 422 and 403 before anything of a large file is read."""
    try:
        found = receiving.configured(tenant_id, wanted.configuration)
    except RefusedError as error:
        raise answers.Refused(answers.faults(error.errors)) from None
    _check_limit(request, found.id)


def _check_limit(request: AuthoredRequest, configuration_id: UUID) -> None:
    """Raises `answers.Refused` 403 where the caller's app is limited to other configurations."""
    if request.configurations is not None and configuration_id not in request.configurations:
        raise answers.Refused(answers.sentence(403, "The Connected App may not send records for this configuration."))


def _size(request: HttpRequest) -> int:
    """How many bytes come: ingest lets no file through that does not say it (`ingest.forward`), and no form."""
    return int(request.META["CONTENT_LENGTH"])


def _pieces(request: HttpRequest, size: int) -> Iterator[bytes]:
    left = size
    with suppress(UnreadablePostError):  # whoever counts what came finds it too little
        while left and (piece := request.read(min(left, PIECE))):
            left -= len(piece)
            yield piece
