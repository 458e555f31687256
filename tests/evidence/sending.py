"""Somebody whose app sends records, and who looks at everything that is there, and undoes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.db.write import Actor
from rapport.directory.models import Account, AccountKey, Activity, Contact, ContactKey
from rapport.groups.submission import Submission
from rapport.records.mapping import Mapping
from rapport.surveys.models import ExternalResponse, SurveyRecord
from rapport.tenants import writing
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.records.receipt import Receipt
    from tests.cast import Person

#: What changes with every write, and says nothing of what is stored.
_PASSING = {"pk", "tenant_id", "version", "last_record", "updated_at", "created_at", "closes_at"}


class Sender:
    """A person's app, or another one of the same system."""

    def __init__(self, person: Person, client_id: str | None = None) -> None:
        self.person, self.tenant = person, person.tenant
        self.api = Client(headers=person.bearer)
        with tenant_scope(person.tenant) as tenant_id:
            self.app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=client_id or person.client_id)

    def send(self, *records: dict[str, Any], configuration: str = "contact") -> list[Receipt]:
        """What became of one record, or of a batch."""
        with tenant_scope(self.tenant) as tenant_id:
            row = Configuration.objects.get(tenant_id=tenant_id, reference=configuration)
            mapping = Mapping(row.data_type, row.mapping, catalogue.of_tenant(tenant_id), row.options, row.kind)
        submission = Submission(
            actor=Actor("app", self.app.id),
            request_id="sent",
            configuration_id=row.id,
            configuration_version=row.version,
            type=mapping.type,
            records=[mapping.prepare(record) for record in records],
            keep_sent=True,
            single=len(records) == 1,
        )
        receipts: list[Receipt] = writing.write(self.tenant, submission).receipts
        return receipts

    def put(self, configuration: str = "contact", **record: str) -> Receipt:
        """One record: `First_Name` is the heading First Name."""
        sent = {heading.replace("_", " "): value for heading, value in record.items()}
        [receipt] = self.send(sent, configuration=configuration)
        assert not receipt.errors, receipt.errors
        return receipt

    def ask(self, body: Any, status: int = 200) -> Any:
        """The answer to a step of an undo."""
        answer = self.api.post("/api/undo", body, content_type="application/json")
        assert answer.status_code == status, (answer.status_code, answer.content)
        return answer.json()

    def plan(self, **asked: Any) -> Any:
        """What an undo would do; `start` is `from`."""
        if "start" in asked:
            asked["from"] = asked.pop("start")
        given = {name: str(value) if name != "changes" else value for name, value in asked.items()}
        return self.ask({**given, "plan": True})

    def undo(self, **asked: Any) -> Any:
        """The undo, when it is done; its plan has said exactly that."""
        planned = self.plan(**asked)
        undo = self.ask({"commit": planned["plan"]}, 202)["undo"]
        done = self.api.get(f"/api/undo/{undo}").json()
        assert done["state"] == "done"
        told = ("restore", "delete", "keep", "reasons")
        assert {name: done[name] for name in told} == {name: planned[name] for name in told}
        return done

    def stored(self) -> dict[Any, Any]:
        """Everything that is there, by id, and every key; without what changes with every write."""
        with tenant_scope(self.tenant) as tenant_id:
            own = {"tenant_id": tenant_id}
            return {
                "contact_keys": dict(ContactKey.objects.filter(**own).values_list("key", "contact_id")),
                "account_keys": {
                    row.key: (row.account_id, row.is_alias, row.label) for row in AccountKey.objects.filter(**own)
                },
                **{
                    (model.__name__, row.id): _values(row)
                    for model in (Contact, Account, Activity, SurveyRecord, ExternalResponse)
                    for row in model.objects.filter(**own)
                },
            }

    def head(self) -> int:
        with tenant_scope(self.tenant) as tenant_id:
            return TenantHead.objects.get(tenant_id=tenant_id).seq

    def contact(self, id: UUID) -> Any:
        return self.api.get(f"/api/contacts/{id}").json()

    def account(self, id: UUID) -> Any:
        return self.api.get(f"/api/accounts/{id}").json()


def _values(row: Any) -> dict[str, Any]:
    names = (field.name for field in row._meta.concrete_fields)
    return {name: getattr(row, name) for name in names if name not in _PASSING}
