"""The service's OpenAPI document, narrowed to what sends records to one configuration."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from . import schema
from .outline import Outline

PATHS = ("/oauth2/token", "/records", "/records/batch")
SECURITY = ("client", "token")


def document(outline: Outline, general: Mapping[str, Any]) -> dict[str, Any]:
    """`general`, with these paths only and this configuration's headings."""
    paths = copy.deepcopy({path: general["paths"][path] for path in PATHS})
    for path in paths.values():
        for operation in path.values():
            if isinstance(operation, dict):
                _name(operation, outline.reference)
    known = general["components"]
    schemas = {**known["schemas"], "Record": schema.record(outline)}
    info = {**general["info"], "title": outline.name, "description": f"Records for `{outline.reference}`."}
    everything = {"schemas": schemas, "responses": known["responses"]}
    return {
        **general,
        "info": info,
        "paths": paths,
        "components": {
            **_reached(paths, everything),
            "securitySchemes": {name: known["securitySchemes"][name] for name in SECURITY},
        },
    }


def _name(operation: dict[str, Any], reference: str) -> None:
    """Makes an operation take this configuration and no other."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "configuration":
            parameter |= {"schema": {"const": reference}, "example": reference}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        properties = content["schema"].get("properties", {})
        if "configuration" in properties:
            properties["configuration"] = {"const": reference}


def _reached(paths: Any, everything: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The components that the paths refer to, directly or not."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in everything}
    open_ = list(_references(paths))
    while open_:
        _, _, kind, name = open_.pop().split("/")
        if name not in found[kind]:
            found[kind][name] = everything[kind][name]
            open_ += _references(found[kind][name])
    return found


def _references(node: Any) -> Iterator[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)
