"""How the functions of ingest are planned, whoever calls them (see `db.plans`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.db import plans

from . import distribution

if TYPE_CHECKING:
    import psycopg

_FOUND = """
select oid::regprocedure::text, coalesce(proconfig, '{}') from pg_proc
where pronamespace = 'public'::regnamespace and proname = any(%s)
"""


def plan(owner: psycopg.Connection) -> None:
    """Writes the planner's settings into the functions; one that has them is left alone, with the plans of others."""
    settings = plans.ON_NODES if distribution.present(owner) else plans.SETTINGS
    wanted = {f"{name}={value}" for name, value in settings.items()}
    for function, has in owner.execute(_FOUND, [plans.FUNCTIONS]).fetchall():
        if not wanted <= set(has):
            changes = " ".join(f"set {name} = {value}" for name, value in settings.items())
            owner.execute(f"alter function {function} {changes}")
