"""`/api/configurations/{reference}/draft`, and the way back to an earlier version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.configurations import document, drafts, edits
from rapport.configurations.errors import FaultsError
from rapport.configurations.locks import editing
from rapport.configurations.rehearsing import rehearse as rehearsed
from rapport.records.entries import Faults, unknown
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.configurations.models import Configuration, ConfigurationDraft
    from rapport.tenants.permission import AuthoredRequest


@told
def shown(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """What a configuration is to become."""
    with tenant_scope(tenant_id):
        row = edits.find(tenant_id, reference)
        return _shown(row, drafts.need(row))


@told
def save(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A new draft, or new content for it. It needs the draft's version, or the configuration's where there is none."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        draft = drafts.of(row)
        bodies.require_match(request, draft.stamp if draft else row.version)
        return _shown(row, drafts.save(row, request.author, given), 200 if draft else 201)


@told
def discard(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """Deletes the draft."""
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        bodies.require_match(request, drafts.need(row).stamp)
        drafts.discard(row, request.author)
    return answers.nothing()


@told
def rehearse(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """What the draft would make of the newest records; nothing is written."""
    return answers.data(rehearsed(tenant_id, reference).as_json())


@told
def publish(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """Gives callers what the draft says."""
    given = bodies.read(request)
    _refuse(unknown(given, ("comment",)) | document.faults_of_comment(given))
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        if "If-Match" in request.headers:
            bodies.require_match(request, drafts.need(row).stamp)
        drafts.publish(row, request.author, given.get("comment"))
        return _published(row)


@told
def restore(request: AuthoredRequest, tenant_id: int, reference: str, version: str) -> HttpResponse:
    """Makes a draft of an earlier version, or with `publish` gives it to callers at once."""
    given: dict[str, Any] = bodies.read(request)
    faults = unknown(given, ("comment", "publish")) | document.faults_of_comment(given)
    if not isinstance(given.get("publish", False), bool):
        faults["publish"] = [sentence("truth", "publish")]
    _refuse(faults)
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        if given.get("publish"):
            bodies.require_match(request, row.version)
            drafts.go_back_to(row, request.author, int(version), given.get("comment"))
            return _published(row)
        return _shown(row, drafts.back_to(row, request.author, int(version), given.get("comment")), 201)


def _refuse(faults: Faults) -> None:
    if faults:
        raise FaultsError(faults)


def _shown(row: Configuration, draft: ConfigurationDraft, status: int = 200) -> HttpResponse:
    return answers.data(drafts.represent(row, draft), status, bodies.etag(draft.stamp))


def _published(row: Configuration) -> HttpResponse:
    return answers.data(document.represent(row), headers=bodies.etag(row.version))
