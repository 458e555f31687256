from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client, override_settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.cast import Cast, new_person
from tests.conftest import django_on
from tests.ingest.serving import Server, free_port
from tests.members.outside import Outside

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rapport.members.models import Role
    from tests.cast import Person
    from tests.conftest import Database

PASSWORD = "a lantern over four rivers"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def running(
    copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Database]]:
    """The whole service on a database of its own: its worker would take the jobs of tests beside it."""
    database = copy()
    server = Server(database, tmp_path_factory.mktemp("members"), workers=1, command=("serve",))
    try:
        server.start()
        yield server, database
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
    assert "Traceback" not in server.said()


@pytest.fixture
def outside(running: tuple[Server, Database]) -> Iterator[Outside]:
    """The whole service, with tenants that nobody else uses."""
    server, database = running
    with django_on(database), ExitStack() as stack:
        yield Outside(server, database, Cast(), stack)


@pytest.fixture
def stranger(database: Database) -> Client:
    """A browser at a place of its own, in which nobody is signed in."""
    return at_a_place()


def at_a_place(**options: object) -> Client:
    """A browser whose failures nobody else's count towards."""
    return Client(REMOTE_ADDR=f"10.1.{next(_numbers)}.1", **options)


def with_password(person: Person, password: str = PASSWORD) -> Person:
    """The person, who has a password now."""
    person.user.set_password(password)
    person.user.save(update_fields=["password"])
    return person


def colleague(person: Person, name: str, role: Role) -> Person:
    """Another member of the same system."""
    return new_person(name, person.tenant, role)


class Postbox:
    """Takes mail like any server; `letters` are pairs of recipient and text.

    `recipients` and `data` are its answers, where it is to say no; `breaks`: it hangs up when it has a letter.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self.recipients = self.data = "250 OK"
        self.breaks = False

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Takes a recipient or not."""
        envelope.rcpt_tos.append(address)
        return self.recipients

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keeps a letter."""
        text = envelope.content.decode().replace("\r\n", "\n")
        self.letters += [(recipient, text) for recipient in envelope.rcpt_tos]
        if self.breaks:
            server.transport.abort()
        return self.data


@pytest.fixture
def postbox(database: Database) -> Iterator[Postbox]:
    """A mail server, which this installation is set up to use; what tests of others left in the queue is not sent."""
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where status = 'todo'")
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    rapport = dataclasses.replace(django_settings.RAPPORT, mail_url=f"smtp://127.0.0.1:{port}")
    backend = "django.core.mail.backends.smtp.EmailBackend"
    try:
        with override_settings(RAPPORT=rapport, EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
            yield box
    finally:
        controller.stop()


def work() -> None:
    """Lets a worker do what is in the queue; nothing must be left."""
    work_once()
    assert list(queued().values_list("task_name", "status")) == []


def queued() -> QuerySet[ProcrastinateJob]:
    """Jobs of this room; tests of others leave theirs."""
    return ProcrastinateJob.objects.filter(task_name__startswith="rapport.members.")


def work_once() -> None:
    """Lets a worker do what is due; not the upkeep of all the tests' tenants, should its minute come."""
    with (
        patch.object(app.periodic_registry, "periodic_tasks", {}),
        app.replace_connector(app.connector.get_worker_connector()) as queue,
    ):
        queue.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)
