"""Several processes, many callers, few objects: at the end the state is that of some order of the same records."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.ingest.audit import Audit, Told
from tests.ingest.conftest import Caller
from tests.ingest.crowd import Crowd
from tests.ingest.people import somebody
from tests.ingest.serving import Server, serving

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.ingest.conftest import Look

CALLERS = 12


@pytest.fixture(scope="module")
def servers(ingest: Server, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two services on one database, three workers in all."""
    with serving(database, tmp_path_factory.mktemp("races"), workers=1) as other:
        yield [ingest, other]


@pytest.fixture
def audit(look: Look) -> Callable[[Person, list[Told]], Audit]:
    """Check everything that a person's tenant has stored against what callers were told."""

    def check(person: Person, told: list[Told]) -> Audit:
        found = Audit(lambda sql, *arguments: look(person, sql, *arguments))
        found.check()
        found.find(told)
        names = {row["id"]: row["reference"] for row in look(person, "select id, reference from configurations")}
        found.one_after_the_other(names)
        return found

    return check


def hammer(seed: int) -> Callable[[Callable[..., Any]], None]:
    """Forty requests: mostly single contacts, some accounts, some batches."""

    def act(send: Callable[..., Any]) -> None:
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        for _ in range(40):
            kind = chance.random()
            if kind < 0.1:
                send([somebody(chance) for _ in range(chance.randrange(1, 8))])
            elif kind < 0.25:
                name = f"Account {chance.randrange(20)}"
                send({"Account Name": name, "Industry": str(chance.randrange(3))}, "account")
            else:
                send(somebody(chance))

    return act


def test_everybody_hammers_the_same_few(
    servers: list[Server], cast: Cast, audit: Callable[..., Audit], look: Look
) -> None:
    crowd = Crowd(servers, cast.alice)
    crowd.run(*(hammer(seed) for seed in range(CALLERS)))
    assert crowd.statuses == {200}
    found = audit(cast.alice, crowd.told)
    assert len([row for row in found.contacts.values() if "email" in row["values"]]) == 8
    assert len(found.accounts) == 20
    phones = [key for key in found.contact_keys if key.startswith("p:")]
    assert len(phones) == 6
    assert len(found.changes) > 100


def one(what: dict[str, str], configuration: str = "contact") -> Callable[[Callable[..., Any]], None]:
    return lambda send: send(what, configuration)


def test_one_new_account_named_by_all_at_once(servers: list[Server], cast: Cast, audit: Callable[..., Audit]) -> None:
    crowd = Crowd(servers, cast.alice)
    for round_ in range(6):
        name = [f"Acme {round_}", f"ACME {round_}"]
        people = [{"Email": f"{round_}-{number}@b", "Account Name": name[number % 2]} for number in range(CALLERS - 2)]
        crowd.run(*map(one, people), *[one({"Account Name": name[0], "Industry": "x"}, "account")] * 2)
    assert crowd.statuses == {200}
    found = audit(cast.alice, crowd.told)
    assert len(found.accounts) == 6
    assert len(found.contacts) == 6 * (CALLERS - 2)
    assert {row["values"]["account_name"].casefold() for row in found.contacts.values()} == {
        f"acme {round_}" for round_ in range(6)
    }


def test_one_new_phone_then_everybody_wants_to_adopt(
    servers: list[Server], cast: Cast, audit: Callable[..., Audit]
) -> None:
    crowd = Crowd(servers, cast.alice)
    for round_ in range(6):
        phone = f"1234{round_}"
        crowd.run(*[one({"Phone": phone})] * 4, *(one({"Phone": phone, "Email": f"{round_}-{n}@b"}) for n in range(8)))
    assert crowd.statuses == {200}
    found = audit(cast.alice, crowd.told)
    assert len(found.contacts) == 6 * 8, "the one with the phone was adopted by one of eight"
    assert all("email" in row["values"] for row in found.contacts.values())


def test_one_new_email_from_all_at_once(servers: list[Server], cast: Cast, audit: Callable[..., Audit]) -> None:
    crowd = Crowd(servers, cast.alice)
    for round_ in range(6):
        crowd.run(*(one({"Email": f"{round_}@b", "Phone": f"12345{n}", "First Name": str(n)}) for n in range(CALLERS)))
    assert crowd.statuses == {200}
    found = audit(cast.alice, crowd.told)
    assert len(found.contacts) == 6
    assert len(found.contact_keys) == 6 + CALLERS, "each number once, with whoever came first"
    assert {row["version"] for row in found.contacts.values()} == {CALLERS}


def test_two_phones_and_emails_crosswise(servers: list[Server], cast: Cast, audit: Callable[..., Audit]) -> None:
    crowd = Crowd(servers, cast.alice)
    for round_ in range(6):
        emails, phones = [f"{round_}a@b", f"{round_}b@b"], [f"1111{round_}", f"2222{round_}"]
        pairs = [{"Email": email, "Phone": phone} for email in emails for phone in phones]
        crowd.run(
            *map(one, pairs * 2), *(one({"Phone": phone}) for phone in phones), *(one({"Email": e}) for e in emails)
        )
    assert crowd.statuses == {200}
    audit(cast.alice, crowd.told)


def test_one_tenants_flood_does_not_stall_another(servers: list[Server], cast: Cast) -> None:
    """Charlie's single records are answered while Alice's batches wait in line, none of them after so long a wait."""
    stop = threading.Event()
    batch = [{"Phone": str(10_000 + number)} for number in range(2_000)]

    def flood(_: int) -> list[httpx2.Response]:
        with Caller(servers[0].url, cast.alice) as alice:
            return [alice.batch(batch) for _ in iter(stop.is_set, True)]

    with ThreadPoolExecutor(3) as threads:
        floods = [threads.submit(flood, number) for number in range(3)]
        try:
            with Caller(servers[0].url, cast.charlie) as charlie:
                answers = [charlie.record({"Email": f"{number}@b"}) for number in range(20)]
        finally:
            stop.set()
    assert {answer.status_code for answer in answers} == {200}
    batches = [answer for task in floods for answer in task.result()]
    assert {answer.status_code for answer in batches} == {200}
    assert max(answer.elapsed for answer in answers) < max(answer.elapsed for answer in batches)
