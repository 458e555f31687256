"""What is asked and what came back, as rows: written by functions of `rapport.db`, read and shown by rooms above.

Columns with a person's data are each table's `personal`, for erasure, export and retention.
"""

from __future__ import annotations

from .answers import Entry, Fetch, Response, ResponsePage
from .asked import ExternalResponse, SurveyRecord
from .documents import Survey, SurveyVersion
from .figures import CountedAnswer, ScoreDay, ScoreHead, ScoreHour
from .follow_ups import AlertRule, FollowUp, FollowUpNote
from .links import LinkKey, TouchpointLink
from .suppressions import Suppressed, Suppression

__all__ = [
    "AlertRule",
    "CountedAnswer",
    "Entry",
    "ExternalResponse",
    "Fetch",
    "FollowUp",
    "FollowUpNote",
    "LinkKey",
    "Response",
    "ResponsePage",
    "ScoreDay",
    "ScoreHead",
    "ScoreHour",
    "Suppressed",
    "Suppression",
    "Survey",
    "SurveyRecord",
    "SurveyVersion",
    "TouchpointLink",
]
