"""Whether the service can listen where it is told to."""

from __future__ import annotations

import socket
import threading

import click
import pytest

from rapport.cli import port
from rapport.cli.port import listening_address
from rapport.settings import Settings


@pytest.fixture
def listener():
    """A listener that shares its port, as Granian's workers do."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def at(listening, host="127.0.0.1"):
    return Settings(host=host, port=listening.getsockname()[1])


def test_a_free_port_gives_the_address_of_the_host(listener):
    settings = at(listener, "localhost")
    listener.close()

    assert listening_address(settings) in {"127.0.0.1", "::1"}


def test_a_shared_port_is_in_use(listener, monkeypatch):
    monkeypatch.setattr(port, "PATIENCE", 0.1)

    with pytest.raises(click.ClickException, match=r"^Another program is using port \d+ of 127.0.0.1: stop it, or set"):
        listening_address(at(listener))


def test_a_predecessor_may_take_a_moment_to_vanish(listener):
    settings = at(listener)
    threading.Timer(0.2, listener.close).start()

    assert listening_address(settings) == "127.0.0.1"


def test_a_name_without_an_address_gets_one_sentence():
    with pytest.raises(click.ClickException, match=r"^RAPPORT_HOST is 'no\.such\.invalid', which has no address\.$"):
        listening_address(Settings(host="no.such.invalid"))


def test_an_address_of_another_machine_gets_one_sentence():
    with pytest.raises(click.ClickException, match="is RAPPORT_HOST an address of this machine"):
        listening_address(Settings(host="192.0.2.1"))
