"""The checks of `rapport doctor` where the database has more than one node (Citus)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.cli.diagnosis import Finding
from rapport.db import citus

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

PAGE = 'See docs/operations.md, "More than one database node".'
_NODES = "select count(*) from pg_dist_node where isactive and noderole = 'primary' and shouldhaveshards"


def of_nodes(connection: psycopg.Connection) -> Iterator[Finding]:
    """Check the extension's settings and what is where; nothing without the extension. Django must be set up."""
    from rapport.tenants import distribution

    if not distribution.present(connection):
        return
    found = list(_settings(connection))
    left = list(distribution.statements(distribution.catalogue(connection)))
    if left:
        text = f"Citus keeps {len(left)} tables and functions on the coordinator that belong on the nodes."
        found.append(Finding("nodes", "failed", text, f"Run `rapport migrate`. First is: {left[0]}"))
    misplaced = sorted(distribution.distributed(connection) & _stay())
    if misplaced:
        text = f"Citus has distributed what belongs on the coordinator: {', '.join(misplaced)}."
        found.append(Finding("nodes", "failed", text, f"Run undistribute_table on them. {PAGE}"))
    yield from found
    if not found:
        nodes = connection.execute(_NODES.encode()).fetchone()
        assert nodes is not None
        yield Finding("nodes", "ok", f"Tenants are distributed by Citus; nodes that keep rows: {nodes[0]}.")


def _settings(connection: psycopg.Connection) -> Iterator[Finding]:
    for name, need in citus.SETTINGS.items():
        row = connection.execute("select current_setting(%s, true)", [name]).fetchone()
        assert row is not None
        if row[0] is not None and row[0] != need.value:
            advice = f"alter database … set {name} = '{need.value}', then begin new sessions. {PAGE}"
            yield Finding("nodes", "failed", f"{name} is {row[0]}. {need.risk}", advice)


def _stay() -> frozenset[str]:
    """Those of our tables that stay on the coordinator."""
    from django.apps import apps

    from rapport.tenants import distribution

    stay: frozenset[str] = frozenset(model._meta.db_table for model in apps.get_models()) - distribution.tables()
    return stay
