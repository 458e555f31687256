"""A record that somebody tries out in the console: through the same engine as every other, rehearsed or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rapport.db.write import Actor
from rapport.evidence.receipts import DrawnReceipt, Reading, draw
from rapport.evidence.trace import names
from rapport.groups.submission import Submission
from rapport.records.receipt import Receipt
from rapport.tenants import writing
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

    from .reader import Named


class Trial(NamedTuple):
    """One record on its way; `rehearsed`: nothing is written."""

    tenant: Tenant
    actor: Actor
    request_id: str
    named: Named
    record: Mapping[str, str]
    rehearsed: bool

    def run(self) -> Receipt:
        """What became of the record, or would. Raises `BusyError`."""
        row, mapping = self.named.row, self.named.mapping
        submission = Submission(
            actor=self.actor,
            request_id=self.request_id,
            configuration_id=row.id,
            configuration_version=row.version,
            type=mapping.type,
            records=[mapping.prepare(self.record)],
            keep_sent=self.tenant.sent_days > 0,
            dry_run=self.rehearsed,
        )
        [receipt] = writing.write(self.tenant, submission).receipts
        return receipt


def drawn(trial: Trial, receipt: Receipt) -> DrawnReceipt:
    """The receipt as people read it."""
    row = trial.named.row
    labels = {column.field.name: column.field.label for column in trial.named.outline.columns}
    told = {**receipt.as_json(dry_run=trial.rehearsed), "errors": receipt.errors}
    made = draw(told, trial.record, Reading(row.mapping, labels))
    with tenant_scope(trial.tenant) as tenant_id:
        known = names(tenant_id, [each for each in told["objects"] if each["id"]])
    objects = [replace(each, name=known.get(str(each.id), "")) for each in made.objects]
    return replace(made, objects=objects, configuration=row.reference)
