"""Filters and order of the lists of contacts and accounts.

No index serves them: it would end in-page updates and double the price of a write. A filter looks at so many rows along
the primary key and says how far it looked; names are in order among the words that search keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from rapport.configurations.models import CustomField
from rapport.records.keys import name_key
from rapport.tenants.forms import Form

from . import search
from .models import Account, AccountKey, SearchToken
from .sheets import SIZE, Sheet, by_id
from .tokens import IN_ORDER

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rapport.tenants.models import Tenant

#: Rows that a filter looks at, at a time; names, where it goes by these; and how many rows are counted.
LOOKED_AT, NAMES, COUNTED = 100_000, 5_000, 10_000
ORDERS = (("", "Newest first"), ("oldest", "Oldest first"), ("name", "By name"))
#: Custom fields that can be filtered by.
FIELDS = 20
_LAST = "\U0010ffff"


class ListForm(Form):
    """Filters of a list; they live in the address. Faulty ones filter nothing and say so."""

    called: ClassVar = {"created_from": "first day", "created_to": "last day"}
    order = forms.ChoiceField(required=False, choices=ORDERS)
    created_from = forms.DateField(
        label="Created from", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    created_to = forms.DateField(
        label="Created to", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any, object_type: str, custom: list[CustomField]) -> None:
        super().__init__(data)
        self._type, self._custom = object_type, custom
        texts = {"contact": ("account_name", "manager", "language"), "account": ("manager", "industry", "region")}
        for name in texts[object_type]:
            self.fields[name] = forms.CharField(required=False, max_length=128)
        for field in custom:
            self.fields[f"custom.{field.name}"] = _field(field)
        self.order_fields(["order", *texts[object_type], "created_from", "created_to"])

    @property
    def given(self) -> dict[str, Any]:
        """The filters that are used: name -> value."""
        return {name: value for name, value in self.cleaned_data.items() if name != "order" and value not in (None, "")}

    def condition(self, tenant_id: int, zone: ZoneInfo) -> Q:
        """What a row must be; inside the tenant's scope."""
        found = Q()
        for name, value in self.given.items():
            found &= self._one(tenant_id, name, value, zone)
        return found

    def _one(self, tenant_id: int, name: str, value: Any, zone: ZoneInfo) -> Q:
        if name == "created_from":
            return Q(created_at__gte=datetime.combine(value, time(), zone))
        if name == "created_to":
            if value == date.max:
                return Q()
            return Q(created_at__lt=datetime.combine(value + timedelta(days=1), time(), zone))
        if name == "account_name":
            owner = AccountKey.objects.filter(tenant_id=tenant_id, key=name_key(value))
            return Q(account_id__in=list(owner.values_list("account_id", flat=True)))
        if name == "manager" and self._type == "contact":
            return Q(account_id__in=Account.objects.filter(tenant_id=tenant_id, manager__iexact=value).values("id"))
        return Q(**{f"{_path(name)}__iexact": value})


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A sheet of a list, and what is known of the whole."""

    sheet: Sheet
    #: How many rows there are, or more than that; None: it would take too long to say.
    count: int | None = None
    more: bool = False
    #: Whether a filter stopped before the end; the older sheet goes on from there.
    stopped: bool = False


def form_of(tenant: Tenant, object_type: str, given: Any) -> ListForm:
    """The filters of a list, inside the tenant's scope."""
    fields = CustomField.objects.filter(tenant_id=tenant.pk, object=object_type, archived_at=None).order_by("id")
    form = ListForm(given, object_type, [field for field in fields if field.type != "long text"][:FIELDS])
    form.is_valid()
    return form


def listed(rows: QuerySet[Any], form: ListForm, query: Mapping[str, str], tenant: Tenant, object_type: str) -> Listed:
    """The sheet that a page's query names, of those `rows` that the filters want; inside the tenant's scope."""
    wanted = annotated(rows, form).filter(form.condition(tenant.pk, ZoneInfo(tenant.time_zone)))
    order, narrow = form.cleaned_data.get("order") or "", bool(form.given)
    if order == "name":
        return _by_name(wanted, tenant.pk, object_type, query, narrow=narrow)
    if not narrow:
        counted = wanted.values("id")[: COUNTED + 1].count()
        return Listed(sheet=_sheet(wanted, query, order), count=min(counted, COUNTED), more=counted > COUNTED)
    return _filtered(rows, wanted, query, order)


def annotated(rows: QuerySet[Any], form: ListForm) -> QuerySet[Any]:
    """The rows with the custom fields that are filtered by as texts."""
    named = [name.removeprefix("custom.") for name in form.given if name.startswith("custom.")]
    told: QuerySet[Any] = rows.alias(**{f"custom_{name}": KeyTextTransform(name, "attributes") for name in named})
    return told


def _filtered(rows: QuerySet[Any], wanted: QuerySet[Any], query: Mapping[str, str], order: str) -> Listed:
    """A sheet of the next `LOOKED_AT` rows."""
    upward = (order == "oldest") != ("after" in query)
    place = _id(query.get("after", query.get("before", "")))
    side = "id__gt" if upward else "id__lt"
    every = rows.order_by("id" if upward else "-id")
    every = every.filter(**{side: place}) if place else every
    end = every.values_list("id", flat=True)[LOOKED_AT - 1 : LOOKED_AT].first()
    window = wanted if end is None else wanted.filter(**{f"id__{'lte' if upward else 'gte'}": end})
    sheet = _sheet(window, query, order)
    if end is None:
        count = None
        if place is None:
            count = wanted.values("id")[: COUNTED + 1].count()
        return Listed(sheet=sheet, count=count and min(count, COUNTED), more=bool(count and count > COUNTED))
    ahead = sheet.newer if "after" in query else sheet.older
    if ahead is not None:
        return Listed(sheet=sheet)
    on = replace(sheet, newer=end) if "after" in query else replace(sheet, older=end)
    return Listed(sheet=on, stopped=True)


def _sheet(rows: QuerySet[Any], query: Mapping[str, str], order: str) -> Sheet:
    return by_id(rows, query, oldest=order == "oldest")


def _by_name(
    rows: QuerySet[Any], tenant_id: int, object_type: str, query: Mapping[str, str], *, narrow: bool
) -> Listed:
    """In the order of names, which follow seconds behind; rows without one come last. Index: search_tokens_pkey."""
    place = _mark(query.get("before", ""))
    kept: list[Any] = []
    looked, many = 0, 4 * SIZE if narrow else SIZE
    while True:
        names = list(_names(tenant_id, object_type, place, many))
        found = _present(rows, names)
        for token, id in names:
            looked += 1
            place = search.Mark("", token, id)
            if id in found:
                kept.append(found[id])
                if len(kept) == SIZE:
                    return Listed(sheet=Sheet(kept, older=place))
        if len(names) < many:
            return Listed(sheet=Sheet(kept))
        if looked >= NAMES:
            return Listed(sheet=Sheet(kept, older=place), stopped=narrow)


def _names(tenant_id: int, object_type: str, place: search.Mark | None, many: int) -> Iterator[tuple[str, UUID]]:
    """The next names behind a place."""
    tokens = SearchToken.objects.filter(tenant_id=tenant_id, object_type=object_type, token__lt=IN_ORDER + _LAST)
    if place is None:
        tokens = tokens.filter(token__gte=IN_ORDER)
    else:
        tokens = tokens.filter(token__gte=place.token).exclude(token=place.token, object_id__lte=place.object_id)
    return iter(tokens.order_by("token", "object_id").values_list("token", "object_id")[:many])


def _present(rows: QuerySet[Any], names: list[tuple[str, UUID]]) -> dict[UUID, Any]:
    return {row.id: row for row in rows.filter(id__in=[id for _, id in names])}


def _mark(text: str) -> search.Mark | None:
    try:
        return search.Mark.parse(text)
    except ValueError:
        return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _field(field: CustomField) -> forms.Field:
    if field.type not in ("choice", "boolean"):
        return forms.CharField(label=field.label, required=False, max_length=128)
    made = forms.ChoiceField(label=field.label, required=False)
    known = [(text, text) for text in field.choices or ()] or [("true", "Yes"), ("false", "No")]
    made.choices = [("", f"Any {field.label}"), *known]
    return made


def _path(name: str) -> str:
    return name.replace(".", "_")
