"""Conditions on contacts, accounts, surveys and custom fields, as SQL over a system's rows along the primary key.

No index serves them: it would double the price of a write. A scan of a million rows takes a moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rapport.configurations.models import CustomField
from rapport.records import catalogue, keys
from rapport.records.errors import Invalid, sentence
from rapport.records.fields import FieldType
from rapport.records.texts import trimmed
from rapport.tenants.models import Tenant

CONTACT = ("email", "phone", "first_name", "last_name", "job_title", "job_level", "language")
ACCOUNT = ("name", "manager", "manager_email", "parent_account", "industry", "company_size", "region", "number")
TIMES = ("created_at", "updated_at")
SURVEY = ("touchpoint", "order_date", "delivery_vector", "division")
#: Field or type of a custom field -> the key by which two spellings are one.
_KEYS = {"email": "email", "manager_email": "email", "phone": "phone", "name": "name"}
OPERATORS = ("is", "is_not", "contains", "empty", "before", "after", "more", "less")
#: What PostgreSQL reads as a number, too.
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?")
#: Conditions of one choice, values of one condition.
CONDITIONS, VALUES = 50, 1_000

Faults = dict[str, list[str]]


class Named(NamedTuple):
    """A field that conditions can name: its SQL, and what kind of values it has."""

    sql: str
    #: `text`, `number`, `day` or `time`.
    kind: str
    label: str
    #: How a custom field reads its values; None: text as it is.
    type: FieldType | None = None
    #: The SQL of its copy in a survey record; empty: it has none, or is the survey record's own.
    copied: str = ""
    #: By which key two spellings are one: `email`, `phone`, `name`; empty: by none.
    key: str = ""
    #: Of an account's name: the SQL of the account's id, and whose accounts they are.
    linked: tuple[str, int] | None = None


class Piece(NamedTuple):
    """A part of a statement with its parameters."""

    sql: str
    parameters: Sequence[Any] = ()


def fields(tenant_id: int) -> dict[str, Named]:
    """Every field that a condition can name, inside the tenant's scope."""
    known = {
        name: Named(f"c.{name}", "text", _label(name), copied=_copy(name), key=_KEYS.get(name, "")) for name in CONTACT
    }
    known["time_zone"] = Named(
        "(c.attributes ->> 'time_zone')", "text", _label("time_zone"), copied=_copy("contact", "time_zone")
    )
    known |= {name: Named(f"c.{name}", "time", _label(name)) for name in TIMES}
    for name in ACCOUNT:
        copied = _copy("account_name" if name == "name" else name)
        named = Named(f"a.{name}", "text", f"Account: {_label(name)}", None, copied, _KEYS.get(name, ""))
        known[f"account.{name}"] = named
    known["account.name"] = known["account.name"]._replace(linked=("c.account_id", tenant_id))
    for name in SURVEY:
        kind = "time" if name == "order_date" else "text"
        known[f"survey.{name}"] = Named(f"s.{name}", kind, f"Survey: {_label(name)}")
    for row in CustomField.objects.filter(tenant_id=tenant_id, object__in=("contact", "account", "survey")):
        made = catalogue.custom_field(row.object, row.name, row.label, row.type, row.choices)
        alias = row.object[0]
        kind = {"integer": "number", "decimal": "number", "date": "day", "date-time": "day"}.get(row.type, "text")
        place = "" if row.object == "contact" else f"{row.object}."
        # One that is called like a field that every system has is told from it, as everywhere else.
        path = f"{place}custom.{row.name}" if f"{place}{row.name}" in known else f"{place}{row.name}"
        # The name is a technical one: lower-case letters, digits and underscores.
        named = Named(f"({alias}.attributes ->> '{row.name}')", kind, row.label, made.type, key=_KEYS.get(row.type, ""))
        known[path] = named._replace(copied="" if row.object == "survey" else _copy(row.object, row.name))
    return known


def _copy(*path: str) -> str:
    """Where a survey record has its copy of a field of contact or account."""
    return f"(s.fields #>> '{{{','.join(path)}}}')"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def check(known: Mapping[str, Named], zone: ZoneInfo, given: Any, place: str) -> Faults:
    """Every fault of conditions, each under its place."""
    if not isinstance(given, list) or not 0 < len(given) <= CONDITIONS:
        return {place: [f"The {place.rpartition('.')[2]} must be a JSON array of 1 to {CONDITIONS} conditions."]}
    faults: Faults = {}
    for number, condition in enumerate(given):
        told = _condition_fault(known, zone, condition)
        if told:
            faults[f"{place}.{number}"] = [told]
    return faults


def _condition_fault(known: Mapping[str, Named], zone: ZoneInfo, condition: Any) -> str | None:
    if not isinstance(condition, dict) or len(condition) != 2 or not isinstance(condition.get("field"), str):
        return f'A condition is an object of "field" and one of {", ".join(OPERATORS)}.'
    [operator] = condition.keys() - {"field"}
    name = condition["field"]
    if operator not in OPERATORS:
        return f"{operator} is no condition; known are {', '.join(OPERATORS)}."
    if name not in known:
        return sentence("unknown", name, known=", ".join(known))
    try:
        _compiled(known[name], operator, condition[operator], zone)
    except ValueError as fault:
        return f"{name} {operator}: {fault}"
    except Invalid as fault:
        return fault.sentence(name)
    return None


def zone_of(tenant_id: int) -> ZoneInfo:
    """In which a condition's dates are read."""
    return ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id))


def compiled(tenant_id: int, conditions: Iterable[Mapping[str, Any]], *, of_record: bool = False) -> Piece:
    """Conditions that `check` has found right, as one condition over contacts `c` and accounts `a`.

    Those on surveys hold for any survey record of the contact. `of_record`: all hold for the survey record `s`, for
    its own fields and its copy of contact and account as they were.
    """
    known, zone = fields(tenant_id), zone_of(tenant_id)
    own: list[Piece] = []
    surveys: list[Piece] = []
    for condition in conditions:
        [operator] = condition.keys() - {"field"}
        named = known[condition["field"]]
        if of_record:
            linked = named.linked and ("s.account_id", named.linked[1])
            named = named._replace(sql=named.copied or named.sql, linked=linked)
        place = surveys if condition["field"].startswith("survey.") else own
        place.append(_compiled(named, operator, condition[operator], zone))
    if of_record:
        own += surveys
    elif surveys:
        inner = together(surveys)
        text = (
            "exists (select from survey_records s where s.tenant_id = c.tenant_id and s.contact_id = c.id"
            f" and s.deleted_at is null and {inner.sql})"
        )
        own.append(Piece(text, inner.parameters))
    return together(own)


def told(known: Mapping[str, Named], recipients: Mapping[str, Any]) -> str:
    """Conditions as people read them, by the labels of the fields; "everything" where there is none."""
    parts = []
    for condition in recipients.get("where", ()):
        [operator] = condition.keys() - {"field"}
        value, field = condition[operator], condition["field"]
        label = known[field].label if field in known else _label(field)
        text = " or ".join(map(str, value)) if isinstance(value, list) else str(value)
        verb = {"is_not": "is not", "before": "is before", "after": "is after", "more": "is more than",
                "less": "is less than"}.get(operator, operator)  # fmt: skip
        empty = "is empty" if value is True else "is not empty"
        parts.append(f"{label} {empty if operator == 'empty' else f'{verb} {text}'}")
    return ", ".join(parts) or "everything"


def together(pieces: Sequence[Piece]) -> Piece:
    """All of them, true where there is none."""
    if not pieces:
        return Piece("true")
    return Piece(" and ".join(each.sql for each in pieces), [value for each in pieces for value in each.parameters])


def _compiled(named: Named, operator: str, value: Any, zone: ZoneInfo) -> Piece:
    """One condition. Raises `ValueError` with a sentence, `Invalid`."""
    if operator == "empty":
        if not isinstance(value, bool):
            raise ValueError("the value must be true or false.")
        return Piece(f"({named.sql} is null) = %s", [value])
    values = value if isinstance(value, list) else [value]
    if operator not in ("is", "is_not") and isinstance(value, list):
        raise ValueError("the value must be one text.")
    if not 0 < len(values) <= VALUES or not all(isinstance(each, str | int | float) for each in values):
        raise ValueError(f"the value must be a text, a number, or a list of up to {VALUES} of them.")
    texts = [str(each).lower() if isinstance(each, bool) else trimmed(str(each)) for each in values]
    return _OPERATORS[operator](named, texts, zone)


def _is(named: Named, texts: Sequence[str], zone: ZoneInfo) -> Piece:
    if named.kind == "time":
        raise ValueError("a time is before or after another.")
    if named.kind == "number":
        return Piece(f"{_number(named)} = any (%s::numeric[])", [[_as_number(each) for each in texts]])
    if named.key:
        return _is_same(named, texts)
    return Piece(f"lower({named.sql}) = any (%s::text[])", [[_stored(named, each, zone).lower() for each in texts]])


def _is_same(named: Named, texts: Sequence[str]) -> Piece:
    """Whether a value has the key of one of the texts, however either is written; what has no key is compared as text.

    A stored domain is written in its own letters or as A-labels.
    """
    if named.key == "phone":
        digits = rf"regexp_replace(regexp_replace({named.sql}, '[^0-9]', '', 'g'), '^(00)+', '')"
        return Piece(f"{digits} = any (%s::text[])", [[_keyed(keys.phone_key, each) for each in texts]])
    wanted = [each.lower() for each in texts]
    if named.key == "email":
        addresses = [_keyed(keys.email_key, each) for each in texts]
        wanted += [*addresses, *map(keys.shown_email, addresses)]
    spelled = Piece(f"lower({named.sql}) = any (%s::text[])", [wanted])
    if named.linked is None:
        return spelled
    account, tenant_id = named.linked
    found = "select k.account_id from account_keys k where k.tenant_id = %s and k.key = any (%s::text[])"
    names = [keys.name_key(each) for each in texts]
    return Piece(f"({spelled.sql} or {account} in ({found}))", [*spelled.parameters, tenant_id, names])


def _keyed(key: Callable[[str], str], text: str) -> str:
    try:
        return key(text)
    except Invalid:
        return text.lower()


def _is_not(named: Named, texts: Sequence[str], zone: ZoneInfo) -> Piece:
    inner = _is(named, texts, zone)
    return Piece(f"({inner.sql}) is not true", inner.parameters)


def _contains(named: Named, texts: Sequence[str], zone: ZoneInfo) -> Piece:
    if named.kind != "text" or not texts[0]:
        raise ValueError("contains looks for a text in a text.")
    return Piece(f"position(%s in lower({named.sql})) > 0", [texts[0].lower()])


def _than(sign: str, *kinds: str) -> Callable[[Named, Sequence[str], ZoneInfo], Piece]:
    def compiled(named: Named, texts: Sequence[str], zone: ZoneInfo) -> Piece:
        if named.kind not in kinds:
            told = "before and after are for dates and times" if "day" in kinds else "more and less are for numbers"
            raise ValueError(f"{told}.")
        if named.kind == "number":
            return Piece(f"{_number(named)} {sign} %s::numeric", [_as_number(texts[0])])
        if named.kind == "day":
            return Piece(f"{named.sql} {sign} %s", [_stored(named, texts[0], zone)])
        return Piece(f"{named.sql} {sign} %s::timestamptz", [_moment(texts[0], zone)])

    return compiled


_OPERATORS = {
    "is": _is,
    "is_not": _is_not,
    "contains": _contains,
    "before": _than("<", "day", "time"),
    "after": _than(">", "day", "time"),
    "more": _than(">", "number"),
    "less": _than("<", "number"),
}


def _number(named: Named) -> str:
    return f"(case when {named.sql} ~ '^-?[0-9]+(\\.[0-9]+)?$' then {named.sql}::numeric end)"


def _as_number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]} is no number of at most 40 digits.")
    return text


def _stored(named: Named, text: str, zone: ZoneInfo) -> str:
    """A text as the field keeps it."""
    if named.type is None or named.type.name in ("choice", "email", "phone"):
        return text
    value = named.type.read(text, zone).value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text} is no date, such as 2026-01-31, and no time, such as 2026-01-31T14:30.") from None
