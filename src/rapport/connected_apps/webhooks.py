"""Makes, lists and stops incoming webhooks; each act is noted in the audit log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport import credentials
from rapport.configurations.models import Configuration
from rapport.tenants import audit
from rapport.tenants.scope import tenant_scope

from .models import Webhook

if TYPE_CHECKING:
    from rapport.settings import Settings
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant


class WebhookError(Exception):
    """The webhook cannot be made as asked; `str(error)` is one sentence."""


class PasswordMovedError(WebhookError):
    """The password of the webhook is not the one that somebody has seen in use."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new webhook. The password is shown once and never stored."""

    id: UUID
    url: str
    user_name: str
    password: str


def create(tenant: Tenant, author: Author, reference: str, settings: Settings) -> Made:
    """A new webhook that feeds the active API configuration `reference`. Raises `WebhookError`."""
    user_name, password = f"hook-{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    with tenant_scope(tenant) as tenant_id:
        configuration = Configuration.objects.filter(
            tenant_id=tenant_id, reference=reference, active=True, kind=Configuration.Kind.API
        ).first()
        if configuration is None:
            raise WebhookError(f"There is no active API configuration with the reference {reference}.")
        made = Webhook.objects.create(
            tenant_id=tenant_id,
            public_id=credentials.new(credentials.WEBHOOK, tenant_id),
            configuration_id=configuration.id,
            user_name=user_name,
            hash=credentials.digest(password),
        )
        audit.note(tenant_id, author, "webhook.create", _object(made), {"configuration": reference})
    return Made(id=made.id, url=url(made.public_id, settings), user_name=user_name, password=password)


def list_webhooks(tenant: Tenant, settings: Settings) -> list[dict[str, Any]]:
    """The tenant's webhooks, oldest first, each with its configuration's reference and without its password."""
    with tenant_scope(tenant) as tenant_id:
        references = dict(Configuration.objects.filter(tenant_id=tenant_id).values_list("id", "reference"))
        hooks = list(Webhook.objects.filter(tenant_id=tenant_id).order_by("id"))
    return [
        {
            "id": hook.id,
            "configuration": references[hook.configuration_id],
            "url": url(hook.public_id, settings),
            "user_name": hook.user_name,
            "active": hook.active,
            "created_at": hook.created_at,
            "last_used_at": hook.last_used_at,
        }
        for hook in hooks
    ]


def mark(tenant: Tenant, webhook_id: UUID) -> str:
    """What `rotate` takes for seen: it tells one password of a webhook from another, and nothing about it."""
    with tenant_scope(tenant) as tenant_id:
        return _mark(Webhook.objects.get(tenant_id=tenant_id, id=webhook_id))


def rotate(tenant: Tenant, author: Author, webhook_id: UUID, seen: str | None = None) -> str:
    """A new password of an active webhook; the one before stops within five seconds.

    `seen` is the mark of the one in use when somebody asked for it, None: whichever. Raises `WebhookError` where there
    is no such webhook, `PasswordMovedError` where it was another: of two answers a person sees one.
    """
    password = secrets.token_urlsafe(32)
    with tenant_scope(tenant) as tenant_id:
        hooks = Webhook.objects.select_for_update().filter(tenant_id=tenant_id, id=webhook_id, active=True)
        hook = hooks.first()
        if hook is None:
            raise WebhookError("There is no active webhook with this id.")
        if seen not in (None, _mark(hook)):
            raise PasswordMovedError("The password of this webhook has changed.")
        hooks.update(hash=credentials.digest(password))
        audit.note(tenant_id, author, "webhook.rotate", _object(hook))
    return password


def deactivate(tenant: Tenant, author: Author, webhook_id: UUID) -> bool:
    """Stops a webhook; False where it is unknown or stopped already."""
    with tenant_scope(tenant) as tenant_id:
        hooks = Webhook.objects.filter(tenant_id=tenant_id, id=webhook_id)
        if not hooks.filter(active=True).update(active=False):
            return False
        audit.note(tenant_id, author, "webhook.deactivate", _object(hooks.get()))
        return True


def _mark(hook: Webhook) -> str:
    return credentials.digest(bytes(hook.hash).hex()).hex()[:16]


def _object(hook: Webhook) -> audit.Object:
    """The webhook without its address, which nobody may guess."""
    return audit.Object(hook.id, hook.user_name)


def url(public_id: str, settings: Settings) -> str:
    """Where a webhook takes records: a host of its own with a domain, else this very service."""
    if settings.domain:
        return f"https://hooks.{settings.region}.{settings.domain}/{public_id}"
    return f"{settings.local_origin}/hooks/{public_id}"
