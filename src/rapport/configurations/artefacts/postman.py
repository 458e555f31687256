"""Collections for Postman and Newman, format v2.1: they get their token by themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from .outline import Outline

Part = dict[str, Any]

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
#: How a variable begins: Postman fills them in wherever they stand, also in other people's headings.
_VARIABLE = "{{"
_FORM = "application/x-www-form-urlencoded"
_ENCODED: Part = {"raw": {"language": "text"}}
#: Runs before each request; Postman waits for what it sends.
_SIGN_IN = """\
const expires = Number(pm.collectionVariables.get("token_expires") || 0);
if (Date.now() > expires) {
    const field = (key, value) => ({key, value: pm.variables.replaceIn(value)});
    pm.sendRequest({
        url: pm.variables.replaceIn("{{auth_url}}/oauth2/token"),
        method: "POST",
        body: {mode: "urlencoded", urlencoded: [
            field("grant_type", "client_credentials"),
            field("client_id", "{{client_id}}"),
            field("client_secret", "{{client_secret}}"),
        ]},
    }, (error, answer) => {
        if (error || answer.code !== 200) {
            console.error("There is no token: set client_id and client_secret to those of a Connected App.");
            return;
        }
        const told = answer.json();
        pm.collectionVariables.set("access_token", told.access_token);
        pm.collectionVariables.set("token_expires", String(Date.now() + (told.expires_in - 60) * 1000));
    });
}"""


def collection(
    name: str, description: str, items: Sequence[Part], hosts: Mapping[str, str], region: str, after: str = ""
) -> Part:
    """A collection of requests or folders. `hosts` may hold `{{region}}`; `after` runs after each request."""
    variables = {
        "region": region,
        **{f"{job}_url": url for job, url in hosts.items()},
        **dict.fromkeys(("client_id", "client_secret", "access_token", "token_expires"), ""),
    }
    return {
        "info": {"name": name, "description": description, "schema": FORMAT},
        "auth": bearer("{{access_token}}"),
        "event": [script("prerequest", _SIGN_IN), *([script("test", after)] if after else [])],
        "variable": [{"key": key, "value": value} for key, value in variables.items()],
        "item": list(items),
    }


def of_configuration(outline: Outline, hosts: Mapping[str, str], region: str) -> Part:
    """A collection that sends, rehearses and sends in a batch the samples of a configuration."""
    records, reference = outline.records(), outline.reference
    body = form(outline.parameters())
    address, batch = "{{records_url}}/records", f"{{{{records_url}}}}/records/batch?configuration={reference}"
    receipt = {"Prefer": "return=representation"}
    rehearsed = f"{address}?dry_run=true"
    items = [
        request("Rehearse a record", "PUT", rehearsed, body=body, statuses=[200]),
        request("Send a record", "PUT", address, headers=receipt, body=body, statuses=[200]),
        request("Send a batch", "POST", batch, body=raw(records), statuses=[200]),
    ]
    description = f"Records for the import configuration `{reference}`. Set `client_id` and `client_secret`."
    return collection(outline.name, description, items, hosts, region)


def request(
    name: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Part | None = None,
    auth: Part | None = None,
    statuses: Sequence[int] = (),
) -> Part:
    """A request, with a test of its answer's status."""
    sent: Part = {"method": method, "url": url}
    encoded = {"Content-Type": _FORM} if (body or {}).get("options") == _ENCODED else {}
    sent["header"] = [{"key": key, "value": value} for key, value in {**(headers or {}), **encoded}.items()]
    sent |= {key: part for key, part in (("body", body), ("auth", auth)) if part is not None}
    test = f"""pm.test("the answer is good", () => pm.expect(pm.response.code).to.be.oneOf({list(statuses)}));"""
    return {"name": name, "request": sent, "event": [script("test", test)]}


def form(pairs: Mapping[str, str], *, variables: bool = False) -> Part:
    """A body as browsers send a form; encoded already where Postman would fill in what are not its `variables`."""
    if not variables and any(_VARIABLE in text for pair in pairs.items() for text in pair):
        return {"mode": "raw", "raw": urlencode(pairs), "options": _ENCODED}
    return {"mode": "urlencoded", "urlencoded": [{"key": key, "value": value} for key, value in pairs.items()]}


def raw(content: Any, *, variables: bool = False) -> Part:
    """A body of JSON, in which Postman fills in its `variables` or finds none."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    text = text if variables else text.replace(_VARIABLE, "{\\u007b")
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}


def bearer(token: str) -> Part:
    """Authentication by an access token."""
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def basic(user: str, password: str) -> Part:
    """Authentication by user and password."""
    parts = {"username": user, "password": password}
    return {"type": "basic", "basic": [{"key": key, "value": value, "type": "string"} for key, value in parts.items()]}


def script(when: str, text: str) -> Part:
    """An event: `prerequest` or `test`."""
    return {"listen": when, "script": {"type": "text/javascript", "exec": text.splitlines()}}
