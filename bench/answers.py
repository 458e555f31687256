"""Answers: how many a second, what each costs the console, how long looks and answers take, and what PUTs feel of it.

Contacts are asked over the API; each link is fetched once (first views are a figure of their own), then each form is
posted once over so many connections, as fast as it goes; pgbench beside. Then PUTs come at a constant rate, alone and
beside answers at half the rate that was found. Prints a table.
Options: --answers N (3,000), --connections C (16), --puts R a second (500), --seconds S of PUTs (8).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import processes
import psycopg
from load import pgbench
from place import Place, rapport, running, token
from plain import Client

#: What a form has: its seal, its language and the question about the score.
FORM = re.compile(rb'name="form" value="([^"]+)"')
SCORE = re.compile(rb'name="([^"]+)" value="10"')


class Times(list[float]):
    """Milliseconds."""

    def __str__(self) -> str:
        return f"p50 {statistics.median(self):.1f} ms, p99 {statistics.quantiles(self, n=100)[-1]:.1f} ms"


async def _in_turn(work: Sequence[Callable[[], Awaitable[Any]]], connections: int) -> tuple[Times, float]:
    """Runs all work, so much of it at once; what each took, and seconds for all."""
    waiting, times = iter(work), Times()

    async def worker() -> None:
        for each in waiting:
            started = time.perf_counter()
            await each()
            times.append((time.perf_counter() - started) * 1e3)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return times, time.perf_counter() - started


async def at_rate(work: Callable[[int], Awaitable[Any]], rate: float, seconds: float) -> Times:
    """Starts work at a constant rate, however long each takes; what each took from when it was due."""
    times, loop = Times(), asyncio.get_running_loop()
    start = loop.time()

    async def one(number: int) -> None:
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - loop.time()))
        await work(number)
        times.append((loop.time() - due) * 1e3)

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    return times


class Respondents:
    """Who was asked, and answers."""

    def __init__(self, place: Place, client: Client) -> None:
        self._place, self._client = place, client
        self._links: list[str] = []
        self._forms: list[tuple[str, dict[str, str]]] = []

    async def ask(self, number: int) -> None:
        """Asks a contact."""
        body = json.dumps({"contact": {"email": f"user{number}@example.com"}}).encode()
        answer = await self._client.send("POST", "/api/survey-records", body)
        assert answer.status == 201, answer.body
        self._links.append(urlsplit(json.loads(answer.body)["link"]).path)

    async def look(self) -> None:
        """Opens a link."""
        link = self._links.pop()
        answer = await self._client.send("GET", link)
        assert answer.status == 200
        assert len(answer.body) < 40_000
        form, score = FORM.search(answer.body), SCORE.search(answer.body)
        assert form
        assert score
        self._forms.append((link, {"form": form[1].decode(), "language": "en", score[1].decode(): "9"}))

    async def answer(self) -> None:
        """Posts the form of a link."""
        link, form = self._forms.pop()
        answer = await self._client.post(link, form)
        assert answer.status in (200, 303), answer.status

    async def put(self, number: int) -> None:
        """Sends a record that changes a contact."""
        query = {"configuration": "contact", "record[Email]": f"user{number % self._place.contacts}@example.com"}
        query["record[First Name]"] = f"N{time.time_ns()}"
        assert (await self._client.send("PUT", f"/records?{urlencode(query)}")).status == 200


async def _measure(place: Place, options: argparse.Namespace) -> None:
    console, postgres = processes.named(place.pid, "serve", "console"), _postmaster(place)
    where, bearer = urlsplit(place.address), {"Authorization": f"Bearer {_token(place)}"}
    async with Client(where.hostname or "", where.port or 80, bearer) as client:
        people = Respondents(place, client)
        answers, at_once = options.answers, options.connections
        await _in_turn([lambda number=number: people.ask(number) for number in range(2 * answers)], at_once)
        for name, act in (("first views", people.look), ("answers", people.answer)):
            before = processes.seconds(console), processes.seconds(postgres)
            times, seconds = await _in_turn([act] * answers, at_once)
            used = [
                (processes.seconds(pid) - start) / answers * 1e6
                for pid, start in zip((console, postgres), before, strict=True)
            ]
            print(
                f"| {name} | {answers / seconds:.0f} a second | console {used[0]:.0f} µs, PostgreSQL {used[1]:.0f} µs |"
                f" {times} at {at_once} connections |"
            )
            rate = answers / seconds
        await _in_turn([people.look] * answers, at_once)
        alone = await at_rate(people.put, options.puts, options.seconds)
        beside = asyncio.ensure_future(
            at_rate(lambda _: people.answer(), rate / 2, min(options.seconds, answers / rate * 2))
        )
        amid = await at_rate(people.put, options.puts, options.seconds)
        answered = await beside
        print(
            f"| {options.puts} PUTs a second | alone | {alone} | |\n"
            f"| {options.puts} PUTs a second | beside {rate / 2:.0f} answers a second | {amid} | answers: {answered} |"
        )


def _token(place: Place) -> str:
    """An access token of an app that may ask contacts."""
    with psycopg.connect(place.database) as database:
        [(slug,)] = database.execute("select slug from tenants where id = %s", [place.tenant]).fetchall()
    scopes = ("--scope", "records:write", "--scope", "responses:write")
    app = rapport(place.environment, "app", "create", "answers", "--tenant", slug, *scopes, "--json")
    return token(place.address, json.loads(app))


def _postmaster(place: Place) -> int:
    """The PostgreSQL of the place."""
    with psycopg.connect(place.database) as database:
        [(backend,)] = database.execute("select pg_backend_pid()").fetchall()
        return processes.parent(backend)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=3_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--puts", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    with running(max(20_000, 2 * options.answers)) as place:
        reference = pgbench(place, 5)
        told = f"p50 {reference.median:.1f} ms, p99 {reference.p99:.1f} ms"
        print(f"| pgbench | {reference.rate:.0f} a second | | {told} |")
        asyncio.run(_measure(place, options))


if __name__ == "__main__":
    main()
