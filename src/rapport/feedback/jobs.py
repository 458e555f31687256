"""Takes answers that somebody has begun and not finished, as they are; mails members about answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from rapport.members import letters
from rapport.surveys.models import Response
from rapport.tenants import upkeep
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import alerts, answering, asked, links, versions

#: After its last page.
PATIENCE = timedelta(minutes=30)
#: Answers of a tenant in one run; the next one is a minute later.
BATCH = 1_000


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="feedback.enter")
def enter_begun(timestamp: int) -> None:
    """Enters what waited long enough, of every tenant.

    Twice does no harm: an answer enters by one guarded write, and has entered the second time.
    """
    upkeep.each_tenant(_enter_of)


def _enter_of(tenant: Tenant) -> None:
    enter(tenant.pk, datetime.now(UTC) - PATIENCE)


def enter(tenant_id: int, before: datetime) -> int:
    """Enters the answers whose last page came before a moment; how many. Late is allowed, twice is not."""
    with tenant_scope(tenant_id):
        rows = Response.objects.filter(tenant_id=tenant_id, entered_seq=None, paged_at__lt=before).order_by("paged_at")
        begun = list(rows[:BATCH])
    return sum(_enter(tenant_id, row) for row in begun)


def _enter(tenant_id: int, row: Response) -> bool:
    found = asked.of_response(row)
    survey = versions.find(tenant_id, row.survey_id, row.survey_version)
    if survey is None or found.response_version != row.version:  # somebody goes on with it
        return False
    purpose = links.ANSWER if row.survey_record_id else links.TOUCHPOINT
    return answering.enter(links.Link(tenant_id, purpose, found.id, found.generation), found, survey)


@app.task(name=alerts.MAIL, pass_context=True, retry=letters.Patience())
def send_alert(context: JobContext, tenant_id: int, rule_id: str, user_id: str, answer_ids: list[str]) -> None:
    """Mails one member about answers that fit a rule.

    Twice does no harm: where a worker was killed while it mailed, its member reads the same letter again.
    """
    alerts.tell(context, tenant_id, UUID(rule_id), UUID(user_id), [UUID(id) for id in answer_ids])
