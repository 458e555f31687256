"""How an import comes to its end, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models.functions import Now

from rapport.members import letters, mail
from rapport.members.models import Membership, User
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import jobs
from .models import COUNTS, Import

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from procrastinate import JobContext

State = Import.State
_GOING = (State.RUNNING, State.CHECKING, State.RECEIVED)


def done(rows: QuerySet[Import]) -> None:
    """Say that an import is done, unless somebody said something else meanwhile; inside the tenant's scope."""
    _end(rows, state=State.DONE)


def failed(tenant_id: int, id: UUID, reason: str) -> None:
    """End an import with a sentence; what was written stays. Inside the tenant's scope."""
    rows = Import.objects.filter(tenant_id=tenant_id, id=id, state__in=_GOING)
    _end(rows, state=State.FAILED, reason=reason)


def _end(rows: QuerySet[Import], **values: Any) -> None:
    row = rows.first()
    if row is not None and rows.update(**values, ended_at=Now()):
        expect(row)


def expect(row: Import) -> None:
    """Have whoever sent a file on a page be mailed about its end; not about a rehearsal, which they wait for."""
    if row.author_type == "user" and not row.dry_run and settings.RAPPORT.mail_url is not None:
        jobs.later(jobs.TELL, row.tenant_id, row.id)


def tell(context: JobContext, tenant_id: int, id: UUID) -> None:
    """Mail who sent a file what became of it, if they still are a member. Raises what sending does."""
    with tenant_scope(tenant_id):
        row = Import.objects.filter(tenant_id=tenant_id, id=id).first()
        if row is None or row.author_id is None:
            return
        is_member = Membership.objects.filter(tenant_id=tenant_id, user_id=row.author_id).exists()
    user = User.objects.filter(id=row.author_id, is_active=True).first()
    if user is None or not is_member:
        return
    counts = [(name, getattr(row, name)) for name in COUNTS]
    told = {"row": row, "counts": counts, "system": Tenant.objects.get(pk=tenant_id)}
    with letters.sending(context, None, None):
        mail.send("ended", user.email, room="imports", **told)
