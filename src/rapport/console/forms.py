"""What people fill in on pages that belong to no other app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from rapport.tenants.forms import Form, choice


class AuditForm(Form):
    """What to show of the audit log; days are those of the system's time zone."""

    called: ClassVar = {"actor": "person or app", "action": "act", "start": "first day", "end": "last day"}
    actor = forms.UUIDField(label="Who", required=False, widget=forms.Select)
    action = forms.ChoiceField(label="What", required=False)
    start = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actors: Sequence[tuple[str, str]], acts: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["actor"].widget.choices = [("", "Everybody"), *actors]
        choice(self, "action").choices = [("", "Everything"), *acts.items()]
