"""`rapport worker`: runs jobs from the queue in PostgreSQL, and lets search and figures follow the ledger."""

from __future__ import annotations

import logging.config
import signal
import sys

import click

from rapport.cli.database import domain, existing
from rapport.process import end_with_parent, logging_configuration, step_aside
from rapport.settings import Settings


@click.command()
def worker() -> None:
    """Run background jobs until told to stop."""
    settings = Settings.from_environment()
    end_with_parent()
    step_aside()
    with existing(settings) as settings, domain(settings):
        logging.config.dictConfig(logging_configuration(settings.log_level))  # after Django, which sets its own
        from procrastinate.contrib.django import app
        from procrastinate.contrib.django.django_connector import DjangoConnector

        from rapport.directory import follower
        from rapport.feedback import counting

        assert isinstance(app.connector, DjangoConnector)
        # Until the queue has handlers of its own: whatever has begun by then comes to an orderly end.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        search = follower.Follower("search", follower.step, follower.STEP)
        figures = follower.Follower("figures", counting.step, counting.STEP)
        with search, figures, app.replace_connector(app.connector.get_worker_connector()) as queue:
            # No LISTEN: it is lost on reconnecting and does not pass a transaction pooler.
            queue.run_worker(listen_notify=False, fetch_job_polling_interval=1.0, shutdown_graceful_timeout=20.0)
