"""`rapport worker`: runs jobs from the queue in PostgreSQL, and lets search and figures follow the ledger."""

from __future__ import annotations

import asyncio
import logging.config
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rapport.cli.database import domain, existing
from rapport.cli.server import with_secret_key
from rapport.process import calm_collector, end_with_parent, logging_configuration, part, step_aside
from rapport.settings import Settings

if TYPE_CHECKING:
    from procrastinate import App


#: What tells it to stop.
TOLD = (signal.SIGTERM, signal.SIGINT)


@click.command()
def worker() -> None:
    """Run background jobs until told to stop."""
    # Until there is an event loop: whatever has begun by then comes to an orderly end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings.from_environment()
    end_with_parent()
    step_aside()
    with existing(settings) as found:
        settings = replace(found, secret_key=with_secret_key(found))  # links in mail are derived from it
        with domain(settings):
            logging.config.dictConfig(logging_configuration(settings.log_level))  # after Django, which sets its own
            from procrastinate.contrib.django import app
            from procrastinate.contrib.django.django_connector import DjangoConnector

            from rapport.directory.follower import Follower
            from rapport.directory.twins import Twins
            from rapport.feedback.counting import Figures
            from rapport.tenants.keeper import Keeper

            assert isinstance(app.connector, DjangoConnector)
            connector = app.connector.get_worker_connector()
            calm_collector()
            # What begins threads is not interrupted amid that: the signal waits for the loop's own handlers.
            signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
            with part("worker"), Follower(), Twins(), Figures(), Keeper(), app.replace_connector(connector) as queue:
                asyncio.run(_until_told(queue))


async def _until_told(queue: App) -> None:
    """Work until a signal.

    The queue's own handlers come a moment after its start, in which the signal would end what the pool's tasks have
    begun and wait for them without end; so the pool is opened undisturbed, and only the work is cancelled.
    """
    told = asyncio.Event()
    for number in TOLD:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
    async with queue.open_async():
        working, telling = asyncio.ensure_future(_work(queue)), asyncio.ensure_future(told.wait())
        await asyncio.wait((working, telling), return_when=asyncio.FIRST_COMPLETED)
        for task in (working, telling):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _work(queue: App) -> None:
    """One worker for each queue, so that none waits for the jobs of another."""
    from rapport.tenants import queue as bounds

    async with asyncio.TaskGroup() as group:
        for name, at_a_time in bounds.QUEUES.items():
            work = queue.run_worker_async(
                queues=[name],
                name=name,
                concurrency=at_a_time,
                install_signal_handlers=False,
                # No LISTEN: it is lost on reconnecting and does not pass a transaction pooler.
                listen_notify=False,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=bounds.GRACE_SECONDS,
                update_heartbeat_interval=bounds.HEARTBEAT_SECONDS,
                stalled_worker_timeout=bounds.FORGOTTEN_SECONDS,
            )
            group.create_task(work)
