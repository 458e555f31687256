"""Records of the request history by what search finds: contacts and accounts of these words; in their tenant's scope.

The history has no words of its own, so that a record costs no more: of contacts the keys are looked for that records
came with, of accounts the ids that records touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from rapport.directory import search
from rapport.directory.models import ContactKey
from rapport.history.models import ERRORS
from rapport.records.keys import shown_email

#: How many are looked for. An account's id is looked for in each record as a text: some 30 ms for 100,000 of them.
CONTACTS, ACCOUNTS = 100, 2
#: Of what `condition` compares.
TOUCHED = {"touched": Cast("objects_written", TextField())}


def condition(tenant_id: int, text: str) -> Q:
    """Records that were not refused, of the first contacts and accounts that have the words of a text.

    Where it is a part of a domain beyond ASCII, all addresses there: keys have the domain in other letters.
    """
    people = search.find(tenant_id, "contact", text, limit=CONTACTS).ids
    keys = list(ContactKey.objects.filter(tenant_id=tenant_id, contact_id__in=people).values_list("key", flat=True))
    emails, phones = ([key[2:] for key in keys if key.startswith(kind)] for kind in ("e:", "p:"))
    found = Q(email_key__in=emails) | Q(phone_key__in=phones)
    for end in _domains(emails, text):
        found |= Q(email_key__endswith=end)
    for id in search.find(tenant_id, "account", text, limit=ACCOUNTS).ids:
        found |= Q(touched__contains=str(id))
    return found & ~Q(outcome__in=ERRORS)


def _domains(emails: Iterable[str], text: str) -> set[str]:
    """The ends of addresses whose domains, in their own letters, have the text as a part."""
    part = text.lower().rpartition("@")[2]
    if part.isascii():
        return set()
    return {key[key.index("@") :] for key in emails if part in shown_email(key).partition("@")[2]}
