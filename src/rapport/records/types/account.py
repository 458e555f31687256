"""Account: found by its name or one of its aliases, created or updated."""

from __future__ import annotations

from rapport.records.decide import ACCOUNT_COLUMNS, Row, State
from rapport.records.fields import EMAIL, NAME_KEY, Field
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types.base import DataType, custom_news, respelt

ACCOUNT_FIELDS = (
    Field("account_name", "Account Name", NAME_KEY),
    Field("manager", "Account Manager"),
    Field("manager_email", "Account Manager Email", EMAIL),
    Field("parent_account", "Parent Account"),
    Field("industry", "Industry"),
    Field("company_size", "Company Size"),
    Field("region", "Region"),
    Field("number", "Account Number"),
)
_COLUMNS = frozenset(ACCOUNT_COLUMNS)


def upsert(state: State, record: Prepared) -> tuple[Row, Touched]:
    """Create the record's account or update its fields; the first spelling of the name is kept."""
    values = {name: value for name, value in record.values.items() if name in _COLUMNS}
    named = record.values["account_name"], record.keys["account_name"]
    row, touched = state.account(*named, values, record.custom.get("account"))
    if touched.matched_by is not None and (values or record.custom):
        custom = custom_news(row, record, "account")
        touched = state.update(state.accounts, row, values, touched.matched_by, custom, kept=respelt(record))
    return row, touched


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert the account."""
    _, touched = upsert(state, record)
    return Receipt(touched.outcome, [touched], record.ignored, record.warnings)


ACCOUNT = DataType(
    name="account",
    label="Account",
    fields=ACCOUNT_FIELDS,
    required=(("account_name",),),
    apply=apply,
    objects=("account",),
)
