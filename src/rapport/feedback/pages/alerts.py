"""Alerts: which answers members are mailed about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations.models import Touchpoint
from rapport.directory.models import AccountKey
from rapport.directory.names import account_names
from rapport.feedback import alerts
from rapport.feedback.errors import SurveyFaultsError
from rapport.feedback.fields import IDS, fields
from rapport.feedback.following_up import members
from rapport.feedback.statistics import GROUPS
from rapport.records.keys import name_key
from rapport.surveys.models import AlertRule
from rapport.tenants.forms import Form
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


class AlertForm(Form):
    """One alert."""

    called: ClassVar = {"users": "person to mail to", "field": "field", "value": "value"}
    name = forms.CharField(max_length=alerts.NAME_LIMIT)
    active = forms.BooleanField(required=False, initial=True)
    score_groups = forms.MultipleChoiceField(
        label="Scores",
        required=False,
        choices=[(name, f"{name.capitalize()}s") for name in GROUPS],
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every answer, also without a score.",
    )
    touchpoint = forms.ChoiceField(required=False)
    account = forms.CharField(label="Account", required=False, max_length=255, help_text="Its name or an alias.")
    field = forms.ChoiceField(label="Only where", required=False)
    value = forms.CharField(label="is", required=False, max_length=128)
    follow_up_request = forms.BooleanField(label="Only from those who want to be called back", required=False)
    users = forms.MultipleChoiceField(label="Mail to", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *given: Any, member: Member, **more: Any) -> None:
        super().__init__(*given, **more)
        tenant = self._tenant = member.tenant
        names = Touchpoint.objects.filter(tenant_id=tenant.pk).order_by("name_key").values_list("name", flat=True)
        known = [field for field in fields(tenant).values() if field.name not in IDS]
        self._choose("touchpoint", [("", "Every touchpoint"), *((name, name) for name in names)])
        self._choose("field", [("", "Any field"), *((field.name, field.label) for field in known)])
        self._choose("users", [(str(id), name) for id, name in members(tenant.pk).items()])

    def _choose(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean_account(self) -> UUID | None:
        """The account that is called so."""
        name = self.cleaned_data["account"]
        own = AccountKey.objects.filter(tenant_id=self._tenant.pk, key=name_key(name)).first() if name else None
        if name and own is None:
            raise forms.ValidationError("No account has this name or alias.")
        return own.account_id if own else None

    @property
    def given(self) -> dict[str, Any]:
        """What was filled in, as callers of the API write it."""
        found = {name: value or None for name, value in self.cleaned_data.items()}
        flags = {name: bool(found[name]) for name in ("active", "follow_up_request")}
        account = found["account"] and str(found["account"])
        return found | flags | {"account": account, "score_groups": found["score_groups"] or []}


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The alerts by name."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = list(AlertRule.objects.filter(tenant_id=tenant_id).order_by("name"))
        people = members(tenant_id)
        named = account_names(tenant_id, [row.account_id for row in rows], deleted=True)
        labels = {name: field.label for name, field in fields(member.tenant).items()}
    lines = [
        {
            "row": row,
            "account": row.account_id and named.get(row.account_id, "one that is gone"),
            "field": row.field and labels.get(row.field, row.field),
            "people": [people[id] for id in row.user_ids if id in people],
        }
        for row in rows
    ]
    return render(request, "feedback/alerts.html", {"lines": lines, "mails": settings.RAPPORT.mail_url is not None})


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that makes an alert."""
    return _edited(request, member, None)


def edit(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that changes one."""
    return _edited(request, member, id)


def remove(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then removes an alert."""
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id)
        if request.method == "POST":
            alerts.remove(row, member.author)
    if request.method == "POST":
        messages.success(request, f"{row.name} mails nobody any more.")
        return redirect(member.to("alerts"))
    context = {
        "title": f"Remove {row.name}?",
        "sentences": ["Nobody is mailed because of it from then on. What was mailed stays where it is."],
        "action": "Remove",
        "danger": True,
        "back": member.to("alerts"),
    }
    return render(request, "console/confirm.html", context)


def _edited(request: HttpRequest, member: Member, id: str | None) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id) if id else None
        form = AlertForm(request.POST or None, member=member, initial=_shown(row) if row else None)
        saved = request.method == "POST" and form.is_valid() and _save(member, form, row)
    if saved:
        messages.success(request, f"{form.cleaned_data['name']} is saved.")
        return redirect(member.to("alerts"))
    context = {"form": form, "row": row, "mails": settings.RAPPORT.mail_url is not None}
    return render(request, "feedback/edit_alert.html", context, status=422 if form.errors else 200)


def _shown(row: AlertRule) -> dict[str, Any]:
    names = account_names(row.tenant_id, [row.account_id], deleted=True)
    name = names.get(row.account_id, str(row.account_id)) if row.account_id else ""
    return alerts.represent(row) | {"account": name}


def _save(member: Member, form: AlertForm, row: AlertRule | None) -> bool:
    """Whether it was saved; if not, the form says why."""
    try:
        alerts.save(member.tenant, member.author, form.given, row)
    except SurveyFaultsError as error:
        for name, told in error.errors.items():
            form.add_error(name, list(told))
        return False
    return True


def _find(tenant_id: int, id: str) -> AlertRule:
    try:
        return alerts.find(tenant_id, UUID(id))
    except alerts.UnknownRuleError:
        raise Http404 from None
