"""Forms of campaigns: what people type, as the API's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from rapport.surveys.models import Survey

from .conditions import fields as known_fields
from .drafts import DAYS
from .errors import FaultsError
from .models import Campaign, Segment, SmtpServer

#: Conditions that a form has room for.
ROWS = 6
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "empty": "is empty (true or false)",
    "before": "is before",
    "after": "is after",
    "more": "is more than",
    "less": "is less than",
}
_SOURCES = (
    ("contacts", "Contacts, by the conditions below; all of them without any"),
    ("emails", "A list of addresses"),
    ("segment", "A segment, and the conditions below"),
    ("campaign", "Recipients of an earlier campaign, and the conditions below"),
)
_ANSWERED = (("", "Whether they answered or not"), ("false", "Who have not answered"), ("true", "Who have answered"))


class ConditionsForm(forms.Form):
    """A row each: field, operator, value."""

    def __init__(
        self, *arguments: Any, tenant_id: int, conditions: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> None:
        super().__init__(*arguments, **more)
        known = [("", "—"), *((name, field.label) for name, field in known_fields(tenant_id).items())]
        for number in range(ROWS):
            condition = dict(conditions[number]) if number < len(conditions) else {}
            operator = next((key for key in condition if key != "field"), "is")
            value = condition.get(operator, "")
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            self.fields[f"field_{number}"] = forms.ChoiceField(
                choices=known, required=False, label="Field", initial=condition.get("field", "")
            )
            self.fields[f"operator_{number}"] = forms.ChoiceField(
                choices=list(OPERATORS.items()), required=False, label="Condition", initial=operator
            )
            self.fields[f"value_{number}"] = forms.CharField(
                required=False, label="Value", max_length=1000, initial=text
            )

    def conditions(self) -> list[dict[str, Any]]:
        """The rows that name a field."""
        found: list[dict[str, Any]] = []
        for number in range(ROWS):
            field, operator = self.cleaned_data[f"field_{number}"], self.cleaned_data[f"operator_{number}"] or "is"
            if field:
                found.append({"field": field, operator: _value(operator, self.cleaned_data[f"value_{number}"])})
        return found

    def rows(self) -> list[list[Any]]:
        """The fields, a row of three each."""
        return [[self[f"{name}_{number}"] for name in ("field", "operator", "value")] for number in range(ROWS)]


def _value(operator: str, text: str) -> Any:
    if operator == "empty":
        return text.strip().lower() not in ("false", "no", "0")
    if operator in ("is", "is_not") and "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text.strip()


class CampaignForm(ConditionsForm):
    """A draft: its name, its recipients, its sender, and when it goes."""

    name = forms.CharField(max_length=128)
    kind = forms.ChoiceField(choices=Campaign.Kind.choices)
    survey = forms.ChoiceField(required=False, help_text="Of an invitation; the default one where none is named.")
    source = forms.ChoiceField(choices=_SOURCES, label="Recipients")
    emails = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}), label="Addresses", help_text="One a line."
    )
    segment = forms.ChoiceField(required=False)
    campaign = forms.ChoiceField(required=False, label="Earlier campaign")
    answered = forms.ChoiceField(required=False, choices=_ANSWERED, label="Of these")
    sender_name = forms.CharField(max_length=128, required=False, label="Sender's name")
    sender_address = forms.CharField(max_length=320, required=False, label="Sender's address")
    reply_to = forms.CharField(max_length=320, required=False, label="Answers go to")
    server = forms.ChoiceField(required=False, label="Mail server")
    reminders = forms.CharField(
        required=False,
        max_length=20,
        help_text="Days after the start, such as 7 or 7, 14. Only to who has not answered.",
    )
    rest_days = forms.IntegerField(required=False, min_value=0, label="Rest in days", help_text="Where it is longer.")
    rate = forms.IntegerField(required=False, min_value=1, label="Mails a minute")
    spread_hours = forms.FloatField(required=False, min_value=0, label="Spread over hours")
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
        more["initial"] = {**_initial(row), **more.get("initial", {})} if row else more.get("initial", {})
        super().__init__(*arguments, tenant_id=tenant_id, conditions=given.get("where", ()), **more)
        surveys = Survey.objects.filter(tenant_id=tenant_id, state=Survey.State.LIVE).order_by("name")
        self._choose("survey", ((each.reference, each.name) for each in surveys))
        self._choose("segment", ((str(e.id), e.name) for e in Segment.objects.filter(tenant_id=tenant_id)))
        earlier = Campaign.objects.filter(tenant_id=tenant_id).exclude(state__in=Campaign.OPEN).order_by("-id")
        self._choose("campaign", ((str(each.id), each.name) for each in earlier[:200]))
        servers = SmtpServer.objects.filter(tenant_id=tenant_id).order_by("name")
        self._choose("server", ((str(each.id), each.name) for each in servers), "The service's own")
        if row:
            self.fields["kind"].disabled = True
            chosen = Survey.objects.filter(tenant_id=tenant_id, id=row.survey_id).first() if row.survey_id else None
            self.fields["survey"].initial = chosen.reference if chosen else ""

    def _choose(self, name: str, choices: Any, none: str = "—") -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", none), *choices]

    def given(self) -> dict[str, Any]:
        """What was typed, as the API's parameters."""
        data = self.cleaned_data
        sender = {"name": data["sender_name"], "reply_to": data["reply_to"] or None}
        if data["sender_address"]:
            sender["address"] = data["sender_address"]
        return {
            **{name: data[name] for name in ("name", "kind")},
            "survey": data["survey"] or None,
            "recipients": self._recipients(),
            "sender": sender,
            "server": data["server"] or None,
            "reminders": _days(data["reminders"]),
            **{name: data[name] for name in ("rest_days", "rate", "spread_hours")},
            "window": self._window(),
        }

    def _recipients(self) -> dict[str, Any]:
        data, where = self.cleaned_data, self.conditions()
        if data["source"] == "emails":
            return {"emails": data["emails"].split()}
        more: dict[str, Any] = {"where": where} if where else {}
        if data["source"] == "contacts":
            return more or {"all": True}
        found = {data["source"]: data[data["source"]]}
        if data["source"] == "campaign" and data["answered"]:
            found["answered"] = data["answered"] == "true"
        return found | more

    def _window(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["window_from"] and not data["window_to"]:
            return None
        hours = [data["window_from"] or "00:00", data["window_to"] or "24:00"]
        return {"zone": data["window_zone"] or "system", **dict.fromkeys(data["window_days"], hours)}


def _days(text: str) -> list[Any]:
    return [int(part) if part.strip().isdecimal() else part for part in text.split(",") if part.strip()]


def _initial(row: Campaign) -> dict[str, Any]:
    given, window = row.recipients, row.window or {}
    days = [day for day in DAYS if day in window]
    source = next((name for name in ("emails", "segment", "campaign") if name in given), "contacts")
    return {
        **{name: getattr(row, name) for name in ("name", "kind", "sender_name", "sender_address", "reply_to")},
        **{name: getattr(row, name) for name in ("rest_days", "rate")},
        "server": str(row.server_id or ""),
        "source": source,
        "emails": "\n".join(given.get("emails", ())),
        "segment": given.get("segment", ""),
        "campaign": given.get("campaign", ""),
        "answered": {True: "true", False: "false"}.get(given.get("answered"), "") if "answered" in given else "",
        "reminders": ", ".join(map(str, row.reminders)),
        "spread_hours": row.spread_seconds / 3600 or None,
        "window_from": window[days[0]][0] if days else "",
        "window_to": window[days[0]][1] if days else "",
        "window_days": days or list(DAYS[:5]),
        "window_zone": window.get("zone", "system"),
    }


class MessageForm(forms.Form):
    """One message in one language."""

    subject = forms.CharField(max_length=200)
    preheader = forms.CharField(max_length=200, required=False, help_text="What mailboxes show behind the subject.")
    body = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 18}), max_length=50_000, help_text="Markdown with merge tags."
    )


class RulesForm(forms.Form):
    """What holds for all campaigns."""

    rest_on = forms.BooleanField(required=False, label="Let people rest between invitations")
    rest_days = forms.IntegerField(min_value=1, max_value=3650, label="Days")
    rest_fields = forms.MultipleChoiceField(required=False, label="Also by", help_text="Up to three fields.")
    sender_name = forms.CharField(max_length=128, required=False)
    sender_address = forms.CharField(max_length=320, required=False)
    reply_to = forms.CharField(max_length=320, required=False)
    server = forms.ChoiceField(required=False, label="Mail server of new campaigns")

    def __init__(self, *arguments: Any, tenant_id: int, **more: Any) -> None:
        super().__init__(*arguments, **more)
        known = known_fields(tenant_id).items()
        fields, server = self.fields["rest_fields"], self.fields["server"]
        assert isinstance(fields, forms.MultipleChoiceField)
        assert isinstance(server, forms.ChoiceField)
        fields.choices = [(name, field.label) for name, field in known if not name.startswith("survey.")]
        rows = SmtpServer.objects.filter(tenant_id=tenant_id).order_by("name")
        server.choices = [("", "The service's own"), *((str(row.id), row.name) for row in rows)]


class ServerForm(forms.Form):
    """A mail server."""

    name = forms.CharField(max_length=128)
    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(choices=SmtpServer.Security.choices, initial=SmtpServer.Security.STARTTLS)
    user_name = forms.CharField(max_length=320, required=False)
    password = forms.CharField(
        max_length=1000, required=False, widget=forms.PasswordInput, help_text="Empty: the one that is kept."
    )
    rate = forms.IntegerField(required=False, min_value=1, label="Mails a minute")
    connections = forms.IntegerField(min_value=1, max_value=50, initial=5)


def tell(form: forms.Form, error: FaultsError) -> None:
    """Shows faults at their fields, the others above."""
    for path, texts in error.errors.items():
        name = path.partition(".")[0]
        place = {"sender": "sender_address", "recipients": "source", "window": "window_from"}.get(name, name)
        for text in texts:
            form.add_error(place if place in form.fields else None, text)
