"""Gives systems from before there were surveys the one that new systems start with; as the tables' owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Json
from uuid_utils.compat import uuid7

from .documents.starters import RELATIONSHIP

if TYPE_CHECKING:
    import psycopg

_SURVEY = """
insert into surveys (tenant_id, id, reference, name, state, is_default)
select %(tenant)s, %(id)s, %(reference)s, %(name)s, 'live', true
where not exists (select from surveys where tenant_id = %(tenant)s)
on conflict do nothing
"""
_VERSION = """
insert into survey_versions (tenant_id, survey_id, version, document, actor_type, actor_name)
values (%(tenant)s, %(id)s, 1, %(document)s, 'command', 'command line')
"""


def give(owner: psycopg.Connection) -> None:
    """One to each system that has no survey."""
    for (tenant_id,) in owner.execute("select id from tenants order by id").fetchall():
        given = {
            "tenant": tenant_id,
            "id": uuid7(),
            "reference": RELATIONSHIP.name,
            "name": RELATIONSHIP.document["name"],
            "document": Json(RELATIONSHIP.document),
        }
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
            if owner.execute(_SURVEY, given).rowcount:
                owner.execute(_VERSION, given)
