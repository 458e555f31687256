"""Files of those who get nothing: on each line an e-mail address, a phone number or a domain."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.records.errors import Invalid

from . import address_files, suppressing
from .suppressing import Address

#: Lines of a file.
LIMIT = 1_000_000


def read(content: bytes) -> tuple[list[Address], list[str]]:
    """The addresses of a file, and a sentence for each line that names none: then nothing of it may be written.

    Raises `UnreadableError`.
    """
    return checked(address_files.read(content, *FITS))


def checked(lines: Sequence[address_files.Line]) -> tuple[list[Address], list[str]]:
    """As `read`, of lines."""
    if len(lines) > LIMIT:
        return [], [f"A file has up to {LIMIT:,} lines."]
    found: list[Address] = []
    faults: list[str] = []
    for line in lines:
        try:
            found.append(suppressing.any_address(line.text))
            told = line.fault
        except Invalid:
            told = f"{line.text[:100]} is no e-mail address, phone number or domain."
        if told:
            faults.append(f"Line {line.number}: {told}")
    return found, address_files.told(faults)


def _is(kind: str, text: str) -> bool:
    try:
        return suppressing.any_address(text).kind == kind
    except Invalid:
        return False


def is_email(text: str) -> bool:
    """Whether it is an e-mail address."""
    return "@" in text and _is(suppressing.EMAIL, text)


def is_domain(text: str) -> bool:
    """Whether it is a domain."""
    return "." in text and _is(suppressing.DOMAIN, text)


def is_phone(text: str) -> bool:
    """Whether it is a phone number."""
    return any(sign.isdigit() for sign in text) and _is(suppressing.PHONE, text)


#: Which column is taken: a number may be an id.
FITS = (is_email, is_domain, is_phone)
