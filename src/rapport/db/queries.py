"""The named statements of `queries/*.sql`.

A statement begins at a line `-- name --` and ends at the next one. An unknown name fails at import of
the module that asks for it.
"""

from __future__ import annotations

import re
from importlib import resources

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def _load() -> dict[str, str]:
    statements: dict[str, str] = {}
    for file in sorted(resources.files(__package__).joinpath("queries").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            _, *parts = _NAME.split(file.read_text(encoding="utf-8"))
            statements |= dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    return statements


#: Name -> SQL with its leading comment.
STATEMENTS = _load()


def statement(name: str) -> str:
    """The SQL named `name`. Raises `KeyError`."""
    return STATEMENTS[name]
