"""`/postman.json`: every operation of the service as a collection for Postman, in an order in which all of it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from rapport.configurations.artefacts.postman import basic, collection, form, raw, request
from rapport.console.api.openapi import JOBS
from rapport.tenants import answers
from rapport.tenants.hosts import hosts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

RECORD = {"Email": "ada@example.com", "First Name": "Ada", "Account Name": "Analytical Engines"}
CALL = {"configuration": "{{configuration}}", "record": RECORD}
ACTIVITY = {
    "reference": "ticket-1001",
    "account": "Analytical Engines",
    "type": "Ticket closed",
    "source": "Helpdesk",
    "happened_at": "2026-01-31 14:30:00",
}
CONFIGURATION = {
    "name": "Nightly {{$guid}}",
    "kind": "api",
    "data_type": "contact",
    "mapping": [{"heading": "E-Mail", "field": "email"}, {"heading": "Sprache", "field": "language", "default": "de"}],
}
FIELD = {"object": "contact", "name": "field_{{$timestamp}}", "label": "Segment", "type": "choice"}
#: Operation -> the JSON that it is sent.
BODIES: dict[str, Any] = {
    "putRecord": CALL,
    "postRecord": CALL,
    "putBatch": [RECORD, {"Email": "grace@example.com", "First Name": "Grace"}],
    "putHook": RECORD,
    "postHook": RECORD,
    "putActivity": ACTIVITY,
    "postActivity": ACTIVITY,
    "createConfiguration": CONFIGURATION,
    "changeConfiguration": {"name": "Weekly {{$guid}}", "mapping": CONFIGURATION["mapping"]},
    "copyConfiguration": {},
    "restoreVersion": {"comment": "As it was at first."},
    "saveDraft": {"name": "Monthly {{$guid}}", "mapping": CONFIGURATION["mapping"], "comment": "Once a month."},
    "publishDraft": {},
    "createField": {**FIELD, "choices": ["Small", "Large"]},
    "changeField": {"choices": ["Small", "Medium", "Large"], "archived": True},
    "createTouchpoint": {"name": "Delivery {{$guid}}"},
    "changeTouchpoint": {"active": False},
    "createSurveyRecord": {"contact": {"email": "ada@example.com"}},
    "dismissUnmapped": {"configuration": "{{configuration}}", "heading": "Shoe Size"},
    "forgetUnmapped": {"configuration": "{{configuration}}", "heading": "Shoe Size"},
}
BODIES |= {
    "followUp": {"state": "in_progress", "note": "I call her."},
    "createAlert": {"name": "Unhappy {{$guid}}", "score_groups": ["detractor"], "users": ["{{user_id}}"]},
    "changeAlert": {"active": False},
    "saveSurvey": {"document": {"name": "Delivery", "languages": ["en"], "pages": []}},
}
WHERE = [{"field": "language", "is": "en"}]
RECIPIENTS = {"emails": ["ada@example.com"]}
BODIES |= {
    "createCampaign": {"name": "Relationship {{$guid}}", "kind": "invitation", "recipients": RECIPIENTS},
    "changeCampaign": {"sender": {"name": "Ada", "address": "ada@example.com"}},
    "startCampaign": {"plan": "{{plan}}"},
    "sendAgain": {"state": "in doubt"},
    "countRecipients": {"recipients": RECIPIENTS},
    "createSegment": {"name": "English {{$guid}}", "where": WHERE},
    "changeSegment": {"where": WHERE},
    **{f"merge{of}": {"into": "{{id}}", "from": ["{{id}}"]} for of in ("Contacts", "Accounts")},
    "undo": {"plan": True, "from": "{{$isoTimestamp}}"},
    "replay": {"plan": True, "records": {"outcome": "rejected", "from": "{{$isoTimestamp}}"}},
    "suppress": {"email": "nobody@example.com", "source": "api"},
    "liftSuppression": {"reason": "They asked for it."},
}
#: Operation -> the file that it is sent.
FILES = {
    "createImport": "Email,First Name\nada@example.com,Ada\ngrace@example.com,Grace\n",
    "handInBounce": "From: ada@example.com\nSubject: Away\nAuto-Submitted: auto-replied\n\nBack soon.\n",
}
#: Operation -> the form that it is sent; each of them signs in by itself.
FORMS = {
    "issueToken": {"grant_type": "client_credentials"},
    "revokeToken": {"token": "{{issued_token}}"},
    "introspectToken": {"token": "{{issued_token}}"},
}
QUERIES = {
    "putBatch": "configuration={{configuration}}",
    "listContacts": "email=ada@example.com",
    "createImport": "configuration={{configuration}}&name=people.csv&start=manual",
    "unsubscribe": "email=nobody@example.com",
    "listUnsubscribed": "email=nobody@example.com",
    "listBounced": "email=nobody@example.com",
}
#: How a path begins -> the variable that its id is in; `id` is what was made last.
IDS = {
    "/hooks/": "webhook_id",
    "/api/campaigns/": "campaign",
    "/api/segments/": "segment",
    "/api/suppressions/": "suppression",
    "/api/imports/": "import",
}
#: Answers that are good, besides those that the description says: there is no webhook, nobody has sent that heading
#: yet, no campaign has a survey to ask or somebody to go to, no import was checked, the draft is published.
GOOD = {
    **{name: [401, 404] for name in ("putHook", "postHook")},
    "handInBounce": [200, 415, 422],
    "dismissUnmapped": [404],
    "forgetUnmapped": [404],
    **{name: [404] for name in ("showResponse", "followUp", "showAlert", "changeAlert", "removeAlert")},
    "createAlert": [422],
    # No survey has the reference of a configuration.
    "showSurvey": [404],
    "saveSurvey": [412],
    **{name: [409] for name in ("startCampaign", "pauseCampaign", "resumeCampaign")},
    **{f"{act}Import": [409] for act in ("start", "pause", "resume", "cancel")},
    "listFailedRows": [404],
    "discardDraft": [404],
    # Nothing was undone, nor sent again; what was made last is no contact, and no account.
    "showUndo": [404],
    "showReplay": [404],
    "showMerge": [404],
    "dismissTwins": [404],
    "restoreTwins": [404],
    **{f"merge{of}": [422] for of in ("Contacts", "Accounts")},
    **{f"{act}{of}": [404] for act in ("show", "delete", "restore") for of in ("Contact", "Account")},
}
#: Kept for the requests that follow: the version for `If-Match`, what was made, a token that may be stopped.
AFTER = """\
const keep = (name, value) => { if (value) { pm.collectionVariables.set(name, value); } };
keep("etag", pm.response.headers.get("ETag"));
const told = (pm.response.headers.get("Content-Type") || "").includes("application/json") ? pm.response.json() : {};
keep("issued_token", told.access_token);
keep("campaign", told.campaign);
keep("plan", told.chosen === undefined ? null : told.plan);
keep("segment", told.where && told.id);
keep("suppression", told.list && told.id);
keep("import", told.import);
if (pm.response.code === 201) {
    keep("id", told.id || told.survey_record);
    keep("reference", told.reference);
}"""
#: What a collection needs to know besides, to be set by whoever runs it.
VARIABLES = {
    "configuration": "contact",
    "version": "1",
    "user_id": "",
    "webhook_id": "",
    "webhook_user": "",
    "webhook_password": "",
}


def document(request: HttpRequest) -> HttpResponse:
    """The collection, with the addresses of this deployment."""
    return answers.data(generate(hosts(request, "{{region}}"), settings.RAPPORT.region))


def generate(addresses: Mapping[str, str], region: str) -> dict[str, Any]:
    """The collection for a service whose base URLs are `addresses`, which may hold `{{region}}`."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for job, path, method, operation in _operations():
        item = _item(job, path, method, operation)
        folders.setdefault(operation["tags"][0], []).append(item)
    items = [{"name": tag, "item": items} for tag, items in folders.items()]
    bases = {job: url.removesuffix("/api") for job, url in addresses.items()}
    description = "Set `client_id` and `client_secret` to those of a Connected App; the token comes by itself."
    made = collection("Rapport", description, items, bases, region, AFTER)
    made["variable"] += [{"key": key, "value": value} for key, value in VARIABLES.items()]
    return made


def _operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Job, path, method and description of every operation; what removes a thing comes behind all that needs it."""
    found = [
        (job, path, method, operation)
        for job, paths in JOBS.items()
        for path, item in paths.items()
        for method, operation in item.items()
    ]
    yield from sorted(found, key=lambda each: each[2] == "delete")


def _item(job: str, path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    name = operation["operationId"]
    query = f"?{QUERIES[name]}" if name in QUERIES else ""
    headers = {"If-Match": "{{etag}}"} if "If-Match" in str(operation.get("parameters")) else {}
    return request(
        operation["summary"],
        method.upper(),
        f"{{{{{job}_url}}}}{_filled(path)}{query}",
        headers=headers,
        body=_body(name),
        auth=_auth(operation),
        statuses=[int(status) for status in operation["responses"] if status < "300"] + GOOD.get(name, []),
    )


def _filled(path: str) -> str:
    """The path with variables of the collection in place of its parts."""
    id = next((name for start, name in IDS.items() if path.startswith(start)), "id")
    return path.replace("{id}", f"{{{id}}}").replace("{", "{{").replace("}", "}}")


def _body(name: str) -> dict[str, Any] | None:
    if name in FORMS:
        pairs = {**FORMS[name], "client_id": "{{client_id}}", "client_secret": "{{client_secret}}"}
        return form(pairs, variables=True)
    if name in FILES:
        return {"mode": "raw", "raw": FILES[name]}
    return raw(BODIES[name], variables=True) if name in BODIES else None


def _auth(operation: Mapping[str, Any]) -> dict[str, Any] | None:
    """None: the collection's own, a token."""
    schemes = [scheme for requirement in operation["security"] for scheme in requirement]
    if "token" in schemes:
        return None
    return basic("{{webhook_user}}", "{{webhook_password}}") if "webhook" in schemes else {"type": "noauth"}
