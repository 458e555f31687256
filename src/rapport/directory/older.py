"""Lets search read systems once more whose words are from before lists were sorted by name; as the tables' owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tokens import IN_ORDER

if TYPE_CHECKING:
    import psycopg

_ANEW = """
update search_heads set seq = 0
where tenant_id = %(tenant)s and seq > 0 and exists (select from search_tokens where tenant_id = %(tenant)s)
  and not exists (
    select from search_tokens
    where tenant_id = %(tenant)s and object_type in ('contact', 'account') and token >= %(first)s
)
"""


def follow_anew(owner: psycopg.Connection) -> None:
    """The worker goes through their ledgers again, in steps. Index: search_tokens_pkey."""
    for (tenant_id,) in owner.execute("select id from tenants order by id").fetchall():
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
            owner.execute(_ANEW, {"tenant": tenant_id, "first": IN_ORDER})
