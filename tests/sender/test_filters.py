"""What filters look at: a survey record's own fields and its copy of contact and account, by key where one exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.campaigns import choosing, drafts
from rapport.campaigns.errors import FaultsError
from rapport.configurations.models import CustomField
from rapport.directory.models import Account, Contact
from rapport.tenants.scope import tenant_scope
from tests.sender import office
from tests.sender.test_automated import activated, arrive, automated, by_campaign, default, offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant
    from tests.conftest import Database


@pytest.fixture(autouse=True)
def serving(database: Database) -> Iterator[None]:
    with office.serving(database, 25):
        yield


def custom(tenant: Tenant, owner: str, name: str) -> None:
    """A text field that the tenant added."""
    with tenant_scope(tenant) as tenant_id:
        CustomField.objects.create(tenant_id=tenant_id, object=owner, name=name, label=name, type="text")


def known(database: Database, tenant: Tenant) -> None:
    """People of before, with an account; Ada has a title, a custom field and an account, Bob has nothing."""
    custom(tenant, "contact", "tier")
    custom(tenant, "account", "size")
    office.contacts(
        database, tenant, "ada@example.com", **{"Job Title": "CFO", "Account Name": "Acme", "Last Name": "Old"}
    )
    office.contacts(database, tenant, "bob@example.com")
    with tenant_scope(tenant) as tenant_id:
        Contact.objects.filter(tenant_id=tenant_id, email="ada@example.com").update(attributes={"tier": "gold"})
        Account.objects.filter(tenant_id=tenant_id).update(attributes={"size": "L"}, industry="Steel")


def moved_on(tenant: Tenant) -> None:
    """Whatever was stored is another now."""
    with tenant_scope(tenant) as tenant_id:
        Contact.objects.filter(tenant_id=tenant_id).update(
            attributes={"tier": "tin"}, job_title="Baker", account_id=None
        )


#: Condition, what the survey records say -> who matches.
FILTERS: list[tuple[dict[str, Any], dict[str, str], list[str]]] = [
    ({"field": "job_title", "is": "CEO"}, {"Job Title": "CEO"}, ["ada@example.com", "bob@example.com"]),
    ({"field": "job_title", "is": "CFO"}, {"Job Title": "CEO"}, []),
    ({"field": "job_title", "is": "CFO"}, {}, ["ada@example.com"]),
    ({"field": "job_title", "empty": True}, {}, ["bob@example.com"]),
    ({"field": "account.name", "is": "acme"}, {}, ["ada@example.com"]),
    ({"field": "account.name", "is": "ACME  "}, {"Account Name": "acme"}, ["ada@example.com", "bob@example.com"]),
    ({"field": "account.industry", "is": "steel"}, {}, ["ada@example.com"]),
    ({"field": "account.industry", "is": "steel"}, {"Account Name": "Other"}, []),
    ({"field": "account.industry", "is": "steel"}, {"Account Name": "Acme"}, ["ada@example.com", "bob@example.com"]),
    ({"field": "tier", "is": "gold"}, {}, ["ada@example.com"]),
    ({"field": "account.size", "is": "L"}, {}, ["ada@example.com"]),
    ({"field": "survey.division", "is": "north"}, {"Division": "North"}, ["ada@example.com", "bob@example.com"]),
    ({"field": "survey.division", "empty": True}, {"Division": "North"}, []),
    ({"field": "survey.delivery_vector", "is": "email"}, {"Delivery Vector": "EMAIL"},
     ["ada@example.com", "bob@example.com"]),
    ({"field": "time_zone", "is": "europe/berlin"}, {"Time Zone": "Europe/Berlin"},
     ["ada@example.com", "bob@example.com"]),
    ({"field": "time_zone", "empty": True}, {}, ["ada@example.com", "bob@example.com"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "more", "wanted"), FILTERS)
def test_a_filter_sees_survey_records_as_they_were_made(
    database: Database, tenant: Tenant, condition: dict[str, Any], more: dict[str, str], wanted: list[str]
) -> None:
    known(database, tenant)
    campaign = activated(tenant, automated(tenant, condition, name="Filter"))
    activated(tenant, default(tenant))
    both = ["ada@example.com", "bob@example.com"]
    arrive(database, tenant, *({"Email": email, **more} for email in both))
    moved_on(tenant)
    offered(tenant)
    rest = [email for email in both if email not in wanted]
    taken = {name: sorted(found) for name, found in by_campaign(tenant).items()}
    assert taken == {name: found for name, found in (("Filter", wanted), ("Default", rest)) if found}
    # The same where it is rehearsed, and where those who wait are chosen.
    office.act(tenant, office.acts.pause, campaign)
    office.act(tenant, drafts.change, campaign, {"priority": 50})
    assert office.planned(tenant, campaign).plan.chosen == len(wanted)


@pytest.mark.parametrize(("condition", "more", "wanted"), FILTERS)
def test_those_who_wait_are_chosen_by_their_survey_records(
    database: Database, tenant: Tenant, condition: dict[str, Any], more: dict[str, str], wanted: list[str]
) -> None:
    known(database, tenant)
    arrive(database, tenant, *({"Email": email, **more} for email in ("ada@example.com", "bob@example.com")))
    moved_on(tenant)
    recipients = {"waiting": {"days": 30}, "where": [condition]}
    with tenant_scope(tenant) as tenant_id:
        assert choosing.count(tenant_id, recipients).number == len(wanted)
    office.planned(tenant, office.draft(tenant, recipients=recipients))
    assert sorted(office.rows(tenant)) == wanted


#: Condition -> who of these matches: one spelling is as good as another.
SPELLINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"field": "email", "is": "ASCII@xn--exmple-cua.de"}, ["ascii@exämple.de"]),
    ({"field": "email", "is": "b@EXÄMPLE.de"}, ["b@xn--exmple-cua.de"]),
    ({"field": "email", "is_not": "ascii@xn--exmple-cua.de"}, ["b@xn--exmple-cua.de"]),
    ({"field": "email", "is": "no address"}, []),
    ({"field": "phone", "is": "+49 (30) 777-7777"}, ["ascii@exämple.de"]),
    ({"field": "phone", "is": ["0049307777778", "1"]}, ["b@xn--exmple-cua.de"]),
    ({"field": "account.name", "is": "ACME  Straße"}, ["ascii@exämple.de", "b@xn--exmple-cua.de"]),
    ({"field": "account.name", "is_not": "acme strasse"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "wanted"), SPELLINGS)
@pytest.mark.parametrize("source", ["contacts", "waiting"])
def test_addresses_phones_and_accounts_are_compared_by_their_keys(
    database: Database, tenant: Tenant, condition: dict[str, Any], wanted: list[str], source: str
) -> None:
    people = [
        {"Email": "ascii@exämple.de", "Phone": "0049307777777", "Account Name": "Acme Strasse"},
        {"Email": "b@xn--exmple-cua.de", "Phone": "+49307777778", "Account Name": "acme strasse"},
    ]
    arrive(database, tenant, *people)
    recipients = {"where": [condition]} | ({"waiting": {"days": 30}} if source == "waiting" else {})
    office.planned(tenant, office.draft(tenant, recipients=recipients))
    assert sorted(office.rows(tenant)) == wanted


def test_a_field_that_nobody_knows_is_told_with_those_that_are(tenant: Tenant) -> None:
    with pytest.raises(FaultsError) as raised:
        office.draft(tenant, recipients={"where": [{"field": "survey.shoe", "is": "x"}]})
    [told] = raised.value.errors["recipients.where.0"]
    for name in ("email", "time_zone", "account.name", "survey.division", "survey.delivery_vector"):
        assert name in told
