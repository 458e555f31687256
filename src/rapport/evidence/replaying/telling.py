"""What is told of records that are replayed: counted reasons, and some examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .cases import VERDICTS

if TYPE_CHECKING:
    from .cases import Case

#: Examples for each verdict and reason, and reasons that are told apart.
EXAMPLES, REASONS = 5, 50
OTHERS = "other reasons"


def count(reasons: Counter[str], case: Case) -> None:
    """Counts why fields stay and a record is not written, the rest together where there are too many."""
    for because in (*(each.because for each in case.stays), *case.because):
        reasons[because if because in reasons or len(reasons) < REASONS else OTHERS] += 1


def _kind(example: Mapping[str, Any]) -> tuple[Any, Any]:
    return example["verdict"], example["because"]


def _examples(case: Case) -> Iterator[dict[str, Any]]:
    """What is told of a record: its values that would be written, those that stay, else why it is not written."""
    shown: dict[str, Any] = {"record": str(case.row.id), "type": None, "id": None, "field": None}
    shown |= {"now": None, "then": None, "verdict": case.verdict, "because": None}
    for each in case.objects if case.verdict == "apply" else ():
        known = None if each.outcome == "created" else str(each.id)
        for name, (old, new) in list(each.changes.items())[:EXAMPLES]:
            if not name.endswith("_id"):
                values = {"now": _plain(old), "then": _plain(new)}
                yield shown | {"type": each.type, "id": known, "field": name} | values
    for stay in case.stays:
        told = {"type": stay.type, "id": stay.id and str(stay.id), "field": stay.field, "verdict": "keep"}
        yield shown | told | {"now": _plain(stay.now), "then": _plain(stay.then), "because": stay.because}
    for because in case.because:
        yield shown | {"because": because}


def show(examples: list[dict[str, Any]], case: Case) -> None:
    """Adds a record to the examples, unless there are enough of its kind."""
    for told in _examples(case):
        alike = [each for each in examples if _kind(each) == _kind(told)]
        if len(alike) < EXAMPLES and len(examples) < EXAMPLES * len(VERDICTS):
            examples.append(told)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return str(value) if isinstance(value, UUID) else value
