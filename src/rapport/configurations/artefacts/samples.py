"""Plausible values for fields, two of each. A test sends them all through the real service."""

from __future__ import annotations

from rapport.records.fields import Field

#: Field -> values, of which the first make one person at one account and the second another.
STANDARD = {
    "email": ("ada@example.com", "grace@example.com"),
    "phone": ("+44 1632 960001", "+1 202 555 0142"),
    "first_name": ("Ada", "Grace"),
    "last_name": ("Lovelace", "Hopper"),
    "account_name": ("Analytical Engines", "Compiler Works"),
    "job_title": ("Analyst", "Head of Programming"),
    "job_level": ("Senior", "Executive"),
    "language": ("en", "fr"),
    "time_zone": ("Europe/London", "America/New_York"),
    "manager": ("Charles Babbage", "Howard Aiken"),
    "manager_email": ("charles@example.com", "howard@example.com"),
    "parent_account": ("Difference Holding", "Mark Group"),
    "industry": ("Engineering", "Software"),
    "company_size": ("11-50", "201-500"),
    "region": ("Europe", "North America"),
    "number": ("A-1001", "A-1002"),
    "alias": ("Analytical Engines Ltd", "Compiler Works Inc"),
    "order_date": ("2026-01-28 11:15:00", "2026-01-29 16:40:00"),
    "division": ("Sales", "Service"),
    "nps_score": ("9", "6"),
    "comment": ("Quick and friendly.", "The invoice came late."),
    "follow_up_details": ("Call back on Monday.", "No need to call."),
    "sent_date": ("2026-01-30 09:00:00", "2026-01-30 09:00:00"),
    "response_date": ("2026-01-31 14:30:00", "2026-02-01 08:05:00"),
    "reference": ("ticket-1001", "ticket-1002"),
    "source": ("Helpdesk", "Helpdesk"),
    "type": ("Ticket closed", "Ticket opened"),
    "information": ("Solved with the first call.", "Waits for a spare part."),
}
#: Type -> values, for the fields that a tenant added.
BY_TYPE = {
    "text": ("First example", "Second example"),
    "long text": ("A first example.", "A second example."),
    "email": ("first@example.com", "second@example.com"),
    "phone": ("+44 1632 960003", "+1 202 555 0143"),
    "integer": ("12", "7"),
    "decimal": ("12.50", "7.25"),
    "date": ("2026-01-31", "2026-02-28"),
    "date-time": ("2026-01-31 14:30:00", "2026-02-28 09:00:00"),
    "boolean": ("true", "false"),
}
#: An activity's contact must exist already, which nobody can know here.
UNKNOWN = {"contact"}


def samples(field: Field) -> tuple[str, str] | None:
    """Two values that a field takes; None where there is none that is sure to be right."""
    allowed = field.type.allowed
    if allowed:
        return allowed[0], allowed[1 % len(allowed)]
    return STANDARD.get(field.name) or (None if field.name in UNKNOWN else BY_TYPE.get(field.type.name))
