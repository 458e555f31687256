"""Adds, edits and removes a system's mail servers; each is checked by a real conversation when it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from rapport.records.errors import sentence
from rapport.tenants import audit
from rapport.tenants.actors import Author

from . import secrets
from .errors import FaultsError, StateError
from .models import Campaign, SendingRules, SmtpServer

KEYS = ("name", "host", "port", "security", "user_name", "rate", "connections")


def fill(row: SmtpServer, given: Mapping[str, Any]) -> None:
    """Puts what was given into a row, which keeps its password at the same place alone. Raises `FaultsError`."""
    elsewhere = any(getattr(row, key) != given[key] for key in secrets.PLACE)
    for key in KEYS:
        setattr(row, key, given[key])
    if given.get("password"):
        row.password = secrets.seal(given["password"])
    if row.security == SmtpServer.Security.PROVIDER and row.password is None:
        raise FaultsError({"password": ["A provider needs its key."]})
    if row.user_name and row.password is None:
        raise FaultsError({"password": ["A user needs a password."]})
    signs_in = row.user_name or row.security == SmtpServer.Security.PROVIDER
    if signs_in and elsewhere and not given.get("password"):
        raise FaultsError({"password": [secrets.ANEW]})
    taken = SmtpServer.objects.filter(tenant_id=row.tenant_id, name=row.name).exclude(id=row.id)
    if taken.exists():
        raise FaultsError({"name": [sentence("taken", "name")]})


def save(row: SmtpServer, author: Author, fault: str | None, *, new: bool) -> None:
    """Saves a server with what its check said. Raises `FaultsError`."""
    row.fault, row.checked_at, row.updated_at = fault, Now(), Now()
    row.version = 1 if new else row.version + 1
    try:
        with transaction.atomic():
            row.save(force_insert=new, force_update=not new)
    except IntegrityError:  # somebody was faster
        raise FaultsError({"name": [sentence("taken", "name")]}) from None
    act = f"smtp_server.{'create' if new else 'change'}"
    audit.note(row.tenant_id, author, act, audit.Object(row.id, row.name), {"host": row.host, "port": row.port})


def remove(row: SmtpServer, author: Author) -> None:
    """Removes a server that nothing uses; a campaign that is being made waits. Raises `StateError`."""
    SmtpServer.objects.select_for_update().filter(tenant_id=row.tenant_id, id=row.id).first()
    using = Campaign.objects.filter(tenant_id=row.tenant_id, server_id=row.id).exclude(
        state__in=(Campaign.State.DONE, Campaign.State.CANCELLED)
    )
    if using.exists() or SendingRules.objects.filter(tenant_id=row.tenant_id, server_id=row.id).exists():
        raise StateError("A campaign or the settings of campaigns still name this server.")
    SmtpServer.objects.filter(tenant_id=row.tenant_id, id=row.id).delete()
    audit.note(row.tenant_id, author, "smtp_server.remove", audit.Object(row.id, row.name))
