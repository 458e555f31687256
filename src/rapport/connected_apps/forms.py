"""Forms for Connected Apps and webhooks; what is right is said by `issue` and `webhooks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html

from rapport.tenants.forms import Form, choice

from .scopes import GUARDED, SCOPES

ALL, SOME = "all", "some"
_SCOPES = [
    (scope, format_html('<span title="{}">{}</span>', scope, allows.removesuffix(".")))
    for scope, allows in SCOPES.items()
]


class AppForm(Form):
    """What people say about a Connected App; `configurations` are pairs of reference and name.

    `guarded`: whether they may give the guarded scopes.
    """

    called: ClassVar = {"scopes": "permission", "reach": "limit"}
    name = forms.CharField(
        max_length=128,
        help_text="What calls: histories and the audit log show it by this name.",
        widget=forms.TextInput(attrs={"placeholder": "Webshop", "autofocus": True}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        choices=_SCOPES,
    )
    reach = forms.ChoiceField(
        label="Sends records for",
        widget=forms.RadioSelect,
        choices=((ALL, "every configuration, also those to come"), (SOME, "only those ticked here")),
        initial=ALL,
    )
    reads_all = forms.BooleanField(
        label="It may read accounts and contacts, all of them",
        required=False,
        help_text=(
            "The limit is for sending, importing, sending again and undoing. What it may read is never only what it"
            " sent, and what it may merge, delete and manage is a matter of its scopes."
        ),
    )
    configurations = forms.MultipleChoiceField(
        label="Configurations", widget=forms.CheckboxSelectMultiple, required=False
    )
    rate = forms.IntegerField(
        label="Rate limit",
        required=False,
        help_text="Records per second, over all of its calls together; beyond that they are answered 429. Empty: none.",
        widget=forms.NumberInput(attrs={"min": 1}),
    )

    def __init__(
        self, *args: Any, configurations: Sequence[tuple[str, str]], guarded: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not guarded:
            choice(self, "scopes").choices = [each for each in _SCOPES if each[0] not in GUARDED]
        choice(self, "configurations").choices = [
            (reference, format_html("<span>{} <code>{}</code></span>", name, reference))
            for reference, name in configurations
        ]

    def clean(self) -> dict[str, Any]:
        """An app that is limited needs at least one configuration."""
        said = super().clean() or {}
        if said.get("reach") == SOME and not said.get("configurations") and "configurations" not in self.errors:
            self.add_error("configurations", "Tick at least one configuration: without any, everything is refused.")
        return said

    def given(self) -> dict[str, Any]:
        """What `issue.create_app` and `issue.change_app` take."""
        given = {name: self.cleaned_data[name] for name in ("name", "scopes", "rate")}
        limited = self.cleaned_data["reach"] == SOME
        if limited:
            reads = ["directory:read"] if self.cleaned_data["reads_all"] else []
            given["scopes"] = [scope for scope in given["scopes"] if scope != "directory:read"] + reads
        return given | {"configurations": self.cleaned_data["configurations"] if limited else None}


def shown(app: Mapping[str, Any]) -> dict[str, Any]:
    """What an `AppForm` begins with for an app."""
    reads = "directory:read" in app["scopes"]
    return {**app, "reach": ALL if app["configurations"] is None else SOME, "reads_all": reads}


class WebhookForm(Form):
    """The configuration that a new webhook feeds."""

    configuration = forms.ChoiceField(
        help_text="Whatever comes to the webhook's address is read by it.",
    )

    def __init__(self, *args: Any, configurations: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice(self, "configuration").choices = [
            ("", "Choose what reads the records"),
            *((reference, f"{name} ({reference})") for reference, name in configurations),
        ]
