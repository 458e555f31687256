"""Accounts and contacts, and the normalised keys by which they are found.

These rows are written by `rapport.db` only: nothing here is ever saved by Django.
"""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import RemovableModel, TenantModel

#: Of an index that has deleted rows only: no other ever touches it, so that ingest pays nothing.
GONE = models.Q(deleted_at__isnull=False)


class Account(RemovableModel):
    """A company."""

    personal = ("manager", "manager_email", "attributes")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    name = models.TextField()
    manager = models.TextField(null=True)
    manager_email = models.TextField(null=True)
    parent_account = models.TextField(null=True)
    industry = models.TextField(null=True)
    company_size = models.TextField(null=True)
    region = models.TextField(null=True)
    number = models.TextField(null=True)
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    version = models.IntegerField()
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    #: The one that it is part of by now.
    merged_into = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "accounts"
        indexes = (models.Index(fields=("tenant_id", "deleted_at", "id"), condition=GONE, name="accounts_deleted"),)


class AccountKey(TenantModel):
    """A name or an alias that finds an account."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "key")
    key = models.TextField()
    account_id = models.UUIDField()
    is_alias = models.BooleanField()
    #: An alias as it was first sent.
    label = models.TextField(null=True)

    class Meta:
        db_table = "account_keys"
        indexes = (models.Index(fields=("tenant_id", "account_id"), name="account_keys_account"),)


class Contact(RemovableModel):
    """A person at a company. There is no index on `updated_at`, which keeps updates heap-only."""

    personal = ("email", "phone", "first_name", "last_name", "job_title", "job_level", "language", "attributes")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    email = models.TextField(null=True)
    phone = models.TextField(null=True)
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    job_title = models.TextField(null=True)
    job_level = models.TextField(null=True)
    language = models.TextField(null=True)
    account_id = models.UUIDField(null=True)
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    version = models.IntegerField()
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    #: The one that it is part of by now.
    merged_into = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "contacts"
        indexes = (
            models.Index(
                fields=("tenant_id", "account_id"),
                condition=models.Q(account_id__isnull=False),
                name="contacts_account",
            ),
            models.Index(fields=("tenant_id", "deleted_at", "id"), condition=GONE, name="contacts_deleted"),
        )


class ContactKey(TenantModel):
    """An e-mail key (`e:…`) or a phone key (`p:…`) that finds a contact."""

    personal = ("key",)

    pk = models.CompositePrimaryKey("tenant_id", "key")
    key = models.TextField()
    contact_id = models.UUIDField()
    #: The contact that had it first, where a merge brought it to this one.
    origin = models.UUIDField(null=True)

    class Meta:
        db_table = "contact_keys"
        indexes = (models.Index(fields=("tenant_id", "contact_id"), name="contact_keys_contact"),)


class Activity(RemovableModel):
    """Something that happened with an account, found by its sender's reference."""

    personal = ("information", "attributes")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    #: Null while it is deleted: another one may have it.
    reference = models.TextField(null=True)
    account_id = models.UUIDField()
    contact_id = models.UUIDField(null=True)
    type = models.TextField()
    source = models.TextField()
    happened_at = models.DateTimeField()
    #: Additional information, text or JSON as it was sent.
    information = models.TextField(null=True)
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    version = models.IntegerField()
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "activities"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "reference"), name="activities_reference"),)
        indexes = (
            models.Index(fields=("tenant_id", "account_id", "happened_at"), name="activities_account"),
            models.Index(
                fields=("tenant_id", "contact_id"),
                condition=models.Q(contact_id__isnull=False),
                name="activities_contact",
            ),
        )


#: What the label of a merge's entries in the ledger begins with.
MERGE = "merge-"


class Merge(TenantModel):
    """Contacts or accounts that became part of one; what belongs to them follows in steps."""

    personal = ("author_name",)
    grants = ("select", "insert", "update")

    class State(models.TextChoices):
        """Where it is."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: `contact` or `account`.
    object_type = models.TextField()
    kept_id = models.UUIDField()
    #: Those that are part of it by now.
    merged_ids = models.JSONField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    author_type = models.TextField()
    author_id = models.UUIDField(null=True)
    author_name = models.TextField()
    #: Objects to move when it began, and moved until now.
    total = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    #: The first and the last entry of the ledger that it made.
    first_seq = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "merges"

    @property
    def request(self) -> str:
        """What its entries of the ledger are labelled with."""
        return f"{MERGE}{self.id}"


class SearchToken(TenantModel):
    """A word of an object, folded (`directory/words.py`). Whoever looks for its beginning finds the object."""

    personal = ("token",)
    grants = ("select", "insert", "delete")

    pk = models.CompositePrimaryKey("tenant_id", "object_type", "token", "object_id")
    #: `contact` or `account`.
    object_type = models.TextField()
    #: In the order of code points, whatever the database's own: a beginning is a range of them.
    token = models.TextField(db_collation="C")
    object_id = models.UUIDField()

    class Meta:
        db_table = "search_tokens"
        indexes = (models.Index(fields=("tenant_id", "object_id"), name="search_tokens_object"),)


class SearchHead(TenantModel):
    """How far the words of a tenant have followed its ledger; made with the first step."""

    personal = ()
    grants = ("select", "insert", "update")

    tenant_id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "search_heads"


class TwinKey(TenantModel):
    """What likely twins share (`directory/twin_keys.py`), of each contact and account."""

    personal = ("key",)
    grants = ("select", "insert", "delete")

    pk = models.CompositePrimaryKey("tenant_id", "object_type", "key", "object_id")
    #: `contact` or `account`.
    object_type = models.TextField()
    key = models.TextField()
    object_id = models.UUIDField()

    class Meta:
        db_table = "twin_keys"
        indexes = (models.Index(fields=("tenant_id", "object_id"), name="twin_keys_object"),)


class Twin(TenantModel):
    """Two contacts, or two accounts, that are likely to be one. Dismissed ones are brought back by hand alone."""

    personal = ("dismissed_by",)

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: `contact` or `account`.
    object_type = models.TextField()
    #: The lesser of the two ids, which is the older object.
    first_id = models.UUIDField()
    second_id = models.UUIDField()
    #: `name`, `phone` or `domain`: what they share.
    reason = models.TextField()
    found_at = models.DateTimeField(db_default=Now())
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.TextField(null=True)

    class Meta:
        db_table = "twins"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "first_id", "second_id"), name="twins_pair"),)
        indexes = (
            models.Index(fields=("tenant_id", "second_id"), name="twins_second"),
            models.Index(
                fields=("tenant_id", "found_at", "id"),
                condition=models.Q(dismissed_at__isnull=True),
                name="twins_open",
            ),
            models.Index(
                fields=("tenant_id", "dismissed_at", "id"),
                condition=models.Q(dismissed_at__isnull=False),
                name="twins_dismissed",
            ),
        )


class TwinHead(TenantModel):
    """How far the search for twins has followed a tenant's ledger; made with the first step."""

    personal = ()
    grants = ("select", "insert", "update")

    tenant_id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "twin_heads"
