"""What influenced scores, by group of the score; inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from . import figures, known, surveys
from .documents.survey import Question, compiled
from .fields import Field
from .figures import Wanted
from .statistics import Score

_ARRAY = "k.answers -> %(question)s"
#: Only responses have answers to other questions, so they are read as they are, whatever has been counted.
ANSWERED = """
(select id, 'response' as type, entered_seq as seq, coalesce(answered_at, paged_at) as at, nps_score as score,
        touchpoint, channel, language, campaign_id, survey_id, survey_record_id, contact_id, account_id, answers
 from responses where tenant_id = %(tenant)s and entered_seq is not null) k
"""


class Driver(NamedTuple):
    """How often something was chosen, by whom."""

    label: str
    score: Score
    answers: int


def of(tenant_id: int, wanted: Wanted, survey: Field) -> list[Driver]:
    """The drivers of the wanted answers, the most frequent first; equal words of several surveys are one."""
    found: dict[str, dict[int | None, int]] = {}
    for survey_id, question in _questions(tenant_id):
        labels = {choice.id: choice.text("") for choice in question.choices}
        own = replace(wanted, where=(*wanted.where, (survey, str(survey_id))))
        for choice, score, answers in _counted(tenant_id, own, question):
            told = found.setdefault(labels.get(choice, choice), {})
            told[score] = told.get(score, 0) + answers
    rows = [Driver(label, Score.of(counts), sum(counts.values())) for label, counts in found.items()]
    return sorted(rows, key=lambda row: (-row.answers, row.label))


def _counted(tenant_id: int, wanted: Wanted, question: Question) -> list[tuple[str, int | None, int]]:
    """(choice, score, answers) of one question."""
    chosen = f"jsonb_array_elements_text(case jsonb_typeof({_ARRAY}) when 'array' then {_ARRAY} else '[]' end)"
    parts = ("select", chosen, ", k.score, count(*) from", ANSWERED, figures.joins(wanted), "where")
    sql = " ".join((*parts, figures.conditions(wanted), "group by 1, 2"))
    rows = known.query(tenant_id, sql, figures.parameters(wanted) | {"question": question.id})
    return [(choice, score, int(answers)) for choice, score, answers in rows]


def _questions(tenant_id: int) -> Iterator[tuple[UUID, Question]]:
    """Every question about drivers, in its newest version."""
    for survey, document in surveys.newest(tenant_id):
        for question in compiled(document).questions.values():
            if question.kind == "drivers":
                yield survey.id, question
