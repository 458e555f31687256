"""What can be wrong with a request, and the one table of sentences that says so.

    RecordsError            anything this engine refuses
    ├── Malformed           the bytes cannot be read at all (percent-encoding, UTF-8, JSON)
    ├── Invalid             one value breaks one rule; knows the rule's code
    └── MappingFault        an import configuration that cannot be compiled

Errors know a field and a code, never HTTP. Whoever answers a caller turns codes into sentences
with `sentence`, and the documentation is made from `SENTENCES`.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Things that a sentence names at most.
NAMED = 10

#: code -> sentence (Laravel's wording where the reference documents it, `contract.md` "Records").
#: `{heading}` is the caller's own heading.
SENTENCES: dict[str, str] = {
    "required": "The {heading} field is required.",
    "required_without": "The {heading} field is required when {other} is not present.",
    "configuration": "The selected configuration is invalid.",
    "array": "The {heading} must be an array.",
    "string": "The {heading} must be a string.",
    "boolean": "The {heading} field must be true or false.",
    "max": "The {heading} must not be greater than {limit} characters.",
    "fields": "The record must not have more than {limit} fields.",
    "nul": "The {heading} must not contain a NUL character.",
    "unicode": "The {heading} must be valid Unicode text, without unpaired surrogates.",
    "email": "The {heading} must be a valid email address.",
    "email_space": ("The {heading} must be a valid email address without spaces; a literal + must be sent as %2B."),
    "email_invisible": ("The {heading} must be a valid email address without control or invisible characters."),
    "email_mailto": "The {heading} must be a valid email address without mailto: in front.",
    "email_brackets": "The {heading} must be a valid email address alone, without a name or the brackets < and >.",
    "email_one": "The {heading} must be one valid email address.",
    "phone": (
        "The {heading} must be a valid phone number of 5 to 20 digits;"
        " spaces, parentheses, dashes and a plus are allowed too."
    ),
    "integer": "The {heading} must be a whole number.",
    "integer_between": "The {heading} must be a whole number from {least} to {most}.",
    "decimal": "The {heading} must be a number such as 12 or 12.50, without thousands separators.",
    "decimal_digits": "The {heading} must not have more than {limit} digits before or {limit} behind its point.",
    "date": "The {heading} must be a date such as 2026-01-31.",
    "datetime": ("The {heading} must be a date and time such as 2026-01-31 14:30:00 or 2026-01-31T14:30:00+01:00."),
    "domain": "The {heading} must be a domain such as example.com.",
    "time_zone": "The {heading} must be the name of a time zone such as Europe/London.",
    "truth": "The {heading} must be true or false.",
    "yes_or_no": "The {heading} must be true, yes, y, on or 1, or else false, no, n, off or 0.",
    "choice": "The {heading} must be one of: {allowed}.",
    "touchpoint": "The {heading} must be an existing touchpoint: {allowed}.",
    "contact_unknown": "The {heading} must be the email address or phone number of an existing contact.",
    "json_object": "The {heading} must be a JSON object.",
    "json_texts": "The {heading} must be a JSON object of strings.",
    "not_with": "The {heading} must not be sent together with {other}.",
    "alias_is_name": "The {heading} is the name of another account, so it cannot be an alias.",
    "alias_is_own_name": "The {heading} is the account's own name, which cannot be removed.",
    "owned": "The {heading} belongs to another {owner}.",
    "record_object": "The {heading} must be an object of headings and values.",
    "option": "{heading} is not an option; did you mean {option}?",
    "broken": "Something went wrong here with this record; nothing of it was written.",
    "parameter": "The parameter {heading} is unknown; known are {known}.",
    "records_array": "The {heading} must be a JSON array of records, with nothing around it, even for a single one.",
    "records": "The batch must hold between 1 and {limit} records.",
    "object": "Each record must be an object of headings and values.",
    "untold": "The record is not right; there are too many faults to tell them all: send fewer records.",
    "json_line": "The line must be a valid JSON object.",
    "idempotency_reused": "The Idempotency-Key was already used with other content.",
    "idempotency_max": "The Idempotency-Key must not be greater than {limit} characters.",
    "store": "The record holds a value that the store cannot keep.",
    "object_expected": "The {heading} must be an object.",
    "entries": "The {heading} must not have more than {limit} entries.",
    "unknown": "The key {heading} is unknown; known are {known}.",
    "selected": "The selected {heading} does not exist.",
    "fixed": "The {heading} cannot be changed.",
    "taken": "The {heading} is taken already.",
    "only": "The key {heading} is for {of} only.",
    "printable": "The {heading} must have 1 to {limit} printable characters, with no space at either end.",
    "reference": (
        "The reference must have 1 to 64 lower-case letters, digits and inner dashes, such as newsletter-signups."
    ),
    "technical_name": "The name must be a lower-case letter and up to 62 lower-case letters, digits and underscores.",
    "choices": "The choices must be 1 to {limit} different texts of 1 to 128 printable characters.",
    "heading_visible": "The heading {heading} must have printable characters only, with no space at either end.",
    "heading_bracket": "The heading {heading} must not contain ], which would end it in an address.",
    "heading_repeated": "The heading {heading} is mapped twice.",
    "field_unknown": "The field {field} does not exist for {type}.",
    "field_archived": "The field {field} is archived and cannot be mapped anew.",
    "field_headings": "The field {field} must not have more than {limit} headings.",
    "first_heading": "The key {heading} must stand with the first heading of the field {field} only.",
    "mapping": "A configuration for {type} must map {fields}.",
}


def sentence(code: str, heading: str = "", **parameters: object) -> str:
    """The sentence for `code`, naming the caller's `heading`."""
    return SENTENCES[code].format(heading=heading, **parameters)


def listed(texts: Sequence[str]) -> str:
    """The first of the texts, as a sentence names them."""
    return ", ".join(texts[:NAMED]) + (" …" if len(texts) > NAMED else "")


class RecordsError(Exception):
    """The records engine refuses this."""


class Malformed(RecordsError):
    """The request cannot be read; `str(error)` is one sentence for the caller."""


class Invalid(RecordsError):
    """One value breaks one rule: `code` is a key of `SENTENCES`, `parameters` fill its sentence."""

    def __init__(self, code: str, **parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters

    def sentence(self, heading: str) -> str:
        """The sentence for the caller who sent the value under `heading`."""
        return sentence(self.code, heading, **self.parameters)


class MappingFault(RecordsError):
    """The configuration cannot be compiled; `str(error)` is one sentence."""
