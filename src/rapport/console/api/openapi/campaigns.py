"""`/api/campaigns`, `/api/segments`, `/api/deliveries`, `/api/suppressions` and the reference's lists."""

from __future__ import annotations

from typing import Any

from rapport.campaigns.models import BounceReport, Campaign, Delivery
from rapport.surveys.models import Suppression

from .campaign_schemas import DAY, DOMAIN, OBJECT, RECIPIENTS, SUPPRESS, TRANSPORT, page
from .configurations import IF_MATCH, PAGING
from .responses import answer, shared
from .schemas import COUNT, ID, TEXT, TIME, Schema, closed, one_of, ref

JSON = "application/json"
READ, WRITE = "campaigns:read", "campaigns:write"


def _content(schema: Schema) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema}}}


def _query(name: str, schema: Schema, told: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": told}


def _call(
    id: str,
    summary: str,
    scope: str,
    status: str,
    of: Schema | None,
    *more: int,
    body: Schema | None = None,
    **rest: Any,
) -> dict[str, Any]:
    success = {**answer(summary), **(_content(of) if of else {})}
    told = {
        "operationId": id,
        "summary": summary,
        "tags": ["Campaigns"],
        "security": [{"token": [scope]}],
        "responses": {status: success, **shared(400, 401, 403, 405, 500, 503, *more)},
        **rest,
    }
    return told | {"requestBody": {"required": True, **_content(body)}} if body else told


def _own(*more: Any) -> dict[str, Any]:
    id = {"name": "id", "in": "path", "required": True, "schema": ID, "description": "An id."}
    return {"parameters": [id, *more]}


_BODY = (413, 415, 422)
_REFUSED = {"404": answer("There is no such thing."), "409": answer("What it is now does not allow it.")}


def _act(name: str, summary: str, **rest: Any) -> dict[str, Any]:
    call = _call(f"{name}Campaign", summary, WRITE, "200", ref("Campaign"), *_BODY, **_own(), **rest)
    call["responses"] |= _REFUSED
    return {"post": call}


def _with(call: dict[str, Any], *codes: str) -> dict[str, Any]:
    call["responses"] |= {code: _REFUSED[code] for code in codes}
    return call


def _as_the_reference(id: str, scope: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """A call of the reference's own, which refuses in its envelope."""
    call = _call(id, "As the reference has it.", scope, "200", OBJECT, parameters=list(parameters))
    refused = {"oneOf": [closed({"Error": closed({"Message": TEXT, "Code": COUNT})}), ref("Sentence")]}
    call["responses"]["400"] = {**answer("What was sent cannot be read, or lacks something."), **_content(refused)}
    return call


def _handed_in() -> dict[str, Any]:
    """A mail as it came."""
    recipient = _query("recipient", TEXT, "The envelope's recipient, which names the delivery.")
    call = _call("handInBounce", "Takes a mail that came back, as it is.", "bounces:write", "201", ref("Bounce"),
                 413, 415, 422, parameters=[recipient])  # fmt: skip
    call["responses"]["200"] = {**answer("It is there already."), **_content(ref("Bounce"))}
    mail = {"schema": {"type": "string", "format": "binary"}}
    return call | {"requestBody": {"required": True, "content": {"message/rfc822": mail}}}


_SPAN = (
    _query("date_range_from", TEXT, "Not before this day or moment, in the system's time zone."),
    _query("date_range_to", TEXT, "Not after it; both or none."),
    _query("start", COUNT, "How many to leave out."),
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "How many to answer with."),
)
_TO_CAMPAIGN = closed({"campaign": ID})
PATHS: dict[str, Any] = {
    "/api/campaigns": {
        "get": _call(
            "listCampaigns", "Campaigns, oldest first.", READ, "200", page(ref("Campaign")), 422,
            parameters=[
                _query("state", one_of(*Campaign.State.values), "Only those in this state."),
                _query("mode", one_of(*Campaign.Mode.values), "Only manual or only automated ones."),
                *PAGING,
            ],
        ),
        "post": _call(
            "createCampaign", "A new draft; what is left out stands ready.", WRITE, "201", _TO_CAMPAIGN, *_BODY,
            body=ref("NewCampaign"),
        ),
    },
    "/api/campaigns/{id}": {
        "get": _with(_call("readCampaign", "One campaign.", READ, "200", ref("Campaign"), **_own()), "404"),
        "patch": _with(
            _call(
                "changeCampaign", "Some of a draft's parts.", WRITE, "200", ref("Campaign"), *_BODY, 412, 428,
                body=ref("ChangedCampaign"), **_own(IF_MATCH),
            ),
            "404", "409",
        ),
    },
    "/api/campaigns/{id}/plan": {
        "post": _with(
            _call("planCampaign", "The exact list or a rehearsal, and its token.", WRITE, "200", ref("Plan"), *_BODY,
                  **_own()),
            "404", "409",
        )
    },
    "/api/campaigns/{id}/start": {
        "post": _with(
            _call(
                "startCampaign", "Sends what was planned, or activates.", WRITE, "202", _TO_CAMPAIGN, *_BODY,
                body=closed({"plan": TEXT, "at": TIME}, optional=("at",)), **_own(),
            ),
            "404", "409",
        )
    },
    "/api/campaigns/{id}/pause": _act("pause", "Sends nothing more until it is resumed."),
    "/api/campaigns/{id}/resume": _act("resume", "Goes on."),
    "/api/campaigns/{id}/cancel": _act("cancel", "Sends nothing more, for good."),
    "/api/campaigns/{id}/send-again": {
        "post": _with(
            _call(
                "sendAgain", "Queues those in doubt or those that failed again.", WRITE, "200",
                closed({"queued": COUNT}), *_BODY,
                body=closed(
                    {"state": one_of("in doubt", "failed"), "deliveries": {"type": "array", "items": ID}},
                    optional=("deliveries",),
                ),
                **_own(),
            ),
            "404", "409",
        )
    },
    "/api/deliveries": {
        "get": _call(
            "listDeliveries", "The ledger of sending, oldest first.", READ, "200", page(ref("Delivery")), 422,
            parameters=[
                _query("campaign", ID, "Only those of this campaign."),
                _query("contact", ID, "Only those to this contact."),
                _query("state", one_of(*Delivery.State.values), "Only those in this state."),
                *PAGING,
            ],
        )
    },
    "/api/recipients/count": {
        "post": _call(
            "countRecipients", "How many contacts recipients mean now.", READ, "200",
            closed({"count": COUNT, "exact": {"type": "boolean"}}), *_BODY, body=closed({"recipients": RECIPIENTS}),
        )
    },
    "/api/segments": {
        "get": _call("listSegments", "Saved sets of conditions.", READ, "200", page(ref("Segment")), 422,
                     parameters=PAGING),
        "post": _call("createSegment", "A new segment.", WRITE, "201", ref("Segment"), *_BODY,
                      body=ref("ChangedSegment")),
    },
    "/api/segments/{id}": {
        "get": _with(_call("readSegment", "One segment.", READ, "200", ref("Segment"), **_own()), "404"),
        "put": _with(
            _call("changeSegment", "Its name or conditions.", WRITE, "200", ref("Segment"), *_BODY, 412, 428,
                  body=ref("ChangedSegment"), **_own(IF_MATCH)),
            "404",
        ),
        "delete": _with(_call("removeSegment", "Removes it.", WRITE, "204", None, **_own()), "404", "409"),
    },
    "/api/statistics/deliveries": {
        "get": _call(
            "countDeliveries", "The Data Transport Report.", READ, "200", TRANSPORT, 422,
            parameters=[
                _query("campaign", ID, "Only this campaign."),
                _query("from", DAY, "Not before this day."),
                _query("to", DAY, "Not after it."),
            ],
        )
    },
    "/api/sender-domain": {
        "get": _call(
            "lookAtDomain", "What a sender's domain says of itself.", READ, "200", DOMAIN, 422,
            parameters=[
                _query("domain", TEXT, "By default the system's sender's."),
                _query("selector", TEXT, "The DKIM selector that the mail server signs with."),
            ],
        )
    },
    "/api/bounces": {
        "get": _call(
            "listBounces", "What came back, oldest first.", "suppressions:read", "200", page(ref("Bounce")), 422,
            parameters=[
                _query("kind", one_of(*BounceReport.Kind.values), "Only those that say this."),
                _query("delivery", ID, "Only those about this delivery."),
                _query("open", one_of("true", "false"), "Only those that somebody should look at still, or not."),
                *PAGING,
            ],
        ),
        "post": _handed_in(),
    },
    "/api/suppressions": {
        "get": _call(
            "listSuppressions", "Who gets nothing, and why: the ledger, oldest first.", "suppressions:read", "200",
            page(ref("Suppression")), 422,
            parameters=[_query("list", one_of(*Suppression.List.values), "Only those of this list."), *PAGING],
        ),
        "post": {
            **(made := _call(
                "suppress", "Suppresses an address, a number or a domain.", "suppressions:write", "201",
                ref("Suppression"), *_BODY, body=SUPPRESS,
            )),
            "responses": {
                **made["responses"], "200": {**answer("It is suppressed already."), **_content(ref("Suppression"))}
            },
        },
    },
    "/api/suppressions/{id}/lift": {
        "post": _with(
            _call("liftSuppression", "Lifts it, with a reason.", "suppressions:write", "200",
                  closed({"lifted": {"type": "boolean"}}), *_BODY, body=closed({"reason": TEXT}), **_own()),
            "404",
        )
    },
    "/v4.1/lists/unsubscribe.json": {
        "get": _as_the_reference("listUnsubscribed", "suppressions:read", *_SPAN),
        "post": _as_the_reference(
            "unsubscribe", "suppressions:write", _query("email", TEXT, "The address; or in a form's body.")
        ),
    },
    "/v4.1/lists/bounce.json": {"get": _as_the_reference("listBounced", "suppressions:read", *_SPAN)},
}  # fmt: skip
