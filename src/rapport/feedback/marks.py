"""Answers on other scales than the score's: satisfaction, effort, ratings. Inside the tenant's scope."""

from __future__ import annotations

from typing import NamedTuple

from rapport.surveys.models import Survey, SurveyVersion

from . import figures
from .documents.survey import Question, compiled

_NAMES = {"csat": "Satisfaction", "ces": "Effort", "rating": "Rating"}
_SAID = "(select o.answers ->> %(question)s from responses o where o.tenant_id = %(tenant)s and o.id = k.id)"
_OF = "and k.type = 'response' and k.survey_id = %(survey)s and k.score is null group by 1"


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
    scale = question.scale
    share = (value - scale[0]) / (len(scale) - 1)
    tone = "rejected" if share < 0.5 else "created" if share >= 0.75 else ""
    return Mark(f"{_NAMES.get(question.kind, 'Score')} {value} of {scale[-1]}", tone)


def of(tenant_id: int, wanted: figures.Wanted) -> list[Marks]:
    """Each survey that asks for no score but has a scale, with its wanted answers, by name."""
    told = []
    for survey, question in _asking(tenant_id):
        more = {"question": question.id, "survey": survey.id}
        rows = figures.select(tenant_id, f"{_SAID}, count(*)", wanted, tail=_OF, rolls=False, more=more)
        counts = {int(text): int(n) for text, n in rows if text and text.isdecimal() and int(text) in question.scale}
        if answers := sum(counts.values()):
            mean = sum(value * n for value, n in counts.items()) / answers
            told.append(Marks(survey, _NAMES.get(question.kind, "Score"), mean, question.scale[-1], answers))
    return told


def _asking(tenant_id: int) -> list[tuple[Survey, Question]]:
    rows = {row.id: row for row in Survey.objects.filter(tenant_id=tenant_id).order_by("name", "id")}
    versions = SurveyVersion.objects.filter(tenant_id=tenant_id, survey_id__in=rows)
    documents = dict(versions.order_by("version").values_list("survey_id", "document"))
    found = ((row, compiled(documents[row.id])) for row in rows.values() if row.id in documents)
    return [(row, made.scored) for row, made in found if made.nps is None and made.scored]
