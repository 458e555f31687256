"""Records about few people in several spellings, so that callers meet."""

from __future__ import annotations

import random


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
