"""How much may still be written where files lie."""

from __future__ import annotations

import shutil
from pathlib import Path

#: Bytes that stay free on the spool's disk.
LEFT_FREE = 512 * 1024 * 1024


def room(folder: Path) -> int:
    """Bytes that there are for files in a folder; less than zero where it is too full already."""
    return shutil.disk_usage(folder).free - LEFT_FREE
