"""Somebody who answers: opens links and sends forms, as a browser without script does."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.test import Client

from rapport.feedback import links
from rapport.surveys.models import Response, ResponsePage, SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed, first_id

if TYPE_CHECKING:
    from django.http import HttpResponse

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

ADA = {"Email": "ada@example.com", "First Name": "Ada"}
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_CHECKED = re.compile(r'name="([\w-]+)" value="([^"]*)" checked')


def ask(database: Database, tenant: Tenant, **more: str) -> UUID:
    """A new survey record of Ada's."""
    [receipt] = feed(database.settings, tenant.pk, UUID(int=7), {"": "survey", **ADA, **more})
    return first_id(receipt)


def link(tenant: Tenant, record: UUID, purpose: str = links.ANSWER, generation: int = 0) -> str:
    """The path of a link."""
    return f"/{purpose}/{links.make(tenant.pk, purpose, record, generation)}"


class Respondent:
    """A browser of somebody's, at one link."""

    def __init__(self, path: str, agent: str = "Mozilla/5.0 (iPhone)") -> None:
        self.path = path
        self.client = Client(enforce_csrf_checks=True, headers={"User-Agent": agent})
        self.page: HttpResponse | None = None

    @property
    def html(self) -> str:
        """The page that it shows."""
        assert self.page is not None
        return self.page.content.decode()

    @property
    def text(self) -> str:
        """What can be read on it."""
        body = self.html.partition("</style>")[2]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def open(self, query: str = "", status: int = 200) -> Respondent:
        """Looks at the link."""
        self.page = self.client.get(self.path + query)
        assert self.page.status_code == status, self.html
        assert not self.page.cookies
        return self

    def form(self) -> dict[str, Any]:
        """What the form holds by itself."""
        return dict(_HIDDEN.findall(self.html)) | dict(_CHECKED.findall(self.html))

    def send(self, status: int = 200, **answers: Any) -> Respondent:
        """Fills in the form and sends it."""
        given = {f"q-{name}": value for name, value in answers.items()}
        return self.post(self.form() | given, status)

    def post(self, given: dict[str, Any], status: int = 200) -> Respondent:
        """Sends a form as it is."""
        self.page = self.client.post(self.path, given)
        assert self.page.status_code == status, self.html
        assert not self.page.cookies
        return self


def responses(tenant: Tenant) -> list[Response]:
    """Every answer, oldest first."""
    with tenant_scope(tenant) as tenant_id:
        return list(Response.objects.filter(tenant_id=tenant_id).order_by("id"))


def pages(tenant: Tenant) -> list[ResponsePage]:
    """Every page that came, in the order of arrival."""
    with tenant_scope(tenant) as tenant_id:
        return list(ResponsePage.objects.filter(tenant_id=tenant_id).order_by("response_id", "number"))


def record(tenant: Tenant, id: UUID) -> SurveyRecord:
    """A survey record as it is now."""
    with tenant_scope(tenant) as tenant_id:
        return SurveyRecord.objects.get(tenant_id=tenant_id, id=id)
