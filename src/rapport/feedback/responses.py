"""Answers as pages, callers and files are shown them: responses and external responses in one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from rapport.directory.models import Account, Contact
from rapport.directory.names import contact_name
from rapport.surveys.models import ExternalResponse, FollowUp, Response, SurveyRecord, SurveyVersion

from .documents.survey import Survey, compiled, group
from .errors import SurveyError
from .marks import Mark, mark

RESPONSE, EXTERNAL = "response", "external_response"
#: Kinds of questions that have a column of their own, and what asks nothing.
_OWN_COLUMN = frozenset(("nps", "comment", "drivers", "note"))


class UnknownResponseError(SurveyError):
    """There is no such response."""


class Said(NamedTuple):
    """A question and what was answered, as people read them."""

    id: str
    question: str
    kind: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer with everything that it names."""

    type: str
    row: Any
    record: SurveyRecord | None = None
    survey: Survey | None = None
    contact: Contact | None = None
    account: Account | None = None
    follow_up: FollowUp | None = None

    @property
    def id(self) -> UUID:
        """Its id."""
        id: UUID = self.row.id
        return id

    @property
    def score(self) -> int | None:
        """From 0 to 10; None where it was not asked or not said."""
        score: int | None = self.row.nps_score
        return score

    @property
    def group(self) -> str:
        """Of its score; "" without one."""
        return "" if self.score is None else group(self.score)

    @property
    def mark(self) -> Mark | None:
        """What it says on another scale, where it has no score."""
        asked = self.survey.scored if self.survey and self.score is None else None
        value = self.row.answers.get(asked.id) if asked else None
        return mark(asked, value) if asked and isinstance(value, int) and value in asked.scale else None

    @property
    def at(self) -> datetime:
        """When it was given."""
        moment: datetime = self.row.response_date if self.is_external else self.row.answered_at or self.row.paged_at
        return moment

    @property
    def sent_at(self) -> datetime | None:
        """When it was asked for."""
        moment: datetime | None = self.row.sent_date if self.is_external else None
        return self.record.sent_at if self.record else moment

    @property
    def is_external(self) -> bool:
        """Whether it was collected elsewhere."""
        return self.type == EXTERNAL

    @property
    def who(self) -> str:
        """What its contact is called."""
        return contact_name(self.contact) if self.contact else "Somebody"

    @property
    def state(self) -> str:
        """How far somebody has got with it."""
        return self.follow_up.state if self.follow_up else FollowUp.State.OPEN

    @property
    def assignee_id(self) -> UUID | None:
        """The member who has it."""
        return self.follow_up.assignee_id if self.follow_up else None

    @property
    def wants_contact(self) -> bool | None:
        """Whether somebody wants to be called back; None where nothing was said."""
        if self.is_external:
            return {"Y": True, "N": False}.get(self.row.follow_up_request)
        wants: bool | None = self.row.follow_up_request
        return wants

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The fields that the tenant added to survey records."""
        return self.row.attributes if self.is_external else self.record.attributes if self.record else {}

    @cached_property
    def drivers(self) -> list[str]:
        """What influenced the score, in the words that were shown."""
        return [text for said in self._said("drivers") for text in said.answer.split("\n")]

    @cached_property
    def said(self) -> list[Said]:
        """Every other question that was answered."""
        return [each for each in self._said() if each.kind not in _OWN_COLUMN]

    def _said(self, *kinds: str) -> Iterator[Said]:
        if self.is_external or self.survey is None:
            return
        for id, question in self.survey.questions.items():
            if id in self.row.answers and (not kinds or question.kind in kinds):
                words = {choice.id: choice.text(self.row.language) for choice in question.choices}
                yield Said(id, question.text(self.row.language), question.kind, text_of(self.row.answers[id], words))


def find(tenant_id: int, id: UUID) -> Answer:
    """The answer with this id that has entered. Raises `UnknownResponseError`."""
    found = load(tenant_id, [id])
    if not found:
        raise UnknownResponseError
    return found[0]


def load(tenant_id: int, ids: Sequence[UUID], *, ever: bool = False) -> list[Answer]:
    """The answers with these ids, in their order; what is not there or only begun is left out.

    `ever`: with external ones that were undone, and with all that has been deleted since.
    """
    rows: dict[UUID, tuple[str, Any]] = {}
    own = Response.objects.filter(tenant_id=tenant_id, id__in=ids, entered_seq__isnull=False)
    rows |= {row.id: (RESPONSE, row) for row in own}
    outside = by_id(ExternalResponse, tenant_id, set(ids) - rows.keys(), ever=ever)
    rows |= {id: (EXTERNAL, row) for id, row in outside.items() if id}
    return _gathered(tenant_id, [rows[id] for id in ids if id in rows], ever=ever)


def _gathered(tenant_id: int, rows: Sequence[tuple[str, Any]], *, ever: bool) -> list[Answer]:
    """The rows with what they name, in one query for each kind of it."""
    responses = [row for kind, row in rows if kind == RESPONSE]
    records = by_id(SurveyRecord, tenant_id, (row.survey_record_id for row in responses), ever=ever)
    contacts = by_id(Contact, tenant_id, (row.contact_id for _, row in rows), ever=ever)
    accounts = by_id(Account, tenant_id, (row.account_id for _, row in rows), ever=ever)
    shown = surveys(tenant_id, {(row.survey_id, row.survey_version) for row in responses})
    ids = [row.id for _, row in rows]
    follow_ups = {row.answer_id: row for row in FollowUp.objects.filter(tenant_id=tenant_id, answer_id__in=ids)}
    return [
        Answer(
            type=kind,
            row=row,
            record=records.get(row.survey_record_id) if kind == RESPONSE else None,
            survey=shown.get((row.survey_id, row.survey_version)) if kind == RESPONSE else None,
            contact=contacts.get(row.contact_id),
            account=accounts.get(row.account_id),
            follow_up=follow_ups.get(row.id),
        )
        for kind, row in rows
    ]


def by_id(model: Any, tenant_id: int, ids: Iterable[UUID | None], *, ever: bool = False) -> dict[UUID | None, Any]:
    """Rows of a model by their ids; `ever`: deleted ones, too."""
    wanted = {id for id in ids if id is not None}
    rows = (model.ever if ever else model.objects).filter(tenant_id=tenant_id, id__in=wanted)
    return {row.id: row for row in rows} if wanted else {}


def surveys(tenant_id: int, versions: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], Survey]:
    """The surveys that were shown, by id and version."""
    wanted = Q()
    for survey_id, version in versions:
        wanted |= Q(survey_id=survey_id, version=version)
    if not wanted:
        return {}
    rows = SurveyVersion.objects.filter(wanted, tenant_id=tenant_id)
    return {(row.survey_id, row.version): compiled(row.document) for row in rows}


def text_of(value: Any, words: Mapping[str, str]) -> str:
    """An answer as people read it; several choices are lines."""
    if isinstance(value, list):
        return "\n".join(words.get(str(each), str(each)) for each in value)
    if isinstance(value, dict):
        told = ["Yes" if value.get("wanted") else "No", *(str(each) for key, each in value.items() if key != "wanted")]
        return ", ".join(told)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return words.get(str(value), str(value))
