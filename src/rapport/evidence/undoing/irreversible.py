"""What an undo cannot take back: mails that went out to what its entries made, or for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.db.queries import statement
from rapport.tenants import answers
from rapport.tenants.statements import fetch

if TYPE_CHECKING:
    from .chosen import Entries

#: Contacts and survey records that were made last, whose mails are looked for.
LOOKED_AT = 20_000
EXAMPLES = 5
_FIND = statement("find_irreversible")


def look(tenant_id: int, entries: Entries) -> dict[str, Any]:
    """How many mails went out, the newest of them, and whether there may be more; in the tenant's scope."""
    given = (entries.text, entries.low, entries.high, LOOKED_AT, EXAMPLES)
    rows = fetch(_FIND, tenant_id, *given)
    return {
        "mails": rows[0][0],
        "cut_short": rows[0][1],
        "examples": [
            {
                "delivery": str(id),
                "campaign": str(campaign),
                "contact": str(contact),
                "address": address,
                "sent_at": at and answers.moment(at),
            }
            for *_, id, campaign, contact, address, at in rows
            if id
        ],
    }
