"""What accounts think of us: scores, coverage and silence of each, and of all; inside the tenant's scope.

A contact counts with its latest answer of the period. First contacts make the score of their account, then accounts
make the score of all, each with the same weight, so that one big account does not speak for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Count, TextField, Value
from django.db.models.fields.json import KeyTextTransform

from rapport.configurations.models import CustomField
from rapport.directory.models import Account, AccountKey, Contact
from rapport.records.keys import name_key
from rapport.surveys.models import SurveyRecord

from . import known
from .figures import Wanted, conditions, parameters, select, source
from .statistics import Score

#: Types of fields that can weigh accounts.
NUMBERS = ("integer", "decimal")


@dataclass(frozen=True)
class AccountScore:
    """One account's figures in a period."""

    id: UUID
    name: str
    #: Of its contacts' latest answers.
    score: Score
    #: Contacts that it has, that were asked, and that answered.
    contacts: int
    asked: int
    #: Contacts that answered, on whatever scale.
    answered: int
    #: When it was last heard of, in the period or not.
    last_at: datetime | None
    weight: Decimal | None = None
    parent: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether it was asked and nobody answered."""
        return self.asked > 0 and self.answered == 0

    def quiet_days(self, now: datetime | None = None) -> int | None:
        """Days since it was last heard of; None where it never was."""
        return None if self.last_at is None else ((now or datetime.now(UTC)) - self.last_at).days


@dataclass(frozen=True)
class Overall:
    """The score of several accounts."""

    #: Accounts that have a score.
    accounts: int
    score: float | None
    #: Weighted by a field, over those that have it.
    weighted: float | None


def of(tenant_id: int, wanted: Wanted, weight: str | None = None) -> list[AccountScore]:
    """Every account with an answer in the period, or with somebody who was asked in it, by name."""
    scores = _scores(tenant_id, wanted)
    asked = _asked(tenant_id, wanted)
    heard = _heard(tenant_id)
    answered = _answered(tenant_id, wanted)
    ids = scores.keys() | asked.keys() | answered.keys()
    contacts = _contacts(tenant_id, ids)
    rows = Account.objects.filter(tenant_id=tenant_id, id__in=ids)
    weighs = KeyTextTransform(weight, "attributes") if weight else Value(None, output_field=TextField())
    return sorted(
        (
            AccountScore(
                id=id,
                name=name,
                score=scores.get(id, Score(0, 0, 0)),
                contacts=contacts.get(id, 0),
                asked=asked.get(id, 0),
                answered=answered.get(id, 0),
                last_at=heard.get(id),
                weight=_number(weighed),
                parent=parent or "",
            )
            for id, name, parent, weighed in rows.values_list("id", "name", "parent_account", weighs)
        ),
        key=lambda row: row.name.casefold(),
    )


def one(tenant_id: int, wanted: Wanted, account_id: UUID) -> Score:
    """The score of one account."""
    return _scores(tenant_id, wanted, account_id).get(account_id, Score(0, 0, 0))


def overall(rows: Iterable[AccountScore]) -> Overall:
    """The mean of the accounts' scores, plain and weighted."""
    told = [(row.score.score, row.weight) for row in rows if row.score.score is not None]
    weights = [(Decimal(score), weight) for score, weight in told if weight is not None and weight > 0]
    total = sum((weight for _, weight in weights), Decimal(0))
    return Overall(
        accounts=len(told),
        score=sum(score for score, _ in told) / len(told) if told else None,
        weighted=float(sum(score * weight for score, weight in weights) / total) if total else None,
    )


def parents(tenant_id: int, rows: Sequence[AccountScore]) -> list[tuple[str, UUID | None, Overall]]:
    """The accounts below each parent and the parent itself, taken together: its name, its id, their score."""
    keys = {row.parent: name_key(row.parent) for row in rows if row.parent}
    found = AccountKey.objects.filter(tenant_id=tenant_id, key__in=list(keys.values()))
    owners = dict(found.values_list("key", "account_id"))
    names = {row.id: row.name for row in rows}
    together: dict[str, tuple[UUID | None, list[AccountScore]]] = {}
    for row in rows:
        if row.parent:
            owner = owners.get(keys[row.parent])
            together.setdefault(str(owner or keys[row.parent]), (owner, []))[1].append(row)
    told = []
    for owner, below in together.values():
        own = [row for row in rows if row.id == owner and row not in below]
        told.append((names.get(owner, below[0].parent) if owner else below[0].parent, owner, overall([*own, *below])))
    return sorted(told, key=lambda each: each[0].casefold())


def weights(tenant_id: int) -> dict[str, str]:
    """Technical name -> label of the fields of accounts that are numbers."""
    rows = CustomField.objects.filter(tenant_id=tenant_id, object="account", archived_at=None, type__in=NUMBERS)
    return dict(rows.order_by("label").values_list("name", "label"))


def _scores(tenant_id: int, wanted: Wanted, account_id: UUID | None = None) -> dict[UUID, Score]:
    """Account -> the latest answers of its contacts."""
    one = "and k.account_id = %(account)s" if account_id else "and k.account_id is not null"
    latest = " ".join(
        (
            "select distinct on (k.account_id, k.contact_id) k.account_id, k.score from",
            source(wanted, rolls=False),
            "where",
            conditions(wanted),
            one,
            "and k.contact_id is not null and k.score is not null",
            "order by k.account_id, k.contact_id, k.at desc, k.seq desc",
        )
    )
    counted = "select account_id, count(*) filter (where score >= 9), count(*) filter (where score between 7 and 8),"
    sql = f"{counted} count(*) filter (where score <= 6) from ({latest}) l group by 1"
    rows = known.query(tenant_id, sql, parameters(wanted) | {"account": account_id})
    return {id: Score(*counts) for id, *counts in rows}


def _asked(tenant_id: int, wanted: Wanted) -> dict[UUID, int]:
    """Account -> its contacts that were asked in the period."""
    rows = SurveyRecord.objects.filter(tenant_id=tenant_id, account_id__isnull=False)
    rows = rows.exclude(state=SurveyRecord.State.CANCELLED)
    if wanted.start is not None:
        rows = rows.filter(created_at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(created_at__lt=wanted.end)
    for field, value in wanted.where:
        if field.name in ("touchpoint", "account"):
            rows = rows.filter(**{"account_id" if field.name == "account" else field.name: value})
    return dict(rows.values_list("account_id").annotate(n=Count("contact_id", distinct=True)))


def _answered(tenant_id: int, wanted: Wanted) -> dict[UUID, int]:
    """Account -> its contacts that answered in the period."""
    tail = "and k.account_id is not null and k.contact_id is not null group by 1"
    return dict(select(tenant_id, "k.account_id, count(distinct k.contact_id)", wanted, tail=tail, rolls=False))


def _heard(tenant_id: int) -> dict[UUID, datetime]:
    """Account -> its last answer of all times."""
    sql = "select k.account_id, max(k.at) from known k where k.account_id is not null group by 1"
    return dict(known.query(tenant_id, sql))


def _contacts(tenant_id: int, ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Account -> the contacts that it has."""
    rows = Contact.objects.filter(tenant_id=tenant_id, account_id__in=list(ids))
    return dict(rows.values_list("account_id").annotate(n=Count("*")))


def _number(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
