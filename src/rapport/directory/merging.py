"""Makes several contacts, or accounts, one: keys, aliases and what belongs to them go to the one that is kept.

The objects themselves are merged in one step; what refers to them follows in steps, each with its progress, where it is
much in the worker. Everything is in the ledger under the merge's own label, so that it can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from rapport.groups import ids
from rapport.surveys.models import ExternalResponse, Response, Suppressed, SurveyRecord
from rapport.tenants import lifecycle, writing
from rapport.tenants.answers import moment
from rapport.tenants.statements import fetch

from . import jobs
from .errors import FaultsError
from .models import Account, AccountKey, Activity, Contact, ContactKey, Merge
from .removing import COLUMNS, MODELS, REWRITE

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: Objects that can be merged at a time.
LIMIT = 20
#: Objects that are moved at once, and in one step.
FEW = STEP = 1_000
#: What belongs to a contact or an account, as the ledger calls it.
BELONGING: dict[str, dict[str, Any]] = {
    "contact": {
        "activity": Activity,
        "survey_record": SurveyRecord,
        "external_response": ExternalResponse,
        "response": Response,
    },
    "account": {
        "contact": Contact,
        "activity": Activity,
        "survey_record": SurveyRecord,
        "external_response": ExternalResponse,
        "response": Response,
    },
}


def merge(
    tenant: Tenant | int,
    author: Author,
    kind: str,
    kept: UUID,
    merged: Sequence[UUID],
    keep: Mapping[str, UUID] | None = None,
) -> Merge:
    """Merges `contact`s or `account`s into the one that is kept; of each field its value, else the first of others.

    `keep` says of a field whose value is taken instead. Raises `FaultsError`, `BusyError`.
    """
    made: Merge = writing.patiently(tenant, lambda tenant_id: _begin(tenant_id, author, kind, kept, merged, keep or {}))
    if made.total <= FEW:
        while step(tenant, made.id):
            pass
    return made


def looked_at(
    tenant_id: int, kind: str, kept: UUID, merged: Sequence[UUID], keep: Mapping[str, UUID]
) -> dict[str, Any]:
    """What a merge would do: fields that change, how much moves, and keys that get nothing, nor does who is kept then.

    In the tenant's scope. Raises `FaultsError`.
    """
    rows = _rows(tenant_id, kind, kept, merged)
    diff, _ = _fields(tenant_id, kind, rows, keep)
    moves = {name: _belonging(tenant_id, kind, name, merged).count() for name in BELONGING[kind]}
    keys = _keys(tenant_id, kind, merged)
    suppressed = _suppressed(tenant_id, [kept, *merged]) if kind == "contact" else []
    return {"fields": diff, "moves": moves, "keys": sorted(keys), "suppressed": suppressed}


def step(tenant: Tenant | int, id: UUID) -> bool:
    """Moves some of what belongs to merged objects; whether there is more. Two at once: one waits. `BusyError`."""
    return bool(writing.patiently(tenant, lambda tenant_id: _step(tenant_id, id)))


def _begin(
    tenant_id: int, author: Author, kind: str, kept: UUID, merged: Sequence[UUID], keep: Mapping[str, UUID]
) -> Merge:
    rows = _rows(tenant_id, kind, kept, merged, locked=True)
    diff, account = _fields(tenant_id, kind, rows, keep)
    row = Merge.objects.create(
        tenant_id=tenant_id,
        object_type=kind,
        kept_id=kept,
        merged_ids=[str(id) for id in merged],
        author_type=author.type,
        author_id=author.id,
        author_name=author.name,
        total=sum(_belonging(tenant_id, kind, name, merged).count() for name in BELONGING[kind]),
    )
    keys = _keys(tenant_id, kind, merged)
    labels = _labels(keys, rows) if kind == "account" else {}
    if labels:
        diff["alias"] = (None, ", ".join(new for _, new in labels.values()))
    told = _links({key: (each[0], kept) for key, each in keys.items()}, labels)
    own = told | ({"account": account} if account else {})
    rewrites = [(kind, kept, "merged", _json(diff), _json(own))]
    for id in merged:
        links = _links({key: (owner, kept) for key, (owner, _) in keys.items() if owner == id}, labels)
        rewrites.append((kind, id, "merged", "{}", _json(links | {"into": (None, kept)})))
    _write(row, rewrites)
    lifecycle.merged(tenant_id, kind, kept, merged)
    if row.total > FEW:
        jobs.move_merged.defer(tenant_id=tenant_id, merge_id=str(row.id))
    return row


def _step(tenant_id: int, id: UUID) -> bool:
    rows = Merge.objects.filter(tenant_id=tenant_id, id=id)
    row = rows.select_for_update().filter(state=Merge.State.RUNNING).first()
    if row is None:
        return False
    kind, merged = row.object_type, [UUID(each) for each in row.merged_ids]
    for name in BELONGING[kind]:
        some = _belonging(tenant_id, kind, name, merged).select_for_update().order_by("id")[:STEP]
        if found := list(some):
            _write(row, [_moved(row, name, each) for each in found])
            rows.update(moved=F("moved") + len(found))
            return True
    rows.update(state=Merge.State.DONE, ended_at=Now())
    return False


def _moved(row: Merge, name: str, each: Any) -> tuple[Any, ...]:
    """The rewrite of something that belonged to a merged object."""
    if row.object_type == "contact":
        return (name, each.id, "updated", _json({"contact_id": (each.contact_id, row.kept_id)}), "{}")
    names = dict(
        Account.ever.filter(tenant_id=row.tenant_id, id__in=(each.account_id, row.kept_id)).values_list("id", "name")
    )
    diff = {"account_name": (names[each.account_id], names[row.kept_id])}
    return (name, each.id, "updated", _json(diff), _json({"account": (each.account_id, row.kept_id)}))


def _write(row: Merge, rewrites: list[tuple[Any, ...]]) -> None:
    first = ids.first(datetime.now(UTC))
    given = (ids.moment_of(first), first, row.author_type, row.author_id, row.request, rewrites)
    [(low, high)] = fetch(REWRITE, row.tenant_id, *given)
    begun = low if row.first_seq is None else row.first_seq
    Merge.objects.filter(tenant_id=row.tenant_id, id=row.id).update(first_seq=begun, last_seq=high)
    row.first_seq, row.last_seq = begun, high


def _rows(tenant_id: int, kind: str, kept: UUID, merged: Sequence[UUID], *, locked: bool = False) -> dict[UUID, Any]:
    """The objects, the one that is kept first. Raises `FaultsError`."""
    faults = {}
    if not 0 < len(set(merged)) <= LIMIT or len(set(merged)) < len(merged):
        faults["from"] = [f"The from must be 1 to {LIMIT} different ids."]
    elif kept in merged:
        faults["from"] = ["The from must not hold the one that the others go into."]
    rows = MODELS[kind].objects.filter(tenant_id=tenant_id, id__in=[kept, *merged]).order_by("id")
    found = {row.id: row for row in (rows.select_for_update() if locked else rows)}
    if kept not in found:
        faults["into"] = ["The selected into does not exist."]
    if "from" not in faults and any(id not in found for id in merged):
        faults["from"] = ["The selected from does not exist."]
    if faults:
        raise FaultsError(faults)
    return {id: found[id] for id in (kept, *merged)}


def _fields(
    tenant_id: int, kind: str, rows: Mapping[UUID, Any], keep: Mapping[str, UUID]
) -> tuple[dict[str, Any], tuple[UUID | None, UUID] | None]:
    """What changes of the kept one's fields, and its account before and after. Raises `FaultsError`."""
    values = {id: _values(kind, row) for id, row in rows.items()}
    known = dict.fromkeys(name for each in values.values() for name in each)
    unknown = [name for name in keep if name not in known and f"custom.{name}" not in known]
    strange = [name for name, id in keep.items() if id not in rows]
    if unknown or strange:
        faults = [f"The field {name} is unknown." for name in unknown]
        raise FaultsError({"keep": [*faults, *(f"The {name} must be of one of the merged." for name in strange)]})
    kept, *_ = rows
    diff: dict[str, Any] = {}
    for name in known:
        wanted = keep.get(name) or keep.get(name.removeprefix("custom."))
        order = [wanted] if wanted else list(rows)
        new = next((values[id][name] for id in order if values[id].get(name) is not None), None)
        if new != values[kept].get(name):
            diff[name] = (values[kept].get(name), new)
    if "account" not in diff:
        return diff, None
    old, new = diff.pop("account")
    names = dict(Account.objects.filter(tenant_id=tenant_id, id__in=(old, new)).values_list("id", "name"))
    if new not in names:
        return diff, None
    diff["account_name"] = (names.get(old), names[new])
    return diff, (old, new)


def _values(kind: str, row: Any) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in COLUMNS[kind]}
    own |= {f"custom.{name}": value for name, value in row.attributes.items()}
    return own | {"account": row.account_id} if kind == "contact" else own


def _keys(tenant_id: int, kind: str, merged: Sequence[UUID]) -> dict[str, tuple[UUID, str | None]]:
    """Key -> whom it finds, and how an alias is written. Indexes: contact_keys_contact, account_keys_account."""
    if kind == "contact":
        found = ContactKey.objects.filter(tenant_id=tenant_id, contact_id__in=merged)
        return {row.key: (row.contact_id, None) for row in found.order_by("key")}
    rows = AccountKey.objects.filter(tenant_id=tenant_id, account_id__in=merged).order_by("key")
    return {row.key: (row.account_id, (row.label or row.key) if row.is_alias else None) for row in rows}


def _suppressed(tenant_id: int, contacts: Sequence[UUID]) -> list[dict[str, Any]]:
    """What of the keys of contacts is suppressed, by itself or with its domain: a contact is, if any of them is."""
    found = list(_keys(tenant_id, "contact", contacts))
    domains: set[str] = set()
    for key in found:
        labels = key.partition("@")[2].split(".") if key.startswith("e:") else []
        domains |= {"d:" + ".".join(labels[place:]) for place in range(len(labels))}
    rows = Suppressed.objects.filter(tenant_id=tenant_id, key__in=[*found, *domains]).order_by("key", "list")
    return [{"key": row.key, "list": row.list, "at": moment(row.at)} for row in rows]


def _labels(keys: Mapping[str, tuple[UUID, str | None]], rows: Mapping[UUID, Any]) -> dict[str, tuple[str | None, str]]:
    """Every name of a merged account is an alias of the one that is kept."""
    return {key: (label, label or rows[owner].name) for key, (owner, label) in keys.items()}


def _links(keys: Mapping[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"keys": keys} if keys else {}
    own = {key: labels[key] for key in keys if key in labels}
    return told | {"labels": own} if own else told


def _belonging(tenant_id: int, kind: str, name: str, merged: Sequence[UUID]) -> Any:
    """What refers to the merged, deleted or not. Indexes: the one of each table on the owner's column."""
    model = BELONGING[kind][name]
    return model._base_manager.filter(tenant_id=tenant_id, **{f"{kind}_id__in": list(merged)})


def _json(value: Any) -> str:
    return json.dumps(value, default=str)
