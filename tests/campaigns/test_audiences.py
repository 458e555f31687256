"""Any audience: who is chosen is sent to, or skipped with a reason; never both, never neither."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.campaigns import choosing, drafts, plans
from rapport.campaigns.models import Delivery
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.sender import office

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

NAMES, LEVELS, LANGUAGES = ("Ada", "Bob", "", "Åse"), ("C-level", "Director", ""), ("en", "de", "")
PEOPLE = 60


@pytest.fixture(scope="module")
def crowd(database: Database) -> Tenant:
    """People of many kinds: some without an address, some who get nothing, some who were asked just now."""
    tenant = new_tenant()
    for n in range(PEOPLE):
        record = {"First Name": NAMES[n % 4], "Job Level": LEVELS[n % 3], "Language": LANGUAGES[n // 7 % 3]}
        address = {"Phone": f"+4420794600{n:02d}"} if n % 10 == 3 else {"Email": f"c{n}@{'ab'[n % 2]}.example"}
        office.feed(database.settings, tenant.pk, office.UUID(int=7), {**address, **record})
    for n in (0, 5, 11):
        office.unsubscribe(database, tenant, f"e:c{n}@{'ab'[n % 2]}.example")
    with tenant_scope(tenant) as tenant_id, psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
        app.execute(
            "insert into rest_holds (tenant_id, key, fields, delivery_id, asked_at, asked_by)"
            " select tenant_id, key, '', uuidv7(), now() - interval '2 days', uuidv7() from contact_keys"
            " where tenant_id = %s and key like 'e:c2%%'",
            [tenant_id],
        )
    return tenant


def condition(field: str, *operators: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(*operators).map(lambda given: {"field": field, **given})


def told(values: tuple[str, ...]) -> tuple[st.SearchStrategy[dict[str, Any]], ...]:
    some = st.sampled_from([each for each in values if each])
    return (
        st.fixed_dictionaries({"is": some | st.lists(some, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"is_not": some}),
        st.fixed_dictionaries({"contains": some.map(lambda text: text[:2])}),
        st.fixed_dictionaries({"empty": st.booleans()}),
    )


WHERE = st.lists(
    st.one_of(
        condition("first_name", *told(NAMES)),
        condition("job_level", *told(LEVELS)),
        condition("language", *told(LANGUAGES)),
        condition("created_at", st.sampled_from([{"after": "2020-01-01"}, {"before": "2020-01-01"}])),
    ),
    min_size=1,
    max_size=3,
)
EMAILS = st.lists(st.integers(0, PEOPLE + 5).map(lambda n: f"C{n}@{'ab'[n % 2]}.example"), min_size=1, max_size=20)
AUDIENCES = st.one_of(
    st.just({"all": True}),
    WHERE.map(lambda where: {"where": where}),
    EMAILS.map(lambda emails: {"emails": emails}),
)


def check(crowd: Tenant, recipients: dict[str, Any], kind: str) -> None:
    with tenant_scope(crowd) as tenant_id:
        given = {"name": "Any", "kind": kind, "recipients": recipients, "sender": office.SENDER}
        row = drafts.create(tenant_id, COMMAND, given)
        meant = choosing.count(tenant_id, row.recipients)
        plan = plans.plan(row, COMMAND).plan
        rows = list(Delivery.objects.filter(tenant_id=tenant_id, campaign_id=row.id))
        assert meant.exact
        assert plan.chosen == meant.number == len(rows) == len({each.contact_id for each in rows})
        assert plan.chosen == plan.send + sum(plan.skip.values())
        there = Counter(each.reason or "" for each in rows)
        assert there == Counter({"": plan.send, **plan.skip}) - Counter()
        assert all((each.state == "queued") == (each.reason is None) for each in rows)
        assert all(each.address for each in rows if each.state == "queued")
        Delivery.objects.filter(tenant_id=tenant_id, campaign_id=row.id).delete()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recipients=AUDIENCES, kind=st.sampled_from(("invitation", "introduction", "general")))
def test_whoever_is_chosen_is_sent_to_or_skipped_with_a_reason(
    crowd: Tenant, recipients: dict[str, Any], kind: str
) -> None:
    check(crowd, recipients, kind)


@pytest.mark.endure
@settings(
    max_examples=int(os.environ.get("AUDIENCES", "10000")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(recipients=AUDIENCES, kind=st.sampled_from(("invitation", "introduction", "general")))
def test_ten_thousand_audiences(crowd: Tenant, recipients: dict[str, Any], kind: str) -> None:
    check(crowd, recipients, kind)
