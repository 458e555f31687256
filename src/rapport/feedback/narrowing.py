"""The filters above lists and figures of answers; they live in the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from rapport.configurations.models import Touchpoint
from rapport.surveys.models import FollowUp, Survey
from rapport.tenants.forms import Form

from .fields import Field, fields
from .figures import Wanted
from .following_up import members
from .statistics import GROUPS
from .wanted import Filter

if TYPE_CHECKING:
    from rapport.members.access import Member

#: Days until now -> words; "" is since ever.
PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days", "all": "Since ever"}
DEFAULT_PERIOD = "90"
_DATE = {"type": "date"}
#: Value of a choice that stands for "has none".
NONE = "-"
#: Parameters that are kept while somebody filters, and that no input is shown for.
HIDDEN = ("account", "contact", "field", "value", "by")


class AnswersForm(Form):
    """Which answers. What is at fault is left out."""

    called: ClassVar = {"start": "first day", "end": "last day", "assignee": "person", "group": "score"}
    period = forms.ChoiceField(required=False)
    start = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs=_DATE))
    end = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs=_DATE))
    touchpoint = forms.ChoiceField(required=False)
    survey = forms.ChoiceField(required=False)
    group = forms.ChoiceField(
        required=False, choices=[("", "Every score"), *((name, f"{name.capitalize()}s") for name in GROUPS)]
    )
    type = forms.ChoiceField(
        label="Source",
        required=False,
        choices=[("", "Every source"), ("response", "Our surveys"), ("external_response", "Collected elsewhere")],
    )
    follow_up = forms.ChoiceField(
        label="Follow-up", required=False, choices=[("", "Every follow-up"), *FollowUp.State.choices]
    )
    assignee = forms.ChoiceField(label="Assigned to", required=False)
    account = forms.UUIDField(required=False)
    contact = forms.UUIDField(required=False)
    field = forms.CharField(required=False)
    value = forms.CharField(required=False)

    def __init__(self, given: Any, member: Member, *, period: str = "all") -> None:
        super().__init__(shown := given.copy())
        if shown.get("period") not in PERIODS:  # else the first one is shown, and sent with the next filter
            shown["period"] = period
        tenant = member.tenant
        self.zone = ZoneInfo(tenant.time_zone)
        self.known = fields(tenant)
        touchpoints = Touchpoint.objects.filter(tenant_id=tenant.pk).order_by("name_key").values_list("name", flat=True)
        surveys = Survey.objects.filter(tenant_id=tenant.pk).order_by("name").values_list("id", "name")
        people = members(tenant.pk).items()
        self._choose("period", PERIODS.items())
        self._choose("touchpoint", [("", "Every touchpoint"), *((name, name) for name in touchpoints)])
        self._choose("survey", [("", "Every survey"), *((str(id), name) for id, name in surveys)])
        self._choose("assignee", [("", "Everybody"), *((str(id), name) for id, name in people)])
        self.is_valid()

    def _choose(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def inputs(self, *names: str) -> list[Any]:
        """The shown inputs with these names."""
        return [self[name] for name in names]

    @property
    def hidden(self) -> Mapping[str, str]:
        """What the address has beside the inputs."""
        return {name: self.data[name] for name in HIDDEN if self.data.get(name)}

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered."""
        return any(value for name, value in self.cleaned_data.items() if name != "period")

    def filter(self, now: datetime | None = None) -> Filter:
        """The answers that they ask for."""
        given, where = self.cleaned_data, list[tuple[Field, str | None]]()
        for name in ("touchpoint", "survey", "type", "follow_up", "assignee", "account", "contact"):
            if given.get(name):
                where.append((self.known[name], str(given[name])))
        if given.get("field") in self.known:
            value = given.get("value") or None
            where.append((self.known[given["field"]], None if value == NONE else value))
        start, end = self._bounds(now or datetime.now(UTC))
        return Filter(answers=Wanted(start=start, end=end, where=tuple(where)), group=given.get("group") or None)

    def _bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Whole days in the system's zone, today the last of them."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start or end:
            return start and self._midnight(start), end and self._midnight(end, 1)
        period = self.cleaned_data["period"]
        if period == "all":
            return None, None
        tomorrow = now.astimezone(self.zone).date() + timedelta(days=1)
        return self._midnight(tomorrow - timedelta(days=int(period))), self._midnight(tomorrow)

    def _midnight(self, day: date, later: int = 0) -> datetime | None:
        """Where a day begins, or one `later` days after it."""
        try:
            return datetime.combine(day + timedelta(days=later), time(), self.zone).astimezone(UTC)
        except OverflowError:  # before or after all that Python can say: no bound
            return None
