"""What a tenant's configurations can map: the standard fields, its custom fields, its touchpoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.records import keys
from rapport.records.errors import Invalid, listed
from rapport.records.fields import EMAIL, LONG_TEXT, PHONE, TEXT, Field, FieldType
from rapport.records.types import DataType
from rapport.records.types.account import ACCOUNT_FIELDS
from rapport.records.types.activity import ACTIVITY
from rapport.records.types.alias import ACCOUNT_ALIAS
from rapport.records.types.base import TOUCHPOINT
from rapport.records.types.contact import CONTACT_FIELDS
from rapport.records.types.external_response import RESPONSE_FIELDS
from rapport.records.types.survey import SURVEY_FIELDS
from rapport.records.values import BOOLEAN, DATE, DATE_TIME, DECIMAL, INTEGER, choice

UTC = ZoneInfo("UTC")

#: Object -> its standard fields.
STANDARD: dict[str, tuple[Field, ...]] = {
    "account": ACCOUNT_FIELDS,
    "contact": CONTACT_FIELDS,
    "account-alias": ACCOUNT_ALIAS.fields,
    "survey": SURVEY_FIELDS,
    "external-response": RESPONSE_FIELDS,
    "activity": ACTIVITY.fields,
}
#: Objects that can have custom fields.
OBJECTS = ("account", "contact", "survey", "activity")


#: Name -> type of a custom field; None is made from the field's own choices.
TYPES: dict[str, FieldType | None] = {
    **{kind.name: kind for kind in (TEXT, LONG_TEXT, EMAIL, PHONE)},
    **{kind.name: kind for kind in (INTEGER, DECIMAL, DATE, DATE_TIME)},
    "choice": None,
    "boolean": BOOLEAN,
}


class CustomField(NamedTuple):
    """A field that a tenant added to an object."""

    object: str
    name: str
    label: str
    type: FieldType
    #: Whether it can be mapped; an archived one only where it was mapped before.
    open: bool = True

    @property
    def path(self) -> str:
        """How configurations name it: `contact.segment`."""
        return f"{self.object}.{self.name}"


def custom_field(owner: str, name: str, label: str, type: str, choices: Sequence[str] | None) -> CustomField:
    """A custom field of the object `owner`, as it is stored. Raises `KeyError` for a type that is none."""
    return CustomField(owner, name, label, TYPES[type] or choice(*choices or ()))


class Catalogue:
    """Everything that one tenant's configurations can map."""

    def __init__(
        self, custom: Iterable[CustomField] = (), touchpoints: Iterable[str] = (), zone: ZoneInfo = UTC
    ) -> None:
        #: Path -> custom field.
        self.custom = {field.path: field for field in custom}
        #: The tenant's time zone.
        self.zone = zone
        self._touchpoint = _touchpoint(tuple(touchpoints))

    def fields(self, kind: DataType) -> dict[str, Field]:
        """The fields that a configuration of a data type can map, by the names it gives them."""
        own = (replace(field, type=self._touchpoint) if field.type is TOUCHPOINT else field for field in kind.fields)
        found = {field.name: field for field in own}
        for path, custom in self.custom.items():
            if custom.object in kind.objects:
                found[path] = Field(path, custom.label, custom.type, kept_in=custom.object)
        return found


def _touchpoint(names: tuple[str, ...]) -> FieldType:
    """One of the touchpoints that exist, in whatever case; stored in its registered spelling."""
    registered = {keys.name_key(name): name for name in names}
    told = listed(names) or "there is none yet"

    def parse(text: str, _zone: ZoneInfo) -> str:
        name = registered.get(keys.name_key(text))
        if name is None:
            raise Invalid("touchpoint", allowed=told)
        return name

    return FieldType(TOUCHPOINT.name, parse=parse, allowed=names)


#: What a tenant without any additions can map.
PLAIN = Catalogue()
