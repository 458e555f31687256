"""A folder whose files are imported, each once: what a server for files, such as one for SFTP, puts there.

A file's import has an id that is made of the file, so that it is there already when the same file is looked at again,
whoever was killed in between. Nothing in the folder is changed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from django.db import IntegrityError

from rapport.tenants.scope import tenant_scope

from . import receiving
from .errors import SpoolError
from .models import Import

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: How files are called that are still being sent.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~")
PIECE = 1024 * 1024
NO_FILE = "It is a link, a pipe or something else that is no file; put the file itself there."
_VERSION, _VARIANT = 7 << 76, 0b10 << 62


class Folder:
    """Files in a folder that may be taken."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        #: Name -> size and time when it was looked at last.
        self._seen: dict[str, tuple[int, int]] = {}
        self._refused: set[str] = set()

    def settled(self) -> list[Path]:
        """Files that are as they were at the look before, by name; the first look finds none."""
        seen: dict[str, tuple[int, int]] = {}
        found = []
        for path in self._paths():
            with suppress(FileNotFoundError):  # whoever sent it has taken it back
                told = path.lstat()
                if stat.S_ISREG(told.st_mode):
                    seen[path.name] = (told.st_size, told.st_mtime_ns)
                    if self._seen.get(path.name) == seen[path.name]:
                        found.append(path)
        self._seen = seen
        return found

    def strangers(self) -> list[str]:
        """Names of what is neither file nor folder, such as links and pipes, each once: nobody takes them."""
        found = {path.name for path in self._paths() if path.is_symlink() or not (path.is_file() or path.is_dir())}
        new, self._refused = found - self._refused, found
        return sorted(new)

    def _paths(self) -> list[Path]:
        named = (path for path in self._path.iterdir() if not path.name.startswith("."))
        return sorted(path for path in named if not path.name.lower().endswith(UNFINISHED))


def take(tenant: Tenant, author: Author, path: Path, configuration: str) -> Import | None:
    """The import of a file, or None where there is one already. Raises `SpoolError`, `RefusedError`, `OSError`."""
    with opened(path) as source:
        told = os.fstat(source.fileno())
        id = identity(tenant.pk, path, told)
        with tenant_scope(tenant) as tenant_id:
            if Import.objects.filter(tenant_id=tenant_id, id=id).exists():
                return None
            receiving.configured(tenant_id, configuration)
        # Beside, so that whatever stands under the import's own name is whole; what a killed watcher leaves is swept.
        draft = receiving.new_file(tenant.pk)[1]
        size = receiving.receive(iter(partial(source.read, PIECE), b""), draft, told.st_size)
    with suppress(FileExistsError):  # the same bytes, by another watcher; what it has unpacked since must stay
        os.link(draft, receiving.file_of(tenant.pk, id))
    draft.unlink()
    wanted = receiving.Wanted(configuration=configuration, name=path.name)
    try:
        return receiving.begin(tenant.pk, author, id, size, wanted)
    except IntegrityError:  # another watcher was faster, with the same bytes
        return None


def opened(path: Path) -> BinaryIO:
    """A file of a folder that others fill: who may put something there may not have others read what lies elsewhere.

    Looked at and read by one descriptor, so that nothing takes its place between. Raises `SpoolError`, `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket, or a pipe
            raise SpoolError(NO_FILE) from None
        raise
    source = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        source.close()
        raise SpoolError(NO_FILE)
    return source


def identity(tenant_id: int, path: Path, told: os.stat_result) -> UUID:
    """The id of a file's import: its time, and what it is. Another time or size is another file."""
    about = f"{tenant_id}\0{path}\0{told.st_size}\0{told.st_mtime_ns}".encode("utf-8", "surrogateescape")
    digest = int.from_bytes(hashlib.sha256(about).digest()[:10], "big")
    rest = (digest >> 68) << 64 | digest & (1 << 62) - 1
    milliseconds = max(told.st_mtime_ns // 1_000_000, 0) & ((1 << 48) - 1)
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT | rest)
