from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError

from rapport.members.models import User
from rapport.records.errors import Invalid

if TYPE_CHECKING:
    from tests.conftest import Database


def test_a_person_is_found_however_the_address_is_spelled(database: Database) -> None:
    made = User.objects.create(email=" Grace@Example.com ", name="Grace")
    assert made.email == "Grace@Example.com"
    assert User.objects.get_by_natural_key("grace@EXAMPLE.com") == made
    assert not made.has_usable_password()


def test_an_address_belongs_to_one_person(database: Database) -> None:
    User.objects.create(email="once@example.com", name="Once")
    with pytest.raises(IntegrityError):
        User.objects.create(email="ONCE@example.com", name="Twice")


def test_what_is_no_address_makes_no_person(database: Database) -> None:
    with pytest.raises(Invalid):
        User.objects.create(email="nobody", name="Nobody")
