"""Records about few people in several spellings, so that callers meet."""

from __future__ import annotations

import random
from collections.abc import Callable


def somebody(chance: random.Random) -> dict[str, str]:
    """A contact like many others, in one of several spellings."""
    made: dict[str, str] = {}
    if chance.random() < 0.7:
        made["Email"] = chance.choice(["{}@b.example", "{}@B.Example"]).format(chance.randrange(8))
    if not made or chance.random() < 0.6:
        made["Phone"] = chance.choice(["+1234{}", "1 23 4{}"]).format(chance.randrange(6))
    if chance.random() < 0.4:
        made["Account Name"] = chance.choice(["Account {}", "ACCOUNT  {}"]).format(chance.randrange(20))
    if chance.random() < 0.5:
        made["First Name"] = str(chance.randrange(1000))
    return made


def anything(chance: random.Random) -> tuple[str, dict[str, str]]:
    """A configuration and a record for it: accounts, aliases, contacts, surveys, responses, activities, few of each."""
    account = chance.choice(["Account {}", "ACCOUNT  {}"]).format(chance.randrange(20))
    alias = chance.choice(["Alias {}", "ALIAS  {}"]).format(chance.randrange(10))
    named = {"Account Name": alias if chance.random() < 0.15 else account}
    kind = chance.choice(["contact", "contact", *RECORDS])
    return kind, RECORDS[kind](chance, named, alias)


def _activity(chance: random.Random, named: dict[str, str]) -> dict[str, str]:
    record = named | {"Reference": f"T-{chance.randrange(10)}", "Source": "CRM", "Type": str(chance.randrange(3))}
    if chance.random() < 0.3:
        record["Contact"] = f"{chance.randrange(8)}@b.example"
    return record | {"Happened At": "2026-01-31 14:30:00"}


#: Configuration -> what makes a record for it, of chance, an account's name and an alias.
RECORDS: dict[str, Callable[[random.Random, dict[str, str], str], dict[str, str]]] = {
    "contact": lambda chance, named, _: somebody(chance) | named,
    "account": lambda chance, named, _: named | {"Industry": str(chance.randrange(3))},
    "account-alias": lambda _chance, named, alias: named | {"Alias": alias},
    "survey": lambda chance, named, _: somebody(chance) | chance.choice([named, {}]),
    "multi-object": lambda chance, named, _: somebody(chance) | named | {"Region": str(chance.randrange(3))},
    "external-response": lambda chance, named, _: (
        somebody(chance)
        | named
        | {
            "NPS Score": str(chance.randrange(11)),
            "Sent Date": "2026-01-31 14:30:00",
            "Response Date": "2026-02-01 00:00:00",
        }
    ),
    "activity": lambda chance, named, _: _activity(chance, named),
}
