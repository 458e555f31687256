"""What PUTs feel of a file import, and the import of them: each alone, then both at once.

Options: --puts R a second (500), --seconds S that each is measured (10), --rows N of the file (500,000).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
from answers import at_rate
from place import Place, rapport, running
from plain import Client

from imports import write

CONTACTS = 100_000


class Importing:
    """An import of contacts that nobody knows yet."""

    def __init__(self, place: Place, rows: int) -> None:
        self._place, self._rows = place, rows
        self._database = psycopg.connect(place.database, autocommit=True)

    def begin(self, folder: Path) -> None:
        """Start it, and wait until it writes."""
        path = folder / "contacts.csv"
        write(path, self._rows)
        [(slug,)] = self._database.execute("select slug from tenants where id = %s", [self._place.tenant]).fetchall()
        rapport(self._place.environment, "import", str(path), "--configuration", "contact", "--tenant", slug)
        while not self._read():
            time.sleep(0.1)

    async def rate(self, meanwhile: Awaitable[Any]) -> float:
        """Rows a second while something else is done."""
        before, begun = self._read(), time.monotonic()
        await meanwhile
        return (self._read() - before) / (time.monotonic() - begun)

    def _read(self) -> int:
        sql = "select read, state from imports where tenant_id = %s"
        [(read, state)] = self._database.execute(sql, [self._place.tenant]).fetchall()
        if state in ("done", "failed", "waiting"):
            sys.exit(f"The import was {state} at {read:,} rows.")
        return int(read)


async def _measure(place: Place, options: argparse.Namespace) -> None:
    where = urlsplit(place.address)
    importing = Importing(place, options.rows)
    async with Client(where.hostname or "", where.port or 80, {"Authorization": f"Bearer {place.token}"}) as client:

        async def put(number: int) -> None:
            query = {"configuration": "contact", "record[Email]": f"user{number}@example.com"}
            query["record[First Name]"] = f"N{time.time_ns()}"
            assert (await client.send("PUT", f"/records?{urlencode(query)}")).status == 200

        async def puts(told: str) -> None:
            print(f"| {options.puts} PUTs a second | {told} | {await at_rate(put, options.puts, options.seconds)} |")

        await at_rate(put, options.puts, 2)  # warm
        await puts("alone")
        with tempfile.TemporaryDirectory() as folder:
            importing.begin(Path(folder))
        alone = await importing.rate(asyncio.sleep(options.seconds))
        beside = await importing.rate(puts("beside the import"))
        print(f"| import | alone | {alone:,.0f} rows a second |")
        print(f"| import | beside the PUTs | {beside:,.0f} rows a second = {beside / alone:.2f} of that |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--puts", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rows", type=int, default=500_000, help="of the file, which must outlast both")
    options = parser.parse_args()
    with running(CONTACTS) as place:
        asyncio.run(_measure(place, options))


if __name__ == "__main__":
    main()
