"""How ingest's statements are planned: once, by key, whatever the statistics say of a young table or a large tenant.

Where tenants have few rows on average it seems cheap to read all of a tenant's for a group of keys, and then 20,000 are
read; at a thousand times the usual price of a row it is not.

No session holds these settings, since a pooler lends its connections to everybody: `migrate` writes them into the
functions that the statements call, and a transaction begins with them for the statements that stand alone.
"""

from __future__ import annotations

import re

from rapport.db.queries import STATEMENTS

SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "cpu_tuple_cost": "10",
    "jit": "off",
}
#: To the end of the transaction, as a part of the simple query that opens it.
LOCAL = "; ".join(f"set local {name} = {value}" for name, value in SETTINGS.items())
#: Our functions have a number behind their name.
FUNCTIONS = sorted({name for text in STATEMENTS.values() for name in re.findall(r"\b(\w+_\d+)\(", text)})
