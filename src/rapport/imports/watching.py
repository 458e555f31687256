"""A folder whose files are imported, each once: what a server for files, such as one for SFTP, puts there.

A file's import has an id that is made of the file, so that it is there already when the same file is looked at again,
whoever was killed in between. Nothing in the folder is changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError

from rapport.tenants.scope import tenant_scope

from . import receiving
from .models import Import

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: How files are called that are still being sent.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~")
PIECE = 1024 * 1024
_VERSION, _VARIANT = 7 << 76, 0b10 << 62


class Folder:
    """Files in a folder that may be taken."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        #: Name -> size and time when it was looked at last.
        self._seen: dict[str, tuple[int, int]] = {}

    def settled(self) -> list[Path]:
        """Files that are as they were at the look before, by name; the first look finds none."""
        seen: dict[str, tuple[int, int]] = {}
        found = []
        for path in sorted(self._path.iterdir()):
            if path.name.startswith(".") or path.name.lower().endswith(UNFINISHED) or not path.is_file():
                continue
            told = path.stat()
            seen[path.name] = (told.st_size, told.st_mtime_ns)
            if self._seen.get(path.name) == seen[path.name]:
                found.append(path)
        self._seen = seen
        return found


def take(tenant: Tenant, author: Author, path: Path, configuration: str) -> Import | None:
    """The import of a file, or None where there is one already. Raises `SpoolError`, `RefusedError`, `OSError`."""
    id = identity(tenant.pk, path)
    with tenant_scope(tenant) as tenant_id:
        if Import.objects.filter(tenant_id=tenant_id, id=id).exists():
            return None
        receiving.configured(tenant_id, configuration)
    # Beside, so that whatever stands under the import's own name is whole; what a killed watcher leaves is swept.
    draft = receiving.new_file(tenant.pk)[1]
    size = receiving.receive(_pieces(path), draft, path.stat().st_size)
    with suppress(FileExistsError):  # the same bytes, by another watcher; what it has unpacked since must stay
        os.link(draft, receiving.file_of(tenant.pk, id))
    draft.unlink()
    wanted = receiving.Wanted(configuration=configuration, name=path.name)
    try:
        return receiving.begin(tenant.pk, author, id, size, wanted)
    except IntegrityError:  # another watcher was faster, with the same bytes
        return None


def identity(tenant_id: int, path: Path) -> UUID:
    """The id of a file's import: its time, and what it is. Another time or size is another file."""
    told = path.stat()
    about = f"{tenant_id}\0{path}\0{told.st_size}\0{told.st_mtime_ns}".encode("utf-8", "surrogateescape")
    digest = int.from_bytes(hashlib.sha256(about).digest()[:10], "big")
    rest = (digest >> 68) << 64 | digest & (1 << 62) - 1
    milliseconds = max(told.st_mtime_ns // 1_000_000, 0) & ((1 << 48) - 1)
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT | rest)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
