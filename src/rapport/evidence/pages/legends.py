"""What people call the fields that the ledger names, whatever kind of object they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.directory.legend import Legend, legend

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: Kind of an object -> whose fields it has; those of surveys are what is left.
_OWNERS = {"account": "account", "contact": "contact", "activity": "activity", "external_response": "external-response"}


class Legends(dict[str, Legend]):
    """Kind of an object -> its legend."""

    def __missing__(self, kind: str) -> Legend:
        return self[""]


def legends(tenant: Tenant) -> Legends:
    """Those of all kinds; inside the tenant's scope."""
    return Legends({kind: legend(tenant, owner) for kind, owner in (_OWNERS | {"": "survey"}).items()})
