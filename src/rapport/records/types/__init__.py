"""The data types, one file each. A new data type is a new file and its line in `ALL`."""

from __future__ import annotations

from rapport.records.types.account import ACCOUNT
from rapport.records.types.base import DataType
from rapport.records.types.contact import CONTACT

#: Name -> data type.
ALL: dict[str, DataType] = {kind.name: kind for kind in (ACCOUNT, CONTACT)}

__all__ = ["ALL", "DataType"]
