"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from . import conversations
from .addresses import Addresses
from .calls import CHUNK_RECORDS, Call, Record, query
from .conversations import Authorise, Conversation, Found, Pause, Session
from .files import FileImport, pieces
from .patience import FAULTS, TIMEOUT, Answer, Patience
from .results import Account, Change, Contact, Receipt, Response, Result
from .sending import Campaign, Delivery, Plan, Segment, Suppression

T = TypeVar("T")


class AsyncClient:
    """`Client` for asyncio: the same calls, to be awaited or iterated with `async for`. Tasks may share it."""

    def __init__(
        self,
        where: str | Addresses,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        patience: Patience | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._session = Session(Addresses.of(where), client_id, client_secret, scope, patience or Patience())
        self._http = http or httpx2.AsyncClient(timeout=TIMEOUT)
        self._alone = asyncio.Lock()

    async def put(
        self, configuration: str, record: Record, *, dry_run: bool = False, idempotency_key: str | None = None
    ) -> Receipt:
        """See `Client.put`."""
        talk = conversations.put(self._session, configuration, record, dry_run=dry_run, idempotency_key=idempotency_key)
        (receipt,) = [each async for each in self._found(talk)]
        return receipt

    async def batch(
        self,
        configuration: str,
        records: Iterable[Record],
        *,
        atomic: bool = False,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        chunk: int = CHUNK_RECORDS,
    ) -> list[Result]:
        """See `Client.batch`."""
        talk = conversations.batch(
            self._session,
            configuration,
            records,
            atomic=atomic,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            chunk=chunk,
        )
        return [each async for each in self._found(talk)]

    def stream(
        self,
        configuration: str,
        records: Iterable[Record],
        *,
        idempotency_key: str | None = None,
        chunk: int = CHUNK_RECORDS,
    ) -> AsyncIterator[Result]:
        """See `Client.stream`."""
        talk = conversations.batch(
            self._session,
            configuration,
            records,
            atomic=False,
            dry_run=False,
            idempotency_key=idempotency_key,
            chunk=chunk,
        )
        return self._found(talk)

    def contacts(
        self,
        *,
        email: str | None = None,
        phone: str | None = None,
        id: str | None = None,
        updated_since: datetime | None = None,
    ) -> AsyncIterator[Contact]:
        """See `Client.contacts`."""
        wanted = query(email=email, phone=phone, id=id, updated_since=updated_since)
        return self._found(conversations.contacts(self._session, wanted))

    def accounts(
        self, *, name: str | None = None, id: str | None = None, updated_since: datetime | None = None
    ) -> AsyncIterator[Account]:
        """See `Client.accounts`."""
        wanted = query(name=name, id=id, updated_since=updated_since)
        return self._found(conversations.accounts(self._session, wanted))

    def responses(self, *, updated_since: datetime | None = None, **filters: str) -> AsyncIterator[Response]:
        """See `Client.responses`."""
        return self._found(conversations.responses(self._session, query(updated_since=updated_since, **filters)))

    def changes(
        self, *, after: int = 0, object_id: str | None = None, object_type: str | None = None
    ) -> AsyncIterator[Change]:
        """See `Client.changes`."""
        wanted = query(cursor=after, object=object_id, type=object_type)
        return self._found(conversations.changes(self._session, wanted))

    async def import_file(
        self,
        configuration: str,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        dry_run: bool = False,
        manual: bool = False,
    ) -> FileImport:
        """See `Client.import_file`."""
        file = Path(path)
        start, rehearsal = "manual" if manual else None, "true" if dry_run else None
        wanted = query(configuration=configuration, name=name or file.name, start=start, dry_run=rehearsal)
        (found,) = [each async for each in self._found(conversations.upload(self._session, file, wanted))]
        return found

    def follow(self, id: str) -> AsyncIterator[FileImport]:
        """See `Client.follow`."""
        return self._found(conversations.follow(self._session, id))

    async def start_import(self, id: str, *, encoding: str | None = None) -> FileImport:
        """See `Client.start_import`."""
        return await self._done(f"imports/{id}/start", {}, FileImport.read_from, wanted=query(encoding=encoding))

    def campaigns(self, *, state: str | None = None, mode: str | None = None) -> AsyncIterator[Campaign]:
        """See `Client.campaigns`."""
        return self._found(
            conversations.pages(self._session, "campaigns", query(state=state, mode=mode), Campaign.read)
        )

    def segments(self) -> AsyncIterator[Segment]:
        """See `Client.segments`."""
        return self._found(conversations.pages(self._session, "segments", {}, Segment.read))

    def deliveries(
        self, *, campaign: str | None = None, contact: str | None = None, state: str | None = None
    ) -> AsyncIterator[Delivery]:
        """See `Client.deliveries`."""
        wanted = query(campaign=campaign, contact=contact, state=state)
        return self._found(conversations.pages(self._session, "deliveries", wanted, Delivery.read))

    def suppressions(self, *, on: str | None = None) -> AsyncIterator[Suppression]:
        """See `Client.suppressions`."""
        return self._found(conversations.pages(self._session, "suppressions", query(list=on), Suppression.read))

    async def create_campaign(self, given: Mapping[str, object]) -> str:
        """See `Client.create_campaign`."""
        return await self._done("campaigns", given, lambda told: str(told["campaign"]), once=True)

    async def create_segment(self, name: str, where: Sequence[Mapping[str, object]]) -> Segment:
        """See `Client.create_segment`."""
        return await self._done("segments", {"name": name, "where": list(where)}, Segment.read, once=True)

    async def plan(self, campaign: str) -> Plan:
        """See `Client.plan`."""
        return await self._done(f"campaigns/{campaign}/plan", {}, Plan.read)

    async def start(self, campaign: str, token: str, at: datetime | None = None) -> None:
        """See `Client.start`."""
        given = {"plan": token} if at is None else {"plan": token, "at": at.isoformat()}
        await self._done(f"campaigns/{campaign}/start", given, bool)

    async def pause(self, campaign: str) -> Campaign:
        """See `Client.pause`."""
        return await self._done(f"campaigns/{campaign}/pause", {}, Campaign.read)

    async def resume(self, campaign: str) -> Campaign:
        """See `Client.resume`."""
        return await self._done(f"campaigns/{campaign}/resume", {}, Campaign.read)

    async def cancel(self, campaign: str) -> Campaign:
        """See `Client.cancel`."""
        return await self._done(f"campaigns/{campaign}/cancel", {}, Campaign.read)

    async def send_again(self, campaign: str, state: str, deliveries: Sequence[str] | None = None) -> int:
        """See `Client.send_again`."""
        given = {"state": state} if deliveries is None else {"state": state, "deliveries": list(deliveries)}
        told = f"campaigns/{campaign}/send-again"
        return await self._done(told, given, lambda told: int(told["queued"]), once=True)

    async def count(self, recipients: Mapping[str, Any]) -> int:
        """See `Client.count`."""
        return await self._done("recipients/count", {"recipients": recipients}, lambda told: int(told["count"]))

    async def suppress(self, *, source: str = "api", proof: str | None = None, **address: str) -> Suppression:
        """See `Client.suppress`."""
        given = {"source": source, **({} if proof is None else {"proof": proof}), **address}
        return await self._done("suppressions", given, Suppression.read)

    async def lift(self, suppression: str, reason: str) -> bool:
        """See `Client.lift`."""
        told = f"suppressions/{suppression}/lift"
        return await self._done(told, {"reason": reason}, lambda told: bool(told["lifted"]))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _done(
        self,
        path: str,
        given: Mapping[str, object],
        read: Callable[[Mapping[str, Any]], T],
        *,
        once: bool = False,
        wanted: Mapping[str, str] | None = None,
    ) -> T:
        talk = conversations.act(self._session, path, given, read, once=once, wanted=wanted)
        (found,) = [each async for each in self._found(talk)]
        return found

    async def _found(self, talk: Conversation[T]) -> AsyncIterator[T]:
        """Carry out each step of a conversation; what it finds."""
        told: Any = None
        while True:
            try:
                step = talk.send(told)
            except StopIteration:
                return
            told = None
            if isinstance(step, Found):
                yield step.value
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Authorise):
                async with self._alone:
                    found = self._found(conversations.token(self._session, step.stale))
                    (told,) = [token async for token in found]
            else:
                told = await self._sent(step)

    async def _sent(self, call: Call) -> Answer:
        try:
            content = call.content if call.file is None else _pieces(call.file)
            return await self._http.request(
                call.method, call.url, params=call.params, headers=call.headers, content=content
            )
        except FAULTS as fault:
            return fault


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """A file, piece by piece, read in a thread of its own."""
    source = pieces(path)
    while piece := await asyncio.to_thread(next, source, b""):
        yield piece
