"""The management API of campaigns, segments and deliveries."""

from __future__ import annotations

from rapport.campaigns.errors import CampaignError, FaultsError, MovedError, UnknownError
from rapport.tenants import answers

#: Turns what a view raises into the answer that says so.
told = answers.telling(
    {
        FaultsError: lambda fault: answers.faults(fault.errors),
        MovedError: lambda fault: answers.data({"message": str(fault), "changed": fault.changed}, 409),
        UnknownError: lambda fault: answers.sentence(404, str(fault)),
        CampaignError: lambda fault: answers.sentence(409, str(fault)),
    }
)
