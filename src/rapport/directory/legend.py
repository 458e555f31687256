"""What the fields of an object are called, and how their values are written, for people and for inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rapport.configurations.models import CustomField
from rapport.records.catalogue import STANDARD
from rapport.surveys.models import SurveyRecord
from rapport.tenants.models import Tenant

#: What the ledger names beside fields.
OTHERS = {
    "alias": "Alias",
    "contact_id": "Contact",
    "account_id": "Account",
    "state": "State",
    "origin": "Made",
    "survey_id": "Survey",
    "generation": "Links revoked",
    "nps_score": "Score",
    "comment": "Comment",
    "follow_up_request": "Follow-up wished",
    "closed_at": "Closed",
}
#: Before the id of a question, where the ledger tells an answer.
ANSWER = "answer."
LONG = "long text"


@dataclass(frozen=True)
class Entry:
    """A field as people meet it."""

    #: As the ledger names it: `email`, `custom.segment`.
    name: str
    #: As configurations and forms name it: `email`, `contact.segment`.
    path: str
    label: str
    type: str
    choices: tuple[str, ...] = ()
    archived: bool = False

    @property
    def custom(self) -> bool:
        """Whether the tenant added it."""
        return self.name.startswith("custom.")


@dataclass(frozen=True)
class Fact:
    """A field with a value."""

    entry: Entry
    value: Any
    text: str


class Legend:
    """The fields of one kind of object, in the order in which they are shown."""

    def __init__(self, owner: str, custom: Iterable[CustomField], zone: ZoneInfo) -> None:
        self.entries = {entry.name: entry for entry in (*_standard(owner), *map(_custom, custom))}
        self._zone = zone
        self._positions = {name: position for position, name in enumerate(self.entries)}

    def knows(self, name: str) -> bool:
        """Whether the ledger can name such a field."""
        return name in self.entries or name in OTHERS

    def position(self, name: str) -> int:
        """Where a field of the ledger stands among others."""
        return self._positions.get(name, len(self._positions))

    def label(self, name: str) -> str:
        """What people call a field of the ledger."""
        entry = self.entries.get(name)
        if name.startswith(ANSWER):
            return f"Answer to {name.removeprefix(ANSWER)}"
        return entry.label if entry else OTHERS.get(name, name)

    def text(self, name: str, value: Any) -> str:
        """A value as people read it; nothing is empty."""
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if name == "origin" and value in SurveyRecord.Origin.values:
            return str(SurveyRecord.Origin(value).label)
        moment = self._moment(name, value)
        if moment is not None:
            return f"{moment:%-d %b %Y, %H:%M} {moment.tzname()}"
        return "" if value is None else str(value)

    def typed(self, name: str, value: Any) -> str:
        """A value as the input of its field has it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        moment = self._moment(name, value)
        if moment is not None:
            return f"{moment:%Y-%m-%dT%H:%M:%S}"
        return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")

    def facts(self, values: Mapping[str, Any]) -> list[Fact]:
        """Every field with its value; of archived ones only those that have any."""
        return [
            Fact(entry, values.get(name), self.text(name, values.get(name)))
            for name, entry in self.entries.items()
            if not entry.archived or values.get(name) is not None
        ]

    def _moment(self, name: str, value: Any) -> datetime | None:
        """The local time that a value is, if it is one."""
        entry = self.entries.get(name)
        if entry is None or entry.type != "date-time" or value is None:
            return None
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            return moment.astimezone(self._zone)
        except (ValueError, OverflowError):  # erased, or at the end of the calendar
            return None


def legend(tenant: Tenant, owner: str) -> Legend:
    """The legend of a kind of object (`records.catalogue.STANDARD`), inside the tenant's scope."""
    custom = CustomField.objects.filter(tenant_id=tenant.pk, object=_owner(owner)).order_by("id")
    return Legend(owner, custom, ZoneInfo(tenant.time_zone))


def values(row: Any, **more: Any) -> dict[str, Any]:
    """The values of an object's row by their names in the ledger; `more` are those that other tables have."""
    own = (field.name for field in row._meta.concrete_fields if field.name != "attributes")
    columns = {name: getattr(row, name) for name in own}
    return columns | {f"custom.{name}": value for name, value in row.attributes.items()} | more


def _owner(owner: str) -> str:
    return "survey" if owner == "external-response" else owner


def _standard(owner: str) -> Iterator[Entry]:
    for field in STANDARD[owner]:
        name = "name" if (owner, field.name) == ("account", "account_name") else field.entry
        yield Entry(name, field.name, field.label, field.type.name)


def _custom(row: CustomField) -> Entry:
    archived = row.archived_at is not None
    path = f"{row.object}.{row.name}"
    return Entry(f"custom.{row.name}", path, row.label, row.type, tuple(row.choices or ()), archived)
