"""Forms by which people get in and look after their account."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import password_validation
from django.utils.html import format_html

from rapport.records.errors import Invalid
from rapport.tenants.forms import Form

from .mail import mailbox
from .models import Role, User

PASSWORD_HELP = "At least 10 characters; a few words that belong together only for you are good."  # noqa: S105


class PersonNameField(forms.CharField):
    """What others call somebody: it stands in lists and in mail, so it is one line."""

    def __init__(self) -> None:
        super().__init__(label="Your name", max_length=128, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def clean(self, value: str) -> str:
        """The name, if people can read it."""
        name: str = super().clean(value)
        if not name.isprintable():
            raise forms.ValidationError("A name must not hold line breaks or other control characters.")
        return name


class SignInForm(Form):
    """E-mail address and password."""

    email = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class AddressForm(Form):
    """An e-mail address that mail can be sent to."""

    email = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )

    def clean_email(self) -> str:
        """The address, if it is one."""
        text: str = self.cleaned_data["email"].strip()
        try:
            mailbox(text)
        except Invalid as fault:
            raise forms.ValidationError(fault.sentence("e-mail")) from None
        return text


class PasswordForm(Form):
    """A new password for `user`; for nobody where a link has let nobody in."""

    password = forms.CharField(
        label="New password",
        max_length=1000,
        strip=False,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """The password, if it is hard to guess."""
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, self._user)
        return password


class OwnPasswordForm(PasswordForm):
    """A new password for somebody who has one: they show that they know it."""

    called: ClassVar = {"current": "your current password"}
    current = forms.CharField(
        label="Current password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("current", "password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self._owner = user
        if not user.has_usable_password():
            del self.fields["current"]

    def clean_current(self) -> str:
        """The password of until now."""
        current: str = self.cleaned_data["current"]
        if not self._owner.check_password(current):
            raise forms.ValidationError("This is not your current password.")
        return current


class NameForm(Form):
    """What others call you."""

    name = PersonNameField()


class JoinForm(PasswordForm):
    """Name and password of somebody who accepts an invitation and has no account yet."""

    name = PersonNameField()
    field_order = ("name", "password")


#: Role -> what it may do, in a few words.
ROLES = {
    Role.USER: "sees Home, records, answers and campaigns",
    Role.ADMIN: "also changes these, sends campaigns, imports and takes back, and sets up integrations and surveys",
    Role.SYSTEM_ADMIN: "also changes users, the system and its mail servers, and reads the audit log",
}


class RoleForm(Form):
    """What a member may do."""

    role = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[
            (role.value, format_html('<span>{} <span class="quiet">{}</span></span>', role.label, may))
            for role, may in ROLES.items()
        ],
        initial=Role.USER.value,
    )


class InviteForm(AddressForm, RoleForm):
    """Whom to invite; `mail`: whether this installation sends any."""

    field_order = ("email", "role", "mailed")

    mailed = forms.BooleanField(
        label="Send the link by mail",
        required=False,
        initial=True,
        help_text="Otherwise it is shown to you, this once, to pass on.",
    )

    def __init__(self, *args: Any, mail: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        if not mail:
            del self.fields["mailed"]


class SystemForm(Form):
    """What can be changed of a system; what is right is said by `tenants.registry`."""

    called: ClassVar = {"sent_days": "number of days"}
    name = forms.CharField(max_length=128)
    time_zone = forms.CharField(
        help_text="Days and hours of charts, and dates that records bring without a zone, are read in it.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    sent_days = forms.IntegerField(
        label="Days that the request history keeps what was sent",
        help_text="From 0, nothing is kept, to 90. Outcomes and counts stay for 90 days in any case. With a smaller "
        "number, what is older is emptied within the hour, for good.",
        widget=forms.NumberInput(attrs={"min": 0, "max": 90}),
    )
