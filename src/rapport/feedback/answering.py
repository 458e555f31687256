"""A page that somebody sends: read what is there, decide, write, in two statements (law 7 of answers).

The same rendering with the same content is a repeat and changes nothing. Everything else is kept as it came, and what
it says replaces what was said before, in the order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import Error, connection
from psycopg import errors
from uuid_utils.compat import uuid7

from rapport.db.queries import statement
from rapport.db.write import Actor
from rapport.groups import ids
from rapport.surveys.models import Response, SurveyRecord
from rapport.tenants.actors import current_request
from rapport.tenants.errors import BusyError
from rapport.tenants.statements import fetch

from . import asked, links, versions
from .asked import Asked
from .documents.survey import Survey, is_empty
from .forms import Rendering, new

_WRITE_ANSWER = statement("write_answer")
#: Attempts until somebody who always comes first is blamed.
TRIES = 6
#: Pages that one answer can have; whoever corrects more often is a machine.
PAGES_LIMIT = 500
_CONFLICTS = (errors.SerializationFailure, errors.UniqueViolation, errors.DeadlockDetected)
_STARTED, _ANSWERED = SurveyRecord.State.STARTED, SurveyRecord.State.ANSWERED


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A page as it came."""

    rendering: Rendering
    survey: Survey
    #: Question id -> answer, None where it is taken back.
    content: Mapping[str, Any]
    #: Whether something of it is missing or wrong: then it completes nothing.
    faulty: bool
    #: Question id -> what was typed and cannot be taken: no answer, but kept with the page.
    unfit: Mapping[str, Any] = field(default_factory=dict)
    #: Of the form as it came.
    digest: bytes
    language: str
    device: str
    user_agent: str | None


class ClosedError(Exception):
    """It was opened after the survey was closed."""


class GoneError(Exception):
    """The link leads nowhere any more."""


def take(link: links.Link, found: Asked | None, sent: Sent) -> dict[str, Any]:
    """Keeps a page; the answers after it. `found` was read with its nonce and digest.

    Raises `ClosedError`, `GoneError`, `BusyError`.
    """
    for _ in range(TRIES):
        if found is None:
            raise GoneError
        before = dict(found.answers or {})
        if found.repeated or (sent.faulty and not sent.unfit and all(map(is_empty, sent.content.values()))):
            return before
        if not found.takes(sent.rendering.opened_at) or found.pages >= PAGES_LIMIT:
            raise ClosedError
        unasked = {id: said for id, said in before.items() if id not in sent.survey.questions}
        after = sent.survey.kept({**before, **sent.content}) | unasked
        done = not sent.faulty and sent.survey.after(sent.rendering.page, after) is None
        if _write(link, Change(found, sent.survey, before, after, done, link, sent, began=_began(link, found))):
            return after
        found = asked.read(link, sent.rendering.nonce, sent.digest, sent.rendering.visit)
    raise BusyError


def _began(link: links.Link, found: Asked) -> Survey | None:
    """The version that an answer has been given to so far."""
    if found.response_id is None or found.survey_id is None or found.response_survey_version is None:
        return None
    return versions.find(link.tenant_id, found.survey_id, found.response_survey_version)


def enter(link: links.Link, found: Asked, survey: Survey) -> bool:
    """Takes a begun answer as it is, in a record of its own; False where somebody else was first."""
    answers = dict(found.answers or {})
    return _write(link, Change(found, survey, answers, answers, True, link, None))


def accept(link: links.Link, found: Asked, survey: Survey, shown: tuple[UUID, int], score: int, by: Actor) -> bool:
    """Makes an answer of a score that stood in an address, as the ledger says; False where there is one already."""
    if found.response_id is not None or survey.scored is None:
        return False
    page = survey.page_of[survey.scored.id]
    sent = Sent(
        rendering=new(*shown, page),
        survey=survey,
        content={survey.scored.id: score},
        faulty=False,
        digest=b"accepted",
        language=survey.language(found.fields.get("language")),
        device="unknown",
        user_agent=None,
    )
    return _write(link, Change(found, survey, {}, survey.kept(sent.content), True, link, sent, by))


@dataclass(frozen=True)
class Change:
    """What a page, or the end of waiting for one, makes of an answer."""

    found: Asked
    survey: Survey
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    #: Whether there is nothing more to ask.
    done: bool
    link: links.Link
    sent: Sent | None
    #: Who answers in somebody's place; None: they do.
    by: Actor | None = None
    #: What it was begun with, where a page may be of another version or survey.
    began: Survey | None = None

    def first(self, kind: str, answers: Mapping[str, Any]) -> Any:
        """The first answer to a question of a kind, be it one that only the version before has."""
        told = self.survey.first(kind, answers)
        return self.began.first(kind, answers) if told is None and self.began else told

    @property
    def enters(self) -> bool:
        """Whether it enters lists, figures and feeds with this."""
        return self.done and self.found.entered_seq is None

    @property
    def response_id(self) -> UUID:
        """The answer's id: at a touchpoint the visit's."""
        if self.found.response_id:
            return self.found.response_id
        return self.sent.rendering.visit if self.sent and self.of_touchpoint else uuid7()

    @property
    def of_touchpoint(self) -> bool:
        """Whether nobody was asked."""
        return self.link.purpose == links.TOUCHPOINT

    def diff(self) -> dict[str, Any]:
        """What it changes of the answer, as the ledger has it."""
        told = {f"answer.{id}": (self.before.get(id), self.after.get(id)) for id in {**self.before, **self.after}}
        told |= {
            "nps_score": (self.first("nps", self.before), self.first("nps", self.after)),
            "comment": (self.first("comment", self.before), self.first("comment", self.after)),
        }
        if self.enters:
            told["state"] = (_STARTED if self.found.response_id else None, _ANSWERED)
        elif not self.found.response_id:
            told["state"] = (None, _STARTED)
        return {name: [old, new] for name, (old, new) in told.items() if old != new}


def _write(link: links.Link, change: Change) -> bool:
    """Writes it in one statement; False where somebody else was first."""
    moment = change.found.moment
    record = ids.first(moment)
    parts = _parts(change, record, moment)
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors:
            fetch(_WRITE_ANSWER, link.tenant_id, moment, *parts)
    except Error as error:
        if isinstance(error.__cause__, _CONFLICTS):
            return False
        raise
    return True


def _parts(change: Change, record: UUID, moment: datetime) -> tuple[Any, ...]:
    """The arguments of `write_answer_1` behind the moment."""
    found, id = change.found, change.response_id
    diff = change.diff()
    state = _ANSWERED if found.state == _ANSWERED or change.done else _STARTED
    moves = not change.of_touchpoint and state != found.state
    actor = (*(change.by or ("respondent", found.contact_id)), current_request.get(), None, None)
    version = (found.response_version or 0) + bool(diff)
    kind = "updated" if found.response_id else "created"
    ledger = []
    if diff:
        ledger.append(("response", id, version, kind, _json(diff), *actor, record, found.response_record, None))
    if moves:
        told = _json({"state": [found.state, state]})
        ledger.append(
            ("survey_record", found.id, found.version + 1, "updated", told, *actor, record, found.last_record, None)
        )
    return (
        _answer(change, id, record if diff else found.response_record, version, moment),
        _page(change, record if diff else None),
        _asked(change, state if moves else None, record, moment),
        change.enters,
        ledger,
    )


def _answer(change: Change, id: UUID, record: UUID | None, version: int, moment: datetime) -> tuple[Any, ...]:
    """In the order of the type `answer_write_1`."""
    found, sent, after = change.found, change.sent, change.after
    follow_up = change.first("follow_up", after)
    shown = (found.survey_id, found.response_survey_version)
    begun_elsewhere = found.response_id is not None and sent and found.survey_id != sent.rendering.survey_id
    if sent and not begun_elsewhere:
        shown = (sent.rendering.survey_id, sent.rendering.version)
    corrections = (found.corrections or 0) + (found.entered_seq is not None and sent is not None)
    return (
        id, found.number, None if change.of_touchpoint else found.id, *shown, found.contact_id, found.account_id,
        found.campaign_id, found.touchpoint, change.first("nps", after), change.first("comment", after),
        _json(after), None if follow_up is None else follow_up["wanted"], sent.language if sent else found.language,
        Response.Channel.TOUCHPOINT if change.of_touchpoint else Response.Channel.LINK,
        found.response_started_at or moment, moment if sent else None,
        found.response_answered_at or (moment if change.done else None), corrections, version,
        found.response_version or 0, record,
    )  # fmt: skip


def _page(change: Change, record: UUID | None) -> tuple[Any, ...]:
    """In the order of the type `page_write_1`; of nothing but nulls where there is no page."""
    if change.sent is None:
        return (None,) * 12
    sent, rendering = change.sent, change.sent.rendering
    return (
        change.found.pages + 1, rendering.nonce, sent.digest, change.survey.pages[rendering.page].id,
        rendering.survey_id, rendering.version, _json({**sent.content, **sent.unfit}), sent.language,
        rendering.opened_at, sent.device, sent.user_agent, record,
    )  # fmt: skip


def _asked(change: Change, state: str | None, record: UUID, moment: datetime) -> tuple[Any, ...]:
    """In the order of the type `asked_write_1`; of nothing but nulls where the survey record stays as it is."""
    found, sent = change.found, change.sent
    if state is None:
        return (None,) * 9
    survey = (sent.rendering.survey_id, sent.rendering.version) if sent and found.survey_version is None else None
    return (
        found.id, state, *(survey or (found.survey_id, found.survey_version)), found.started_at or moment,
        moment if change.done else None, found.version + 1, found.version, record,
    )  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
