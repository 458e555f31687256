"""The workers of ingest: processes that share a port, each with a loop of its own, started again when they end."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

from rapport.settings import Settings

#: Connections that wait for, and that are served by, one worker. Idle keep-alive connections count.
BACKLOG, CONNECTIONS = 2048, 8192
#: Between two starts of a worker that ends at once.
PAUSE_SECONDS = 1.0
#: What tells us to stop.
_TOLD = (signal.SIGTERM, signal.SIGINT)


def run(settings: Settings, address: str) -> None:
    """Keep `settings.workers` of them until told to stop; they answer first what they have taken."""
    workers: list[ForkProcess] = []
    ending = False

    def end(number: int, frame: object) -> None:
        nonlocal ending
        ending = True
        for worker in workers:
            worker.terminate()

    for number in _TOLD:
        signal.signal(number, end)
    while not ending:
        started = time.monotonic()
        while len(workers) < settings.workers and not ending:
            workers.append(_started(settings, address))
        wait([worker.sentinel for worker in workers])
        workers[:] = [worker for worker in workers if worker.is_alive()]
        if not ending and time.monotonic() - started < PAUSE_SECONDS:
            time.sleep(PAUSE_SECONDS)
    for worker in workers:
        worker.terminate()  # again: one may have started meanwhile
        worker.join()


def _started(settings: Settings, address: str) -> ForkProcess:
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(settings, address))
    # Told to stop before it has handlers of its own it ends; the parent's would swallow that.
    signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
    try:
        worker.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
    return worker


def _work(settings: Settings, address: str) -> None:
    """One worker, until it is told to stop."""
    for number in _TOLD:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
    from uvicorn import Config

    from rapport.ingest.app import application
    from rapport.ingest.connection import Connection
    from rapport.ingest.server import Server

    config = Config(
        application, http=Connection, loop="uvloop", ws="none", lifespan="on", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, backlog=BACKLOG, limit_concurrency=CONNECTIONS,
    )  # fmt: skip
    Server(config).run(sockets=[_listener(address, settings.port)])


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    return listener
