"""The client for programs that wait for each answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


class Client:
    """Sends records and reads back, with the credentials of a Connected App. Threads may share it.

    `where` is the service's address, or `Addresses.of_region(…)`. `scope` asks for a part of the app's scopes.
    `http` is a client of your own, with proxies or certificates; it is closed with this one.
    Every call may raise a `RapportError`, see `rapport.client.errors`.
    """

    def __init__(
        self,
        where: str | Addresses,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        patience: Patience | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        self._session = Session(Addresses.of(where), client_id, client_secret, scope, patience or Patience())
        self._http = http or httpx2.Client(timeout=TIMEOUT)
        self._alone = threading.Lock()

    def put(
        self, configuration: str, record: Record, *, dry_run: bool = False, idempotency_key: str | None = None
    ) -> Receipt:
        """Create or update what a record describes; a dry run only tells what would become of it.

        Without an idempotency key of yours the call has one of its own, so that retries never write twice.
        """
        talk = conversations.put(self._session, configuration, record, dry_run=dry_run, idempotency_key=idempotency_key)
        (receipt,) = self._found(talk)
        return receipt

    def batch(
        self,
        configuration: str,
        records: Iterable[Record],
        *,
        atomic: bool = False,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        chunk: int = CHUNK_RECORDS,
    ) -> list[Result]:
        """Send any number of records, so many a request; a result for each, in their order.

        Good records are written when others are not. `atomic` sends all in one request and raises `Invalid` where
        one is rejected; `ValueError` where they are too many for that. An error leaves the chunks before it written:
        call again with the same idempotency key and the same records, and nothing is written twice.
        """
        talk = conversations.batch(
            self._session,
            configuration,
            records,
            atomic=atomic,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            chunk=chunk,
        )
        return list(self._found(talk))

    def stream(
        self,
        configuration: str,
        records: Iterable[Record],
        *,
        idempotency_key: str | None = None,
        chunk: int = CHUNK_RECORDS,
    ) -> Iterator[Result]:
        """Like `batch`, but for more records than memory holds: sends a chunk whenever its results are asked for."""
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
    ) -> Iterator[Contact]:
        """Every contact, or those that a key finds, or that changed at or after a time (UTC without a zone)."""
        wanted = query(email=email, phone=phone, id=id, updated_since=updated_since)
        return self._found(conversations.contacts(self._session, wanted))

    def accounts(
        self, *, name: str | None = None, id: str | None = None, updated_since: datetime | None = None
    ) -> Iterator[Account]:
        """Every account, or the one with a name or alias, or those that changed at or after a time."""
        wanted = query(name=name, id=id, updated_since=updated_since)
        return self._found(conversations.accounts(self._session, wanted))

    def responses(self, *, updated_since: datetime | None = None, **filters: str) -> Iterator[Response]:
        """Every response, here and elsewhere, or those that changed since a time; `filters` are those of the API."""
        return self._found(conversations.responses(self._session, query(updated_since=updated_since, **filters)))

    def changes(
        self, *, after: int = 0, object_id: str | None = None, object_type: str | None = None
    ) -> Iterator[Change]:
        """The ledger's entries behind number `after`, oldest first: of all objects, of one, or of one type."""
        wanted = query(cursor=after, object=object_id, type=object_type)
        return self._found(conversations.changes(self._session, wanted))

    def import_file(
        self,
        configuration: str,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        dry_run: bool = False,
        manual: bool = False,
    ) -> FileImport:
        """Send a file of any size, as a stream; a worker imports it. `manual`: it waits for somebody who starts it.

        It is not sent again where no answer came.
        """
        file = Path(path)
        start, rehearsal = "manual" if manual else None, "true" if dry_run else None
        wanted = query(configuration=configuration, name=name or file.name, start=start, dry_run=rehearsal)
        (found,) = self._found(conversations.upload(self._session, file, wanted))
        return found

    def follow(self, id: str) -> Iterator[FileImport]:
        """An import as it goes on, every second, until it is at its end or waits for somebody."""
        return self._found(conversations.follow(self._session, id))

    def start_import(self, id: str, *, encoding: str | None = None) -> FileImport:
        """Start an import that waits, or in earnest one that was rehearsed; in an `encoding` of its `readings`."""
        return self._done(f"imports/{id}/start", {}, FileImport.read_from, wanted=query(encoding=encoding))

    def campaigns(self, *, state: str | None = None, mode: str | None = None) -> Iterator[Campaign]:
        """Every campaign, or those in a state."""
        return self._found(
            conversations.pages(self._session, "campaigns", query(state=state, mode=mode), Campaign.read)
        )

    def segments(self) -> Iterator[Segment]:
        """Every segment."""
        return self._found(conversations.pages(self._session, "segments", {}, Segment.read))

    def deliveries(
        self, *, campaign: str | None = None, contact: str | None = None, state: str | None = None
    ) -> Iterator[Delivery]:
        """The ledger of sending, oldest first: all of it, a campaign's, a contact's, or what is in a state."""
        wanted = query(campaign=campaign, contact=contact, state=state)
        return self._found(conversations.pages(self._session, "deliveries", wanted, Delivery.read))

    def suppressions(self, *, on: str | None = None) -> Iterator[Suppression]:
        """The ledger of who gets nothing, oldest first; `on` is `unsubscribe` or `bounce`."""
        return self._found(conversations.pages(self._session, "suppressions", query(list=on), Suppression.read))

    def create_campaign(self, given: Mapping[str, object]) -> str:
        """Make a draft of what `POST /api/campaigns` takes; its id. It is not tried again where no answer came."""
        return self._done("campaigns", given, lambda told: str(told["campaign"]), once=True)

    def create_segment(self, name: str, where: Sequence[Mapping[str, object]]) -> Segment:
        """Save conditions under a name. It is not tried again where no answer came."""
        return self._done("segments", {"name": name, "where": list(where)}, Segment.read, once=True)

    def plan(self, campaign: str) -> Plan:
        """Choose a campaign's recipients anew, and see who would get it."""
        return self._done(f"campaigns/{campaign}/plan", {}, Plan.read)

    def start(self, campaign: str, token: str, at: datetime | None = None) -> None:
        """Start what was planned, now or at a time; a repeat does nothing."""
        given = {"plan": token} if at is None else {"plan": token, "at": at.isoformat()}
        self._done(f"campaigns/{campaign}/start", given, bool)

    def pause(self, campaign: str) -> Campaign:
        """Send nothing more until it is resumed."""
        return self._done(f"campaigns/{campaign}/pause", {}, Campaign.read)

    def resume(self, campaign: str) -> Campaign:
        """Go on."""
        return self._done(f"campaigns/{campaign}/resume", {}, Campaign.read)

    def cancel(self, campaign: str) -> Campaign:
        """Send nothing more, for good."""
        return self._done(f"campaigns/{campaign}/cancel", {}, Campaign.read)

    def send_again(self, campaign: str, state: str, deliveries: Sequence[str] | None = None) -> int:
        """Queue those `in doubt` again, or those that `failed`: all, or these deliveries; how many."""
        given = {"state": state} if deliveries is None else {"state": state, "deliveries": list(deliveries)}
        told = f"campaigns/{campaign}/send-again"
        return self._done(told, given, lambda told: int(told["queued"]), once=True)

    def count(self, recipients: Mapping[str, Any]) -> int:
        """How many contacts recipients mean now; an estimate where that takes longer than a second."""
        return self._done("recipients/count", {"recipients": recipients}, lambda told: int(told["count"]))

    def suppress(self, *, source: str = "api", proof: str | None = None, **address: str) -> Suppression:
        """Send nothing to an `email`, a `phone` or a `domain` any more; also where that is so already."""
        given = {"source": source, **({} if proof is None else {"proof": proof}), **address}
        return self._done("suppressions", given, Suppression.read)

    def lift(self, suppression: str, reason: str) -> bool:
        """Lift a suppression; False where it is lifted already."""
        told = f"suppressions/{suppression}/lift"
        return self._done(told, {"reason": reason}, lambda told: bool(told["lifted"]))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _done(
        self,
        path: str,
        given: Mapping[str, object],
        read: Callable[[Mapping[str, Any]], T],
        *,
        once: bool = False,
        wanted: Mapping[str, str] | None = None,
    ) -> T:
        (found,) = self._found(conversations.act(self._session, path, given, read, once=once, wanted=wanted))
        return found

    def _found(self, talk: Conversation[T]) -> Iterator[T]:
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
                time.sleep(step.seconds)
            elif isinstance(step, Authorise):
                with self._alone:
                    (told,) = self._found(conversations.token(self._session, step.stale))
            else:
                told = self._sent(step)

    def _sent(self, call: Call) -> Answer:
        try:
            content = call.content if call.file is None else pieces(call.file)
            return self._http.request(call.method, call.url, params=call.params, headers=call.headers, content=content)
        except FAULTS as fault:
            return fault
