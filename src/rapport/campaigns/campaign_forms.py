"""Forms of campaigns: what people type, as the API's parameters."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from rapport.feedback.address_files import AddressFileField, Line, told
from rapport.feedback.suppressing_files import is_email
from rapport.surveys.models import Survey

from . import servers as mail
from .automation import DELAY, PRIORITY
from .drafts import DAYS
from .forms import ConditionsForm
from .models import Campaign, Segment, SendingRules, SmtpServer
from .recipients import OLDEST

_SOURCES = (
    ("contacts", "All contacts, or those of the conditions below"),
    ("emails", "A list of addresses"),
    ("segment", "A segment, and the conditions below"),
    ("campaign", "Recipients of an earlier campaign, and the conditions below"),
    ("waiting", "Survey records that wait unsent, by the conditions below"),
)
#: Source -> the fields that are shown with it alone.
_PARTS = {
    "emails": ("emails", "file"),
    "segment": ("segment",),
    "campaign": ("campaign", "answered"),
    "waiting": ("waiting_days",),
}
_ANSWERED = (("", "Whether they answered or not"), ("false", "Who have not answered"), ("true", "Who have answered"))


class SendingForm(ConditionsForm):
    """What every campaign has: its name, its survey, its sender, and when it goes."""

    called: ClassVar = {
        "reply_to": "address for replies",
        "window_from": "first hour",
        "window_to": "last hour",
        "window_days": "days",
        "window_zone": "time zone",
        "delay_hours": "hours of waiting",
        "spread_hours": "hours",
        "file": "file",
        "answered": "choice between them",
        "waiting_days": "days",
    }
    name = forms.CharField(max_length=128)
    survey = forms.ChoiceField(required=False, help_text="What an invitation asks.")
    sender_name = forms.CharField(max_length=128, required=False, label="Sender's name")
    sender_address = forms.CharField(
        max_length=320, required=False, label="Sender's address", help_text="Without one nothing is planned or sent."
    )
    reply_to = forms.CharField(
        max_length=320, required=False, label="Replies go to", help_text="Empty: to the sender's address."
    )
    server = forms.ChoiceField(required=False, label="Mail server")
    reminders = forms.CharField(
        required=False,
        max_length=20,
        help_text="Days after the start, such as 7 or 7, 14. Only to who has not answered.",
    )
    rest_days = forms.IntegerField(
        required=False,
        min_value=0,
        label="Days of rest",
        help_text="Who got an invitation in these days gets none, where that is longer than the rule under Sending.",
    )
    rate = forms.IntegerField(
        required=False, min_value=1, label="Mails a minute", help_text="Empty: as fast as the mail server takes them."
    )
    window_from = forms.CharField(required=False, max_length=5, label="Sent from", help_text="Such as 09:00.")
    window_to = forms.CharField(required=False, max_length=5, label="until", help_text="Such as 17:00.")
    window_days = forms.MultipleChoiceField(
        required=False,
        choices=[(day, day.capitalize()) for day in DAYS],
        widget=forms.CheckboxSelectMultiple,
        label="on",
        initial=DAYS[:5],
    )
    window_zone = forms.ChoiceField(
        required=False, choices=(("system", "Of the system"), ("contact", "Of each contact")), label="In the time zone"
    )

    def __init__(self, *arguments: Any, tenant_id: int, row: Campaign | None = None, **more: Any) -> None:
        given = row.recipients if row else {}
        more["initial"] = {**(self.shown(row) if row else _ready(tenant_id)), **more.get("initial", {})}
        super().__init__(*arguments, tenant_id=tenant_id, conditions=given.get("where", ()), **more)
        surveys = Survey.objects.filter(tenant_id=tenant_id, state=Survey.State.LIVE).order_by("name")
        self._choose("survey", ((each.reference, each.name) for each in surveys), "The default survey")
        servers = SmtpServer.objects.filter(tenant_id=tenant_id).order_by("name")
        self._choose("server", ((str(each.id), each.name) for each in servers), mail.nobody())
        if row:
            chosen = Survey.objects.filter(tenant_id=tenant_id, id=row.survey_id).first() if row.survey_id else None
            self.fields["survey"].initial = chosen.reference if chosen else ""

    def _choose(self, name: str, choices: Any, none: str = "—") -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", none), *choices]

    @staticmethod
    def shown(row: Campaign) -> dict[str, Any]:
        """What the form shows of a campaign."""
        window = row.window or {}
        days = [day for day in DAYS if day in window]
        return {
            **{name: getattr(row, name) for name in ("name", "sender_name", "sender_address", "reply_to")},
            **{name: getattr(row, name) for name in ("rest_days", "rate")},
            "server": str(row.server_id or ""),
            "reminders": ", ".join(map(str, row.reminders)),
            "window_from": window[days[0]][0] if days else "",
            "window_to": window[days[0]][1] if days else "",
            "window_days": days or list(DAYS[:5]),
            "window_zone": window.get("zone", "system"),
        }

    def given(self) -> dict[str, Any]:
        """What was typed, as the API's parameters."""
        data = self.cleaned_data
        sender = {"name": data["sender_name"], "reply_to": data["reply_to"] or None}
        if data["sender_address"]:
            sender["address"] = data["sender_address"]
        return {
            "name": data["name"],
            "survey": data["survey"] or None,
            "sender": sender,
            "server": data["server"] or None,
            "reminders": _days(data["reminders"]),
            **{name: data[name] for name in ("rest_days", "rate")},
            "window": self._window(),
        }

    def _window(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["window_from"] and not data["window_to"]:
            return None
        hours = [data["window_from"] or "00:00", data["window_to"] or "24:00"]
        return {"zone": data["window_zone"] or "system", **dict.fromkeys(data["window_days"], hours)}


class CampaignForm(SendingForm):
    """A manual one: its kind and its recipients beside."""

    choosing = ("source", "emails", "file", "segment", "campaign", "answered", "waiting_days")
    kind = forms.ChoiceField(
        choices=Campaign.Kind.choices,
        initial=Campaign.Kind.INVITATION,
        help_text="An invitation asks a survey; only invitations obey the rule of rest.",
    )
    source = forms.ChoiceField(choices=_SOURCES, label="Recipients")
    emails = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="Addresses",
        help_text="One a line. Those that no contact has are named in the plan and get nothing.",
    )
    file = AddressFileField(
        is_email,
        label="or a file",
        help_text="Text, or CSV with headings: its first column with e-mail addresses. Up to 2.4 MB.",
    )
    segment = forms.ChoiceField(required=False)
    campaign = forms.ChoiceField(required=False, label="Earlier campaign")
    answered = forms.ChoiceField(required=False, choices=_ANSWERED, label="Of these")
    waiting_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=OLDEST,
        label="Made within days",
        help_text="Of survey records that wait.",
    )
    spread_hours = forms.FloatField(required=False, min_value=0, label="Spread over hours")

    def __init__(self, *arguments: Any, tenant_id: int, row: Campaign | None = None, **more: Any) -> None:
        super().__init__(*arguments, tenant_id=tenant_id, row=row, **more)
        self._choose("segment", ((str(e.id), e.name) for e in Segment.objects.filter(tenant_id=tenant_id)))
        earlier = Campaign.objects.filter(tenant_id=tenant_id).exclude(state__in=Campaign.OPEN).order_by("-id")
        self._choose("campaign", ((str(each.id), each.name) for each in earlier[:200]))
        if row:
            self.fields["kind"].disabled = True

    @staticmethod
    def shown(row: Campaign) -> dict[str, Any]:
        """What the form shows of a campaign."""
        given = row.recipients
        return SendingForm.shown(row) | {
            "kind": row.kind,
            "source": next(
                (name for name in ("emails", "segment", "campaign", "waiting") if name in given), "contacts"
            ),
            "emails": "\n".join(given.get("emails", ())),
            "segment": given.get("segment", ""),
            "campaign": given.get("campaign", ""),
            "answered": {True: "true", False: "false"}.get(given.get("answered"), "") if "answered" in given else "",
            "waiting_days": given.get("waiting", {}).get("days"),
            "spread_hours": row.spread_seconds / 3600 or None,
        }

    def clean_file(self) -> list[Line]:
        """Raises `ValidationError` for the lines that are no e-mail address, or whose address is not taken."""
        lines: list[Line] = self.cleaned_data["file"]
        bad = [line for line in lines if line.fault or not is_email(line.text)]
        if bad:
            said = (each.fault or f"{each.text[:100]} is no e-mail address." for each in bad)
            raise forms.ValidationError(
                told(f"Line {each.number}: {text}" for each, text in zip(bad, said, strict=True))
            )
        return lines

    def clean(self) -> dict[str, Any]:
        """Without the faults of what other recipients are chosen by: that is hidden."""
        given = super().clean() or {}
        hidden = (name for source, names in _PARTS.items() if source != given.get("source") for name in names)
        for name in hidden:
            self.errors.pop(name, None)
        return given

    def given(self) -> dict[str, Any]:
        """What was typed, as the API's parameters."""
        data = self.cleaned_data
        own = {name: data[name] for name in ("kind", "spread_hours")}
        return super().given() | own | {"recipients": self.recipients()}

    def recipients(self) -> dict[str, Any]:
        """Who is meant, as the API's parameter."""
        data, where = self.cleaned_data, self.conditions()
        if data["source"] == "emails":
            return {"emails": [*data["emails"].split(), *(line.text for line in data["file"])]}
        more: dict[str, Any] = {"where": where} if where else {}
        if data["source"] == "contacts":
            return more or {"all": True}
        if data["source"] == "waiting":
            return {"waiting": {"days": data["waiting_days"] or OLDEST}} | more
        found = {data["source"]: data[data["source"]]}
        if data["source"] == "campaign" and data["answered"]:
            found["answered"] = data["answered"] == "true"
        return found | more


class AutomatedForm(SendingForm):
    """An automated one: its place among them, its filter, and how long it waits."""

    priority = forms.IntegerField(
        min_value=1, max_value=PRIORITY, initial=100, help_text="The first that matches takes it, the least first."
    )
    delay_hours = forms.FloatField(required=False, min_value=0, max_value=DELAY, label="Sent after hours")
    by_order_date = forms.BooleanField(required=False, label="Counted from the Order Date")

    def __init__(self, *arguments: Any, tenant_id: int, row: Campaign | None = None, **more: Any) -> None:
        super().__init__(*arguments, tenant_id=tenant_id, row=row, **more)
        self.is_default = bool(row and row.is_default)
        if self.is_default:
            del self.fields["priority"]

    @staticmethod
    def shown(row: Campaign) -> dict[str, Any]:
        """What the form shows of a campaign."""
        own = {"priority": row.priority, "by_order_date": row.by_order_date}
        return SendingForm.shown(row) | own | {"delay_hours": row.delay_seconds / 3600 or None}

    def given(self) -> dict[str, Any]:
        """What was typed, as the API's parameters."""
        known = ("priority", "delay_hours", "by_order_date")
        own = {name: self.cleaned_data[name] for name in known if name in self.fields}
        own |= {} if self.is_default else {"recipients": {"where": self.conditions()}}
        return super().given() | own | {"mode": Campaign.Mode.AUTOMATED}


def _ready(tenant_id: int) -> dict[str, Any]:
    """What a new campaign takes over of the system's rules."""
    rules = SendingRules.objects.filter(tenant_id=tenant_id).first()
    names = ("sender_name", "sender_address", "reply_to", "server_id") if rules else ()
    return {name.removesuffix("_id"): str(getattr(rules, name) or "") for name in names}


def _days(text: str) -> list[Any]:
    return [int(part) if part.strip().isdecimal() else part for part in text.split(",") if part.strip()]
