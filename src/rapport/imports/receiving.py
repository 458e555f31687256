"""Takes files in: piece by piece into the spool, whatever their size."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
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
from rapport.tenants.scope import tenant_scope

from . import jobs
from .errors import RefusedError, SpoolError
from .models import Import

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration
    from rapport.tenants.actors import Author

#: Bytes that stay free on the spool's disk.
LEFT_FREE = 512 * 1024 * 1024
NAME_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What shall become of a file."""

    configuration: str
    name: str = ""
    manual: bool = False
    dry_run: bool = False


def file_of(tenant_id: int, id: UUID) -> Path:
    """Where the file of an import lies."""
    return settings.RAPPORT.spool / f"{tenant_id}-{id}"


def new_file(tenant_id: int) -> tuple[UUID, Path]:
    """The id of an import to be made, and where its file goes."""
    spool: Path = settings.RAPPORT.spool
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    id = UUID(str(uuid7()))
    return id, file_of(tenant_id, id)


def receive(pieces: Iterable[bytes], path: Path, expected: int | None = None) -> int:
    """Write a file as it comes; how many bytes. Raises `SpoolError`, and leaves nothing behind then."""
    size = 0
    try:
        with path.open("xb") as file:
            for piece in pieces:
                if shutil.disk_usage(path.parent).free < LEFT_FREE + len(piece):
                    raise SpoolError("There is not enough room for this file.")
                file.write(piece)
                size += len(piece)
        if expected is not None and size != expected:
            raise SpoolError(f"Only {size:,} of {expected:,} bytes arrived; send the file again.")
    except BaseException:
        with suppress(FileNotFoundError):
            path.unlink()
        raise
    return size


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
            size=size,
        )
        audit.note(tenant_id, author, "import.create", audit.Object(row.id, row.name))
        jobs.check.defer(tenant_id=tenant_id, import_id=str(row.id))
    return row


def clean(name: str) -> str:
    """A file's name as it can be kept and shown: without folders and what cannot be printed."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:NAME_LIMIT] or "file"
