"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from rapport.configurations.urls import CONFIGURATION
from rapport.members.access import ID, page
from rapport.members.models import Role

from .pages import apps, secrets, webhooks

FORM = ("GET", "POST")
APPS, HOOKS = "data/integrations/connected-apps", "data/integrations/webhooks"
SECRET = ID.replace("<id>", "<secret>")

pages = [
    page(APPS, Role.ADMIN, apps.listed, "connected-apps"),
    page(f"{APPS}/new", Role.ADMIN, apps.new, "new-connected-app", FORM),
    page(f"{APPS}/{ID}", Role.ADMIN, apps.one, "connected-app"),
    page(f"{APPS}/{ID}/edit", Role.ADMIN, apps.edit, "edit-connected-app", FORM),
    page(f"{APPS}/{ID}/deactivate", Role.ADMIN, apps.deactivate, "deactivate-connected-app", FORM),
    page(f"{APPS}/{ID}/rotate", Role.ADMIN, secrets.rotate, "rotate-secret", FORM),
    page(f"{APPS}/{ID}/secrets/{SECRET}/retire", Role.ADMIN, secrets.retire, "retire-secret", FORM),
    page(f"{CONFIGURATION}/webhook", Role.ADMIN, webhooks.generate, "generate-webhook", FORM),
    page(HOOKS, Role.ADMIN, webhooks.listed, "webhooks"),
    page(f"{HOOKS}/new", Role.ADMIN, webhooks.new, "new-webhook", FORM),
    page(f"{HOOKS}/{ID}", Role.ADMIN, webhooks.one, "webhook"),
    page(f"{HOOKS}/{ID}/rotate", Role.ADMIN, webhooks.rotate, "rotate-webhook", FORM),
    page(f"{HOOKS}/{ID}/deactivate", Role.ADMIN, webhooks.deactivate, "deactivate-webhook", FORM),
]
