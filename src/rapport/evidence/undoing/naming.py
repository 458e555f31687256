"""What an undo is about, as people call it: the name of a file or of whom a record is about, instead of an id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.configurations.models import Configuration
from rapport.directory.models import Merge
from rapport.evidence import actors, searching, trace
from rapport.evidence.models import Replay, Undo
from rapport.evidence.replaying import plan as replays
from rapport.evidence.whom import whom
from rapport.imports.models import Import

from .chosen import BOUNDS
from .plan import told

if TYPE_CHECKING:
    from django.db.models import Model

    from rapport.history.models import SentRecord

#: Undos of undos that are followed.
DEPTH = 3


def named(tenant_id: int, asked: Mapping[str, Any]) -> str:
    """A few words; what has no name is told by its id. In the tenant's scope."""
    return names(tenant_id, [asked])[0]


def names(tenant_id: int, many: Sequence[Mapping[str, Any]], depth: int = DEPTH) -> list[str]:
    """`named` of many undos, in a few queries for each kind of what they took back."""
    given: dict[str, set[str]] = defaultdict(set)
    for asked in many:
        if (kind := _kind(asked)) in _NAMES or kind == "undo":
            given[kind].add(str(asked[kind]))
    found = {kind: _NAMES[kind](tenant_id, texts) for kind, texts in given.items() if kind != "undo"}
    found["undo"] = _undos(tenant_id, given["undo"], depth)
    return [_named(asked, found) for asked in many]


def _kind(asked: Mapping[str, Any]) -> str:
    """What of an undo's parameters says what it is about; empty where its times alone do."""
    return next((name for name in asked if name not in BOUNDS), "")


def _named(asked: Mapping[str, Any], found: Mapping[str, Mapping[str, str]]) -> str:
    bounds = [f"{name} {asked[name].replace('T', ' ')}" for name in BOUNDS if name in asked]
    kind = _kind(asked)
    if not kind:
        return " ".join(["everything", *bounds])
    if kind == "changes":
        return "1 change" if len(asked[kind]) == 1 else f"{len(asked[kind]):,} changes"
    name = found.get(kind, {}).get(str(asked[kind]))
    return " ".join([name, *bounds]) if name else told(asked)


def _ids(texts: Iterable[str]) -> dict[str, UUID]:
    """The ids that texts are."""
    return {text: id for text in texts if (id := searching.as_id(text))}


def _rows(tenant_id: int, model: type[Model], texts: Iterable[str]) -> dict[str, Any]:
    """Id as it was given -> the row."""
    ids = _ids(texts)
    rows: Any = model._default_manager.filter(tenant_id=tenant_id, id__in=ids.values()) if ids else ()
    by_id = {row.id: row for row in rows}
    return {text: by_id[id] for text, id in ids.items() if id in by_id}


def _undos(tenant_id: int, texts: Iterable[str], depth: int) -> dict[str, str]:
    rows = _rows(tenant_id, Undo, texts) if depth else {}
    if not rows:
        return {}
    asked = names(tenant_id, [row.asked for row in rows.values()], depth - 1)
    return {text: f"the undo of {name}" for text, name in zip(rows, asked, strict=True)}


def _sent(tenant_id: int, texts: Iterable[str]) -> dict[str, SentRecord]:
    ids = _ids(texts)
    by_id = {row.id: row for row in searching.records(tenant_id, set(ids.values()))}
    return {text: by_id[id] for text, id in ids.items() if id in by_id}


def _records(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    rows = _sent(tenant_id, texts)
    read = _rows(tenant_id, Configuration, {str(row.configuration_id) for row in rows.values()})
    called = trace.names(tenant_id, [each for row in rows.values() for each in row.objects_written])
    return {
        text: f"the record of {whom(row, called, read.get(str(row.configuration_id))).name}"
        for text, row in rows.items()
    }


def _requests(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    return {text: f"the request {row.request_id}" for text, row in _sent(tenant_id, texts).items()}


def _imports(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    return {text: f"the import of {row.name}" for text, row in _rows(tenant_id, Import, texts).items()}


def _replays(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    rows = _rows(tenant_id, Replay, texts)
    asked = replays.names(tenant_id, [row.asked for row in rows.values()])
    return {text: f"what was sent again, {name}" for text, name in zip(rows, asked, strict=True)}


def _merges(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    rows = _rows(tenant_id, Merge, texts)
    sides = {text: [*row.merged_ids, str(row.kept_id)] for text, row in rows.items()}
    called = trace.names(tenant_id, ({"type": rows[text].object_type, "id": id} for text in rows for id in sides[text]))
    found = {}
    for text, row in rows.items():
        *merged, kept = (called.get(id) or f"the {row.object_type} {id}" for id in sides[text])
        found[text] = f"the merge of {', '.join(merged)} into {kept}"
    return found


def _apps(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    return {text: f"what {name} sent" for text, name in replays.called(tenant_id, "app", texts).items()}


def _configurations(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    found = replays.called(tenant_id, "configuration", texts)
    return {text: f"what came by {name}" for text, name in found.items()}


def _users(tenant_id: int, texts: Iterable[str]) -> dict[str, str]:
    ids = _ids(texts)
    called = actors.names(tenant_id, [("user", id) for id in ids.values()])
    return {text: f"what {called['user', id]} did" for text, id in ids.items()}


_NAMES: dict[str, Callable[[int, Iterable[str]], dict[str, str]]] = {
    "record": _records,
    "request": _requests,
    "import": _imports,
    "replay": _replays,
    "merge": _merges,
    "app": _apps,
    "configuration": _configurations,
    "user": _users,
}
