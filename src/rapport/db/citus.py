"""What is different for every session where the database has the extension Citus: more than one node."""

from __future__ import annotations

from typing import NamedTuple

#: Whether it has.
PRESENT = "select exists (select from pg_extension where extname = 'citus')"

#: There alone, plans are made for each call: Citus finds the node by the value of the tenant, and a generic plan has
#: none ("could not create distributed plan"). See `db.plans`.
PLAN_MODE = "auto"


class Need(NamedTuple):
    """What a setting of the extension must be, and what happens otherwise."""

    value: str
    risk: str


SETTINGS = {
    "citus.propagate_set_commands": Need(
        "local", "The tenant of a transaction does not reach its node: no row is seen."
    ),
    "citus.select_opens_transaction_block": Need("on", "The tenant of a transaction does not reach what is only read."),
    "citus.shard_replication_factor": Need("1", "Functions are not delegated to nodes where shards have copies."),
    "citus.enable_local_execution": Need("on", "A function cannot write on its own node under row-level security."),
    "citus.enable_ddl_propagation": Need("on", "Migrations do not reach the nodes."),
    "citus.enable_metadata_sync": Need("on", "Functions are not delegated to nodes without metadata."),
    "citus.use_citus_managed_tables": Need("off", "Tables that stay on the coordinator become known to every node."),
}
