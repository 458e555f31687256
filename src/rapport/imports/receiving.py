"""Takes files in: piece by piece into the spool, whatever their size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from rapport.configurations import edits
from rapport.configurations.errors import UnknownError
from rapport.records.errors import sentence
from rapport.tenants import audit
from rapport.tenants.models import Tenant
from rapport.tenants.scope import having, tenant_scope

from . import jobs
from .errors import RefusedError, SpoolError
from .models import OPEN, Import
from .reading.room import room

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration
    from rapport.tenants.actors import Author

NAME_LIMIT = 255
#: Names of files in the spool, and of what is unpacked beside them.
_SPOOLED = re.compile(r"([0-9]{1,9})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.unpacked)?")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What shall become of a file."""

    configuration: str
    name: str = ""
    manual: bool = False
    dry_run: bool = False
    #: What it is read in, whatever it looks like.
    encoding: str | None = None


def file_of(tenant_id: int, id: UUID) -> Path:
    """Where the file of an import lies."""
    return settings.RAPPORT.spool / f"{tenant_id}-{id}"


def spooled() -> Iterator[tuple[int, UUID, Path]]:
    """What lies in the spool: the tenant and the id of the import that it was received for, and the file."""
    spool: Path = settings.RAPPORT.spool
    for path in spool.iterdir() if spool.is_dir() else ():
        if found := _SPOOLED.fullmatch(path.name):
            yield int(found[1]), UUID(found[2]), path


def missing(limit: int) -> list[str]:
    """Names of files that are not in the spool although their imports are open; outside of any scope."""
    found: list[str] = []
    tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in having(tenants, "select {tenant} from imports where tenant_id = {tenant} limit 1"):
        with tenant_scope(tenant_id):
            rows = Import.objects.filter(tenant_id=tenant_id, state__in=OPEN).order_by("id")
            found += [name for id, name in rows.values_list("id", "name") if not file_of(tenant_id, id).exists()]
        if len(found) >= limit:
            break
    return found[:limit]


def new_file(tenant_id: int) -> tuple[UUID, Path]:
    """The id of an import to be made, and where its file goes."""
    id = UUID(str(uuid7()))
    return id, place(tenant_id, id)


def place(tenant_id: int, id: UUID) -> Path:
    """Where the file of an import goes, in a spool that is there."""
    spool: Path = settings.RAPPORT.spool
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file_of(tenant_id, id)


def receive(pieces: Iterable[bytes], path: Path, expected: int | None = None) -> int:
    """Write a file as it comes; how many bytes. Raises `SpoolError`, and leaves nothing behind then."""
    size = 0
    check_room(path, expected or 0)
    try:
        with path.open("xb") as file:
            for piece in pieces:
                check_room(path, len(piece))
                file.write(piece)
                size += len(piece)
        if expected is not None and size != expected:
            raise SpoolError(f"Only {size:,} of {expected:,} bytes arrived; send the file again.")
    except BaseException:
        with suppress(FileNotFoundError):
            path.unlink()
        raise
    return size


def check_room(path: Path, size: int) -> None:
    """Raises `SpoolError` where there is no room for so many bytes more beside a path."""
    if room(path.parent) < size:
        raise SpoolError("There is not enough room for this file.")


def configured(tenant_id: int, reference: str) -> Configuration:
    """The configuration that an import names; inside the tenant's scope. Raises `RefusedError`."""
    try:
        row = edits.find(tenant_id, reference)
    except UnknownError:
        row = None
    if row is None or not row.active:
        raise RefusedError({"configuration": [sentence("configuration")]})
    return row


def begin(tenant_id: int, author: Author, id: UUID, size: int, wanted: Wanted) -> Import:
    """The import of a file that is in the spool; it is checked next. Raises `RefusedError`."""
    with tenant_scope(tenant_id):
        configuration = configured(tenant_id, wanted.configuration)
        row = Import.objects.create(
            tenant_id=tenant_id,
            id=id,
            name=clean(wanted.name),
            configuration_id=configuration.id,
            author_type=author.type,
            author_id=author.id,
            author_name=author.name,
            manual=wanted.manual,
            dry_run=wanted.dry_run,
            encoding=wanted.encoding,
            size=size,
        )
        audit.note(tenant_id, author, "import.create", audit.Object(row.id, row.name))
        jobs.later(jobs.CHECK, tenant_id, row.id)
    return row


def clean(name: str) -> str:
    """A file's name as it can be kept and shown: without folders and what cannot be printed."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:NAME_LIMIT] or "file"
