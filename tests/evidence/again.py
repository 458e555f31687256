"""Somebody who maps headings, mends configurations, and sends again what came before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rapport.configurations.models import Configuration
from rapport.evidence.models import Replay
from rapport.history.models import SentRecord
from rapport.tenants.scope import tenant_scope
from tests.evidence.sending import Sender

COUNTS = ("apply", "unchanged", "keep", "reject")


class Resender(Sender):
    """A sender who can change what their configurations map."""

    def map(self, heading: str, field: str, configuration: str = "contact", *, first: bool = False) -> None:
        """Lets a heading fill a field, before or behind its other headings."""
        with tenant_scope(self.tenant) as tenant_id:
            row = Configuration.objects.get(tenant_id=tenant_id, reference=configuration)
            entry = {"heading": heading, "field": field}
            row.mapping = [entry, *row.mapping] if first else [*row.mapping, entry]
            row.version += 1
            row.save(update_fields=["mapping", "version"])

    def unmap(self, heading: str, configuration: str = "contact") -> None:
        """Nothing maps a heading any more."""
        with tenant_scope(self.tenant) as tenant_id:
            row = Configuration.objects.get(tenant_id=tenant_id, reference=configuration)
            row.mapping = [entry for entry in row.mapping if entry["heading"] != heading]
            row.version += 1
            row.save(update_fields=["mapping", "version"])

    def refused(self, configuration: str = "contact", **record: str) -> UUID:
        """The id of a record that is refused."""
        sent = {heading.replace("_", " "): value for heading, value in record.items()}
        [receipt] = self.send(sent, configuration=configuration)
        assert receipt.errors
        id: UUID = receipt.record
        return id

    def try_again(self, status: int = 200, **asked: Any) -> Any:
        """What a replay would do."""
        return self.say({**asked, "plan": True}, status)

    def again(self, **asked: Any) -> Any:
        """The replay, when it is done; its plan has said exactly that."""
        planned = self.try_again(**asked)
        done = self.show(self.say({"commit": planned["plan"]}, 202)["replay"])
        assert done["state"] == "done", done
        assert {name: done[name] for name in (*COUNTS, "reasons")} == {
            name: planned[name] for name in (*COUNTS, "reasons")
        }
        return done

    def say(self, body: Any, status: int = 200) -> Any:
        """The answer to a step of a replay."""
        answer = self.api.post("/api/replay", body, content_type="application/json")
        assert answer.status_code == status, (answer.status_code, answer.content)
        return answer.json()

    def show(self, id: Any) -> Any:
        return self.api.get(f"/api/replay/{id}").json()

    def row(self, id: Any) -> Replay:
        with tenant_scope(self.tenant) as tenant_id:
            return Replay.objects.get(tenant_id=tenant_id, id=id)

    def history(self) -> list[SentRecord]:
        """Everything that came, oldest first."""
        with tenant_scope(self.tenant) as tenant_id:
            return list(SentRecord.objects.filter(tenant_id=tenant_id).order_by("at", "id"))


def counts(told: Any) -> tuple[int, ...]:
    """Records by what becomes of them."""
    return tuple(told[name] for name in COUNTS)
