"""Account Alias: another name by which an account is found. Never two accounts for one alias."""

from __future__ import annotations

from rapport.records.decide import State
from rapport.records.fields import NAME_KEY, Field
from rapport.records.receipt import Prepared, Receipt
from rapport.records.types.base import DataType, rejected


def apply(state: State, record: Prepared) -> Receipt:
    """Give the alias to the named account, which is created when nobody knows it.

    An alias of another account moves; an alias that is another account's own name is refused.
    """
    name, alias = record.keys["account_name"], record.keys["alias"]
    owner = state.accounts.keys.get(alias)
    if owner is not None and alias not in state.aliases and owner is not state.accounts.keys.get(name):
        return rejected(record, "alias", "alias_is_name")
    account, named = state.account(record.values["account_name"], name)
    given = state.alias(alias, record.values["alias"], account)
    return Receipt(given.outcome, [given, named], record.ignored, record.warnings)


ACCOUNT_ALIAS = DataType(
    name="account-alias",
    label="Account Alias",
    fields=(Field("account_name", "Account Name", NAME_KEY), Field("alias", "Alias", NAME_KEY)),
    required=(("account_name",), ("alias",)),
    apply=apply,
)
