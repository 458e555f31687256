"""Following answers up: somebody takes one, notes what was done, and moves it from open to closed.

Each act is one row that stays; what it has come to is one row beside the answer, which itself is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models.functions import Now

from rapport.members.models import Membership, User
from rapport.records.errors import Invalid
from rapport.records.keys import email_key
from rapport.surveys.models import FollowUp, FollowUpNote

from .errors import SurveyFaultsError

if TYPE_CHECKING:
    from rapport.tenants.actors import Author

NOTE_LIMIT = 10_000
STATES = dict(FollowUp.State.choices)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What somebody does; what is None stays. An assignee of "" is nobody."""

    state: str | None = None
    assignee: UUID | str | None = None
    note: str = ""


def read(given: Mapping[str, Any], *, members: Mapping[UUID, str]) -> Act:
    """An act as a caller writes it. Raises `SurveyFaultsError` with every fault."""
    faults: dict[str, list[str]] = {
        name: [f"The field {name} is unknown; known are state, assignee and note."]
        for name in given.keys() - {"state", "assignee", "note"}
    }
    state, assignee, note = given.get("state"), given.get("assignee"), given.get("note", "")
    if "state" in given and not (isinstance(state, str) and state in STATES):
        faults["state"] = [f"The state must be one of {', '.join(STATES)}."]
    if "assignee" in given:
        assignee = _member(assignee, members)
        if assignee is None:
            faults["assignee"] = ["The assignee must be the id or the e-mail address of a member, or null for nobody."]
    if not isinstance(note, str) or len(note) > NOTE_LIMIT:
        faults["note"] = [f"The note must be a text of at most {NOTE_LIMIT} characters."]
    if faults:
        raise SurveyFaultsError(faults)
    return Act(state=state, assignee=assignee, note=note.strip())


def act(tenant_id: int, answer_id: UUID, author: Author, done: Act, names: Mapping[UUID, str]) -> bool:
    """Does it and notes it; whether anything is different. Inside the tenant's scope; the answer exists."""
    now = Now()
    FollowUp.objects.bulk_create(
        [FollowUp(tenant_id=tenant_id, answer_id=answer_id, updated_at=now)], ignore_conflicts=True
    )
    row = FollowUp.objects.select_for_update().get(tenant_id=tenant_id, answer_id=answer_id)
    state = done.state if done.state not in (None, row.state) else None
    assignee = _taken(row.assignee_id, done.assignee)
    moved = assignee != row.assignee_id
    if state is None and not moved and not done.note:
        return False
    FollowUp.objects.filter(tenant_id=tenant_id, answer_id=answer_id).update(
        state=state or row.state, assignee_id=assignee, version=row.version + 1, updated_at=now
    )
    FollowUpNote.objects.create(
        tenant_id=tenant_id,
        answer_id=answer_id,
        author_type=author.type,
        author_id=author.id,
        author_name=author.name,
        state=state,
        assignee=(names.get(assignee, "") if isinstance(assignee, UUID) else "") if moved else None,
        text=done.note,
    )
    return True


def members(tenant_id: int) -> dict[UUID, str]:
    """Whom an answer can be given to: id -> name, in the order of the names; inside the tenant's scope."""
    ids = Membership.objects.filter(tenant_id=tenant_id).values_list("user_id", flat=True)
    people = User.objects.filter(id__in=list(ids), is_active=True).values_list("id", "name", "email")
    return dict(sorted(((id, name or email) for id, name, email in people), key=lambda each: each[1].casefold()))


def notes(tenant_id: int, answer_id: UUID) -> list[FollowUpNote]:
    """Everything that was done, the newest first."""
    return list(FollowUpNote.objects.filter(tenant_id=tenant_id, answer_id=answer_id).order_by("-id"))


def _taken(before: UUID | None, given: UUID | str | None) -> UUID | None:
    """Who has it after an act."""
    if given is None:
        return before
    return given if isinstance(given, UUID) else None


def _member(given: Any, members: Mapping[UUID, str]) -> UUID | str | None:
    """A member's id, "" for nobody, None for what is neither."""
    if given is None or given == "":
        return ""
    try:
        id: UUID | None = UUID(str(given))
    except ValueError:
        id = _by_address(str(given))
    return id if id in members else None


def _by_address(text: str) -> UUID | None:
    try:
        return User.objects.filter(email_key=email_key(text)).values_list("id", flat=True).first()
    except Invalid:
        return None
