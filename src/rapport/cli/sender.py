"""`rapport sender`: hands the mails of campaigns to mail servers."""

from __future__ import annotations

import asyncio
import logging.config
import signal
from dataclasses import replace

import click

from rapport.cli.database import domain, existing
from rapport.cli.server import with_secret_key
from rapport.process import end_with_parent, logging_configuration, step_aside
from rapport.settings import Settings


@click.command()
def sender() -> None:
    """Send what campaigns have queued until told to stop; run as many as you like, on any hosts."""
    settings = Settings.from_environment()
    end_with_parent()
    step_aside()
    with existing(replace(settings, secret_key=with_secret_key(settings))) as settings, domain(settings):
        logging.config.dictConfig(logging_configuration(settings.log_level))  # after Django, which sets its own
        asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from rapport.sender.ledger import Ledger
    from rapport.sender.running import Sender

    ledger = Ledger(settings)
    running = Sender(ledger)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.stop)
    try:
        await running.run()
    finally:
        ledger.close()
