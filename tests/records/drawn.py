"""Records of every data type about few objects in several spellings, drawn by hypothesis so that they meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rapport.records.catalogue import Catalogue, custom_field
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from rapport.records.types.base import DataType

CATALOGUE = Catalogue(
    [
        custom_field("contact", "segment", "Segment", "text", None),
        custom_field("account", "tier", "Tier", "integer", None),
        custom_field("survey", "campaign", "Campaign", "text", None),
        custom_field("activity", "minutes", "Minutes", "decimal", None),
    ],
    touchpoints=["Shop"],
)
#: Types that store something new with every record.
ALWAYS_CREATE = ("survey", "multi-object", "external-response")


def _mapping(kind: DataType) -> Mapping:
    """Every field, custom ones too; half of what can be cleared is cleared by an empty value."""
    fields = CATALOGUE.fields(kind).values()
    return Mapping(
        kind.name,
        [
            {"heading": field.label, "field": field.name, "empty_clears": number % 2 == 0 and field.type.key is None}
            for number, field in enumerate(fields)
        ],
        CATALOGUE,
    )


#: Configuration -> its mapping, for `Shelves`.
MAPPINGS = {name: _mapping(kind) for name, kind in ALL.items()}

_texts = st.sampled_from(["Ada", "Bob", ""])
_accounts = st.sampled_from(["Acme", "ACME ", "Straße", "STRASSE"])
_aliases = st.sampled_from(["Al", "AL ", "Bo"])
_names = _accounts | _aliases
_dates = st.sampled_from(["2026-01-31 14:30:00", "2026-01-31T15:30:00+01:00", "2026-02-01 00:00:00.5"])
_identity = {
    "Email": st.sampled_from(["a@x.example", "A@X.Example", "b@x.example", "B@x.example", "nonsense", "", ""]),
    "Phone": st.sampled_from(["12345", "+1 2345", "54321", "(5) 4321", "99999", ""]),
}
_contact = {
    "Account Name": _names | st.just(""),
    "First Name": _texts,
    "Last Name": _texts,
    "Segment": _texts,
    "Unmapped": _texts,
}
_account = {"Industry": _texts, "Region": _texts, "Tier": st.sampled_from(["1", "+1", "2", ""])}
_survey = {"Touchpoint": st.sampled_from(["Shop", "SHOP", ""]), "Order Date": _dates, "Campaign": _texts}
_response = {"NPS Score": st.sampled_from(["0", "10", "11"]), "Sent Date": _dates, "Response Date": _dates}
_activity = {
    "Account Name": _names,
    "Reference": st.sampled_from(["T-1", "t-1", "T-2"]),
    "Source": st.just("CRM"),
    "Type": st.sampled_from(["Call", "Ticket"]),
    "Happened At": _dates,
}

#: Configuration -> (headings that every record has, headings that it may have).
_HEADINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "account": ({"Account Name": _names}, _account),
    "contact": (_identity, _contact),
    "account-alias": ({"Account Name": _names, "Alias": _aliases | _aliases | _accounts}, {}),
    "survey": (_identity, _contact | _account | _survey),
    "multi-object": (_identity, _contact | _account | _survey),
    "external-response": (_identity | _response, _contact | _account | {"Comment": _texts, "Campaign": _texts}),
    "activity": (
        _activity,
        {"Contact": st.sampled_from(["a@x.example", "54321", "d@x.example", ""]), "Additional Information": _texts,
         "Minutes": st.sampled_from(["1", "1.0", "1.5", ""])},
    ),
}  # fmt: skip


def of(*types: str) -> st.SearchStrategy[dict[str, Any]]:
    """A record of one of the data types; the key `""` names its configuration."""
    return st.one_of(
        st.fixed_dictionaries({"": st.just(name)} | _HEADINGS[name][0], optional=_HEADINGS[name][1]) for name in types
    )


#: A record of any type, more often one that finds and changes something.
records = of(*ALL, "contact", "account-alias")
#: Records of types that find what they have stored before.
finding = of(*(name for name in ALL if name not in ALWAYS_CREATE))
#: Records of types that never do.
adding = of(*ALWAYS_CREATE)
several = st.lists(records, max_size=12)
groups = st.lists(st.lists(records, min_size=1, max_size=6), max_size=6)
