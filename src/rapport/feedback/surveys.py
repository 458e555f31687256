"""Makes, saves and moves surveys; each save is a version, each act is noted in the audit log.

All are called inside the tenant's scope.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from rapport.surveys.models import Survey, SurveyVersion
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND, Author

from .documents import checks, starters
from .errors import SurveyFaultsError, SurveyMovedError, SurveyStateError, UnknownSurveyError

REFERENCE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
LIVE, DRAFT, ARCHIVED = Survey.State.LIVE, Survey.State.DRAFT, Survey.State.ARCHIVED


def give(tenant_id: int) -> None:
    """Gives a system that has no survey the one that it starts with, live and its default."""
    if not Survey.objects.filter(tenant_id=tenant_id).exists():
        start = starters.RELATIONSHIP
        survey = _add(tenant_id, COMMAND, start.name, start.document, state=LIVE)
        Survey.objects.filter(tenant_id=tenant_id, id=survey.id).update(is_default=True)


def find(tenant_id: int, reference: str) -> Survey:
    """The survey with this reference. Raises `UnknownSurveyError`."""
    found = Survey.objects.filter(tenant_id=tenant_id, reference=reference).first()
    if found is None:
        raise UnknownSurveyError
    return found


def document(survey: Survey, version: int | None = None) -> dict[str, Any]:
    """A version's document, the newest one's by default. Raises `UnknownSurveyError`."""
    rows = SurveyVersion.objects.filter(tenant_id=survey.tenant_id, survey_id=survey.id)
    found = rows.filter(version=version or survey.version).values_list("document", flat=True).first()
    if found is None:
        raise UnknownSurveyError
    given: dict[str, Any] = found
    return given


def newest(tenant_id: int) -> list[tuple[Survey, dict[str, Any]]]:
    """Every survey that has a version, with the newest one's document, by name."""
    own = {"tenant_id": tenant_id, "survey_id": OuterRef("id"), "version": OuterRef("version")}
    rows = Survey.objects.filter(tenant_id=tenant_id).order_by("name", "id")
    rows = rows.annotate(newest=Subquery(SurveyVersion.objects.filter(**own).values("document")))
    return [(row, row.newest) for row in rows if row.newest is not None]


def create(tenant_id: int, author: Author, reference: str, given: Mapping[str, Any]) -> Survey:
    """A new draft. Raises `SurveyFaultsError`."""
    faults = checks.faults(given)
    if not REFERENCE.fullmatch(reference):
        faults["reference"] = ["The reference is 1 to 64 lower-case letters, digits and inner dashes."]
    elif Survey.objects.filter(tenant_id=tenant_id, reference=reference).exists():
        faults["reference"] = [f"There is a survey {reference} already."]
    if faults:
        raise SurveyFaultsError(faults)
    try:
        with transaction.atomic():
            survey = _add(tenant_id, author, reference, given)
            _note(survey, author, "create")
            return survey
    except IntegrityError:
        raise SurveyFaultsError({"reference": [f"There is a survey {reference} already."]}) from None


def save(survey: Survey, author: Author, given: Mapping[str, Any], base: int | None = None) -> bool:
    """A new version; whether it is any different. `base` is the version that the author has seen.

    Raises `SurveyFaultsError`, `SurveyMovedError` where there is a newer one, `SurveyStateError` of an archived one.
    """
    faults = checks.faults(given)
    if faults:
        raise SurveyFaultsError(faults)
    if survey.state == ARCHIVED:
        raise SurveyStateError("An archived survey cannot be changed; take it back first.")
    if base not in (None, survey.version):
        raise SurveyMovedError
    if document(survey) == given:
        return False
    own = Survey.objects.filter(tenant_id=survey.tenant_id, id=survey.id, version=survey.version)
    if not own.update(version=survey.version + 1, name=given["name"], updated_at=Now()):
        raise SurveyMovedError
    survey.refresh_from_db()
    _keep(survey, author, given)
    _note(survey, author, "change")
    return True


def put_live(survey: Survey, author: Author) -> bool:
    """Lets contacts answer it; whether that is any different."""
    return _move(survey, author, (DRAFT, ARCHIVED), LIVE, "activate")


def archive(survey: Survey, author: Author) -> bool:
    """Nobody new is asked; who was asked can still answer. Raises `SurveyStateError` for the default survey."""
    if survey.is_default:
        raise SurveyStateError("The default survey cannot be archived; make another one the default first.")
    return _move(survey, author, (DRAFT, LIVE), ARCHIVED, "archive")


def make_default(survey: Survey, author: Author) -> bool:
    """Survey records that name no survey ask this one from now on. Raises `SurveyStateError` where it is not live."""
    if survey.state != LIVE:
        raise SurveyStateError("Only a live survey can be the default.")
    if survey.is_default:
        return False
    Survey.objects.filter(tenant_id=survey.tenant_id, is_default=True).update(is_default=False)
    Survey.objects.filter(tenant_id=survey.tenant_id, id=survey.id).update(is_default=True)
    survey.refresh_from_db()
    _note(survey, author, "default")
    return True


def free_reference(tenant_id: int, wanted: str) -> str:
    """A reference that nobody has, like the wanted one."""
    stem = wanted[:56].strip("-")
    taken = set(
        Survey.objects.filter(tenant_id=tenant_id, reference__startswith=stem).values_list("reference", flat=True)
    )
    number = 1
    while (found := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return found


def _move(survey: Survey, author: Author, states: tuple[str, ...], to: str, act: str) -> bool:
    rows = Survey.objects.filter(tenant_id=survey.tenant_id, id=survey.id, state__in=states, is_default=False)
    if not rows.update(state=to, updated_at=Now()):
        return False
    survey.refresh_from_db()
    _note(survey, author, act)
    return True


def _add(
    tenant_id: int, author: Author, reference: str, given: Mapping[str, Any], state: str = Survey.State.DRAFT
) -> Survey:
    survey = Survey.objects.create(tenant_id=tenant_id, reference=reference, name=given["name"], state=state, version=1)
    _keep(survey, author, given)
    return find(tenant_id, reference)


def _keep(survey: Survey, author: Author, given: Mapping[str, Any]) -> None:
    SurveyVersion.objects.create(
        tenant_id=survey.tenant_id,
        survey_id=survey.id,
        version=survey.version,
        document=dict(given),
        actor_type=author.type,
        actor_id=author.id,
        actor_name=author.name,
    )


def _note(survey: Survey, author: Author, act: str) -> None:
    details = {"reference": survey.reference, "version": survey.version}
    audit.note(survey.tenant_id, author, f"survey.{act}", audit.Object(survey.id, survey.name), details)
