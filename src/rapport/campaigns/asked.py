"""What a campaign asks: its survey, and the question whose scale stands in its mails; inside the tenant's scope."""

from __future__ import annotations

from typing import NamedTuple

from rapport.feedback import surveys
from rapport.feedback.documents.survey import Question, compiled
from rapport.surveys.models import Survey

from .models import Campaign

ASKING = (Campaign.Kind.INVITATION, Campaign.Kind.REMINDER)


def survey(row: Campaign) -> Survey | None:
    """The live survey that it names, else the system's default; None where that is not there."""
    which = {"id": row.survey_id} if row.survey_id else {"is_default": True}
    return Survey.objects.filter(tenant_id=row.tenant_id, state=Survey.State.LIVE, **which).first()


def question(row: Campaign) -> Question | None:
    """The question of its survey that has a scale, archived or not; None where there is none."""
    named = row.survey_id and Survey.objects.filter(tenant_id=row.tenant_id, id=row.survey_id).first()
    found = named or survey(row)
    return compiled(surveys.document(found)).scored if found else None


class Asked(NamedTuple):
    """A campaign's survey and its question with a scale, as far as there are any."""

    survey: Survey | None = None
    question: Question | None = None


def of(row: Campaign) -> Asked:
    """What a campaign asks; nothing where its kind asks nothing."""
    return Asked(survey(row), question(row)) if row.kind in ASKING else Asked()
