"""Rules that mail members as soon as an answer that fits enters; the rules as callers and pages change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from rapport.directory.models import Account
from rapport.members import letters, mail
from rapport.members.models import Membership, User
from rapport.surveys.models import AlertRule, Entry
from rapport.tenants import audit
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import figures, responses
from .errors import SurveyFaultsError, UnknownSurveyError
from .fields import Field, fields
from .figures import Wanted
from .following_up import members
from .statistics import GROUPS

if TYPE_CHECKING:
    from procrastinate import JobContext

    from rapport.tenants.actors import Author

#: The job that mails.
MAIL = "rapport.feedback.jobs.send_alert"
#: Answers that are shown in one mail; what is more is a number with a link.
SHOWN = 20
NAME_LIMIT = 128
#: What a rule says -> how it is left out.
PLAIN: Mapping[str, Any] = {
    "name": "",
    "active": True,
    "score_groups": [],
    "touchpoint": None,
    "account": None,
    "field": None,
    "value": None,
    "follow_up_request": False,
    "users": [],
}
_ASKS = Field("", "", "(r.follow_up_request or x.follow_up_request = 'Y')::text", ("r", "x"))


class UnknownRuleError(UnknownSurveyError):
    """There is no such alert."""


def defer(tenant_id: int, start: int, end: int) -> None:
    """Defers a mail for each rule and member about what entered behind `start` up to `end`.

    In the transaction of whoever follows the ledger, so that each answer is told once. Answers from before a rule, as
    imports bring them, are not told; nor is anything where no mail is sent.
    """
    if settings.RAPPORT.mail_url is None:
        return
    rules = list(AlertRule.objects.filter(tenant_id=tenant_id, active=True))
    entered = Entry.objects.filter(tenant_id=tenant_id, feed=Entry.Feed.RESPONSES, seq__gt=start, seq__lte=end)
    ids = list(entered.values_list("object_id", flat=True)) if rules else []
    if not ids:
        return
    known = fields(Tenant.objects.get(pk=tenant_id))
    # The worker's own connector commits by itself; this one belongs to the transaction.
    queue = app.with_connector(DjangoConnector()).configure_task(MAIL, allow_unknown=False)
    for rule in rules:
        found = [str(id) for id in fitting(tenant_id, rule, ids, known)]
        for user_id in rule.user_ids if found else ():
            queue.defer(tenant_id=tenant_id, rule_id=str(rule.id), user_id=str(user_id), answer_ids=[*found])


def fitting(tenant_id: int, rule: AlertRule, ids: Sequence[UUID], known: Mapping[str, Field]) -> list[UUID]:
    """Which of these answers a rule is about."""
    where: list[tuple[Field, str | None]] = []
    for name, value in (("touchpoint", rule.touchpoint), ("account", rule.account_id)):
        if value is not None:
            where.append((known[name], str(value)))
    if rule.field is not None:
        if rule.field not in known:
            return []
        where.append((known[rule.field], rule.value))
    if rule.follow_up_request:
        where.append((_ASKS, "true"))
    wanted = Wanted(start=rule.created_at, where=tuple(where))
    scores = [score for name in rule.score_groups for score in GROUPS[name]]
    tail = "and k.id = any(%(ids)s)" + (" and k.score = any(%(scores)s)" if scores else "") + " order by k.seq"
    more = {"ids": list(ids), "scores": scores}
    return [id for (id,) in figures.select(tenant_id, "k.id", wanted, tail=tail, rolls=False, more=more)]


def tell(context: JobContext, tenant_id: int, rule_id: UUID, user_id: UUID, ids: Sequence[UUID]) -> None:
    """Mails a member about answers, if they still are one and the rule is still there. Raises what sending does."""
    with tenant_scope(tenant_id):
        rule = AlertRule.objects.filter(tenant_id=tenant_id, id=rule_id).first()
        is_member = Membership.objects.filter(tenant_id=tenant_id, user_id=user_id).exists()
        found = responses.load(tenant_id, list(ids)[:SHOWN])
    user = User.objects.filter(id=user_id, is_active=True).first()
    if rule is None or user is None or not is_member or not found:
        return
    told = {"system": Tenant.objects.get(pk=tenant_id), "rule": rule, "answers": found, "count": len(ids)}
    with letters.sending(context, None, None):
        mail.send("alert", user.email, room="feedback", more=len(ids) - len(found), **told)


def find(tenant_id: int, id: UUID) -> AlertRule:
    """The rule with this id. Raises `UnknownRuleError`."""
    row = AlertRule.objects.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise UnknownRuleError
    return row


def save(tenant: Tenant, author: Author, given: Mapping[str, Any], row: AlertRule | None = None) -> AlertRule:
    """Makes a rule, or changes what is given of one. Raises `SurveyFaultsError`. Inside the tenant's scope."""
    before = represent(row) if row else dict(PLAIN)
    wanted = {name: before[name] for name in PLAIN} | dict(given)
    columns = _checked(tenant, wanted)
    new = row or AlertRule(tenant_id=tenant.pk)
    for name, value in columns.items():
        setattr(new, name, value)
    if row:
        new.version += 1
    try:
        with transaction.atomic():
            new.save(force_insert=row is None)
    except IntegrityError:
        raise SurveyFaultsError({"name": ["There is an alert of this name already."]}) from None
    new.refresh_from_db()
    details = audit.changed(before, represent(new)) if row else {}
    audit.note(tenant.pk, author, f"alert.{'change' if row else 'create'}", audit.Object(new.id, new.name), details)
    return new


def remove(row: AlertRule, author: Author) -> None:
    """Removes a rule."""
    audit.note(row.tenant_id, author, "alert.remove", audit.Object(row.id, row.name))
    AlertRule.objects.filter(tenant_id=row.tenant_id, id=row.id).delete()


def represent(row: AlertRule) -> dict[str, Any]:
    """A rule as callers see it."""
    return {
        "id": str(row.id),
        "name": row.name,
        "active": row.active,
        "score_groups": row.score_groups,
        "touchpoint": row.touchpoint,
        "account": None if row.account_id is None else str(row.account_id),
        "field": row.field,
        "value": row.value,
        "follow_up_request": row.follow_up_request,
        "users": [str(id) for id in row.user_ids],
        "version": row.version,
    }


def _checked(tenant: Tenant, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a rule. Raises `SurveyFaultsError` with every fault."""
    name = given["name"].strip() if isinstance(given["name"], str) else ""
    account, users = _id(given["account"]), _ids(given["users"])
    faults = _faults(given)
    if not name or len(name) > NAME_LIMIT:
        faults["name"] = [f"The name must be a text of 1 to {NAME_LIMIT} characters."]
    if isinstance(given["field"], str) and given["field"] not in fields(tenant):
        faults["field"] = ["The field must be one that answers are grouped by, such as contact.language."]
    if given["account"] is not None and not _is_account(tenant.pk, account):
        faults["account"] = ["The account must be the id of an account."]
    if given["value"] and given["field"] is None:
        faults["value"] = ["The value needs a field."]
    if not users or not set(users) <= members(tenant.pk).keys():
        faults["users"] = ["The users must be a list of ids of members, at least one."]
    if faults:
        raise SurveyFaultsError(faults)
    return {
        "name": name,
        "active": given["active"],
        "score_groups": [group for group in GROUPS if group in given["score_groups"]],
        "touchpoint": given["touchpoint"] or None,
        "account_id": account,
        "field": given["field"],
        "value": given["value"] or None,
        "follow_up_request": given["follow_up_request"],
        "user_ids": users,
    }


def _faults(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the shape of a rule."""
    faults: dict[str, list[str]] = {
        name: [f"The field {name} is unknown; known are {', '.join(PLAIN)}."] for name in given.keys() - PLAIN.keys()
    }
    groups = given["score_groups"]
    if not isinstance(groups, list) or not set(map(str, groups)) <= set(GROUPS):
        faults["score_groups"] = [f"The score_groups must be a list of {', '.join(GROUPS)}."]
    for flag in ("active", "follow_up_request"):
        if not isinstance(given[flag], bool):
            faults[flag] = [f"The {flag} must be true or false."]
    for text in ("touchpoint", "field", "value"):
        if given[text] is not None and not isinstance(given[text], str):
            faults[text] = [f"The {text} must be a text or null."]
    return faults


def _is_account(tenant_id: int, id: UUID | None) -> bool:
    return id is not None and Account.objects.filter(tenant_id=tenant_id, id=id).exists()


def _id(given: Any) -> UUID | None:
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _ids(given: Any) -> list[UUID]:
    found = [_id(each) for each in given] if isinstance(given, list) else []
    return [] if None in found else list(dict.fromkeys(id for id in found if id is not None))
