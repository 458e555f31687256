"""Which entries of the ledger an undo is about: what callers ask for -> a set that SQL reads (type `undo_set_1`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Max, Min, Q

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.directory.models import Merge
from rapport.evidence import searching
from rapport.evidence.models import Replay, Undo
from rapport.groups import ids
from rapport.history import ledger
from rapport.history.models import Change, SentRecord
from rapport.imports.models import Import
from rapport.members.models import User
from rapport.records import entries
from rapport.records.errors import sentence
from rapport.tenants.query import ParametersError, Reader

#: What can be named, and of these what can be bounded by times.
NAMES = ("record", "request", "import", "undo", "replay", "merge", "app", "configuration", "user", "changes")
WIDE = ("app", "configuration", "user")
BOUNDS = ("from", "to")
#: Entries that can be named one by one.
NUMBERS = 1_000
#: A record is read before it is entered, by less than that.
_SLACK = timedelta(days=1)
_NONE = (1, 0)


class Entries(NamedTuple):
    """In the order of the type `undo_set_1`; null is any."""

    low: int
    high: int
    floor: UUID
    first: UUID | None = None
    last: UUID | None = None
    actor_type: str | None = None
    actor_id: UUID | None = None
    configuration_id: UUID | None = None
    numbers: list[int] | None = None
    request: str | None = None

    @property
    def text(self) -> str:
        """As PostgreSQL reads a row: numbers, ids and words need no quotes, an array does."""
        cells = ('"{' + ",".join(map(str, each)) + '}"' if isinstance(each, list) else each for each in self)
        return "(" + ",".join("" if cell is None else str(cell) for cell in cells) + ")"

    def as_json(self) -> list[Any]:
        """As tokens and rows keep it."""
        return [str(each) if isinstance(each, UUID) else each for each in self]

    @classmethod
    def parse(cls, kept: list[Any]) -> Entries:
        """What `as_json` gave."""
        found: list[Any] = [*kept]
        for place in (2, 3, 4, 6, 7):
            found[place] = found[place] and UUID(found[place])
        return cls(*found)


def read(tenant_id: int, given: Mapping[str, Any]) -> Entries:
    """The entries that are meant; inside the tenant's scope. Raises `ParametersError` with every fault."""
    _check(given)
    named = [name for name in NAMES if name in given]
    name = named[0] if named else "from"
    found = _CHOOSE[name](tenant_id, given[name])
    if name in WIDE or not named:
        found = _between(tenant_id, given, found.pop("made_at", None)) | found
    return Entries(floor=_floor(tenant_id, found["low"]), **found)


def unknown(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """A sentence for each key that says nothing here."""
    return entries.unknown(given, (*NAMES, *BOUNDS))


def _check(given: Mapping[str, Any]) -> None:
    faults = unknown(given)
    named = [name for name in NAMES if name in given]
    if len(named) > 1:
        faults |= {name: [f"Name one of {', '.join(NAMES)}, not several."] for name in named[1:]}
    if not named and "from" not in given:
        faults["from"] = [f"Name one of {', '.join(NAMES)}, or from when on."]
    if named and named[0] not in WIDE:
        wide = ", ".join(WIDE)
        faults |= {name: [f"The {name} goes with {wide}, or stands alone."] for name in BOUNDS if name in given}
    if faults:
        raise ParametersError(faults)


def _between(tenant_id: int, given: Mapping[str, Any], made_at: datetime | None = None) -> dict[str, Any]:
    """The entries of a time, without its first moment, so that everything since then is what `as_of` lacks of it.

    As there, an entry is as old as its record. Nothing is looked for from before what is named was `made_at`.
    """
    reader = Reader.of({name: given[name] if isinstance(given[name], str) else "?" for name in BOUNDS if name in given})
    start, end = reader.time("from"), reader.time("to")
    if start and end and end < start:
        reader.errors["to"] = ["The to must not be before the from."]
    reader.finish()
    head = ledger.head(tenant_id)
    since = max(filter(None, (start, made_at and made_at - _SLACK)), default=None)
    return {
        "low": ledger.first_since(tenant_id, since, head) if since else 1,
        "high": ledger.first_since(tenant_id, end + _SLACK, head) - 1 if end else head,
        "first": ids.behind(start) if start else UUID(int=0),
        "last": ids.following(ids.behind(end), -1) if end else UUID(int=(1 << 128) - 1),
    }


def _floor(tenant_id: int, low: int) -> UUID:
    """An id before that of every record from this entry on."""
    at = Change.objects.filter(tenant_id=tenant_id, seq=low).values_list("at", flat=True).first()
    return UUID(int=ids.first((at or datetime.now(UTC)) - _SLACK).int & ~((1 << 80) - 1))


def _by_record(tenant_id: int, given: Any) -> dict[str, Any]:
    id = _id("record", given)
    found = _span(tenant_id, id, id)
    _refuse_parts(tenant_id, "record", record=id)
    if found["low"] > found["high"] and searching.record(tenant_id, id) is None:
        raise _invalid("record")
    return found


def _by_request(tenant_id: int, given: Any) -> dict[str, Any]:
    row = searching.record(tenant_id, _id("request", given))
    if row is None or not row.is_named:
        raise _invalid("request")
    first = ids.following(row.id, -row.position)
    beside = SentRecord.objects.filter(tenant_id=tenant_id, at=row.at, position=0, id__gt=first)
    following = beside.order_by("id").values_list("id", flat=True).first()
    return _span(tenant_id, first, ids.following(following, -1) if following else UUID(int=first.int | (1 << 24) - 1))


def _span(tenant_id: int, first: UUID, last: UUID) -> dict[str, Any]:
    """The entries of a range of records. Index: changes_record."""
    made = Change.objects.filter(tenant_id=tenant_id, record__range=(first, last))
    found = made.aggregate(low=Min("seq"), high=Max("seq"))
    low, high = (found["low"], found["high"]) if found["low"] else _NONE
    return {"low": low, "high": high, "first": first, "last": last}


def _refuse_parts(tenant_id: int, name: str, **which: Any) -> None:
    """One object's entry of a merge without the others' would leave keys with what is not there."""
    rows = Change.objects.filter(Q(kind="merged") | Q(actor_type="undo"), tenant_id=tenant_id, **which)
    chosen: dict[str, set[int]] = defaultdict(set)
    for label, seq in rows.values_list("request_id", "seq"):
        chosen[label].add(seq)
    for label, own in chosen.items():
        whole = _merged(tenant_id, label)
        if own & whole and whole - own:
            made = label.replace("-", " ", 1)
            told = f"Entry {min(own & whole)} is part of a merge, which is undone as a whole: {made}."
            raise ParametersError({name: [told]})


def _merged(tenant_id: int, label: str) -> set[int]:
    """The entries by which a merge, or an undo that made merges again, made objects one. Index: changes_pkey."""
    name, _, id = label.partition("-")
    made: type[Merge | Undo] = Merge if name == "merge" else Undo
    span = made._default_manager.filter(tenant_id=tenant_id, id=id).values_list("first_seq", "last_seq").first()
    if span is None or None in span:
        return set()
    rows = Change.objects.filter(tenant_id=tenant_id, seq__range=span, request_id=label)
    parts = dict(rows.filter(kind="merged").values_list("seq", "links"))
    # An undo calls the entry of the one that is kept an update.
    kept = {links["into"][1] for links in parts.values() if links and "into" in links}
    return {*parts, *rows.filter(object_id__in=kept).values_list("seq", flat=True)} if parts else set()


def _by_import(tenant_id: int, given: Any) -> dict[str, Any]:
    row = Import.objects.filter(tenant_id=tenant_id, id=_id("import", given)).first()
    if row is None:
        raise _invalid("import")
    return _made_by(row, "import")


def _by_undo(tenant_id: int, given: Any) -> dict[str, Any]:
    row = Undo.objects.filter(tenant_id=tenant_id, id=_id("undo", given)).first()
    if row is None:
        raise _invalid("undo")
    if row.state == Undo.State.RUNNING:
        raise ParametersError({"undo": ["The undo is still running."]})
    return _made_by(row, "undo")


def _by_replay(tenant_id: int, given: Any) -> dict[str, Any]:
    row = Replay.objects.filter(tenant_id=tenant_id, id=_id("replay", given)).first()
    if row is None:
        raise _invalid("replay")
    if row.state == Replay.State.RUNNING:
        raise ParametersError({"replay": ["The replay is still running."]})
    return _made_by(row, "replay")


def _by_merge(tenant_id: int, given: Any) -> dict[str, Any]:
    row = Merge.objects.filter(tenant_id=tenant_id, id=_id("merge", given)).first()
    if row is None:
        raise _invalid("merge")
    if row.state == Merge.State.RUNNING:
        raise ParametersError({"merge": ["The merge is still running."]})
    low, high = (row.first_seq, row.last_seq) if row.first_seq else _NONE
    return {"low": low, "high": high, "request": row.request}


def _made_by(row: Import | Undo | Replay, actor: str) -> dict[str, Any]:
    low, high = (row.first_seq, row.last_seq) if row.first_seq else _NONE
    return {"low": low, "high": high, "actor_type": actor, "actor_id": row.id}


def _by_app(tenant_id: int, given: Any) -> dict[str, Any]:
    rows = ConnectedApp.objects.filter(tenant_id=tenant_id)
    row = rows.filter(client_id=given).first() if isinstance(given, str) else None
    row = row or rows.filter(id=_id("app", given)).first()
    if row is None:
        raise _invalid("app")
    return {"actor_type": "app", "actor_id": row.id, "made_at": row.created_at}


def _by_configuration(tenant_id: int, given: Any) -> dict[str, Any]:
    rows = Configuration.objects.filter(tenant_id=tenant_id)
    row = rows.filter(reference=given).first() if isinstance(given, str) else None
    row = row or rows.filter(id=_id("configuration", given)).first()
    if row is None:
        raise _invalid("configuration")
    return {"configuration_id": row.id, "made_at": row.created_at}


def _by_user(_: int, given: Any) -> dict[str, Any]:
    """Also somebody who is no member any more."""
    id = _id("user", given)
    made_at = User.objects.filter(id=id).values_list("created_at", flat=True).first()
    return {"actor_type": "user", "actor_id": id, "made_at": made_at}


def _by_numbers(tenant_id: int, given: Any) -> dict[str, Any]:
    right = isinstance(given, list) and all(type(each) is int and 0 < each < 1 << 62 for each in given)
    if not right or not 0 < len(given) <= NUMBERS:
        raise ParametersError({"changes": [f"The changes must be a JSON array of 1 to {NUMBERS} numbers of entries."]})
    numbers = sorted(set(given))
    there = set(Change.objects.filter(tenant_id=tenant_id, seq__in=numbers).values_list("seq", flat=True))
    if missing := [number for number in numbers if number not in there]:
        raise ParametersError({"changes": [f"There is no entry {missing[0]}."]})
    _refuse_parts(tenant_id, "changes", seq__in=numbers)
    return {"low": numbers[0], "high": numbers[-1], "numbers": numbers}


_CHOOSE: dict[str, Callable[[int, Any], dict[str, Any]]] = {
    "record": _by_record,
    "request": _by_request,
    "import": _by_import,
    "undo": _by_undo,
    "replay": _by_replay,
    "merge": _by_merge,
    "app": _by_app,
    "configuration": _by_configuration,
    "user": _by_user,
    "changes": _by_numbers,
    "from": lambda _, __: {},
}


def _id(name: str, given: Any) -> UUID:
    try:
        return UUID(given)
    except (TypeError, ValueError, AttributeError):
        raise _invalid(name) from None


def _invalid(name: str) -> ParametersError:
    return ParametersError({name: [sentence("selected", name)]})
