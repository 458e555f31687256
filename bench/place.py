"""A service on a database of its own, with so many contacts in it, for what measures it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psycopg

from rapport import console
from rapport.db.embedded import DATABASE, Embedded, Urls
from rapport.settings import Settings

PORT = 8399
ADDRESS = f"http://127.0.0.1:{PORT}"
WORKERS = 2
#: Accounts that records name.
ACCOUNTS = 1_000
#: Rows as the service itself would have written them, without their history; foreign keys are right by themselves.
SEED = """
set session_replication_role = replica;
set rapport.tenant_id = '{tenant}';
with new as (
    insert into contacts (tenant_id, id, email, first_name, last_name, job_title, version, created_at, updated_at)
    select {tenant}, uuidv7(), 'user' || i || '@example.com', 'First' || i, 'Last' || i, 'Engineer', 1, now(), now()
    from generate_series({first}, {last}) i
    returning id, email
)
insert into contact_keys (tenant_id, key, contact_id) select {tenant}, 'e:' || email, id from new;
"""
SEED_ACCOUNTS = """
with new as (
    insert into accounts (tenant_id, id, name, version, created_at, updated_at)
    select {tenant}, uuidv7(), 'Account' || i, 1, now(), now() from generate_series(0, {last}) i
    returning id, name
)
insert into account_keys (tenant_id, key, account_id, is_alias) select {tenant}, lower(name), id, false from new;
"""


@dataclass
class Place:
    """A running service on a database of its own."""

    urls: Urls
    token: str
    tenant: int
    contacts: int
    server: subprocess.Popen[bytes]


@contextmanager
def running(contacts: int, keep: Path | None = None, command: Sequence[str] = ("serve", "ingest")) -> Iterator[Place]:
    """The service, ingest alone unless `command` says more, for as long as the block lasts.

    In the folder `keep`, which is reused and stays, if there is one.
    """
    data_dir = keep or Path(tempfile.mkdtemp(prefix="rapport-bench-"))
    data_dir.mkdir(exist_ok=True)
    embedded = Embedded(data_dir)
    urls = embedded.start()
    settings = Settings(
        database_url=urls.app, owner_database_url=urls.owner, secret_key="b" * 48, port=PORT, workers=WORKERS,
        data_dir=data_dir, access_log=True,
    )  # fmt: skip
    try:
        tenant, token = _furnish(settings, urls, contacts)
        server = _serve(settings, command)
        try:
            yield Place(urls, token, tenant, contacts, server)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    finally:
        embedded.stop()
        if keep is None:
            embedded.remove()
            shutil.rmtree(data_dir, ignore_errors=True)


def _furnish(settings: Settings, urls: Urls, contacts: int) -> tuple[int, str]:
    """A tenant with an app and so many contacts; its id and a token."""
    console.setup(settings)
    from rapport.connected_apps import issue
    from rapport.tenants import bootstrap, registry
    from rapport.tenants.actors import COMMAND

    bootstrap.migrate(settings)
    tenant = registry.create(f"bench-{time.time_ns()}")
    made = issue.create_app(tenant, COMMAND, "bench")
    with psycopg.connect(inside(urls.superuser), autocommit=True) as database:
        for first in range(0, contacts, 500_000):
            last = min(first + 500_000, contacts) - 1
            database.execute(SEED.format(tenant=tenant.pk, first=first, last=last))
        database.execute(SEED_ACCOUNTS.format(tenant=tenant.pk, last=ACCOUNTS - 1))
        database.execute("create schema if not exists bench")
        database.execute("drop table if exists bench.reference")
        database.execute(
            "create table bench.reference (tenant_id integer, key text, first_name text, last_name text,"
            " job_title text, primary key (tenant_id, key)) with (fillfactor=80)"
        )
        database.execute(
            "insert into bench.reference select 1, 'user' || i || '@example.com', 'First' || i, 'Last' || i,"
            f" 'Engineer' from generate_series(0, {contacts - 1}) i"
        )
        database.execute("vacuum analyze")
        database.execute("checkpoint")
    return tenant.pk, _token(tenant, made.client_id)


def _token(tenant: object, client_id: str) -> str:
    """An access token written straight into the table; tokens are not what is measured."""
    from rapport import credentials
    from rapport.connected_apps.models import AccessToken, ConnectedApp
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=client_id)
        token = credentials.new(credentials.TOKEN, tenant_id)
        now = datetime.now(UTC)
        AccessToken.objects.create(
            tenant_id=tenant_id, hash=credentials.digest(token), app_id=app.id, scopes=app.scopes,
            issued_at=now, expires_at=now.replace(year=now.year + 1),
        )  # fmt: skip
    return token


def _serve(settings: Settings, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process of `rapport`, with its JSON log going to a file as in production."""
    log = tempfile.TemporaryFile()
    server = subprocess.Popen(
        [sys.executable, "-m", "rapport", *command],
        env=os.environ | settings.environment(),
        stdout=log,
        stderr=log,
    )
    for _ in range(200):
        try:
            if httpx2.get(f"{ADDRESS}/readyz").status_code == 200:
                return server
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("The service did not start.")


def inside(url: str) -> str:
    """The superuser's address of the service's database."""
    return url.replace("/postgres?", f"/{DATABASE}?")
