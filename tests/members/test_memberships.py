"""Whose rows a person sees, whatever the tenant; and what a role may do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connections

from rapport.members import access, accounts, invitations
from rapport.members.accounts import MembersError
from rapport.members.models import Membership, Role
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.console.visitor import visitor
from tests.ingest.serving import until
from tests.members.conftest import colleague

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database


def join(person: Person, cast: Cast, role: Role = Role.USER) -> None:
    """Makes a person a member of Charlie's system as well."""
    accounts.add(cast.charlie.tenant, COMMAND, person.user.email, "", role)


def test_people_see_their_own_memberships_in_every_system_and_nobody_elses(cast: Cast, database: Database) -> None:
    join(cast.bob, cast)
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.user_id = '{cast.bob.user.id}'")
        seen = app.execute("select tenant_id, user_id from memberships order by 1").fetchall()
    assert seen == [(tenant.pk, cast.bob.user.id) for tenant in (cast.bob.tenant, cast.charlie.tenant)]


def test_they_only_see_them(cast: Cast, database: Database) -> None:
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.user_id = '{cast.bob.user.id}'")
        assert app.execute("update memberships set role = 'system_admin'").rowcount == 0
        assert app.execute("delete from memberships").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            app.execute("insert into memberships values (%s, %s, 'admin')", [cast.charlie.tenant.pk, cast.bob.user.id])


def test_who_names_nobody_sees_nothing(cast: Cast, database: Database) -> None:
    with psycopg.connect(database.app) as app:
        assert app.execute("select count(*) from memberships").fetchone() == (0,)
        app.execute("set local rapport.user_id = ''")
        assert app.execute("select count(*) from memberships").fetchone() == (0,)


def test_the_systems_of_a_person_are_in_the_order_of_their_names(cast: Cast) -> None:
    join(cast.bob, cast, Role.ADMIN)
    found = [(tenant.pk, role) for tenant, role in access.memberships(cast.bob.user)]
    both = sorted([(cast.bob.tenant, Role.USER), (cast.charlie.tenant, Role.ADMIN)], key=lambda each: each[0].name)
    assert found == [(tenant.pk, role) for tenant, role in both]


def test_one_switches_between_ones_systems_and_comes_back_to_the_last(cast: Cast) -> None:
    join(cast.bob, cast)
    client = visitor(cast.bob)
    here, there = (f"/s/{person.tenant.slug}" for person in (cast.bob, cast.charlie))
    page = client.get(here).content.decode()
    assert f'href="{there}"' in page
    for place in (there, here):
        assert client.get(place).status_code == 200
        assert client.get("/")["Location"] == place


def test_a_system_that_is_not_ones_own_is_not_there(cast: Cast) -> None:
    for place in (f"/s/{cast.charlie.tenant.slug}", "/s/nowhere"):
        assert visitor(cast.alice).get(place).status_code == 404


def test_somebody_without_a_system_is_told_so(cast: Cast) -> None:
    with tenant_scope(cast.bob.tenant) as tenant_id:
        Membership.objects.filter(tenant_id=tenant_id, user_id=cast.bob.user.id).delete()
    client = visitor(cast.bob)
    assert "You belong to no system" in client.get("/").content.decode()
    assert client.get(f"/s/{cast.bob.tenant.slug}").status_code == 404


@pytest.mark.parametrize("act", ["change", "remove"])
def test_the_last_system_admin_stays_one(cast: Cast, act: str) -> None:
    alice = cast.alice
    acts = {
        "change": lambda tenant_id: accounts.change_role(tenant_id, COMMAND, alice.user.id, Role.ADMIN),
        "remove": lambda tenant_id: accounts.remove(tenant_id, COMMAND, alice.user.id),
    }
    with pytest.raises(MembersError, match="make somebody else one first"), tenant_scope(alice.tenant) as tenant_id:
        acts[act](tenant_id)
    with tenant_scope(alice.tenant) as tenant_id:
        assert Membership.objects.get(tenant_id=tenant_id, user_id=alice.user.id).role == Role.SYSTEM_ADMIN


def test_nor_does_the_command_line_lower_the_last_one(cast: Cast) -> None:
    with pytest.raises(MembersError):
        accounts.add(cast.alice.tenant, COMMAND, cast.alice.user.email, "", Role.USER)


def test_one_of_two_system_admins_may_go(cast: Cast) -> None:
    colleague(cast.alice, "Dora", Role.SYSTEM_ADMIN)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        accounts.remove(tenant_id, COMMAND, cast.alice.user.id)
    assert [person["name"] for person in accounts.members(cast.alice.tenant)] == ["Bob", "Dora"]


def test_what_changes_about_members_is_noted(cast: Cast) -> None:
    tenant = new_tenant()
    accounts.add(tenant, COMMAND, "erin-noted@example.com", "Erin", Role.SYSTEM_ADMIN)
    made = accounts.add(tenant, COMMAND, cast.bob.user.email, "", Role.USER)
    accounts.add(tenant, COMMAND, cast.bob.user.email, "", Role.ADMIN)
    accounts.add(tenant, COMMAND, cast.bob.user.email, "", Role.ADMIN)
    with tenant_scope(tenant) as tenant_id:
        accounts.remove(tenant_id, COMMAND, made.id)
        rows, _ = audit.entries(tenant_id, audit.Wanted(object=str(made.id)))
    assert [(row.action, row.object_name, row.details) for row in reversed(rows)] == [
        ("member.add", "Bob", {"role": "user"}),
        ("member.change", "Bob", {"changed": {"role": ["user", "admin"]}}),
        ("member.remove", "Bob", {"role": "admin"}),
    ]


def test_of_two_who_go_at_the_same_time_one_stays(cast: Cast, database: Database) -> None:
    """Somebody else lowers Dora, and has not committed yet, while Alice is removed."""
    dora = colleague(cast.alice, "Dora", Role.SYSTEM_ADMIN)
    refused: list[MembersError] = []

    def go() -> None:
        try:
            with tenant_scope(cast.alice.tenant) as tenant_id:
                accounts.remove(tenant_id, COMMAND, cast.alice.user.id)
        except MembersError as error:
            refused.append(error)
        finally:
            connections.close_all()

    with psycopg.connect(database.app) as other, psycopg.connect(database.app, autocommit=True) as watcher:
        other.execute(f"set local rapport.tenant_id = '{cast.alice.tenant.pk}'")
        other.execute("update memberships set role = 'admin' where user_id = %s", [dora.user.id])
        thread = threading.Thread(target=go)
        thread.start()
        waits = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
        pid = other.info.backend_pid
        until(lambda: watcher.execute(waits, [pid]).fetchone()[0], "the removal waits")
        other.commit()
        thread.join()
    assert len(refused) == 1
    assert {person["name"]: person["role"] for person in accounts.members(cast.alice.tenant)}["Alice"] == "system_admin"


@pytest.mark.parametrize("act", ["lowered", "removed"])
def test_links_that_somebody_made_stop_working_when_they_may_no_longer_invite(cast: Cast, act: str) -> None:
    dora = colleague(cast.alice, "Dora", Role.SYSTEM_ADMIN)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        author = Author("user", dora.user.id, "Dora")
        _, link = invitations.invite(tenant_id, author, f"way-back-{tenant_id}@example.com", Role.SYSTEM_ADMIN)
        if act == "lowered":
            accounts.change_role(tenant_id, COMMAND, dora.user.id, Role.ADMIN)
        else:
            accounts.remove(tenant_id, COMMAND, dora.user.id)
    assert invitations.look(link.rpartition("/")[2]) is None
