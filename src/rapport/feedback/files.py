"""Surveys as files, to be kept in git or passed on to another system: `{"surveys": [{reference, state, document}]}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from rapport.surveys.models import Survey
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.answers import moment
from rapport.tenants.scope import tenant_scope

from . import surveys
from .errors import SurveyError, SurveyFaultsError, UnknownSurveyError

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: The one key of a file, and what each of its entries can have.
KEY = "surveys"
PARTS = frozenset(("reference", "state", "document"))
_SHAPE = f'The file must be an object {{"{KEY}": […]}} and hold nothing else.'


@dataclass(frozen=True)
class Applied:
    """What a file did to one survey."""

    reference: str
    name: str
    #: `created`, `updated` or `unchanged`.
    outcome: str
    version: int


def listed(tenant: Tenant) -> list[dict[str, Any]]:
    """Every survey, oldest first."""
    with tenant_scope(tenant) as tenant_id:
        rows = Survey.objects.filter(tenant_id=tenant_id).order_by("id")
        return [represent(row) for row in rows]


def represent(row: Survey) -> dict[str, Any]:
    """A survey as callers see it in a list."""
    return {
        "id": str(row.id),
        "reference": row.reference,
        "name": row.name,
        "state": row.state,
        "default": row.is_default,
        "version": row.version,
        "updated_at": moment(row.updated_at),
    }


def export(tenant: Tenant, reference: str | None = None) -> dict[str, Any]:
    """The content of a file with one survey, or with all. Raises `UnknownSurveyError`."""
    with tenant_scope(tenant) as tenant_id:
        rows = Survey.objects.filter(tenant_id=tenant_id).order_by("id")
        chosen = list(rows) if reference is None else [surveys.find(tenant_id, reference)]
        return {
            KEY: [{"reference": row.reference, "state": row.state, "document": surveys.document(row)} for row in chosen]
        }


def apply(tenant: Tenant, content: Any, *, dry_run: bool = False) -> list[Applied]:
    """Brings the tenant's surveys to what a file says; others stay as they are, and so does the default.

    All or nothing, and with `dry_run` nothing. Raises `SurveyError` with every fault at once.
    """
    if not isinstance(content, dict) or content.keys() != {KEY} or not isinstance(content[KEY], list):
        raise SurveyError(_SHAPE)
    applied, refused = [], []
    with tenant_scope(tenant) as tenant_id:
        for position, wanted in enumerate(content[KEY]):
            named = f"{KEY}[{position}]"
            try:
                applied.append(bring(tenant_id, COMMAND, wanted))
            except SurveyFaultsError as error:
                told = (
                    f"{path}: {each}" if path else each
                    for path, sentences in error.errors.items()
                    for each in sentences
                )
                refused.append(f"{_name(wanted, named)}: {' '.join(told)}")
            except SurveyError as error:
                refused.append(f"{_name(wanted, named)}: {error}")
        if refused:
            raise SurveyError(" ".join(refused))
        if dry_run:
            transaction.set_rollback(True)
    return applied


def bring(tenant_id: int, author: Author, wanted: Any, base: int | None = None) -> Applied:
    """Brings one survey to what an entry of a file says, inside the tenant's scope. Raises `SurveyError`.

    `base` is the version that the author has seen.
    """
    if not isinstance(wanted, dict) or not {"reference", "document"} <= wanted.keys() <= PARTS:
        raise SurveyError("It must be an object with reference, document and, if you like, state.")
    state, reference = wanted.get("state"), str(wanted["reference"])
    if state not in (None, *Survey.State.values):
        raise SurveyError(f"The state must be one of {', '.join(Survey.State.values)}.")
    try:
        survey = surveys.find(tenant_id, reference)
        outcome = "updated" if surveys.save(survey, author, wanted["document"], base) else "unchanged"
    except UnknownSurveyError:
        survey, outcome = surveys.create(tenant_id, author, reference, wanted["document"]), "created"
    if state and _moved(survey, author, state) and outcome == "unchanged":
        outcome = "updated"
    return Applied(survey.reference, survey.name, outcome, survey.version)


def _moved(survey: Survey, author: Author, state: str) -> bool:
    """Brings a survey into a state; whether it was in another. Raises `SurveyError`."""
    if state == Survey.State.LIVE:
        return surveys.put_live(survey, author)
    if state == Survey.State.ARCHIVED:
        return surveys.archive(survey, author)
    if survey.state != state:
        raise SurveyError("A survey that was live is no draft any more; archive it.")
    return False


def _name(wanted: Any, named: str) -> str:
    given: Mapping[str, Any] = wanted if isinstance(wanted, dict) else {}
    return str(given.get("reference") or named)
