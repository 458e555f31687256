"""Who is meant by a campaign's recipients: all contacts, conditions, addresses, a segment, or an earlier campaign's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from rapport.records import keys
from rapport.records.errors import Invalid, sentence
from rapport.records.texts import trimmed

from . import conditions
from .conditions import Faults, Piece
from .errors import FaultsError
from .models import Campaign, Segment

SOURCES = ("all", "where", "emails", "segment", "campaign", "waiting")
#: Of one list.
ADDRESSES = 100_000
#: How old survey records that wait may be, in days.
OLDEST = 90
#: Survey records that a rehearsal looks at.
REHEARSED = 1_000
#: Survey records of which a mail can be made: nobody has been given their links to pass on.
MAILED = "s.origin in ('record', 'hand') and coalesce(s.delivery_vector, 'email') = 'email'"


def check(tenant_id: int, given: Any, *, kept: bool = False) -> Faults:
    """Every fault of recipients as callers write them, inside the tenant's scope.

    `kept`: a segment that they name is there until the caller's end.
    """
    if not isinstance(given, dict):
        return {"recipients": [sentence("object_expected", "recipients")]}
    allowed = (*SOURCES, "answered")
    faults = {
        f"recipients.{key}": [sentence("unknown", key, known=", ".join(allowed))] for key in given if key not in allowed
    }
    named = [key for key in SOURCES if key in given]
    if not named or len(set(named) - {"where"}) > 1 or ("emails" in named and "where" in named):
        told = (
            "The recipients must name one of all, where, emails, segment, campaign and waiting; where may stand beside"
            " others."
        )
        return faults | {"recipients": [told]}
    if "all" in given and given["all"] is not True:
        faults["recipients.all"] = ["The all must be true."]
    if "where" in given:
        known, zone = conditions.fields(tenant_id), conditions.zone_of(tenant_id)
        faults |= conditions.check(known, zone, given["where"], "recipients.where")
    if "emails" in given:
        faults |= _check_emails(given["emails"])
    if "segment" in given and _row(Segment, tenant_id, given["segment"], locked=kept) is None:
        faults["recipients.segment"] = [sentence("selected", "segment")]
    if "campaign" in given and _row(Campaign, tenant_id, given["campaign"]) is None:
        faults["recipients.campaign"] = [sentence("selected", "campaign")]
    if "waiting" in given and not _is_waiting(given["waiting"]):
        faults["recipients.waiting"] = [f'The waiting must be an object such as {{"days": 30}}, from 1 to {OLDEST}.']
    if "answered" in given and ("campaign" not in given or not isinstance(given["answered"], bool)):
        faults["recipients.answered"] = ["The answered must be true or false, beside campaign."]
    return faults


def _is_waiting(given: Any) -> bool:
    days = given.get("days") if isinstance(given, dict) and len(given) == 1 else None
    return isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= OLDEST


def written(given: Mapping[str, Any]) -> dict[str, Any]:
    """Recipients that `check` has found right, with each id as it is written everywhere else."""
    return {key: str(UUID(each)) if key in ("segment", "campaign") else each for key, each in given.items()}


def _row(model: Any, tenant_id: int, id: Any, *, locked: bool = False) -> Any:
    try:
        rows = model.objects.filter(tenant_id=tenant_id, id=UUID(id))
        return (rows.select_for_update(no_key=True) if locked else rows).first()
    except (TypeError, ValueError, AttributeError):
        return None


def _check_emails(given: Any) -> Faults:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return {"recipients.emails": ["The emails must be a JSON array of e-mail addresses."]}
    if not 0 < len(given) <= ADDRESSES:
        return {"recipients.emails": [f"The emails must hold between 1 and {ADDRESSES} addresses."]}
    bad = [text for text in given if _key(text) is None]
    if bad:
        named = ", ".join(bad[:5]) + (" …" if len(bad) > 5 else "")
        return {"recipients.emails": [f"Not valid e-mail addresses: {named}."]}
    return {}


def _key(text: str) -> str | None:
    try:
        return f"e:{keys.email_key(trimmed(text))}"
    except Invalid:
        return None


def source(tenant_id: int, given: Mapping[str, Any]) -> tuple[Piece, Piece]:
    """Recipients that `check` has found right: what to join to contacts `c`, accounts `a`, and the condition.

    Of an earlier campaign's recipients the deliveries are `p` and their survey records `q`; of survey records that
    wait, or that a rehearsal looks at, each is `s`.
    """
    of_record = is_of_records(given)
    wanted = [Piece("c.tenant_id = %s and c.deleted_at is null", [tenant_id])]
    join = Piece("")
    where = list(given.get("where", ()))
    if "segment" in given:
        segment = Segment.objects.filter(tenant_id=tenant_id, id=UUID(given["segment"])).first()
        if segment is None:
            raise FaultsError({"recipients.segment": [sentence("selected", "segment")]})
        where += segment.conditions
    if where:
        wanted.append(conditions.compiled(tenant_id, where, of_record=of_record))
    if "emails" in given:
        found = sorted({key for key in map(_key, given["emails"]) if key})
        text = "c.id in (select k.contact_id from contact_keys k where k.tenant_id = %s and k.key = any (%s))"
        wanted.append(Piece(text, [tenant_id, found]))
    if "campaign" in given:
        join = Piece(
            "join deliveries p on p.tenant_id = c.tenant_id and p.contact_id = c.id and p.wave = 0"
            " and p.campaign_id = %s and p.state in ('sent', 'in doubt')"
            " left join survey_records q on q.tenant_id = c.tenant_id and q.id = p.survey_record_id",
            [UUID(given["campaign"])],
        )
        if "answered" in given:
            wanted.append(Piece("(q.state is not distinct from 'answered') = %s", [given["answered"]]))
    if of_record:
        join = _waiting(given["waiting"]["days"]) if "waiting" in given else _rehearsed(tenant_id)
    for earlier in given.get("rehearsed", ()):
        piece = conditions.compiled(tenant_id, earlier, of_record=True)
        wanted.append(Piece(f"({piece.sql}) is not true", piece.parameters))
    return join, conditions.together(wanted)


def is_of_records(given: Mapping[str, Any]) -> bool:
    """Whether survey records are meant rather than contacts."""
    return "waiting" in given or "rehearsed" in given


def _waiting(days: int) -> Piece:
    """Survey records that nothing has taken. Index: survey_records_queued."""
    return Piece(
        "join survey_records s on s.tenant_id = c.tenant_id and s.contact_id = c.id and s.state = 'queued'"
        f" and s.campaign_id is null and {MAILED} and s.created_at > now() - make_interval(days => %s)"
        " and coalesce(s.closes_at, s.created_at + interval '90 days') > now() and s.deleted_at is null",
        [days],
    )


def _rehearsed(tenant_id: int) -> Piece:
    """The newest survey records, whatever became of them."""
    newest = "lateral (select id from survey_records where tenant_id = %s order by id desc limit %s) n on true"
    own = "s.tenant_id = c.tenant_id and s.id = n.id and s.contact_id = c.id"
    return Piece(
        f"join {newest} join survey_records s on {own} and s.deleted_at is null and {MAILED}", [tenant_id, REHEARSED]
    )


def unknown_addresses(tenant_id: int, given: Mapping[str, Any], found: Callable[[list[str]], set[str]]) -> list[str]:
    """Those of a list of addresses that no contact has; `found` says which keys there are."""
    by_key = {key: text for text in given.get("emails", ()) if (key := _key(text))}
    there = found(list(by_key))
    return [text for key, text in by_key.items() if key not in there]
