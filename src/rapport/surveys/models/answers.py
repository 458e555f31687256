"""What people answered, each page as it came, and what was only fetched."""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value

from rapport.tenants.models import TenantModel


class Response(TenantModel):
    """What somebody answered: the row of an answered survey record, or of a visit at a touchpoint.

    It is there from the first page on. Until `entered_seq` is set it is only begun: in no figure, list or alert.
    Erasure finds it by contact_id.
    """

    personal = ("comment", "answers", "follow_up_request")

    class Channel(models.TextChoices):
        """How it came."""

        LINK = "link", "By link"
        TOUCHPOINT = "touchpoint", "At a touchpoint"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    #: Its survey record's, else its own of the same numbers.
    number = models.BigIntegerField()
    #: Null: of somebody unknown, at a touchpoint.
    survey_record_id = models.UUIDField(null=True)
    survey_id = models.UUIDField()
    #: The version that was shown last.
    survey_version = models.IntegerField()
    contact_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    touchpoint = models.TextField(null=True)
    nps_score = models.SmallIntegerField(null=True)
    comment = models.TextField(null=True)
    #: Question id -> answer, score and comment among them.
    answers = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    #: Whether somebody wants to be called back; null where it was not asked or not said.
    follow_up_request = models.BooleanField(null=True)
    language = models.TextField()
    channel = models.TextField(choices=Channel.choices)
    started_at = models.DateTimeField()
    #: When its last page came.
    paged_at = models.DateTimeField()
    #: When its last question was answered, or, where that never came, when it was taken as it was.
    answered_at = models.DateTimeField(null=True)
    #: The ledger's number under which it entered lists, figures and feeds; never changes.
    entered_seq = models.BigIntegerField(null=True)
    #: How many pages came after it had entered.
    corrections = models.IntegerField(db_default=0)
    #: Goes up with each entry of the ledger.
    version = models.IntegerField(db_default=1)
    #: The record that changed it last.
    last_record = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "responses"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant_id", "survey_record_id"),
                condition=models.Q(survey_record_id__isnull=False),
                name="responses_survey_record",
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant_id", "contact_id"),
                condition=models.Q(contact_id__isnull=False),
                name="responses_contact",
            ),
            models.Index(
                fields=("tenant_id", "account_id"),
                condition=models.Q(account_id__isnull=False),
                name="responses_account",
            ),
            models.Index(fields=("tenant_id", "entered_seq"), name="responses_entered"),
            models.Index(fields=("tenant_id", "updated_at", "id"), name="responses_updated"),
            models.Index(
                fields=("tenant_id", "paged_at"),
                condition=models.Q(entered_seq__isnull=True),
                name="responses_begun",
            ),
        )


class ResponsePage(TenantModel):
    """A page as it came, corrections and all; never changed but by erasure.

    Its response leads to the contact.
    """

    personal = ("content", "user_agent")
    grants = ("select", "insert", "update (content, user_agent)")

    pk = models.CompositePrimaryKey("tenant_id", "response_id", "number")
    response_id = models.UUIDField()
    #: In the order of arrival.
    number = models.IntegerField()
    #: Of the rendering that was sent back, and a digest of what was sent: both again is a repeat.
    nonce = models.BinaryField()
    digest = models.BinaryField()
    #: The id of the page in the document.
    page = models.TextField()
    survey_id = models.UUIDField()
    survey_version = models.IntegerField()
    #: Question id -> answer, null where it was taken back.
    content = models.JSONField()
    language = models.TextField()
    opened_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    #: `computer`, `phone`, `robot` or `unknown`.
    device = models.TextField()
    user_agent = models.TextField(null=True)
    #: The record of the ledger that it became; null where it changed nothing.
    record = models.UUIDField(null=True)

    class Meta:
        db_table = "response_pages"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant_id", "response_id", "nonce", "digest"), name="response_pages_rendering"
            ),
        )


class Fetch(TenantModel):
    """How often a link was fetched, scanners included, and with which score in its address: an intent, no answer.

    Somebody who accepts an intent makes an answer of it.
    """

    personal = ("user_agent",)

    class Purpose(models.TextChoices):
        """What the link is for; the first letter of its path."""

        ANSWER = "a"
        UNSUBSCRIBE = "u"
        TOUCHPOINT = "t"

    #: Of a fetch without a score.
    NO_SCORE = -1

    pk = models.CompositePrimaryKey("tenant_id", "purpose", "object_id", "score")
    purpose = models.TextField(choices=Purpose.choices)
    object_id = models.UUIDField()
    score = models.SmallIntegerField(db_default=NO_SCORE)
    fetches = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    #: Of the last one: `computer`, `phone`, `robot` or `unknown`, and as it said itself.
    device = models.TextField()
    user_agent = models.TextField(null=True)
    #: How often a link was followed that nobody can see.
    trapped = models.IntegerField(db_default=0)
    accepted_at = models.DateTimeField(null=True)
    #: The user who accepted the intent.
    accepted_by = models.UUIDField(null=True)

    class Meta:
        db_table = "link_fetches"


class Entry(TenantModel):
    """Beside the ledger: under which number something entered a feed that is read by number, once.

    A survey record enters the non-responses when it is made; whoever reads them leaves out what is answered by then.
    """

    personal = ()
    grants = ("select", "insert")

    class Feed(models.TextChoices):
        """The feeds of v7."""

        RESPONSES = "responses"
        NON_RESPONSES = "non-responses"

    pk = models.CompositePrimaryKey("tenant_id", "feed", "seq")
    feed = models.TextField(choices=Feed.choices)
    #: The ledger's number: gap-free and ordered by commit, so a reader that stores it misses nothing.
    seq = models.BigIntegerField()
    #: `response`, `external_response` or `survey_record`.
    object_type = models.TextField()
    object_id = models.UUIDField()

    class Meta:
        db_table = "feed_entries"
