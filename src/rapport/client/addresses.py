"""Where a service answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URL of each job."""

    auth: str
    records: str
    api: str

    @classmethod
    def of(cls, where: str | Addresses) -> Addresses:
        """Those of a service on one origin, such as `http://127.0.0.1:8000`; addresses stay as they are."""
        if isinstance(where, Addresses):
            return where
        origin = where.rstrip("/")
        return cls(origin, origin, f"{origin}/api")

    @classmethod
    def of_region(cls, region: str, domain: str) -> Addresses:
        """Those of a service with a host for each job: `of_region("eu", "example.com")`."""
        names = (f"auth.{region}", f"imports.api.{region}", f"api.{region}")
        return cls(*(f"https://{name}.{domain}" for name in names))
