"""Makes, lists, rotates and deactivates Connected Apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from rapport.configurations.models import Configuration
from rapport.tenants.scope import tenant_scope

from . import credentials
from .models import AppSecret, ConnectedApp
from .scopes import DEFAULT_SCOPES, SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rapport.tenants.models import Tenant

#: How many secrets of an app work at the same time.
LIVE_SECRETS = 2


class ConnectedAppError(Exception):
    """The Connected App cannot be made or changed as asked; `str(error)` is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What an app signs in with. The secret is shown once and never stored."""

    client_id: str
    client_secret: str


def create_app(
    tenant: Tenant,
    name: str,
    scopes: Sequence[str] | None = None,
    rate: int | None = None,
    configurations: Sequence[str] | None = None,
) -> Credentials:
    """A new Connected App of `tenant` with its first secret.

    `rate` is a number of records per second, None no limit; `configurations` are the references of those that it may
    send records for, None all. Raises `ConnectedAppError`.
    """
    with tenant_scope(tenant):
        return make_app(tenant, name, scopes, rate, configurations)


def make_app(
    tenant: Tenant,
    name: str,
    scopes: Sequence[str] | None = None,
    rate: int | None = None,
    configurations: Sequence[str] | None = None,
) -> Credentials:
    """`create_app` inside the tenant's scope."""
    name = name.strip()
    chosen = list(dict.fromkeys(DEFAULT_SCOPES if scopes is None else scopes))
    _check(name, chosen, rate)
    app = ConnectedApp.objects.create(
        tenant_id=tenant.pk,
        name=name,
        client_id=credentials.new_client_id(tenant.pk),
        scopes=chosen,
        rate=rate,
        configurations=None if configurations is None else _ids(tenant, configurations),
    )
    return Credentials(client_id=app.client_id, client_secret=_add_secret(app))


def list_apps(tenant: Tenant) -> list[dict[str, Any]]:
    """The tenant's Connected Apps, oldest first, without anything secret; configurations by their references."""
    columns = ("id", "name", "client_id", "scopes", "configurations", "rate", "active", "created_at", "last_used_at")
    with tenant_scope(tenant) as tenant_id:
        apps = list(ConnectedApp.objects.filter(tenant_id=tenant_id).order_by("id").values(*columns))
        references = dict(Configuration.objects.filter(tenant_id=tenant_id).values_list("id", "reference"))
    for app in apps:
        if app["configurations"] is not None:
            app["configurations"] = [references[id] for id in app["configurations"] if id in references]
    return apps


def deactivate(tenant: Tenant, client_id: str) -> bool:
    """Stops a Connected App and its tokens; False where it is unknown or stopped already."""
    with tenant_scope(tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=client_id, active=True)
        return apps.update(active=False) == 1


def rotate(tenant: Tenant, client_id: str) -> str:
    """A new secret of an active Connected App; only the newest one before it goes on working.

    Raises `ConnectedAppError` where there is no such app.
    """
    with tenant_scope(tenant) as tenant_id:
        app = (
            ConnectedApp.objects.select_for_update()
            .filter(tenant_id=tenant_id, client_id=client_id, active=True)
            .first()
        )
        if app is None:
            raise ConnectedAppError("There is no active Connected App with this client id.")
        live = AppSecret.objects.filter(tenant_id=tenant_id, app_id=app.id).order_by("-created_at", "-id")
        kept = list(live.values_list("id", flat=True)[: LIVE_SECRETS - 1])
        live.exclude(id__in=kept).delete()
        return _add_secret(app)


def live_secrets(app: ConnectedApp) -> list[bytes]:
    """The digests of the secrets that work now."""
    secrets = AppSecret.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=Now()), tenant_id=app.tenant_id, app_id=app.id
    )
    return [bytes(digest) for digest in secrets.values_list("hash", flat=True)]


def _ids(tenant: Tenant, references: Sequence[str]) -> list[UUID]:
    """The ids of configurations. Raises `ConnectedAppError`."""
    found = dict(Configuration.objects.filter(tenant_id=tenant.pk).values_list("reference", "id"))
    unknown = [reference for reference in references if reference not in found]
    if unknown:
        raise ConnectedAppError(f"There is no configuration {unknown[0]!r}.")
    return [found[reference] for reference in dict.fromkeys(references)]


def _add_secret(app: ConnectedApp) -> str:
    secret = credentials.new_secret()
    AppSecret.objects.create(tenant_id=app.tenant_id, app_id=app.id, hash=credentials.digest(secret))
    return secret


def _check(name: str, scopes: Sequence[str], rate: int | None) -> None:
    if not name or not name.isprintable() or len(name) > 128:
        raise ConnectedAppError("A Connected App's name has 1 to 128 printable characters.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        what = f"There is no scope {unknown[0]!r}" if unknown else "A Connected App needs a scope"
        raise ConnectedAppError(f"{what}; known are {', '.join(SCOPES)}.")
    if rate is not None and not 1 <= rate <= 1_000_000:
        raise ConnectedAppError("A rate is a number of records per second from 1 to 1000000.")
