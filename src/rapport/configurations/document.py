"""A configuration as callers, files and edits see it, and everything that can be wrong with what they give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rapport.records.entries import KEYS, Faults, check, unknown
from rapport.records.errors import sentence
from rapport.records.fields import TEXT_LIMIT
from rapport.tenants.answers import moment

from . import catalogue
from .models import Configuration

#: What its author says about a configuration; files and edits hold exactly this.
CONTENT = ("reference", "name", "kind", "data_type", "active", "mapping", "options")
#: What an edit may change.
CHANGEABLE = ("name", "active", "mapping", "options")
#: What a copy may have of its own.
COPIED = ("reference", "name")
#: Characters of a comment.
COMMENT_LIMIT = 500
_TOLD = ("id", *CONTENT, "is_default", "version", "created_at", "updated_at")
_REFERENCE = re.compile(r"(?=.{1,64}$)[a-z0-9]+(?:-+[a-z0-9]+)*")


def content(row: Configuration) -> dict[str, Any]:
    """What the author of a configuration said."""
    entries = [{key: entry[key] for key in KEYS if key in entry} for entry in row.mapping]
    return {name: getattr(row, name) for name in CONTENT} | {"mapping": entries}


def represent(row: Configuration) -> dict[str, Any]:
    """A configuration as callers see it."""
    times = {name: moment(getattr(row, name)) for name in ("created_at", "updated_at")}
    rest = {"is_default": row.is_default, "version": row.version}
    return {"id": str(row.id), **content(row), **rest, **times}


def faults_of_new(tenant_id: int, given: Mapping[str, Any]) -> Faults:
    """Every fault of a configuration to be made; inside the tenant's scope."""
    faults = unknown(given, (*CONTENT, "comment")) | faults_of_comment(given)
    for name in ("name", "kind", "data_type", "mapping"):
        if given.get(name) in (None, ""):
            faults[name] = [sentence("required", name)]
    faults |= _faults(tenant_id, given, None)
    kind, data_type, known = str(given.get("kind")), str(given.get("data_type")), catalogue.of_tenant(tenant_id)
    checked = check(kind, data_type, given.get("mapping"), given.get("options", {}), known)
    return {name: told for name, told in checked.items() if name not in faults} | faults


def faults_of_change(row: Configuration, given: Mapping[str, Any], *besides: str) -> Faults:
    """Every fault of a configuration's new content: what cannot change may be sent, but as it is.

    `besides` are keys that somebody else judges.
    """
    shown = represent(row)
    faults = unknown(given, (*_TOLD, "comment", *besides)) | faults_of_comment(given)
    for name in _TOLD:
        if name in given and name not in CHANGEABLE and str(given[name]) != str(shown[name]):
            faults[name] = [sentence("fixed", name)]
    for name in ("name", "mapping"):
        if given.get(name) in (None, ""):
            faults[name] = [sentence("required", name)]
    faults |= _faults(row.tenant_id, {name: value for name, value in given.items() if name in CHANGEABLE}, row)
    mapped = {entry["field"] for entry in row.mapping}
    known = catalogue.of_tenant(row.tenant_id, mapped)
    checked = check(row.kind, row.data_type, given.get("mapping"), given.get("options", {}), known)
    return {name: told for name, told in checked.items() if name not in faults} | faults


def faults_of_comment(given: Mapping[str, Any]) -> Faults:
    """The fault of a comment; there need be none."""
    comment = given.get("comment")
    if comment is None or fit(comment, COMMENT_LIMIT):
        return {}
    return {"comment": [sentence("printable", "comment", limit=COMMENT_LIMIT)]}


def faults_of_copy(row: Configuration, given: Mapping[str, Any]) -> Faults:
    """Every fault of what a copy is to have of its own."""
    faults = unknown(given, COPIED) | _faults(row.tenant_id, {**given, "kind": row.kind}, None)
    if "name" in given and not fit(given["name"]):
        faults["name"] = [sentence("printable", "name", limit=TEXT_LIMIT)]
    return faults


def _faults(tenant_id: int, given: Mapping[str, Any], row: Configuration | None) -> Faults:
    """Faults of name, reference and state, as far as they are given; `row` is the configuration that has them now."""
    faults: Faults = {}
    others = Configuration.objects.filter(tenant_id=tenant_id)
    if row is not None:
        others = others.exclude(id=row.id)
    name = given.get("name")
    if name not in (None, ""):
        kind = str(given.get("kind")) if row is None else row.kind
        if not fit(name):
            faults["name"] = [sentence("printable", "name", limit=TEXT_LIMIT)]
        elif others.filter(kind=kind, name=name).exists():
            faults["name"] = [sentence("taken", "name")]
    if "reference" in given:
        reference = given["reference"]
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            faults["reference"] = [sentence("reference")]
        elif others.filter(reference=reference).exists():
            faults["reference"] = [sentence("taken", "reference")]
    if not isinstance(given.get("active", True), bool):
        faults["active"] = [sentence("truth", "active")]
    return faults


def fit(text: Any, limit: int = TEXT_LIMIT) -> bool:
    """Whether it is a text that people can read and tell from others."""
    return isinstance(text, str) and 0 < len(text) <= limit and text.isprintable() and text == text.strip()
