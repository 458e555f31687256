"""The data types, one file each. A new data type is a new file and its line in `ALL`."""

from __future__ import annotations

from rapport.records.types.account import ACCOUNT
from rapport.records.types.activity import ACTIVITY
from rapport.records.types.alias import ACCOUNT_ALIAS
from rapport.records.types.base import DataType
from rapport.records.types.contact import CONTACT
from rapport.records.types.external_response import EXTERNAL_RESPONSE
from rapport.records.types.multi_object import MULTI_OBJECT
from rapport.records.types.survey import SURVEY

#: Name -> data type, in the order in which people see them.
ALL: dict[str, DataType] = {
    kind.name: kind for kind in (ACCOUNT, CONTACT, ACCOUNT_ALIAS, SURVEY, MULTI_OBJECT, EXTERNAL_RESPONSE, ACTIVITY)
}

__all__ = ["ALL", "DataType"]
