"""Forms against forms and forms against feeds: nobody's change is lost, and the ledger tells the whole story."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import IntegrityError, connections
from psycopg import errors
from uuid_utils.compat import uuid7

from rapport.db import tenancy
from rapport.db.queries import statement
from rapport.directory import hand
from rapport.directory.errors import ChangedError, FaultsError, HandError
from rapport.groups.attempt import ALONE_FROM, TRIES
from rapport.tenants import writing
from rapport.tenants.errors import BusyError
from tests.directory.feed import feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.conftest import Database
    from tests.directory.desk import Desk

APP = uuid7()
WRITE_GROUP = statement("write_group")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returns, or the `HandError` that it raises; each has a thread and a connection of its own."""
    start = threading.Barrier(len(acts))

    def play(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except (HandError, BusyError) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(play, acts))


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any], times: int = 1) -> list[None]:
    """Lets somebody act after an edit was decided and before it is written, so many times; grows with each."""
    execute, done = psycopg.RawCursor.execute, []

    def interrupted(cursor: Any, query: str, *rest: Any, **options: Any) -> Any:
        if query == WRITE_GROUP and len(done) < times:
            done.append(None)
            act()
        return execute(cursor, query, *rest, **options)

    monkeypatch.setattr(psycopg.RawCursor, "execute", interrupted)
    return done


def failing(monkeypatch: pytest.MonkeyPatch, fault: type[Exception]) -> list[None]:
    """Every write of an edit fails so; grows with each."""

    def fail() -> None:
        raise fault

    return between(monkeypatch, fail, times=100)


def test_what_a_feed_writes_while_a_form_is_written_is_noticed(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = desk.make("contact", email="ada@example.com")
    put = {"Email": "ada@example.com", "Job Title": "Analyst"}
    between(monkeypatch, lambda: feed(database.settings, desk.tenant.pk, APP, put))
    with pytest.raises(ChangedError) as refused:
        desk.save("contact", contact, version=1, job_title="Countess")
    assert [revision.changes for revision in refused.value.revisions] == [{"job_title": (None, "Analyst")}]
    assert desk.contact(contact).job_title == "Analyst"
    desk.check()


def test_an_email_that_a_feed_takes_meanwhile_is_refused(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = desk.make("contact", email="ada@example.com")
    between(monkeypatch, lambda: feed(database.settings, desk.tenant.pk, APP, {"Email": "new@example.com"}))
    with pytest.raises(FaultsError, match=r"^The Email belongs to another contact\.$"):
        desk.save("contact", contact, email="new@example.com")
    assert desk.contact_keys()["e:ada@example.com"] == contact
    desk.check()


def test_a_feed_that_decided_on_the_old_email_decides_again(desk: Desk, database: Database) -> None:
    """The form moves the key away while feeds send the old one: each lands on this contact or on a new one, whole."""
    contact = desk.make("contact", email="ada@example.com")
    puts = [{"Email": "ada@example.com", "First Name": f"Ada {number}"} for number in range(6)]

    def move() -> Any:
        return hand.write(desk.tenant, desk.actor, "contact", {"email": "new@example.com"}, "move", hand.Shown(contact))

    feeds = [lambda put=put: feed(database.settings, desk.tenant.pk, APP, put) for put in puts]
    moved, *_ = at_once(move, *feeds)
    assert moved.objects[0].changes["email"] == ("ada@example.com", "new@example.com")
    assert desk.contact_keys()["e:new@example.com"] == contact
    desk.check()


def test_an_edit_that_goes_on_losing_keeps_the_others_out(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = desk.make("account", account_name="Acme")
    free = []

    def put() -> None:
        """Change the account under the edit, as long as a writer can get in."""
        with psycopg.connect(database.app) as app:
            attempt = f"select pg_try_advisory_xact_lock_shared({tenancy.WRITERS_LOCK}, {desk.tenant.pk})"
            [possible] = app.execute(attempt).fetchone()
        free.append(possible)
        if possible:
            record = {"": "account", "Account Name": "Acme", "Account Number": str(len(free))}
            feed(database.settings, desk.tenant.pk, APP, record)

    between(monkeypatch, put, times=TRIES)
    assert desk.add_alias(account, "Apex").outcome == "created"
    assert free == [True] * ALONE_FROM + [False]
    desk.check()


def test_an_edit_that_loses_every_time_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, errors.DeadlockDetected)
    with pytest.raises(BusyError):
        desk.make("contact", email="ada@example.com")
    assert desk.ledger() == []


def test_an_edit_does_not_wait_for_ever(desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LOCK_MILLISECONDS", 50)
    with psycopg.connect(database.app) as app:
        app.execute(tenancy.lock(desk.tenant.pk, alone=True))
        with pytest.raises(BusyError):
            desk.make("contact", email="ada@example.com")
    desk.make("contact", email="ada@example.com")


def test_a_mistake_of_ours_is_not_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = failing(monkeypatch, errors.CheckViolation)
    with pytest.raises(IntegrityError):
        desk.make("contact", email="ada@example.com")
    assert len(tries) == 1


def test_of_two_who_make_the_same_contact_one_is_refused(desk: Desk) -> None:
    acts = [lambda: desk.make("contact", email="ada@example.com", account_name="Acme")] * 4
    results = at_once(*acts)
    refused = [result for result in results if isinstance(result, FaultsError)]
    assert len(refused) == 3
    assert {str(error) for error in refused} == {"The Email belongs to another contact."}
    assert len(desk.contact_keys()) == len(desk.account_keys()) == 1
    desk.check()


def test_of_two_who_save_what_both_saw_one_is_told(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com")
    acts = [lambda name=name: desk.save("contact", contact, version=1, first_name=name) for name in "abcd"]
    results = at_once(*acts)
    refused = [result for result in results if isinstance(result, ChangedError)]
    assert len(refused) == 3
    [saved] = [result for result in results if result not in refused]
    name = desk.contact(contact).first_name
    assert saved.objects[0].changes == {"first_name": (None, name)}
    assert all(error.revisions[0].changes == {"first_name": (None, name)} for error in refused)
    desk.check()


NAMES = ("Acme", "Apex", "Bolt", "Cogs", "Dyes", "ACME")
EMAILS = (*(f"{name}@example.com" for name in ("ada", "bob", "cat", "dan", "eve", "Ada")), "")
PHONES = ("12345", "67890", "11111", "22222", "33333", "44444", "")


def scribble(desk: Desk, database: Database, seed: int) -> None:
    """Twenty acts on few objects by forms and by a feed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for number in range(20):
        contacts = list(set(desk.contact_keys().values()))
        accounts = [id for id, _ in desk.account_keys().values()]
        form = {"email": chance.choice(EMAILS), "phone": chance.choice(PHONES), "first_name": str(number)}
        form |= {"account_name": chance.choice((*NAMES, ""))}
        sent = {"Email": form["email"], "Phone": form["phone"], "Account Name": form["account_name"]}
        name = chance.choice(NAMES)
        acts: list[Callable[[], Any]] = [
            lambda form=form: desk.make("contact", **form),
            lambda sent=sent: feed(database.settings, desk.tenant.pk, APP, sent),
            lambda name=name: feed(database.settings, desk.tenant.pk, APP, {"": "account", "Account Name": name}),
            lambda name=name: desk.make("account", account_name=name),
        ]
        if contacts:
            contact = chance.choice(contacts)
            acts.append(lambda id=contact, form=form: desk.save("contact", id, **form))
        if accounts:
            account = chance.choice(accounts)
            acts.append(lambda id=account, name=name: desk.save("account", id, account_name=name, region=name))
            acts.append(lambda id=account, name=name: desk.add_alias(id, name))
            acts.append(lambda id=account, name=name: desk.remove_alias(id, name))
        try:
            chance.choice(acts)()
        except (HandError, BusyError):
            continue


@pytest.mark.parametrize("seed", range(8))
def test_whatever_people_and_feeds_do_the_ledger_adds_up(desk: Desk, database: Database, seed: int) -> None:
    scribble(desk, database, seed)
    assert len(desk.ledger()) > 3
    desk.check()


def test_whatever_they_do_at_the_same_time_the_ledger_adds_up(desk: Desk, database: Database) -> None:
    at_once(*[lambda seed=seed: scribble(desk, database, seed) for seed in range(4)])
    assert len(desk.ledger()) > 3
    desk.check()
