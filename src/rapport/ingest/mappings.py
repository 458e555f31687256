"""Import configurations, compiled once and kept for a second."""

from __future__ import annotations

import json
import logging
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rapport.db.queries import statement
from rapport.ingest.cache import Cache
from rapport.ingest.store import Store
from rapport.records.catalogue import Catalogue, custom_field
from rapport.records.errors import MappingFault
from rapport.records.mapping import Mapping

log = logging.getLogger("rapport.ingest")

CONFIGURATION_SECONDS = 1.0
_FIND, _CLOCK = statement("find_configuration"), statement("tenant_clock")


class Configuration(NamedTuple):
    """A configuration ready for use."""

    id: Any
    mapping: Mapping
    #: Whether the tenant's request history keeps what was sent.
    keep_sent: bool
    #: None where there is no row.
    version: int | None = None


class Configurations:
    """Reference -> configuration, per tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: Cache[tuple[int, str], Configuration] = Cache(self._find, CONFIGURATION_SECONDS)
        self._keeping: Cache[int, bool] = Cache(self._keeps, CONFIGURATION_SECONDS)

    async def find(self, tenant: int, reference: str) -> Configuration | None:
        """The active configuration that callers name `reference`. Raises `Unavailable`."""
        return await self._cache.get((tenant, reference))

    def known(self, tenant: int, reference: str) -> Configuration | None:
        """The same, where it need not be looked up."""
        return self._cache.known((tenant, reference))

    async def keeps_sent(self, tenant: int) -> bool:
        """Whether the tenant's request history keeps what was sent. Raises `Unavailable`."""
        return bool(await self._keeping.get(tenant))

    async def _keeps(self, tenant: int) -> bool | None:
        clock = await self._store.fetchrow(tenant, _CLOCK)
        return None if clock is None else clock["sent_days"] > 0

    async def _find(self, key: tuple[int, str]) -> Configuration | None:
        row = await self._store.fetchrow(key[0], _FIND, key[1])
        clock = await self._store.fetchrow(key[0], _CLOCK) if row else None
        if clock is None:
            return None
        try:
            mapping = _compiled(row, clock["time_zone"])
        except (MappingFault, KeyError, ValueError) as fault:
            log.error("configuration %s cannot be used: %s", row["id"], fault)
            return None
        return Configuration(row["id"], mapping, clock["sent_days"] > 0, row["version"])


def _compiled(row: Any, zone: str) -> Mapping:
    """The mapping of a row of `find_configuration` for local times of a zone. Raises `MappingFault`."""
    catalogue = Catalogue(
        custom=(custom_field(*field) for field in json.loads(row["custom_fields"])),
        touchpoints=json.loads(row["touchpoints"]),
        zone=ZoneInfo(zone),
    )
    return Mapping(row["data_type"], json.loads(row["mapping"]), catalogue, json.loads(row["options"]))
