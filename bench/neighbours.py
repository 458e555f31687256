"""What PUTs feel of a campaign that is sent: so many a second, alone and beside mails at a rate; pgbench beside.

The mails are those of a new system's invitation, handed over by the sender of `rapport serve` to a sink.
Options: --mails a minute (25,000), --puts R a second (500), --seconds S of PUTs (10).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
from answers import at_rate
from load import pgbench
from place import Place, rapport, running, token
from plain import Client

CONTACTS, PORT = 100_000, 2526
SCOPES = ("records:write", "campaigns:write", "campaigns:read")


def _token(place: Place) -> str:
    with psycopg.connect(place.database) as database:
        [(slug,)] = database.execute("select slug from tenants where id = %s", [place.tenant]).fetchall()
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    app = rapport(place.environment, "app", "create", "neighbours", "--tenant", slug, *scopes, "--json")
    return token(place.address, json.loads(app))


async def _measure(place: Place, options: argparse.Namespace) -> None:
    where = urlsplit(place.address)
    bearer = {"Authorization": f"Bearer {_token(place)}"}
    async with Client(where.hostname or "", where.port or 80, bearer) as client:

        async def put(number: int) -> None:
            query = {"configuration": "contact", "record[Email]": f"user{number}@example.com"}
            query["record[First Name]"] = f"N{time.time_ns()}"
            assert (await client.send("PUT", f"/records?{urlencode(query)}")).status == 200

        async def call(method: str, path: str, **body: Any) -> Any:
            answer = await client.send(method, f"/api/campaigns{path}", json.dumps(body).encode() if body else b"")
            assert answer.status in (200, 201, 202), answer.body
            return json.loads(answer.body)

        async def sent(id: str) -> int:
            return int((await call("GET", f"/{id}"))["counts"].get("sent", 0))

        await at_rate(put, options.puts, 2)  # warm
        alone = await at_rate(put, options.puts, options.seconds)
        made = {"name": "All", "kind": "invitation", "recipients": {"all": True}, "rate": options.mails}
        id = (await call("POST", "", **made, sender={"name": "Ada", "address": "ada@sender.example"}))["campaign"]
        await call("POST", f"/{id}/start", plan=(await call("POST", f"/{id}/plan"))["plan"])
        while not (before := await sent(id)):  # noqa: ASYNC110 (another process is waited for)
            await asyncio.sleep(0.2)
        begun = time.monotonic()
        amid = await at_rate(put, options.puts, options.seconds)
        mails = (await sent(id) - before) / (time.monotonic() - begun) * 60
        print(f"| {options.puts} PUTs a second | alone | {alone} |")
        print(f"| {options.puts} PUTs a second | beside {mails:,.0f} mails a minute | {amid} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=25_000)
    parser.add_argument("--puts", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    report = Path(tempfile.mkdtemp()) / "sink.json"
    script = Path(__file__).with_name("sending.py")
    sink = subprocess.Popen([sys.executable, str(script), "--sink", str(PORT), "--report", str(report)])
    more = {"RAPPORT_MAIL_URL": f"smtp://127.0.0.1:{PORT}", "RAPPORT_PUBLIC_URL": "https://feedback.example.com"}
    try:
        with running(CONTACTS, more) as place:
            reference = pgbench(place, 5)
            told = f"p50 {reference.median:.1f} ms, p99 {reference.p99:.1f} ms"
            print(f"| pgbench | {reference.rate:.0f} a second | {told} |")
            asyncio.run(_measure(place, options))
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()
