"""The management API of configurations, fields and touchpoints."""

from __future__ import annotations

from rapport.configurations.errors import BusyError, ConfigurationError, FaultsError, UnknownError
from rapport.tenants import answers

#: Turns what a view raises into the answer that says so.
told = answers.telling(
    {
        FaultsError: lambda fault: answers.faults(fault.errors),
        BusyError: lambda fault: answers.sentence(503, str(fault), {"Retry-After": str(answers.RETRY_AFTER)}),
        UnknownError: lambda fault: answers.sentence(404, str(fault)),
        ConfigurationError: lambda fault: answers.sentence(409, str(fault)),
    }
)
