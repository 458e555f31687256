"""The management API of asking."""

from __future__ import annotations

from rapport.feedback.errors import SurveyError, SurveyFaultsError, UnknownSurveyError
from rapport.tenants import answers

#: Turns what a view raises into the answer that says so.
told = answers.telling(
    {
        SurveyFaultsError: lambda fault: answers.faults(fault.errors),
        UnknownSurveyError: lambda fault: answers.sentence(404, str(fault)),
        SurveyError: lambda fault: answers.sentence(409, str(fault)),
    }
)
