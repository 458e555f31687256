"""The file of a form, which goes into the spool as it comes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from . import receiving
from .errors import SpoolError

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


class Spooled(UploadedFile):  # type: ignore[type-arg]
    """A file in the spool, and the id of the import that may be made of it."""

    def __init__(self, id: UUID, name: str, size: int) -> None:
        super().__init__(file=None, name=name, size=size)
        self.id = id


class SpoolHandler(FileUploadHandler):
    """Django's way to take a file, piece by piece; of a form's files the first one only."""

    def __init__(self, tenant_id: int) -> None:
        super().__init__()
        self._tenant_id = tenant_id
        self._file: Any = None
        self._id: UUID | None = None
        self._expected = 0
        #: Why the file was not taken.
        self.fault: SpoolError | None = None

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        """The form begins; it is about as large as the file."""
        self._expected = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        if self._id is not None:
            raise StopUpload(connection_reset=True)
        id, path = receiving.new_file(self._tenant_id)
        self._check_room(path, self._expected)
        self._id, self._file = id, path.open("xb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """A piece of it."""
        assert self._id is not None
        self._check_room(receiving.file_of(self._tenant_id, self._id), len(raw_data))
        self._file.write(raw_data)

    def _check_room(self, path: Path, size: int) -> None:
        """Raises `StopUpload`, on which nothing is left of the file but the `fault`."""
        try:
            receiving.check_room(path, size)
        except SpoolError as fault:
            self.fault = fault
            self.forget()
            raise StopUpload(connection_reset=True) from None

    def file_complete(self, file_size: int) -> Spooled:
        """It is all there."""
        self._file.close()
        assert self._id is not None
        return Spooled(self._id, self.file_name or "", file_size)

    def upload_interrupted(self) -> None:
        """It is not all there, and never will be."""
        self.forget()

    def forget(self) -> None:
        """Delete what came."""
        if self._id is not None:
            self._file.close()
            with suppress(FileNotFoundError):
                receiving.file_of(self._tenant_id, self._id).unlink()
