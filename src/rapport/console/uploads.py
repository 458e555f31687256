"""Files in the forms of pages, which are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

if TYPE_CHECKING:
    from django.http import HttpRequest


class SmallFiles(MemoryFileUploadHandler):
    """Django's files in memory; a form with more than that is refused, where Django drops its files in silence."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.activated = True

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **more: Any) -> None:  # noqa: N803
        """The form begins. Raises `RequestDataTooBig`."""
        if content_length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
