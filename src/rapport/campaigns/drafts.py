"""Makes and edits campaigns that have not started; inside the tenant's scope. Each act is noted in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from rapport.records import keys
from rapport.records.errors import Invalid, sentence
from rapport.surveys.models import Survey
from rapport.tenants import audit
from rapport.tenants.actors import Author

from . import automation, ready, recipients, taking, texts
from .errors import FaultsError, StateError, UnknownError
from .models import Campaign, Message, SendingRules, SmtpServer

KEYS = (
    "name", "kind", "survey", "recipients", "messages", "reminder_messages", "sender", "reminders", "rest_days", "rate",
    "window", "spread_hours", "server", "mode", "priority", "delay_hours", "by_order_date",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAME_LIMIT, REMINDERS = 128, 2
#: Why one that is not open cannot be edited.
FIXED = {
    Campaign.Mode.MANUAL.value: "Only a campaign that was not started can be edited.",
    Campaign.Mode.AUTOMATED.value: "Only a campaign that was not started or is paused can be edited.",
}
Faults = dict[str, list[str]]

#: What is given of messages -> the part that they are.
_MESSAGES = {"messages": Message.Part.FIRST, "reminder_messages": Message.Part.REMINDER}
#: Columns that nobody edits.
_OWN = ("tenant_id", "id", "state", "version", "updated_at")


def find(tenant_id: int, id: UUID, *, locked: bool = False) -> Campaign:
    """The campaign, `locked` until the caller's end. Raises `UnknownError`."""
    rows = Campaign.objects.filter(tenant_id=tenant_id, id=id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise UnknownError
    return found


def create(tenant_id: int, author: Author, given: Mapping[str, Any]) -> Campaign:
    """A new draft; what is left out is what stands ready. Raises `FaultsError`."""
    automated = given.get("mode") == Campaign.Mode.AUTOMATED
    given = {"kind": Campaign.Kind.INVITATION, **given} if automated else given
    faults = _missing(given) | check(tenant_id, given, str(given.get("kind")))
    faults |= automation.check(given) if automated else automation.refuse(given)
    if faults:
        raise FaultsError(faults)
    rules = SendingRules.objects.filter(tenant_id=tenant_id).first() or SendingRules(tenant_id=tenant_id)
    row = Campaign(
        tenant_id=tenant_id,
        mode=given.get("mode", Campaign.Mode.MANUAL),
        kind=given["kind"],
        sender_name=rules.sender_name,
        sender_address=rules.sender_address,
        reply_to=rules.reply_to,
        server_id=rules.server_id,
    )
    _fill(row, given)
    row.save(force_insert=True)
    _write_messages(row, given)
    if not Message.objects.filter(tenant_id=tenant_id, campaign_id=row.id, part=Message.Part.FIRST).exists():
        Message.objects.bulk_create(ready.messages(row, row.kind))
    audit.note(tenant_id, author, "campaign.create", audit.Object(row.id, row.name))
    return row


def is_open(row: Campaign) -> bool:
    """Whether it can be edited."""
    paused = row.mode == Campaign.Mode.AUTOMATED and row.state == Campaign.State.PAUSED
    return row.state in Campaign.OPEN or paused


def change(row: Campaign, author: Author, given: Mapping[str, Any]) -> None:
    """Edits a campaign as it is now, which must then be planned again. Raises `FaultsError`, `StateError`."""
    row.refresh_from_db(from_queryset=Campaign.objects.select_for_update())
    automated = row.mode == Campaign.Mode.AUTOMATED
    if not is_open(row):
        raise StateError(FIXED[row.mode])
    fixed = [key for key in ("kind", "mode") if given.get(key, getattr(row, key)) != getattr(row, key)]
    faults = check(row.tenant_id, given, row.kind) | {key: [f"The {key} cannot be changed."] for key in fixed}
    faults |= automation.check(given, row) if automated else automation.refuse(given)
    if faults:
        raise FaultsError(faults)
    if row.state == Campaign.State.PAUSED:
        taking.catch_up(row.tenant_id)
    stood, before = ready.messages(row, row.kind), _columns(row)
    _fill(row, given)
    _write_messages(row, given)
    if "survey" in given and "messages" not in given:
        _follow_survey(row, stood)
    row.state, row.version, row.updated_at = Campaign.State.DRAFT, row.version + 1, Now()
    row.save(force_update=True)
    after = _columns(row)
    changed = {name for name, value in after.items() if value != before[name]} | given.keys() & _MESSAGES.keys()
    audit.note(row.tenant_id, author, "campaign.change", audit.Object(row.id, row.name), {"changed": sorted(changed)})


def _columns(row: Campaign) -> dict[str, Any]:
    """What can be edited of a campaign, by the names of its columns without what says how they are kept."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name.removesuffix("_id"): value for name, value in found.items() if name not in _OWN}


def _missing(given: Mapping[str, Any]) -> Faults:
    return {key: [sentence("required", key)] for key in ("name", "kind", "recipients") if key not in given}


def _fill(row: Campaign, given: Mapping[str, Any]) -> None:
    row.name = given.get("name", row.name)
    if "recipients" in given:
        row.recipients = recipients.written(given["recipients"])
    for key in ("rest_days", "rate", "window"):
        if key in given:
            setattr(row, key, given[key])
    automation.fill(row, given)
    if "reminders" in given:
        row.reminders = given["reminders"] or []
    if "spread_hours" in given:
        row.spread_seconds = round((given["spread_hours"] or 0) * 3600)
    if "survey" in given:
        row.survey_id = given["survey"] and Survey.objects.get(tenant_id=row.tenant_id, reference=given["survey"]).id
    if "server" in given:
        row.server_id = given["server"] and UUID(given["server"])
    if "sender" in given:
        row.sender_name = given["sender"].get("name", row.sender_name)
        row.sender_address = given["sender"].get("address", row.sender_address)
        row.reply_to = given["sender"].get("reply_to", row.reply_to)


def _follow_survey(row: Campaign, stood: list[Message]) -> None:
    """Where nobody has changed the words that `stood` ready, they are those of its survey as it is now."""
    own = Message.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id, part=Message.Part.FIRST)
    now = ready.messages(row, row.kind)
    if _words(own) == _words(stood) != _words(now):
        own.delete()
        Message.objects.bulk_create(now)


def _words(rows: Iterable[Message]) -> list[tuple[str, ...]]:
    return [(each.language, each.subject, each.preheader, each.body) for each in rows]


def _write_messages(row: Campaign, given: Mapping[str, Any]) -> None:
    for key, part in _MESSAGES.items():
        if key not in given:
            continue
        Message.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id, part=part).delete()
        Message.objects.bulk_create(
            Message(
                tenant_id=row.tenant_id,
                campaign_id=row.id,
                part=part,
                language=language,
                subject=text["subject"],
                preheader=text.get("preheader", ""),
                body=text["body"],
            )
            for language, text in given[key].items()
        )


def check(tenant_id: int, given: Mapping[str, Any], kind: str) -> Faults:
    """Every fault of what is given."""
    faults: Faults = {key: [sentence("unknown", key, known=", ".join(KEYS))] for key in given if key not in KEYS}
    for key, judge in _CHECKS.items():
        if key in given and (text := judge(given[key])):
            faults[key] = [text]
    if "recipients" in given:
        faults |= recipients.check(tenant_id, given["recipients"], kept=True)
        if kind == Campaign.Kind.REMINDER and not faults and given["recipients"].get("answered") is not False:
            told = (
                "A reminder goes to those of an earlier campaign who have not answered: campaign, and answered false."
            )
            faults["recipients"] = [told]
    if (
        given.get("survey") is not None
        and not Survey.objects.filter(
            tenant_id=tenant_id, reference=str(given["survey"]), state=Survey.State.LIVE
        ).exists()
    ):
        faults["survey"] = [sentence("selected", "survey")]
    if given.get("server") is not None and not is_server(tenant_id, given["server"]):
        faults["server"] = [sentence("selected", "server")]
    for key in ("messages", "reminder_messages"):
        if key in given:
            faults |= texts.check(tenant_id, given[key], key, Campaign.Kind.REMINDER if "reminder" in key else kind)
    if given.get("reminders") and kind != Campaign.Kind.INVITATION:
        faults["reminders"] = ["Only an invitation has reminders."]
    return faults


def is_server(tenant_id: int, given: Any) -> bool:
    """Whether something is the id of a mail server, which is there until the caller's end then."""
    try:
        rows = SmtpServer.objects.filter(tenant_id=tenant_id, id=UUID(given))
        return rows.select_for_update(no_key=True).first() is not None
    except (TypeError, ValueError, AttributeError):
        return False


def _name(value: Any) -> str | None:
    fit = isinstance(value, str) and 0 < len(value) <= NAME_LIMIT and value.isprintable() and value == value.strip()
    return None if fit else sentence("printable", "name", limit=NAME_LIMIT)


def _kind(value: Any) -> str | None:
    return (
        None if value in Campaign.Kind.values else sentence("choice", "kind", allowed=", ".join(Campaign.Kind.values))
    )


def _is_address(value: Any) -> bool:
    try:
        return isinstance(value, str) and value == value.strip() and bool(keys.email_key(value))
    except Invalid:
        return False


def address_fault(name: str, value: Any) -> str | None:
    """What is wrong with an address that mails come from or are answered to; any mail server must take it."""
    if not _is_address(value):
        return f"{name} must be a valid email address."
    if not keys.mailbox(value).isascii():
        return f"{name} must not have letters beyond ASCII before the @: most mail servers refuse them there."
    return None


def _sender(value: Any) -> str | None:
    if not isinstance(value, dict) or value.keys() - {"name", "address", "reply_to"}:
        return "The sender is an object of name, address and reply_to."
    name = value.get("name", "")
    if not isinstance(name, str) or not name.isprintable() or len(name) > NAME_LIMIT:
        return f"The sender's name must be a text of up to {NAME_LIMIT} printable characters."
    if "address" in value and (told := address_fault("The sender's address", value["address"])):
        return told
    reply_to = value.get("reply_to")
    return None if reply_to is None else address_fault("The sender's reply_to", reply_to)


def _whole(key: str, least: int, most: int) -> Callable[[Any], str | None]:
    def told(value: Any) -> str | None:
        fit = value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
        return None if fit else sentence("integer_between", key, least=least, most=most)

    return told


def _reminders(value: Any) -> str | None:
    fit = value is None or (
        isinstance(value, list)
        and len(value) <= REMINDERS
        and all(isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 60 for day in value)
        and value == sorted(set(value))
    )
    return None if fit else "The reminders are up to two numbers of days from 1 to 60, the second later than the first."


def _spread(value: Any) -> str | None:
    fit = value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 240)
    return None if fit else "The spread_hours must be a number from 0 to 240."


def _window(value: Any) -> str | None:
    if value is None:
        return None
    told = 'The window is an object of days such as "mon": ["09:00", "17:00"], and "zone", which is system or contact.'
    if not isinstance(value, dict) or value.keys() - {*DAYS, "zone"} or value.get("zone") not in ("system", "contact"):
        return told
    days = [value[day] for day in DAYS if value.get(day) is not None]
    fit = all(isinstance(day, list) and len(day) == 2 and all(map(_is_hour, day)) and day[0] < day[1] for day in days)
    return None if fit and days else told


def _is_hour(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 5 or value[2] != ":" or not (value[:2] + value[3:]).isdecimal():
        return False
    return value.isascii() and ((value <= "23:59" and value[3:] < "60") or value == "24:00")


_CHECKS: Mapping[str, Callable[[Any], str | None]] = {
    "name": _name,
    "kind": _kind,
    "sender": _sender,
    "reminders": _reminders,
    "rest_days": _whole("rest_days", 0, 3650),
    "rate": _whole("rate", 1, 1_000_000),
    "window": _window,
    "spread_hours": _spread,
}
