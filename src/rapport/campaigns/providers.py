"""Providers that take mails by an API of their own, through `django-anymail` (the extra `providers`).

A provider is a mail server whose encryption is *A provider's API*: its host is the provider's name, its password the
key. What a provider tells of a mail comes to a webhook, whose address is the right to tell it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .bounces.reading import Kind, Report, judge

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .servers import Endpoint

#: Of a mail server that is none.
SECURITY = "provider"
#: What a link to a webhook is for.
PURPOSE = "p"
SECONDS = 60
#: Headers that a message has by itself.
_OWN = {"from", "to", "subject", "reply-to", "mime-version", "content-type", "content-transfer-encoding", "date"}
MISSING = "The package django-anymail is not installed here: install rapport[providers]."


@dataclass(frozen=True)
class Provider:
    """Where a provider's code is, and what it calls its key."""

    module: str
    key: str
    webhook: str
    #: Other than its own, for tests.
    url: str | None = None


PROVIDERS = {
    "brevo": Provider("brevo", "api_key", "BrevoTrackingWebhookView"),
    "postmark": Provider("postmark", "server_token", "PostmarkTrackingWebhookView"),
    "resend": Provider("resend", "api_key", "ResendTrackingWebhookView"),
    "sparkpost": Provider("sparkpost", "api_key", "SparkPostTrackingWebhookView"),
}


class EventsError(ValueError):
    """What came is not what this provider sends."""


def backend(endpoint: Endpoint) -> Any:
    """What sends by a provider. Raises `ImportError` without the extra, `KeyError` for one that nobody knows."""
    provider = PROVIDERS[endpoint.host]
    module = import_module(f"anymail.backends.{provider.module}")
    more = {"api_url": provider.url} if provider.url else {}
    options = {provider.key: endpoint.password, "requests_timeout": SECONDS, "ignore_unsupported_features": True}
    return module.EmailBackend(**options, **more)


def message(content: bytes) -> Any:
    """A mail of ours as the library takes it; it carries the delivery's id, which the webhook tells again."""
    read = message_from_bytes(content, policy=policy.default)
    text, html = (part.get_content() if (part := read.get_body((kind,))) else "" for kind in ("plain", "html"))
    made = import_module("anymail.message").AnymailMessage(
        subject=str(read["Subject"]),
        body=text,
        from_email=str(read["From"]),
        to=[str(read["To"])],
        reply_to=[str(read["Reply-To"])] if read["Reply-To"] else None,
        headers={name: str(value) for name, value in read.items() if name.lower() not in _OWN},
        metadata={"delivery": str(read["X-Rapport-Delivery"])},
    )
    made.attach_alternative(html, "text/html")
    return made


def check(endpoint: Endpoint) -> str | None:
    """What is wrong with a provider, as far as can be said without a mail; in a sentence."""
    try:
        backend(endpoint)
    except KeyError:
        return f"The host must be a provider: {', '.join(PROVIDERS)}."
    except ImportError:
        return MISSING
    return None


def events(name: str, request: HttpRequest) -> list[tuple[Report, bytes, str]]:
    """What a provider tells: reports, each with a digest that tells a repeat, and its text. Raises `EventsError`."""
    provider = PROVIDERS[name]
    view = getattr(import_module(f"anymail.webhooks.{provider.module}"), provider.webhook)
    try:
        # The address is the secret: no password beside it.
        told = view(webhook_secret="unused:unused").parse_events(request)  # noqa: S106 (of nothing)
    except Exception as fault:
        raise EventsError(type(fault).__name__) from fault
    return [found for each in told if (found := _report(name, each))]


def _report(name: str, event: Any) -> tuple[Report, bytes, str] | None:
    said = " ".join(str(event.mta_response or event.description or event.reject_reason or "").split())[:500]
    match event.event_type:
        case "bounced" | "rejected" | "failed":
            kind = judge("", said)
        case "complained" | "unsubscribed":
            kind = Kind.COMPLAINT
        case "deferred":
            kind = Kind.DELAYED
        case "autoresponded":
            kind = Kind.NOTICE
        case "unknown":
            kind = Kind.UNKNOWN
        case _:  # that it went its way, or was looked at
            return None
    text = json.dumps(event.esp_event, default=str, sort_keys=True)
    report = Report(kind, said or str(event.event_type), _delivery(event.metadata), event.recipient)
    return report, hashlib.sha256(f"{name} {text}".encode()).digest(), text


def _delivery(metadata: Any) -> UUID | None:
    try:
        return UUID(str((metadata or {}).get("delivery")))
    except (ValueError, AttributeError):
        return None
