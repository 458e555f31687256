"""Finds out whether the service can listen where it is told to."""

from __future__ import annotations

import errno
import socket
import time

import click

from rapport.settings import Settings

#: Seconds for a predecessor that was killed to let go of the port.
PATIENCE = 3.0


def listening_address(settings: Settings) -> str:
    """Return the IP address of `settings.host` after making sure that its port is free.

    Granian's processes share a port (SO_REUSEPORT), so a second service of the same user would start without an error
    and take half of the connections; a plain bind tells. Raises `click.ClickException`.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise click.ClickException(f"RAPPORT_HOST is '{settings.host}', which has no address.") from None
    family, _, _, _, address = found[0]
    deadline = time.monotonic() + PATIENCE
    while (refusal := _refusal(family, address)) == errno.EADDRINUSE and time.monotonic() < deadline:
        time.sleep(0.05)
    if refusal:
        raise click.ClickException(_sentence(refusal, settings))
    return str(address[0])


def _refusal(family: int, address: tuple[object, ...]) -> int | None:
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger are no listener
        try:
            trial.bind(address)
        except OSError as error:
            return error.errno
    return None


def _sentence(refusal: int, settings: Settings) -> str:
    where = f"port {settings.port} of {settings.host}"
    if refusal == errno.EADDRINUSE:
        return f"Another program is using {where}: stop it, or set RAPPORT_PORT to a free port."
    if refusal == errno.EACCES:
        return f"This user may not listen on {where}: set RAPPORT_PORT to a port above 1023."
    return f"Cannot listen on {where}: is RAPPORT_HOST an address of this machine?"
