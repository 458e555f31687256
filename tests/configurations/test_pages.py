"""The list of configurations, the page of one, and what is done to it there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations.pages import listing
from rapport.connected_apps import issue, webhooks
from rapport.connected_apps.models import ConnectedApp
from rapport.history.models import HourlyCount, MappedHeading, UnmappedHeading, this_hour
from rapport.imports.models import Import
from rapport.members.models import Role
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.configurations.reading import address, changed, counted, made, names, text
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Client:
    return visitor(cast.alice)


def test_imports_link_to_the_configurations(cast: Cast, alice: Client) -> None:
    answer = alice.get(f"/s/{cast.alice.tenant.slug}/data/imports")
    assert answer.status_code == 200
    assert f'href="{address(cast.alice)}"' in answer.content.decode()


PAGES = ["", "/new", *(f"/contact{act}" for act in ("", "/versions", "/edit", "/copy", "/deactivate", "/webhook"))]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_for_admins_of_its_system(cast: Cast, page: str) -> None:
    admin = new_person("Ada", cast.alice.tenant, Role.ADMIN)
    expected = {"alice": (200, 302), "bob": (403,), "charlie": (404,)}
    for name, statuses in expected.items():
        answer = visitor(getattr(cast, name)).get(address(cast.alice, page))
        assert answer.status_code in statuses, name
    assert visitor(admin).get(address(cast.alice, page)).status_code in (200, 302)
    assert "sign-in" in visitor(None).get(address(cast.alice, page))["Location"]


@pytest.mark.parametrize(
    "page", ["/nightly", "/nightly/edit", "/nightly/versions", "/nightly/remove", "/nightly/webhook"]
)
def test_the_configurations_of_others_are_not_there(cast: Cast, page: str) -> None:
    made(cast.alice.tenant, reference="nightly")
    charlie = visitor(cast.charlie)
    assert charlie.get(address(cast.charlie, page)).status_code == 404
    if not page.endswith(("nightly", "versions")):
        assert charlie.post(address(cast.charlie, page)).status_code == 404


def test_the_list_shows_what_callers_need_and_starts_with_api_configurations(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly")
    made(cast.alice.tenant, name="Quarterly", kind="file")
    answer = alice.get(address(cast.alice))
    page = answer.content.decode()
    assert names(answer)[0] == "Nightly"
    assert "Quarterly" not in names(answer)
    assert re.findall(r"<th[^>]*>([^<]+)</th>", page) == ["Name", "Reference", "Data Type", "Last Update", "Actions"]
    assert 'data-copy="nightly"' in page
    assert "File Configurations" in page
    assert "Add configuration" in page
    assert names(alice.get(address(cast.alice, "?kind=file"))) == ["Quarterly"]


@pytest.mark.parametrize("query", ["night", "NIGHTLY-1", "multi-obj"])
def test_the_search_looks_at_everything_that_is_shown(cast: Cast, alice: Client, query: str) -> None:
    made(cast.alice.tenant, reference="nightly-1", data_type="multi-object")
    assert "Nightly" in names(alice.get(address(cast.alice, f"?q={query}")))
    assert "Accounts (Default)" not in names(alice.get(address(cast.alice, f"?q={query}")))


def test_a_search_in_vain_and_a_system_without_any_are_told_in_words(cast: Cast, alice: Client) -> None:
    assert "No configuration shows “nothing%”" in text(alice.get(address(cast.alice, "?q=nothing%25")))
    assert "No file configurations yet" in text(alice.get(address(cast.alice, "?kind=file")))
    assert alice.get(address(cast.alice, "?q=%01&before=x&after=7")).status_code == 200


def test_the_list_comes_in_pages_both_ways(cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    for number in range(5):
        made(cast.alice.tenant, name=f"F{number}", kind="file")
    seen, query, back = [], "?kind=file", []
    while query:
        answer = alice.get(address(cast.alice, query))
        seen.append(names(answer))
        links = {rel: href for href, rel in re.findall(r'href="(\?[^"]+)" rel="(\w+)"', answer.content.decode())}
        back.append(links.get("prev", "").replace("&amp;", "&"))
        query = links.get("next", "").replace("&amp;", "&")
    assert seen == [["F4", "F3"], ["F2", "F1"], ["F0"]]
    assert back[0] == ""
    assert names(alice.get(address(cast.alice, back[2]))) == ["F2", "F1"]
    assert names(alice.get(address(cast.alice, back[1]))) == ["F4", "F3"]


def test_more_configurations_take_no_more_queries(cast: Cast, alice: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            alice.get(address(cast.alice))
        return len(captured)

    alice.get(address(cast.alice))
    before = queries()
    for number in range(5):
        made(cast.alice.tenant, name=f"C{number}")
    assert queries() == before


def test_defaults_can_be_viewed_and_copied_only(cast: Cast, alice: Client) -> None:
    page = alice.get(address(cast.alice, "/contact")).content.decode()
    assert "View only" in page
    assert address(cast.alice, "/contact/copy") in page
    assert address(cast.alice, "/contact/edit") + '"' not in page
    assert address(cast.alice, "/contact/remove") not in page
    answer = alice.get(address(cast.alice, "/contact/edit"), follow=True)
    assert "Default configurations are view-only" in text(answer)
    for act in ("deactivate", "remove"):
        answer = alice.post(address(cast.alice, f"/contact/{act}"), follow=True)
        assert "Default configurations are view-only" in text(answer)


def test_the_page_of_a_configuration_answers_what_one_asks(cast: Cast, alice: Client) -> None:
    tenant = cast.alice.tenant
    mapping = [
        {"heading": "E-Mail", "field": "email"},
        {"heading": "First", "field": "first_name", "default": "Friend"},
        {"heading": "Job", "field": "job_title", "empty_clears": True},
    ]
    row = made(tenant, reference="nightly", mapping=mapping)
    with tenant_scope(tenant) as tenant_id:
        now = this_hour(None)
        MappedHeading.objects.create(tenant_id=tenant_id, configuration_id=row.id, heading="E-Mail", last_seen=now)
        UnmappedHeading.objects.create(
            tenant_id=tenant_id, configuration_id=row.id, heading="Frist", count=12, first_seen=now, last_seen=now
        )
    answer = alice.get(address(cast.alice, "/nightly"))
    shown = text(answer)
    for told in (
        "Contact · API Configuration",
        "takes Friend",
        "clears the stored value",
        "keeps the stored value",
        "12 values arrived under Frist , which nothing maps; it may be First",
        "0 records",
        "command line made it",
        "Nobody has sent records through Nightly",
    ):
        assert told in shown
    with tenant_scope(tenant) as tenant_id:
        own = {"tenant_id": tenant_id, "configuration_id": row.id}
        file = Import.objects.create(**own, name="june.csv", author_type="user", author_name="Ada", size=1)
        hour = {"hour": now, "last_at": now, "records_ignored": 0}
        HourlyCount.objects.create(**own, actor_type="import", actor_id=file.id, outcome="created", records=3, **hour)
    assert "june.csv Import · last record" in text(alice.get(address(cast.alice, "/nightly")))
    page = answer.content.decode()
    assert "curl -i -X PUT http://testserver/records" in page
    assert "record[E-Mail]=ada@example.com" in page
    assert "configuration=nightly" in page
    assert address(cast.alice, "/nightly/versions") in page


def test_options_and_the_first_line_of_a_file_are_shown(cast: Cast, alice: Client) -> None:
    mapping = [{"heading": "Email", "field": "email"}, {"heading": "Account", "field": "account_name"}]
    options = {"account_required": True, "delimiter": ";"}
    made(cast.alice.tenant, reference="f", kind="file", data_type="multi-object", mapping=mapping, options=options)
    shown = text(alice.get(address(cast.alice, "/f")))
    assert "Account Name is required yes" in shown
    assert "CSV delimiter semicolon" in shown
    assert "Email;Account" in shown
    assert "Generate webhook" not in shown


def test_who_uses_it_is_told_with_the_busiest_first(cast: Cast, alice: Client) -> None:
    tenant = cast.alice.tenant
    row = made(tenant, reference="nightly")
    issue.create_app(tenant, COMMAND, "Limited", scopes=["records:write"], configurations=["nightly"])
    hook = webhooks.create(tenant, COMMAND, "nightly", settings.RAPPORT)
    with tenant_scope(tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.alice.client_id)
    counted(tenant, row, "app", app.id, "created", 1200)
    counted(tenant, row, "app", app.id, "rejected", 34)
    counted(tenant, row, "webhook", hook.id, "created", 3)
    answer = alice.get(address(cast.alice, "/nightly"))
    assert "/data/integrations" in answer.content.decode()
    shown = text(answer)
    order = [shown.index(name) for name in ("Alice's app".replace("'", "&#x27;"), "Webhook for Nightly", "Limited")]
    assert order == sorted(order)
    assert "1,234 in 7 days" in shown
    assert "1,237 records , 34 not written".replace(" ,", ",") in shown
    assert "limited to this configuration or a few" in shown


def test_the_history_tells_who_changed_what(cast: Cast, alice: Client) -> None:
    row = made(cast.alice.tenant, Author("user", cast.alice.user.id, "Alice"), reference="nightly")
    changed(
        row,
        Author("app", uuid7(), "CRM"),
        mapping=[{"heading": "Mail", "field": "email"}, {"heading": "First", "field": "first_name"}],
    )
    shown = text(alice.get(address(cast.alice, "/nightly/versions")))
    assert "CRM (Connected App) changed it" in shown
    assert "Email, heading E-Mail Mail" in shown
    assert "First Name, heading First" in shown
    assert shown.index("CRM") < shown.index("made it")


def test_the_history_comes_in_pages(cast: Cast, alice: Client) -> None:
    row = made(cast.alice.tenant, reference="nightly")
    for number in range(30):
        changed(row, name=f"Nightly {number}")
    first = alice.get(address(cast.alice, "/nightly/versions"))
    older = re.search(r'href="(\?[^"]+)" rel="next"', first.content.decode())[1]
    assert text(first).count("command line changed it") == 25
    shown = text(alice.get(address(cast.alice, f"/nightly/versions{older}")))
    assert (shown.count("command line changed it"), shown.count("command line made it")) == (5, 1)
    assert alice.get(address(cast.alice, "/nightly/versions?before=²")).status_code == 200


def test_the_history_of_a_default_teaches(cast: Cast, alice: Client) -> None:
    assert "came with" in text(alice.get(address(cast.alice, "/contact/versions")))
