"""Mails a minute: a campaign to so many contacts, 30 KB each with eleven links, by senders to a sink beside them.

    .venv/bin/python bench/sending.py --contacts 20000 --senders 2

The sink takes everything and keeps nothing but a count; it is a process of its own. Everything shares this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve()


def _sink(port: int, report: Path) -> None:
    """The smallest SMTP server that tells the truth: who got how many, written at the end."""
    counts: Counter[bytes] = Counter()
    sizes = [0]
    asyncio.run(_take(port, counts, sizes))
    told = {"people": len(counts), "mails": sum(counts.values()), "twice": sum(n > 1 for n in counts.values())}
    report.write_text(json.dumps(told | {"bytes": sizes[0] // max(1, told["mails"])}))


async def _take(port: int, counts: Counter[bytes], sizes: list[int]) -> None:
    """Takes every mail until told to end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = b""
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                writer.write(b"250-sink\r\n250 8BITMIME\r\n")
            elif word == b"RCPT":
                recipient = line
                writer.write(b"250 ok\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                counts[recipient] += 1
                sizes[0] += len(content)
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 20)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with server:
        await ended.wait()


def _prepare(settings, contacts: int):
    from rapport.campaigns import drafts, plans
    from rapport.campaigns.ready import TEXTS
    from rapport.tenants import bootstrap, registry
    from rapport.tenants.actors import COMMAND
    from rapport.tenants.scope import tenant_scope

    bootstrap.migrate(settings)
    tenant = registry.create("bench")
    with psycopg.connect(settings.owner_database_url) as owner:
        owner.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        owner.execute(
            "insert into contacts (tenant_id, id, email, first_name, version, created_at, updated_at)"
            " select %s, uuidv7(), 'c' || n || '@example.com', 'Contact ' || n, 1, now(), now()"
            " from generate_series(1, %s) n",
            [tenant.pk, contacts],
        )
        owner.execute(
            "insert into contact_keys (tenant_id, key, contact_id)"
            " select tenant_id, 'e:' || email, id from contacts where tenant_id = %s",
            [tenant.pk],
        )
    with psycopg.connect(settings.owner_database_url, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    subject, preheader, body = TEXTS["invitation"]
    filler = "\n\n".join("We read every answer, and we tell you what we made of it." for _ in range(155))
    message = {"subject": subject, "preheader": preheader, "body": f"{body}\n\n{filler}"}
    given = {
        "name": "Bench",
        "kind": "invitation",
        "recipients": {"all": True},
        "sender": {"name": "Ada", "address": "ada@sender.example"},
        "messages": {"en": message},
    }
    with tenant_scope(tenant) as tenant_id:
        campaign = drafts.create(tenant_id, COMMAND, given)
    began = time.monotonic()
    with tenant_scope(tenant):
        planned = plans.plan(campaign, COMMAND)
    chosen = time.monotonic() - began
    with tenant_scope(tenant) as tenant_id:
        plans.start(tenant_id, campaign, planned.token, COMMAND)
    return tenant, campaign, chosen, time.monotonic() - began - chosen


def _senders(settings, number: int, directory: Path) -> list[subprocess.Popen[bytes]]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    ours = settings.environment() | {"RAPPORT_DATA_DIR": str(directory)}
    command = [sys.executable, "-m", "rapport", "sender"]
    return [subprocess.Popen(command, env=others | ours) for _ in range(number)]


def main() -> None:  # noqa: PLR0915 (one run, from an empty database to its figures)
    """Runs it once."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--contacts", type=int, default=20_000)
    arguments.add_argument("--senders", type=int, default=2)
    arguments.add_argument("--sent", type=int, help="end after so many mails")
    arguments.add_argument("--sink", type=int, default=0, help=argparse.SUPPRESS)
    arguments.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.sink:
        _sink(given.sink, given.report)
        return
    from rapport import console
    from rapport.db.embedded import Embedded
    from rapport.settings import Settings

    directory, port = Path(tempfile.mkdtemp()), 2525
    embedded = Embedded(directory)
    urls = embedded.start()
    settings = Settings(
        data_dir=directory,
        database_url=urls.app,
        owner_database_url=urls.owner,
        secret_key="k" * 48,
        public_url="https://feedback.example.com",
        mail_url=f"smtp://127.0.0.1:{port}",
        log_level="warning",
    )
    console.setup(settings)
    from rapport.campaigns.models import CampaignCount
    from rapport.tenants.scope import tenant_scope

    report = directory / "sink.json"
    sink = subprocess.Popen([sys.executable, str(HERE), "--sink", str(port), "--report", str(report)])
    senders: list[subprocess.Popen[bytes]] = []
    try:
        tenant, campaign, chosen, starting = _prepare(settings, given.contacts)
        print(f"chosen and written in {chosen:.1f} s, started in {starting:.2f} s")
        senders = _senders(settings, given.senders, directory)
        sent, began = 0, None
        while sent < (given.sent or given.contacts):
            time.sleep(0.25)
            with tenant_scope(tenant) as tenant_id:
                own = CampaignCount.objects.filter(tenant_id=tenant_id, campaign_id=campaign.id, state="sent")
                sent = sum(own.values_list("count", flat=True))
            if sent and began is None:
                began, first = time.monotonic(), sent
        seconds = time.monotonic() - began
        statuses = [Path(f"/proc/{each.pid}/status").read_text() for each in senders]
        peak = max(int(text.partition("VmHWM:")[2].split()[0]) for text in statuses) // 1024
        rate = (sent - first) / seconds * 60
        print(f"{rate:,.0f} mails a minute by {given.senders} senders, peak {peak} MB each")
    finally:
        for each in senders:
            each.terminate()
        for each in senders:
            each.wait()
        sink.terminate()
        sink.wait()
        print(report.read_text())
        embedded.stop()


if __name__ == "__main__":
    main()
