"""Pages that come at the same moment: one answer, every page, nothing lost and nothing double."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connections

from rapport.db.write import Actor
from rapport.feedback import asking
from rapport.history.models import Change
from rapport.surveys.models import Entry
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, pages, record, responses

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database


def at_once(acts: Sequence[Callable[[], object]]) -> None:
    """Does everything as nearly at the same moment as threads can; raises what any of them raised."""
    gate, raised = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait()
            act()
        except BaseException as error:  # noqa: BLE001 (told by whoever waits)
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


@pytest.fixture
def asked(database: Database, tenant: Tenant) -> UUID:
    """A survey record of Ada's."""
    return ask(database, tenant)


def test_a_page_sent_five_times_at_once_is_one(tenant: Tenant, asked: UUID) -> None:
    devices = [Respondent(link(tenant, asked)) for _ in range(5)]
    form = devices[0].open().form() | {"q-nps": "9", "q-comment": "Fine"}
    at_once([lambda device=device: device.post(form) for device in devices])
    [response] = responses(tenant)
    assert (response.version, response.corrections, len(pages(tenant))) == (1, 0, 1)
    with tenant_scope(tenant) as tenant_id:
        assert Entry.objects.filter(tenant_id=tenant_id, feed="responses").count() == 1


def test_five_devices_at_once_are_one_answer_with_five_pages_in_the_order_of_the_ledger(
    tenant: Tenant, asked: UUID
) -> None:
    devices = [Respondent(link(tenant, asked)).open() for _ in range(5)]
    at_once([lambda n=n, device=device: device.send(nps=str(n)) for n, device in enumerate(devices)])
    [response] = responses(tenant)
    came = pages(tenant)
    assert sorted(page.content["nps"] for page in came) == [0, 1, 2, 3, 4]
    assert [page.number for page in came] == [1, 2, 3, 4, 5]
    assert response.nps_score == came[-1].content["nps"]
    assert response.corrections == 4
    with tenant_scope(tenant) as tenant_id:
        told = list(Change.objects.filter(tenant_id=tenant_id, object_id=response.id).order_by("seq"))
        [entry] = Entry.objects.filter(tenant_id=tenant_id, feed="responses")
        head = TenantHead.objects.get(tenant_id=tenant_id).seq
        assert Change.objects.filter(tenant_id=tenant_id).count() == head, "no number is missing"
    assert [change.version for change in told] == [1, 2, 3, 4, 5]
    assert [change.record for change in told] == [page.record for page in came]
    assert [change.prev for change in told[1:]] == [change.record for change in told[:-1]]
    assert entry.seq == told[0].seq == response.entered_seq


def test_closing_and_answering_at_once_lose_neither(tenant: Tenant, asked: UUID) -> None:
    ada = Respondent(link(tenant, asked)).open()
    at_once([lambda: ada.send(nps="9"), lambda: asking.close(tenant.pk, asked, Actor("user", UUID(int=9)))])
    assert [response.nps_score for response in responses(tenant)] == [9]
    row = record(tenant, asked)
    assert row.state == "answered"
    assert row.closed_at is not None


def test_answers_of_many_get_numbers_and_entries_of_their_own(database: Database, tenant: Tenant) -> None:
    asked = [ask(database, tenant, Email=f"a{n}@example.com") for n in range(6)]
    people = [Respondent(link(tenant, each)).open() for each in asked]
    at_once([lambda one=one: one.send(nps="9") for one in people])
    found = responses(tenant)
    assert sorted(response.number for response in found) == [1, 2, 3, 4, 5, 6]
    assert len({response.entered_seq for response in found}) == 6
