from __future__ import annotations

import pytest

from rapport.configurations import proposal
from rapport.records.catalogue import Catalogue, custom_field
from rapport.records.errors import Malformed
from rapport.records.types import ALL

CATALOGUE = Catalogue([custom_field("contact", "segment", "Customer segment", "choice", ["Large", "Small"])])
FIELDS = CATALOGUE.fields(ALL["contact"]).values()

SAMPLES = {
    "json": ('{"Email": "ada@example.com", "VIP": true, "Age": 36}', {"Email": ["ada@example.com"], "Age": ["36"]}),
    "json with a record": ('{"configuration": "x", "record": {"Email": null}}', {"Email": []}),
    "json batch": ('[{"Email": "a@b.example"}, {"Email": "c@d.example"}]', {"Email": ["a@b.example", "c@d.example"]}),
    "query": ("record[Email]=a@b.example&record[First+Name]=Ada", {"Email": ["a@b.example"], "First Name": ["Ada"]}),
    "address": (
        "https://host/records?configuration=c&record%5BFirst%20Name%5D=Ada&record[Email]=a%40b.example",
        {"First Name": ["Ada"], "Email": ["a@b.example"]},
    ),
    "command": (
        """curl -X PUT https://host/records -d 'configuration=c' -d "record[First Name]=Ada" -d record[Email]=a@b.c""",
        {"First Name": ["Ada"], "Email": ["a@b.c"]},
    ),
    "flat query": ("email=a%40b.example&first=Ada", {"email": ["a@b.example"], "first": ["Ada"]}),
    "flat address": ("https://host/hooks/x?email=a@b.example", {"email": ["a@b.example"]}),
    "csv header": ("Email,First Name\n", {"Email": [], "First Name": []}),
    "csv": ('\ufeffEmail;"Name; first"\na@b.example;Ada\n', {"Email": ["a@b.example"], "Name; first": ["Ada"]}),
    "tabs": ("Email\tPhone\n\n1\t2", {"Email": ["1"], "Phone": ["2"]}),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_headings_and_values_are_read_from_whatever_people_paste(name: str) -> None:
    text, found = SAMPLES[name]
    sample = proposal.read(text)
    assert {heading: sample[heading] for heading in found} == found
    assert "configuration" not in sample


@pytest.mark.parametrize("text", ["", "  ", "{", "[1]", '{"record": 7}', "{}", '"\n', "record[]=1&record[%zz]=2"])
def test_what_has_no_headings_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        proposal.read(text)
    assert str(refused.value).endswith(".")


def test_only_so_many_headings_are_looked_at() -> None:
    assert len(proposal.read(",".join(f"h{number}" for number in range(500)))) == proposal.HEADINGS_LIMIT


def test_labels_and_technical_names_are_found_in_any_spelling() -> None:
    found = proposal.propose(proposal.read("E-MAIL,first_name,customersegment,JobTitle"), FIELDS)
    assert found.mapped == {
        "email": "E-MAIL",
        "first_name": "first_name",
        "contact.segment": "customersegment",
        "job_title": "JobTitle",
    }
    assert found.unknown == []


def test_a_technical_name_of_a_custom_field_needs_no_object() -> None:
    assert proposal.propose({"SEGMENT": []}, FIELDS).mapped == {"contact.segment": "SEGMENT"}


def test_a_similar_name_is_found_and_the_exact_one_first() -> None:
    found = proposal.propose({"Frist Name": ["Ada"], "First Name": ["Ada"], "Langage": []}, FIELDS)
    assert found.mapped == {"first_name": "First Name", "language": "Langage"}
    assert found.unknown == ["Frist Name"]


def test_of_two_similar_names_one_is_taken() -> None:
    found = proposal.propose({"Langage": [], "Languag": []}, FIELDS)
    assert (found.mapped, found.unknown) == ({"language": "Langage"}, ["Languag"])


def test_a_similar_name_whose_values_the_field_refuses_is_none() -> None:
    assert proposal.propose({"Emails": ["nobody"]}, FIELDS).unknown == ["Emails"]
    assert proposal.propose({"Emails": ["a@b.example"]}, FIELDS).mapped == {"email": "Emails"}


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["1", "22"], "integer"),
        (["1", "2.5"], "decimal"),
        (["2026-01-31"], "date"),
        (["2026-01-31 14:30:00"], "date-time"),
        (["a@b.example"], "email"),
        (["a@b.example", "x"], "text"),
        (["x" * 129], "long text"),
        ([], "text"),
    ],
)
def test_the_narrowest_type_is_guessed(values: list[str], type: str) -> None:
    assert proposal.guess(values) == type


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Renewal date", "renewal_date"),
        ("Größe (cm)", "grosse_cm"),
        ("1. Ziel", "ziel"),
        ("日本", ""),
        ("a" * 80, "a" * 63),
    ],
)
def test_a_technical_name_is_made_from_the_label(label: str, name: str) -> None:
    assert proposal.technical_name(label) == name
