"""The page of unmapped fields: what came without being mapped, and what people do about it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations import edits, fields, unmapped
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration, ConfigurationEdit, CustomField
from rapport.evidence import pulse
from rapport.history.models import MappedHeading, UnmappedHeading, UnmappedValue
from rapport.members.models import Role
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.configurations.test_unmapped import put
from tests.console.visitor import visitor
from tests.evidence.test_request_pages import text

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast, Person

NOW = datetime.now(UTC)
MAPPING = [{"heading": "Email", "field": "email"}, {"heading": "First Name", "field": "first_name", "default": "N.N."}]


@pytest.fixture
def client(cast: Cast) -> Client:
    """Alice's browser; she has a configuration `own` of her own."""
    content = {"reference": "own", "name": "Newsletter", "kind": "api", "data_type": "contact", "mapping": MAPPING}
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, COMMAND, content)
    return visitor(cast.alice)


def page(person: Person, rest: str = "") -> str:
    return f"/s/{person.tenant.slug}/data/unmapped{rest}"


def ask(client: Client, person: Person, heading: str = "Frist Name", configuration: str = "own", **form: str) -> Any:
    """The page that maps a heading; with a form, what is answered to it."""
    query = f"?configuration={configuration}&heading={heading}"
    return client.post(page(person, "/map" + query), form) if form else client.get(page(person, "/map" + query))


def mapping(person: Person, configuration: str = "own") -> dict[str, str]:
    with tenant_scope(person.tenant) as tenant_id:
        return {entry["heading"]: entry["field"] for entry in edits.find(tenant_id, configuration).mapping}


def test_nothing_unmapped_is_good_news(cast: Cast, client: Client) -> None:
    assert "Every heading finds its field" in text(client.get(page(cast.alice)))
    assert "Nothing is dismissed" in text(client.get(page(cast.alice), {"dismissed": "1"}))


def test_each_configuration_tells_what_it_does_not_map(cast: Cast, client: Client) -> None:
    put(cast.alice, "Frist Name", "Ada", "Grace", "Ada", reference="own", at=NOW - timedelta(hours=3))
    put(cast.alice, "Shoe Size", "38", reference="own", at=NOW)
    put(cast.alice, "", "x", reference="account", at=NOW)
    told = text(client.get(page(cast.alice)))
    assert re.search(r"Newsletter own .* Frist Name may be First Name 3 Ada Grace 3 h ago 3 h ago Map Dismiss", told)
    assert told.index("Accounts (Default)") < told.index("Frist Name") < told.index("Shoe Size")
    assert "Headings that gave way to others" in told
    narrow = text(client.get(page(cast.alice), {"configuration": "account"}))
    assert "Frist Name" not in narrow


def test_the_heading_that_went_quiet_goes_on_beside_the_new_one(cast: Cast, client: Client) -> None:
    put(cast.alice, "Frist Name", "Ada", reference="own", at=NOW)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        own = edits.find(tenant_id, "own")
        last = NOW - timedelta(hours=2)
        MappedHeading.objects.create(tenant_id=tenant_id, configuration_id=own.id, heading="First Name", last_seen=last)
    asked = ask(client, cast.alice)
    assert "It may be First Name under a new name, which was last sent 2 h ago" in text(asked)
    assert '<option value="first_name" selected>First Name, after First Name' in asked.content.decode()
    answer = ask(client, cast.alice, act="map", field="first_name")
    assert answer.status_code == 302
    told = text(client.get(answer.headers["Location"]))
    assert "Frist Name fills First Name in Newsletter wherever First Name brings no value" in told
    assert "Nobody must change anything" in told
    assert "Every heading finds its field" in text(client.get(page(cast.alice)))
    assert mapping(cast.alice) == {"Email": "email", "First Name": "first_name", "Frist Name": "first_name"}
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert edits.find(tenant_id, "own").mapping[1]["default"] == "N.N."
        edit = ConfigurationEdit.objects.filter(tenant_id=tenant_id).latest("version")
    assert (edit.actor_type, edit.actor_name) == ("user", "Alice")


def test_a_field_that_nothing_fills_is_added(cast: Cast, client: Client) -> None:
    put(cast.alice, "Nachname", "Lovelace", reference="own", at=NOW)
    answer = ask(client, cast.alice, "Nachname", act="map", field="last_name")
    assert answer.status_code == 302
    assert mapping(cast.alice) == {"Email": "email", "First Name": "first_name", "Nachname": "last_name"}
    assert "Nachname fills Last Name in Newsletter . What came" in text(client.get(answer.headers["Location"]))
    again = ask(client, cast.alice, "Nachname")
    assert again.headers["Location"] == answer.headers["Location"]


def test_a_custom_field_is_made_and_mapped(cast: Cast, client: Client) -> None:
    put(cast.alice, "Shoe Size", "38", "41", reference="own", at=NOW)
    asked = ask(client, cast.alice, "Shoe Size").content.decode()
    assert '<option value="integer" selected>' in asked
    assert '<label for="id_own-choices">Choices</label>' in asked
    assert re.search(r'name="own-choices"[^>]*>\s*38\s41<', asked)
    form = {"own-object": "contact", "own-label": "Shoe Size", "own-type": "integer", "own-choices": ""}
    assert ask(client, cast.alice, "Shoe Size", act="field", **form).status_code == 302
    assert mapping(cast.alice)["Shoe Size"] == "contact.shoe_size"
    with tenant_scope(cast.alice.tenant) as tenant_id:
        made = CustomField.objects.get(tenant_id=tenant_id)
    assert (made.label, made.type) == ("Shoe Size", "integer")


def test_what_the_rules_refuse_is_told_and_nothing_is_made(cast: Cast, client: Client) -> None:
    put(cast.alice, "Odd] Heading", "x", reference="own", at=NOW)
    form = {"own-object": "contact", "own-label": "Odd", "own-type": "text", "own-choices": ""}
    answer = ask(client, cast.alice, "Odd] Heading", act="field", **form)
    assert answer.status_code == 422
    assert "must not contain ], which would end it in an address" in text(answer)
    assert 'value="Odd"' in answer.content.decode()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not CustomField.objects.filter(tenant_id=tenant_id).exists()
    answer = ask(client, cast.alice, "Odd] Heading", act="field", **form | {"own-label": ""})
    assert "The label must have 1 to 128 printable characters" in text(answer)
    assert ask(client, cast.alice, "Odd] Heading", act="map", field="").status_code == 422
    assert ask(client, cast.alice, "Odd] Heading", act="map", field="shoe").status_code == 422
    assert list(mapping(cast.alice)) == ["Email", "First Name"]


def test_archived_fields_are_not_offered(cast: Cast, client: Client) -> None:
    put(cast.alice, "Segment", "A", reference="own", at=NOW)
    with editing(cast.alice.tenant) as tenant_id:
        given = {"object": "contact", "name": "segment", "label": "Segment", "type": "text"}
        fields.change(fields.create(tenant_id, COMMAND, given), COMMAND, {"archived": True})
    assert 'value="contact.segment"' not in ask(client, cast.alice, "Segment").content.decode()


def test_a_default_is_copied_and_the_copy_maps_the_heading(cast: Cast, client: Client) -> None:
    put(cast.alice, "Frist Name", "Ada", at=NOW)
    asked = ask(client, cast.alice, configuration="contact")
    assert "Contacts (Default) is view-only: Frist Name is mapped in a copy of it." in text(asked)
    answer = ask(client, cast.alice, configuration="contact", act="map", field="first_name", name="From the CRM")
    assert answer.status_code == 302
    with tenant_scope(cast.alice.tenant) as tenant_id:
        copy = Configuration.objects.get(tenant_id=tenant_id, name="From the CRM")
        default = edits.find(tenant_id, "contact")
    assert copy.mapping == [*default.mapping, {"heading": "Frist Name", "field": "first_name"}]
    told = text(client.get(answer.headers["Location"]))
    assert f"Please send configuration={copy.reference} in place of configuration=contact" in told


def test_a_second_heading_of_a_default_goes_into_the_copy_that_there_is(cast: Cast, client: Client) -> None:
    for heading in ("Frist Name", "Customer Tier"):
        put(cast.alice, heading, "x", at=NOW)
    ask(client, cast.alice, configuration="contact", act="map", field="first_name", name="From the CRM")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        copy = Configuration.objects.get(tenant_id=tenant_id, name="From the CRM")
        default = edits.find(tenant_id, "contact")
    asked = ask(client, cast.alice, "Customer Tier", "contact").content.decode()
    assert f'<option value="{copy.reference}" selected>From the CRM</option>' in asked
    answer = ask(client, cast.alice, "Customer Tier", "contact", act="map", field="job_title", into=copy.reference)
    assert f"configuration={copy.reference}&" in answer.headers["Location"]
    assert (
        f"Please send configuration={copy.reference} in place of configuration=contact: then what you send as "
        "Customer Tier is stored as Job Title and Frist Name as First Name. Everything else stays as it is."
    ) in text(client.get(answer.headers["Location"]))
    assert ask(client, cast.alice, "Town", "contact", act="map", field="job_title", into="own").status_code == 422
    again = ask(client, cast.alice, configuration="contact")
    assert "nothing has come since as Contacts (Default)." in text(client.get(again.headers["Location"]))
    assert "Frist Name mapped in From the CRM" in (listed := text(client.get(page(cast.alice))))
    assert "nothing has come since" in listed
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert pulse.attention(tenant_id) == []
        place = {"tenant_id": tenant_id, "configuration_id": default.id, "heading": "Frist Name"}
        seen = datetime.now(UTC)
        UnmappedHeading.objects.filter(**place).update(last_seen=seen, count=2)
        UnmappedValue.objects.create(**place, id=uuid7(), at=seen, value="Grace")
        (finding,) = pulse.attention(tenant_id)
    assert finding.sentence == (
        "Frist Name is mapped in From the CRM, but 1 value has come since from whoever does not name it yet: "
        "they send configuration=contact."
    )


@pytest.mark.parametrize(("configuration", "query"), [("table", ""), ("contact", "&file=1")])
def test_of_a_column_nobody_is_written_to_and_the_file_is_uploaded_again(
    cast: Cast, client: Client, configuration: str, query: str
) -> None:
    content = {"reference": "table", "name": "Table", "kind": "file", "data_type": "contact", "mapping": MAPPING}
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, COMMAND, content)
    assert "sentence to send" not in text(ask(client, cast.alice, "Given", configuration + query))
    answer = ask(client, cast.alice, f"Given{query}", configuration, act="map", field="first_name")
    for told in (answer, ask(client, cast.alice, f"Given{query}", configuration)):
        shown = client.get(told.headers["Location"])
        reference = re.findall(r'imports/new\?configuration=([^"]+)">Upload the file again', shown.content.decode())
        assert mapping(cast.alice, reference[0])["Given"] == "first_name"
        for word in ("configuration=", "send", "callers"):
            assert word not in text(shown).partition("Given is mapped")[2], word


def test_the_fields_that_are_offered_are_those_of_the_copy_that_is_chosen(cast: Cast, client: Client) -> None:
    for heading in ("Frist Name", "Town"):
        put(cast.alice, heading, "x", at=NOW)
    for name in ("Older", "Newer"):
        with editing(cast.alice.tenant) as tenant_id:
            edits.copy(edits.find(tenant_id, "contact"), COMMAND, {"name": name, "reference": name.lower()})
    ask(client, cast.alice, configuration="contact", act="map", field="first_name", into="older")
    taken = "First Name, after First Name and Frist Name"
    assert taken in text(ask(client, cast.alice, "Town&into=older", "contact"))
    for query in ("Town", "Town&into=newer", "Town&into="):
        assert taken not in text(ask(client, cast.alice, query, "contact")), query


def test_a_copy_that_cannot_be_made_maps_nothing(cast: Cast, client: Client) -> None:
    put(cast.alice, "Frist Name", "Ada", at=NOW)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        before = Configuration.objects.filter(tenant_id=tenant_id).count()
    for form in ({"field": "first_name", "name": "Newsletter"}, {"field": "shoe"}):
        answer = ask(client, cast.alice, configuration="contact", act="map", **form)
        assert answer.status_code == 422
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert Configuration.objects.filter(tenant_id=tenant_id).count() == before


def test_a_heading_that_is_not_counted_yet_can_be_mapped(cast: Cast, client: Client) -> None:
    assert "Nothing maps this heading of Newsletter." in text(ask(client, cast.alice, "Vorname"))
    assert ask(client, cast.alice, "Vorname", act="map", field="first_name").status_code == 302
    assert mapping(cast.alice)["Vorname"] == "first_name"


def test_others_map_nothing_and_learn_nothing(cast: Cast, client: Client) -> None:
    put(cast.alice, "Frist Name", "Ada", reference="own", at=NOW)
    charlie = visitor(cast.charlie)
    for rest in ("/map", "/mapped"):
        where = page(cast.alice, f"{rest}?configuration=own&heading=Frist+Name")
        assert charlie.get(where).status_code == 404
        assert charlie.get(where.replace(cast.alice.tenant.slug, cast.charlie.tenant.slug)).status_code == 404


def test_a_heading_is_dismissed_and_brought_back(cast: Cast, client: Client) -> None:
    put(cast.alice, "Shoe Size", "38", reference="own", at=NOW)
    place = {"configuration": "own", "heading": "Shoe Size"}
    assert client.post(page(cast.alice, "/dismiss"), place).status_code == 302
    told = text(client.get(page(cast.alice)))
    assert "Shoe Size is dismissed" in told
    assert "Every heading finds its field" in told
    assert "Bring back" in text(client.get(page(cast.alice), {"dismissed": "1"}))
    assert client.post(page(cast.alice, "/restore"), place).status_code == 302
    assert "38" in text(client.get(page(cast.alice)))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        acts = AuditEntry.objects.filter(tenant_id=tenant_id, object_name="Shoe Size").order_by("at")
        assert list(acts.values_list("action", "actor_name")) == [
            ("unmapped.dismiss", "Alice"),
            ("unmapped.restore", "Alice"),
        ]


def test_a_heading_is_forgotten_once_it_was_asked_whether_to(cast: Cast, client: Client) -> None:
    put(cast.alice, "Shoe & Size", "38", reference="own", at=NOW)
    assert "forget?configuration=own&amp;heading=Shoe%20%26%20Size" in client.get(page(cast.alice)).content.decode()
    place = {"configuration": "own", "heading": "Shoe & Size"}
    asked = text(client.get(page(cast.alice, "/forget"), place))
    assert "Forget Shoe &amp; Size?" in asked
    assert "Its count of 1 and the values kept with it are deleted, for good." in asked
    assert client.post(page(cast.alice, "/forget"), place).status_code == 302
    told = text(client.get(page(cast.alice)))
    assert "Shoe &amp; Size is forgotten, with its values" in told
    assert "Every heading finds its field" in told
    assert client.get(page(cast.alice, "/forget"), place).status_code == 404


def test_the_stranger_finds_nothing_to_act_on(cast: Cast, client: Client) -> None:
    put(cast.alice, "Veiled Heading", "veiled@example.org", reference="own", at=NOW)
    charlie = visitor(cast.charlie)
    assert "Veiled" not in text(charlie.get(page(cast.charlie)))
    assert charlie.get(page(cast.alice)).status_code == 404
    place = {"configuration": "own", "heading": "Veiled Heading"}
    for act in ("/dismiss", "/restore", "/forget"):
        assert charlie.post(page(cast.charlie, act), place).status_code == 404
    assert ask(charlie, cast.charlie, "Veiled Heading").status_code == 404
    assert ask(charlie, cast.charlie, "Veiled Heading", act="map", field="first_name").status_code == 404
    assert ask(client, cast.alice, "").status_code == 404


def test_only_admins_and_above_may(cast: Cast, client: Client) -> None:
    put(cast.alice, "Shoe Size", "38", reference="own", at=NOW)
    assert visitor(cast.bob).get(page(cast.alice)).status_code == 403
    assert ask(visitor(cast.bob), cast.alice, "Shoe Size", act="map", field="last_name").status_code == 403
    admin = visitor(new_person("Ann", cast.alice.tenant, Role.ADMIN))
    assert ask(admin, cast.alice, "Shoe Size", act="map", field="last_name").status_code == 302


def test_a_heading_that_is_mapped_is_no_longer_told(cast: Cast, client: Client) -> None:
    put(cast.alice, "Email", "x", reference="own", at=NOW)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert unmapped.headings(tenant_id) == []
        assert unmapped.one(tenant_id, "own", "Email") is None


def test_many_headings_cost_no_more_questions_than_one(cast: Cast, client: Client) -> None:
    counts = []
    client.get(page(cast.alice))
    for group in range(2):
        for number in range(5):
            put(cast.alice, f"Heading {group} {number}", "x", reference="own", at=NOW)
        with CaptureQueriesContext(connection) as captured:
            client.get(page(cast.alice))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_page_shows_those_that_came_last(cast: Cast, client: Client) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        place = {"tenant_id": tenant_id}
        place["configuration_id"] = Configuration.objects.get(tenant_id=tenant_id, reference="own").id
        for number in range(101):
            seen = NOW - timedelta(minutes=number)
            UnmappedHeading.objects.create(
                **place, heading=f"Column {number:03}", count=1, first_seen=seen, last_seen=seen
            )
    told = text(client.get(page(cast.alice)))
    assert "Column 099" in told
    assert "Column 100" not in told
    assert "These are the headings that came last." in told
