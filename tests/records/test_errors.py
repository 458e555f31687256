from __future__ import annotations

from string import Formatter

import pytest

from rapport.records import errors
from rapport.records.errors import SENTENCES, Invalid, RecordsError, sentence


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_can_be_said(code: str) -> None:
    wanted = {name: name.upper() for _, name, _, _ in Formatter().parse(SENTENCES[code]) if name}
    told = sentence(code, **({"heading": "Email"} | wanted))
    assert told == Invalid(code, **{name: wanted[name] for name in wanted if name != "heading"}).sentence(
        wanted.get("heading", "")
    )
    assert all(word in told for word in wanted.values())
    assert told.endswith((".", "?"))


def test_the_docstring_draws_the_whole_tree() -> None:
    tree = [line.split()[1] for line in (errors.__doc__ or "").splitlines() if line.strip().startswith(("├", "└"))]
    assert tree == [kind.__name__ for kind in RecordsError.__subclasses__()]
