"""Answers on other scales than the score's: satisfaction, effort, ratings. Inside the tenant's scope."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from rapport.surveys.models import Survey

from . import drivers, figures, known, surveys
from .documents.survey import Question, compiled, level

_NAMES = {"csat": "Satisfaction", "ces": "Effort", "rating": "Rating"}
_ASKED = "join unnest(%(surveys)s::uuid[], %(questions)s::text[]) as w (survey, question) on w.survey = k.survey_id"
_SAID = "select k.survey_id, k.answers ->> w.question, count(*)"


class Mark(NamedTuple):
    """One answer: what it says, and the colour of its badge, which is that of its place on the scale."""

    text: str
    tone: str


class Marks(NamedTuple):
    """The answers to one survey: their mean, of how much, and how many there are."""

    survey: Survey
    name: str
    mean: float
    most: int
    answers: int


def mark(question: Question, value: int) -> Mark:
    """An answer to a question with a scale."""
    tone = ("rejected", "", "created")[level(value, question.scale)]
    return Mark(f"{_NAMES.get(question.kind, 'Score')} {value} of {question.scale[-1]}", tone)


def of(tenant_id: int, wanted: figures.Wanted) -> list[Marks]:
    """Each survey that asks for no score but has a scale, with its wanted answers, by name."""
    asking = _asking(tenant_id)
    counts = _counts(tenant_id, wanted, asking) if asking else {}
    told = []
    for survey, question in asking:
        own = {value: counts[survey.id, str(value)] for value in question.scale if (survey.id, str(value)) in counts}
        if answers := sum(own.values()):
            mean = sum(value * n for value, n in own.items()) / answers
            told.append(Marks(survey, _NAMES.get(question.kind, "Score"), mean, question.scale[-1], answers))
    return told


def _counts(
    tenant_id: int, wanted: figures.Wanted, asking: list[tuple[Survey, Question]]
) -> dict[tuple[UUID, str | None], int]:
    """(survey, what was said) -> answers."""
    where = f"where {figures.conditions(wanted)} and k.score is null group by 1, 2"
    sql = " ".join((_SAID, "from", drivers.ANSWERED, _ASKED, figures.joins(wanted), where))
    more = {"surveys": [survey.id for survey, _ in asking], "questions": [question.id for _, question in asking]}
    rows = known.query(tenant_id, sql, figures.parameters(wanted) | more)
    return {(survey, said): int(n) for survey, said, n in rows}


def _asking(tenant_id: int) -> list[tuple[Survey, Question]]:
    found = ((row, compiled(document)) for row, document in surveys.newest(tenant_id))
    return [(row, made.scored) for row, made in found if made.nps is None and made.scored]
