"""Makes, changes and stops Connected Apps and their secrets; each act is noted in the audit log.

Up to two secrets work side by side, so that a program can change over without a gap. All open the tenant's scope
themselves, but `make_app` and `live_secrets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from rapport import credentials
from rapport.configurations.models import Configuration
from rapport.tenants import audit
from rapport.tenants.scope import tenant_scope

from .models import AccessToken, AppSecret, ConnectedApp
from .scopes import DEFAULT_SCOPES, SCOPES

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: How many secrets of an app work at the same time.
LIVE_SECRETS = 2
#: What can be changed of an app.
CHANGEABLE = ("name", "scopes", "rate", "configurations")
_COLUMNS = ("id", "name", "client_id", "scopes", "configurations", "rate", "active", "created_at", "last_used_at")


class ConnectedAppError(Exception):
    """The Connected App cannot be made or changed as asked; `str(error)` is one sentence, `field` what it is about."""

    def __init__(self, told: str, field: str | None = None) -> None:
        super().__init__(told)
        self.field = field


class SecretsMovedError(ConnectedAppError):
    """The secrets of the app are not those that somebody has seen."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What an app signs in with. The secret is shown once and never stored."""

    client_id: str
    client_secret: str


def create_app(
    tenant: Tenant,
    author: Author,
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
        return make_app(tenant, author, name, scopes, rate, configurations)


def make_app(
    tenant: Tenant,
    author: Author,
    name: str,
    scopes: Sequence[str] | None = None,
    rate: int | None = None,
    configurations: Sequence[str] | None = None,
) -> Credentials:
    """`create_app` inside the tenant's scope."""
    given = {"name": name, "scopes": DEFAULT_SCOPES if scopes is None else scopes, "rate": rate}
    columns = _columns(tenant.pk, given | {"configurations": configurations})
    client_id = credentials.new(credentials.CLIENT, tenant.pk)
    app = ConnectedApp.objects.create(tenant_id=tenant.pk, client_id=client_id, **columns)
    _note(app, author, "create", {name: value for name, value in _shown(app).items() if name != "name"})
    return Credentials(client_id=app.client_id, client_secret=_add_secret(app))


def list_apps(tenant: Tenant) -> list[dict[str, Any]]:
    """The tenant's Connected Apps, oldest first, without anything secret; configurations by their references."""
    with tenant_scope(tenant) as tenant_id:
        apps = list(ConnectedApp.objects.filter(tenant_id=tenant_id).order_by("id").values(*_COLUMNS))
        references = _references(tenant_id)
    return [app | {"configurations": _named(app["configurations"], references)} for app in apps]


def show_app(tenant: Tenant, client_id: str) -> dict[str, Any] | None:
    """One Connected App as `list_apps` shows it, with its `secrets` (never their text); None where there is none."""
    with tenant_scope(tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=client_id)
        app: dict[str, Any] | None = apps.values(*_COLUMNS).first()
        if app is None:
            return None
        secrets = AppSecret.objects.filter(tenant_id=tenant_id, app_id=app["id"]).order_by("created_at", "id")
        configurations = _named(app["configurations"], _references(tenant_id))
        return app | {
            "configurations": configurations,
            "secrets": list(secrets.values("id", "created_at", "expires_at")),
        }


def client_id_of(tenant: Tenant, id: UUID) -> str | None:
    """The client id of a Connected App; None where there is none."""
    with tenant_scope(tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, id=id)
        return apps.values_list("client_id", flat=True).first()


def change_app(tenant: Tenant, author: Author, client_id: str, given: Mapping[str, Any]) -> bool:
    """Changes what is `given` of `CHANGEABLE`, as `create_app` takes it; whether that is any different.

    Tokens that can do more than the app now may are revoked. Raises `ConnectedAppError`.
    """
    with tenant_scope(tenant) as tenant_id:
        app = _lock(tenant_id, client_id)
        before = _shown(app)
        columns = _columns(tenant_id, given)
        for name, value in columns.items():
            setattr(app, name, value)
        details = audit.changed(before, _shown(app))
        if not details["changed"]:
            return False
        app.save(update_fields=list(columns))
        tokens = AccessToken.objects.filter(tenant_id=tenant_id, app_id=app.id, revoked_at=None)
        tokens.exclude(scopes__contained_by=app.scopes).update(revoked_at=Now())
        _note(app, author, "change", details)
        return True


def deactivate(tenant: Tenant, author: Author, client_id: str) -> bool:
    """Stops a Connected App and its tokens; False where it is unknown or stopped already."""
    with tenant_scope(tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=client_id)
        if not apps.filter(active=True).update(active=False):
            return False
        _note(apps.get(), author, "deactivate")
        return True


def newest(secrets: Sequence[Mapping[str, Any]]) -> str:
    """What `rotate` takes for seen: the id of the newest secret of an app that `show_app` showed, if it has one."""
    return str(secrets[-1]["id"]) if secrets else ""


def rotate(tenant: Tenant, author: Author, client_id: str, seen: str | None = None) -> str:
    """A new secret of an active Connected App; only the newest one before it goes on working.

    `seen` says which one that was when somebody asked for it, None: whichever. Raises `ConnectedAppError` where there
    is no such app, `SecretsMovedError` where it is another: a form that is sent twice would end the secret in use.
    """
    with tenant_scope(tenant) as tenant_id:
        app = _lock(tenant_id, client_id)
        rows = AppSecret.objects.filter(tenant_id=tenant_id, app_id=app.id).order_by("created_at", "id")
        secrets = list(rows.values("id"))
        if seen not in (None, newest(secrets)):
            raise SecretsMovedError("The secrets of this app have changed.")
        rows.filter(id__in=[secret["id"] for secret in secrets[: -(LIVE_SECRETS - 1)]]).delete()
        _note(app, author, "rotate")
        return _add_secret(app)


def retire(tenant: Tenant, author: Author, client_id: str, secret_id: UUID) -> bool:
    """Ends one secret at once; False where the app has none with that id. Tokens that it bought live out their hour.

    Raises `ConnectedAppError` where there is no such active app.
    """
    with tenant_scope(tenant) as tenant_id:
        app = _lock(tenant_id, client_id)
        deleted, _ = AppSecret.objects.filter(tenant_id=tenant_id, app_id=app.id, id=secret_id).delete()
        if deleted:
            _note(app, author, "retire", {"secret": str(secret_id)})
        return deleted == 1


def live_secrets(app: ConnectedApp) -> list[bytes]:
    """The digests of the secrets that work now."""
    secrets = AppSecret.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=Now()), tenant_id=app.tenant_id, app_id=app.id
    )
    return [bytes(digest) for digest in secrets.values_list("hash", flat=True)]


def _lock(tenant_id: int, client_id: str) -> ConnectedApp:
    """An active app, kept from others to the end of the transaction. Raises `ConnectedAppError`."""
    apps = ConnectedApp.objects.select_for_update().filter(tenant_id=tenant_id, client_id=client_id, active=True)
    app = apps.first()
    if app is None:
        raise ConnectedAppError("There is no active Connected App with this client id.")
    return app


def _add_secret(app: ConnectedApp) -> str:
    secret = credentials.new_secret()
    AppSecret.objects.create(tenant_id=app.tenant_id, app_id=app.id, hash=credentials.digest(secret))
    return secret


def _note(app: ConnectedApp, author: Author, act: str, details: Mapping[str, Any] | None = None) -> None:
    audit.note(app.tenant_id, author, f"connected_app.{act}", audit.Object(app.id, app.name), details)


def _columns(tenant_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of an app's columns, checked. Raises `ConnectedAppError`."""
    columns = {name: given[name] for name in CHANGEABLE if name in given}
    if "name" in columns:
        columns["name"] = columns["name"].strip()
    if "scopes" in columns:
        columns["scopes"] = list(dict.fromkeys(columns["scopes"]))
    _check(columns)
    if columns.get("configurations") is not None:
        columns["configurations"] = _ids(tenant_id, columns["configurations"])
    return columns


def _shown(app: ConnectedApp) -> dict[str, Any]:
    """What the audit log tells of an app; configurations by their references."""
    names = _named(app.configurations, _references(app.tenant_id))
    return {"name": app.name, "scopes": app.scopes, "rate": app.rate, "configurations": names}


def _references(tenant_id: int) -> dict[UUID, str]:
    return dict(Configuration.objects.filter(tenant_id=tenant_id).values_list("id", "reference"))


def _named(ids: Sequence[UUID] | None, references: Mapping[UUID, str]) -> list[str] | None:
    """The references of configurations that are still there."""
    return None if ids is None else [references[id] for id in ids if id in references]


def _ids(tenant_id: int, references: Sequence[str]) -> list[UUID]:
    """The ids of configurations. Raises `ConnectedAppError`."""
    found = {reference: id for id, reference in _references(tenant_id).items()}
    unknown = [reference for reference in references if reference not in found]
    if unknown:
        raise ConnectedAppError(f"There is no configuration {unknown[0]!r}.", "configurations")
    return [found[reference] for reference in dict.fromkeys(references)]


def _check(given: Mapping[str, Any]) -> None:
    """Raises `ConnectedAppError` for a name, scopes or a rate that make no sense."""
    name, scopes, rate = given.get("name", "-"), given.get("scopes", list(SCOPES)), given.get("rate")
    if not name or not name.isprintable() or len(name) > 128:
        raise ConnectedAppError("A Connected App's name has 1 to 128 printable characters.", "name")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        what = f"There is no scope {unknown[0]!r}" if unknown else "A Connected App needs a scope"
        raise ConnectedAppError(f"{what}; known are {', '.join(SCOPES)}.", "scopes")
    if rate is not None and not 1 <= rate <= 1_000_000:
        raise ConnectedAppError("A rate is a number of records per second from 1 to 1000000.", "rate")
