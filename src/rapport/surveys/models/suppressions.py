"""Who gets nothing, and why: a ledger that only grows, and the state that it has come to."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class Suppression(TenantModel):
    """One act on an address, a number or a domain: suppressed, or lifted. Undo, records and files never touch it."""

    personal = ("address", "key", "proof")
    #: Erasure puts a digest in the place of the address.
    grants = ("select", "insert", "update (address, key, proof)")

    class Kind(models.TextChoices):
        """What is suppressed."""

        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        DOMAIN = "domain", "Domain"

    class List(models.TextChoices):
        """On which list it stands; who complained is unsubscribed."""

        UNSUBSCRIBE = "unsubscribe", "Unsubscribed"
        BOUNCE = "bounce", "Bounced"

    class Act(models.TextChoices):
        """What was done."""

        ADDED = "added"
        LIFTED = "lifted"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    at = models.DateTimeField()
    list = models.TextField(choices=List.choices)
    act = models.TextField(choices=Act.choices)
    kind = models.TextField(choices=Kind.choices)
    #: As it was given, and the key that finds it: `e:…`, `p:…` as contacts have them, `d:…`; null when erased.
    address = models.TextField(null=True)
    key = models.TextField()
    #: `link`, `one_click`, `hand`, `api`, `file`, `bounce`, `complaint`.
    source = models.TextField()
    #: Why, in somebody's words, or what a server said.
    reason = models.TextField(null=True)
    #: What shows it: the link's object, a user agent, a report.
    proof = models.JSONField(null=True)
    #: As in the ledger.
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    request_id = models.TextField()

    class Meta:
        db_table = "suppressions"
        indexes = (models.Index(fields=("tenant_id", "key", "id"), name="suppressions_key"),)


class Suppressed(TenantModel):
    """What the ledger has come to: a key that gets nothing now."""

    personal = ("key",)

    pk = models.CompositePrimaryKey("tenant_id", "key", "list")
    key = models.TextField()
    list = models.TextField(choices=Suppression.List.choices)
    #: The act that put it there.
    suppression_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "suppressed"
        indexes = (models.Index(fields=("tenant_id", "list", "at", "key"), name="suppressed_list"),)
