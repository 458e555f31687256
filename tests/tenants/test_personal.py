"""Every table names its columns with a person's data: erasure, export and retention go by them."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db.models import Model

#: All tables of ours.
TABLES = {model._meta.db_table: model for model in apps.get_models() if model.__module__.startswith("rapport.")}
#: What is a person's by its name alone.
TELLING = re.compile(r"(.*_)?(email|email_key|phone|phone_key|first_name|last_name|user_agent|agent|comment|answers)")
EACH = pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)


def columns(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


@EACH
def test_every_table_says_for_itself_what_is_personal(model: type[Model]) -> None:
    assert "personal" in vars(model), f"{model.__name__} says nothing: `personal = ()` where there is none"
    assert set(model.personal) <= columns(model)


@EACH
def test_what_is_personal_by_its_name_is_named(model: type[Model]) -> None:
    assert {name for name in columns(model) if TELLING.fullmatch(name)} <= set(model.personal)


def test_what_has_a_persons_key_is_named() -> None:
    """Where a contact stands by itself, in a copy, in what was sent, in words and in the ledger."""
    personal = {table for table, model in TABLES.items() if model.personal}
    assert personal >= {
        "contacts", "contact_keys", "changes", "requests", "unmapped_values", "search_tokens", "twin_keys",
        "idempotency_keys",
        "survey_records", "external_responses", "activities", "users", "invitations", "sessions", "audit_entries",
    }  # fmt: skip
