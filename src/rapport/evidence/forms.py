"""What people fill in around the request history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone

from rapport.history.models import OBJECT_TYPES, OUTCOMES
from rapport.tenants.forms import Form, Moment, choice

from .changes import Wanted
from .feeds import IGNORED, REFUSED, RequestsWanted
from .receipts import OBJECTS

#: Records on a page.
PAGE = 50
#: Characters from which on a value has more than one line.
LONG = 80
#: Columns that can be left out.
COLUMNS = {
    "about": "About",
    "source": "Source",
    "configuration": "Configuration",
    "marks": "Marks",
    "status": "Status",
}
#: Outcomes whose word is another one.
WORDS = {"not_written": "Not written", "replayed": "Repeated"}
#: What the ends of a list are called.
_CALLED = {"from": "beginning", "to": "end", "actor": "person or app", "app": "source"}
Choices = Iterable[tuple[str, str]]


def _grouped(anybody: str, groups: Mapping[str, Choices]) -> list[Any]:
    """Choices in groups, without those in which there are none."""
    found = [(name, list(members)) for name, members in groups.items()]
    return [("", anybody), *(group for group in found if group[1])]


def _times(form: Form) -> None:
    """Adds where a list begins and ends."""
    for name in ("from", "to"):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        form.fields[name] = Moment(label=name.title(), required=False, widget=widget)


class ChangesForm(Form):
    """Filters of the ledger; they live in the address. `zone` is that of the times."""

    called: ClassVar = _CALLED
    text = forms.CharField(
        label="Object",
        required=False,
        max_length=320,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "E-mail, phone, account name or id"}),
    )
    actor = forms.ChoiceField(label="By", required=False)
    object_type = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "Any object"), *((name, OBJECTS[name]) for name in OBJECT_TYPES)]
    )
    field = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, actors: Mapping[str, Choices], fields: Choices, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        choice(self, "actor").choices = _grouped("By anybody", actors)
        choice(self, "field").choices = [("", "Any field"), *fields]
        _times(self)

    def full_clean(self) -> None:
        """Times without a zone are those of the system's own."""
        with timezone.override(self._zone):
            super().full_clean()

    @property
    def narrows(self) -> bool:
        """Whether there is any filter."""
        return any(self.cleaned_data.values())

    def wanted(self, *, before: int | None, after: int | None, limit: int = PAGE) -> Wanted:
        """What they ask of the ledger, without those that are at fault."""
        given = {name: self.cleaned_data.get(name) or None for name in self.fields}
        start, end, actor = given.pop("from"), given.pop("to"), given.pop("actor")
        who = UUID(actor) if actor else None
        return Wanted(limit=limit, before=before, after=after, start=start, end=end, actor=who, **given)


class RequestsForm(Form):
    """Filters of the request history; they live in the address. `zone` is that of the times."""

    called: ClassVar = _CALLED
    text = forms.CharField(
        required=False,
        max_length=320,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Part of an e-mail or phone, an id"}),
    )
    app = forms.ChoiceField(label="Source", required=False)
    configuration = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any outcome"),
            *((name, WORDS.get(name, name.title())) for name in OUTCOMES),
            (REFUSED, "Rejected or not written"),
            (IGNORED, "With unmapped headings"),
        ],
    )
    reason = forms.CharField(required=False, widget=forms.HiddenInput)
    column = forms.MultipleChoiceField(
        label="Columns", required=False, choices=COLUMNS, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, sources: Mapping[str, Choices], configurations: Choices, zone: tzinfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        choice(self, "app").choices = _grouped("Any source", sources)
        choice(self, "configuration").choices = [("", "Any configuration"), *configurations]
        _times(self)

    def full_clean(self) -> None:
        """Times without a zone are those of the system's own."""
        with timezone.override(self._zone):
            super().full_clean()

    @property
    def columns(self) -> Sequence[str]:
        """The columns that are shown; all of them until somebody chooses."""
        return self.cleaned_data.get("column") or list(COLUMNS)

    @property
    def narrows(self) -> bool:
        """Whether there is any filter."""
        return any(value for name, value in self.cleaned_data.items() if name != "column")

    def wanted(self, cursor: Any, limit: int = PAGE) -> RequestsWanted:
        """What they ask of the history, without those that are at fault."""
        given = {name: self.cleaned_data.get(name) or None for name in self.fields if name != "column"}
        start, end = given.pop("from"), given.pop("to")
        return RequestsWanted(cursor=cursor, limit=limit, start=start, end=end, **given)


class CorrectionForm(Form):
    """What a refused record sent, to be mended, and headings of its configuration that it lacked."""

    def __init__(self, *args: Any, sent: Mapping[str, Any], headings: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sent = sent
        #: In the order of the fields, which are numbered: a heading may be anything.
        self._headings = list(dict.fromkeys([*sent, *headings]))
        for number, heading in enumerate(self._headings):
            text = _shown(sent.get(heading))
            widget = forms.Textarea(attrs={"rows": 3}) if len(text) > LONG or "\n" in text else forms.TextInput()
            self.fields[f"value{number}"] = forms.CharField(
                label=heading, required=False, strip=False, initial=text, widget=widget
            )

    def given(self) -> dict[str, str | None]:
        """Heading -> text; what was not sent, or as no value, and stays empty is not sent."""
        texts = {heading: self.cleaned_data[f"value{number}"] for number, heading in enumerate(self._headings)}
        sent = {heading for heading, value in self._sent.items() if not isinstance(value, (list, dict))}
        return {heading: text for heading, text in texts.items() if text or heading in sent}


def _shown(value: Any) -> str:
    """A value as it was sent, or its JSON; lists and objects are no values, and would be texts if they were shown."""
    if value is None or isinstance(value, (str, list, dict)):
        return value if isinstance(value, str) else ""
    return json.dumps(value, ensure_ascii=False)
