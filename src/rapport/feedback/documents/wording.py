"""What the schema finds wrong with a survey document, in words for people."""

from __future__ import annotations

import jsonschema_rs

#: How much of a value a sentence quotes.
_QUOTED = 60
#: End of the path in the schema that a value does not match -> what is allowed.
_ALLOWED = {
    "language": "is no short name of a language, such as en, de or pt-BR",
    "colour": "is no colour: # and six digits from 0 to 9 and a to f, such as #1d4ed8",
    "link": "is no address that begins with https://",
    "logo": "is no picture as a data address: data:image/png;base64, and the PNG, JPEG, GIF or WebP behind it",
    "id": "is no name in exports: up to 40 of a to z, 0 to 9 and _, a letter first",
}


def sentence(error: jsonschema_rs.ValidationError) -> str:
    """One fault of the schema."""
    kind, limit = type(error.kind).__name__, error.kind.as_dict().get("limit")
    if kind == "Pattern":
        allowed = _ALLOWED.get(str(error.schema_path[-2]))
        return f'"{_cut(str(error.instance))}" {allowed}.' if allowed else f"{error.message}."
    if kind in ("MinLength", "MinItems"):
        return "This must not be empty." if limit == 1 else f"{error.message}."
    if kind == "MaxLength":
        return f"This must not be longer than {limit:,} characters; it has {len(str(error.instance)):,}."
    if kind == "UniqueItems":
        return "Each may be named once."
    return f"{error.message}."


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
