"""How long a session may hold up others: with these bounds, a process that stops does not stop the rest.

A process that ends closes its connections, and its locks are gone. One that stops (SIGSTOP, a frozen machine) or whose
host loses power does not: its locks would stay until it goes on, or until TCP gives up after two hours.

They are defaults of the application role, set by `migrate`, where that role signs in itself: a pooler hands on none of
what a client wishes at its start. Where it is stepped down to, they are start-up options beside the option `role`.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Setting of PostgreSQL -> value. One chain: who stopped is ended (5 s) before those who wait for its locks give up
#: (20 s), and these know that nothing was written before ingest waits no longer for an answer (30 s).
SESSION = {
    # Between two statements of a transaction ingest only decides, which takes a second for the largest batch.
    "idle_in_transaction_session_timeout": "5s",
    # A batch of 10,000 holds a row for a second or two; twenty are several of them in a queue.
    "lock_timeout": "20s",
    # The net below: nothing of ours is in one transaction for an hour, whatever it waits for.
    "transaction_timeout": "1h",
    # The client's host is gone without a word: noticed after 10 s of silence and two probes, 5 s apart.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
    # The same while an answer is on its way, when no probe is sent; also for a client that takes nothing.
    "tcp_user_timeout": "20s",
}
#: Of the tables' owner, whose connections pass no pooler: a migration computes between its statements, and its other
#: bounds are in `tenants.bootstrap` and `history.partitions`.
OWNER = {name: value for name, value in SESSION.items() if name.startswith("tcp_")} | {
    "idle_in_transaction_session_timeout": "60s",
}
#: What libpq watches from our side, in seconds and, for the last, milliseconds: a server that is gone is noticed as
#: soon. No start-up parameters.
CLIENT = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}


def options(settings: Mapping[str, str]) -> str:
    """The settings as libpq's start-up `options`."""
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
