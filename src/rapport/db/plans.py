"""How ingest's statements are planned: once, by key, whatever the statistics say of a young table or a large tenant.

Where tenants have few rows on average it seems cheap to read all of a tenant's for a group of keys, and then 20,000 are
read; at a thousand times the usual price of a row it is not.

No session holds these settings, since a pooler lends its connections to everybody: `migrate` writes them into the
functions that the statements call, and a transaction begins with them for the statements that stand alone. On Citus
plans are made otherwise, see `db.citus`.
"""

from __future__ import annotations

import re

from rapport.db import citus, tenancy
from rapport.db.queries import STATEMENTS

SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "cpu_tuple_cost": "10",
    "jit": "off",
}
#: The same where the database has the extension Citus.
ON_NODES = SETTINGS | {"plan_cache_mode": citus.PLAN_MODE}


def _local(name: str) -> str:
    usual, there = SETTINGS[name], ON_NODES[name]
    value = f"'{usual}'" if usual == there else f"case when ({citus.PRESENT}) then '{there}' else '{usual}' end"
    return f"set_config('{name}', {value}, true)"


#: To the end of the open transaction. No `set local`, which Citus would pass on to its nodes.
LOCAL = f"select {', '.join(map(_local, SETTINGS))}"
#: Those that look at whole sets, of which the planner knows more than we do, and one that it takes into statements.
OTHERS = {"plan_undo_1", "take_undo_step_1", "find_moved_1", "undo_holds_1"}
#: Those that are called today; our functions have a number behind their name.
FUNCTIONS = sorted(
    {
        name
        for text in (*STATEMENTS.values(), tenancy.lock(1, alone=True))
        for name in re.findall(r"\b(\w+_\d+)\(", text)
    }
    - OTHERS
)
