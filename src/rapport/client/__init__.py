"""The client for Python: sends records, answers for every field, reads back. See `docs/client.md`.

    with Client("http://127.0.0.1:8000", client_id, client_secret) as rapport:
        receipt = rapport.put("contact", {"Email": "ada@example.com", "First Name": "Ada"})

Imports nothing else of Rapport's.
"""

from __future__ import annotations

from .addresses import Addresses
from .awaited import AsyncClient
from .blocking import Client
from .calls import Record, Value
from .errors import Forbidden, Invalid, RapportError, RateLimited, Unauthenticated, Unavailable
from .files import FileImport
from .patience import Patience
from .results import Account, Change, Contact, LinkedAccount, Receipt, Response, Result, Touched
from .sending import Campaign, Delivery, Plan, Segment, Suppression

__all__ = [
    "Account",
    "Addresses",
    "AsyncClient",
    "Campaign",
    "Change",
    "Client",
    "Contact",
    "Delivery",
    "FileImport",
    "Forbidden",
    "Invalid",
    "LinkedAccount",
    "Patience",
    "Plan",
    "RapportError",
    "RateLimited",
    "Receipt",
    "Record",
    "Response",
    "Result",
    "Segment",
    "Suppression",
    "Touched",
    "Unauthenticated",
    "Unavailable",
    "Value",
]
