"""Forms of campaigns: what people type, as the API's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from rapport.tenants.forms import Form

from . import rules, servers, wording
from .conditions import fields as known_fields
from .drafts import NAME_LIMIT
from .errors import FaultsError
from .models import BounceMailbox, SmtpServer

#: Conditions that a form has room for.
ROWS = 6
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "empty": "is empty",
    "filled": "is not empty",
    "before": "is before",
    "after": "is after",
    "more": "is more than",
    "less": "is less than",
}


class ConditionsForm(Form):
    """A row each: field, operator, value."""

    #: The fields beside conditions that say who is meant.
    choosing: tuple[str, ...] = ()

    def __init__(
        self, *arguments: Any, tenant_id: int, conditions: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> None:
        super().__init__(*arguments, **more)
        known = [("", "—"), *((name, field.label) for name, field in known_fields(tenant_id).items())]
        for number in range(ROWS):
            condition = dict(conditions[number]) if number < len(conditions) else {}
            operator = next((key for key in condition if key != "field"), "is")
            value = condition.get(operator, "")
            operator, value = ("empty" if value else "filled", "") if operator == "empty" else (operator, value)
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
                found.append({"field": field, **_condition(operator, self.cleaned_data[f"value_{number}"])})
        return found

    def recipients(self) -> dict[str, Any]:
        """Who is meant, as the API's parameter."""
        return {"where": self.conditions()}

    def leave_out_others(self) -> None:
        """Keeps the faults of what says who is meant; of the rest, which may not be filled in yet, none is told."""
        rows = {field.name for row in self.rows() for field in row}
        for name in [name for name in self.errors if name not in (*self.choosing, *rows)]:
            del self.errors[name]

    def rows(self) -> list[list[Any]]:
        """The fields, a row of three each."""
        return [[self[f"{name}_{number}"] for name in ("field", "operator", "value")] for number in range(ROWS)]


class SegmentForm(ConditionsForm):
    """A set of conditions with its name."""

    name = forms.CharField(max_length=NAME_LIMIT)


def _condition(operator: str, text: str) -> dict[str, Any]:
    if operator in ("empty", "filled"):
        return {"empty": operator == "empty"}
    if operator in ("is", "is_not") and "," in text:
        return {operator: [part.strip() for part in text.split(",") if part.strip()]}
    return {operator: text.strip()}


class MessageForm(Form):
    """One message in one language."""

    subject = forms.CharField(max_length=200)
    preheader = forms.CharField(max_length=200, required=False, help_text="What mailboxes show behind the subject.")
    body = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 18}),
        max_length=50_000,
        help_text="**Bold**, [a link](https://example.com), and the tags below in place of values.",
    )


class RulesForm(Form):
    """What holds for all campaigns."""

    called: ClassVar = {"reply_to": "address for replies", "rest_fields": "fields"}
    rest_on = forms.BooleanField(required=False, label="Let people rest between invitations")
    rest_days = forms.IntegerField(min_value=1, max_value=3650, label="Days of rest")
    rest_fields = forms.MultipleChoiceField(
        required=False,
        label="While these stay the same",
        help_text="Up to three fields. Who has another value by then, such as another account, may be asked again.",
    )
    sender_name = forms.CharField(max_length=128, required=False, label="Sender's name")
    sender_address = forms.CharField(max_length=320, required=False, label="Sender's address")
    reply_to = forms.CharField(max_length=320, required=False, label="Replies go to")
    server = forms.ChoiceField(required=False, label="Mail server of new campaigns")

    def __init__(self, *arguments: Any, tenant_id: int, **more: Any) -> None:
        super().__init__(*arguments, **more)
        fields, server = self.fields["rest_fields"], self.fields["server"]
        assert isinstance(fields, forms.MultipleChoiceField)
        assert isinstance(server, forms.ChoiceField)
        fields.choices = list(rules.resting_fields(tenant_id).items())
        rows = SmtpServer.objects.filter(tenant_id=tenant_id).order_by("name")
        server.choices = [("", servers.nobody()), *((str(row.id), row.name) for row in rows)]


class ServerForm(Form):
    """A mail server."""

    called: ClassVar = {"security": "kind of encryption"}
    name = forms.CharField(max_length=128)
    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(choices=SmtpServer.Security.choices, initial=SmtpServer.Security.STARTTLS)
    user_name = forms.CharField(max_length=320, required=False)
    password = forms.CharField(max_length=1000, required=False, widget=forms.PasswordInput)
    rate = forms.IntegerField(required=False, min_value=1, label="Mails a minute")
    connections = forms.IntegerField(min_value=1, max_value=50, initial=5)


class MailboxForm(Form):
    """Where reports of bounces arrive."""

    called: ClassVar = {"security": "kind of encryption"}
    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(choices=BounceMailbox.Security.choices, initial=BounceMailbox.Security.TLS)
    user_name = forms.CharField(max_length=320)
    password = forms.CharField(max_length=1000, required=False, widget=forms.PasswordInput)
    folder = forms.CharField(max_length=200, initial="INBOX")


def keeps(form: Form) -> None:
    """Says that the password may stay empty, where one is kept."""
    form.fields["password"].help_text = "Empty: the one that is kept."


def tell(form: Form, error: FaultsError) -> None:
    """Shows faults at their fields, the others above."""
    for path, texts in error.errors.items():
        for field, told in [wording.placed(form, path, text, OPERATORS) for text in texts]:
            form.add_error(field, told)
