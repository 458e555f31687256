"""A database that says it had the extension Citus: what it is told is written down, and answered as Citus would.

No Citus can be installed where the tests run. This has the catalogue and the functions that we use, with the
signatures of Citus 14, and distributes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

if TYPE_CHECKING:
    from tests.conftest import Database

EXTENSION = """
set allow_system_table_mods = on;
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
values (999999, 'citus', 10, 'pg_catalog'::regnamespace, false, '14.0');
create table pg_dist_partition (logicalrelid regclass, partmethod "char", colocated text);
create table pg_dist_object (
    classid oid, objid oid, distribution_argument_index integer, colocated text, force_delegation boolean
);
create table pg_dist_node (isactive boolean, noderole text, shouldhaveshards boolean);
insert into pg_dist_object select 'pg_extension'::regclass, oid from pg_extension where extname = 'plpgsql';
insert into pg_dist_node values (true, 'primary', false), (true, 'primary', true), (true, 'primary', true);
create table told (number bigint generated always as identity, statement text);
create function create_distributed_table(
    table_name regclass, distribution_column text, distribution_type text default 'hash',
    colocate_with text default 'default', shard_count integer default null
) returns void language sql as $$
    insert into pg_dist_partition
    select relid, 'h', colocate_with from pg_partition_tree(table_name) union select table_name, 'h', colocate_with;
    insert into told (statement) values (current_query());
$$;
create function create_distributed_function(
    function_name regprocedure, distribution_arg_name text default null, colocate_with text default 'default',
    force_delegation boolean default null
) returns void language sql as $$
    delete from pg_dist_object where objid = function_name;
    insert into pg_dist_object values ('pg_proc'::regclass, function_name, 0, colocate_with, force_delegation);
    insert into told (statement) values (current_query());
$$;
grant all on pg_dist_partition, pg_dist_object, pg_dist_node, told to public;
grant all on sequence told_number_seq to public;
-- Known settings are for everybody; those of an extension that is not loaded only for whom this says.
grant set on parameter citus.propagate_set_commands to public;
"""


def pretend(database: Database, server: str) -> None:
    """Makes a database one with Citus, which knows of PL/pgSQL already."""
    with psycopg.connect(urlsplit(server)._replace(path=f"/{database.name}").geturl(), autocommit=True) as superuser:
        superuser.execute(EXTENSION)


def told(owner: psycopg.Connection) -> list[str]:
    """What was distributed since the last time, statement by statement."""
    statements = [statement for (statement,) in owner.execute("select statement from told order by number")]
    owner.execute("truncate told")
    return statements
