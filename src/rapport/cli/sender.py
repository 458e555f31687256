"""`rapport sender`: hands the mails of campaigns to mail servers."""

from __future__ import annotations

import asyncio
import logging.config
import signal
import time
from dataclasses import replace

import click

from rapport.cli.database import domain, existing
from rapport.cli.output import tenant_slug
from rapport.cli.server import with_secret_key
from rapport.process import end_with_parent, logging_configuration, part, step_aside
from rapport.settings import Settings

log = logging.getLogger("rapport.sender")
#: Seconds until a database that was not there is asked again.
PAUSE = 1.0


@click.command()
@tenant_slug
def sender(tenant_slug: str | None) -> None:
    """Send what campaigns have queued until told to stop; run as many as you like, on any hosts.

    For all tenants, or the one that is named.
    """
    settings = Settings.from_environment()
    end_with_parent()
    step_aside()
    with existing(replace(settings, secret_key=with_secret_key(settings))) as settings, domain(settings):
        logging.config.dictConfig(logging_configuration(settings.log_level))  # after Django, which sets its own
        only = [_found(tenant_slug)] if tenant_slug else None
        asyncio.run(_run(settings, only))


def _found(slug: str) -> int:
    """The tenant's number, as soon as there is a database to ask. Raises what `find` raises."""
    from django.db import OperationalError, connection

    from rapport.tenants.registry import find

    while True:
        try:
            return int(find(slug).pk)
        except OperationalError as fault:
            log.warning("the database cannot be reached: %s", type(fault.__cause__ or fault).__name__)
            connection.close()
            time.sleep(PAUSE)


async def _run(settings: Settings, tenants: list[int] | None) -> None:
    from rapport.sender.ledger import Ledger
    from rapport.sender.running import Sender

    ledger = Ledger(settings)
    running = Sender(ledger, tenants)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.stop)
    try:
        with part("sender"):
            await running.run()
    finally:
        ledger.close()
