"""The logic of every call, once for both clients: what to send, when to wait, what was found.

A conversation is a generator. It yields steps, is told what came of each, and ends; the clients carry the steps out
and know nothing else. No input, no output, no clock but the session's.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx2

from . import calls
from .addresses import Addresses
from .answers import check, refusal
from .calls import Call, Record
from .files import LOOK, FileImport
from .patience import LATER, Patience
from .results import Account, Change, Contact, Receipt, Response, Result

T = TypeVar("T")

#: Seconds before its end at which a token is exchanged for a new one.
MARGIN = 60.0
#: Rows of a page.
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Pause:
    """Step: wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Authorise:
    """Step: tell a token other than `stale`, by a conversation of `token` that runs alone."""

    stale: str | None


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Step: hand this to the caller."""

    value: T


#: A `Call` is told an `Answer`, `Authorise` a token, the others nothing.
Conversation = Generator[Call | Pause | Authorise | Found[T], Any, None]
#: A part of a conversation that ends with the answer to its call.
Exchange = Generator[Call | Pause | Authorise, Any, httpx2.Response]


@dataclass(slots=True)
class Session:
    """Whose calls these are, and the token that they have at present."""

    addresses: Addresses
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None
    patience: Patience
    clock: Callable[[], float] = time.monotonic
    _token: str | None = field(default=None, repr=False)
    _good_until: float = 0.0

    def token(self, stale: str | None) -> str | None:
        """The token, where it is still good and not the one that was refused."""
        good = self._token != stale and self.clock() < self._good_until
        return self._token if good else None

    def keep(self, token: str, seconds: float) -> None:
        """Use this token for all but the last of so many seconds."""
        self._token, self._good_until = token, self.clock() + seconds - min(MARGIN, seconds / 2)


def token(session: Session, stale: str | None) -> Conversation[str]:
    """Find a token: the one at hand, or a new one."""
    at_hand = session.token(stale)
    if at_hand is None:
        call = calls.token(session.addresses, session.client_id, session.client_secret, session.scope)
        told = check((yield from _patiently(session.patience, call))).json()
        at_hand = str(told["access_token"])
        session.keep(at_hand, float(told["expires_in"]))
    yield Found(at_hand)


def put(
    session: Session, configuration: str, record: Record, *, dry_run: bool, idempotency_key: str | None
) -> Conversation[Receipt]:
    """Find the receipt of one record."""
    key = idempotency_key or uuid4().hex
    answer = yield from _exchange(session, calls.put(session.addresses, configuration, record, key, dry_run=dry_run))
    yield Found(Receipt.read(answer.json(), answer.headers.get("X-Request-Id")))


def batch(
    session: Session,
    configuration: str,
    records: Iterable[Record],
    *,
    atomic: bool,
    dry_run: bool,
    idempotency_key: str | None,
    chunk: int,
) -> Conversation[Result]:
    """Find a result for each record, in their order; a chunk's once it is written. Raises `ValueError`."""
    key = idempotency_key or uuid4().hex
    pieces = _whole(records) if atomic else calls.chunks(records, chunk, calls.CHUNK_BYTES)
    for number, piece in enumerate(pieces):
        once = f"{key}-{number}"
        call = calls.batch(session.addresses, configuration, piece, once, atomic=atomic, dry_run=dry_run)
        answer = yield from _exchange(session, call)
        for told in answer.json()["results"]:
            yield Found(Result.read(told, piece.offset))


def contacts(session: Session, wanted: Mapping[str, str]) -> Conversation[Contact]:
    """Find contacts."""
    return pages(session, "contacts", wanted, Contact.read)


def accounts(session: Session, wanted: Mapping[str, str]) -> Conversation[Account]:
    """Find accounts."""
    return pages(session, "accounts", wanted, Account.read)


def responses(session: Session, wanted: Mapping[str, str]) -> Conversation[Response]:
    """Find responses."""
    return pages(session, "responses", wanted, Response.read)


def changes(session: Session, wanted: Mapping[str, str]) -> Conversation[Change]:
    """Find entries of the ledger."""
    return pages(session, "changes", wanted, Change.read)


def act(
    session: Session,
    path: str,
    given: Mapping[str, object],
    read: Callable[[Mapping[str, Any]], T],
    *,
    once: bool = False,
    wanted: Mapping[str, str] | None = None,
) -> Conversation[T]:
    """Find what an act answers; `once`: it is not tried again, since it might be done twice."""
    patience = replace(session.patience, attempts=1) if once else session.patience
    answer = yield from _exchange(session, calls.act(session.addresses, path, given, wanted), patience)
    yield Found(read(answer.json()))


def pages(
    session: Session, collection: str, wanted: Mapping[str, str], read: Callable[[Mapping[str, Any]], T]
) -> Conversation[T]:
    """Find everything in a collection, page after page; behind the ledger's last one the cursor stays where it is."""
    query = {"limit": str(PAGE), **wanted}
    while True:
        told = (yield from _exchange(session, calls.page(session.addresses, collection, query))).json()
        for row in told["data"]:
            yield Found(read(row))
        if told["cursor"] in (None, query.get("cursor")):
            return
        query["cursor"] = told["cursor"]


def upload(session: Session, path: Path, wanted: Mapping[str, str]) -> Conversation[FileImport]:
    """Send a file, and find its import; not again where no answer came, since there might be two then."""
    call = calls.upload(session.addresses, path, wanted)
    told = (yield from _exchange(session, call, replace(session.patience, faults=False))).json()
    yield from shown(session, str(told["import"]))


def shown(session: Session, id: str) -> Conversation[FileImport]:
    """Find an import as it is."""
    answer = yield from _exchange(session, calls.page(session.addresses, f"imports/{id}", {}))
    yield Found(FileImport.read_from(answer.json()))


def follow(session: Session, id: str) -> Conversation[FileImport]:
    """Find an import again and again, until it rests."""
    while True:
        answer = yield from _exchange(session, calls.page(session.addresses, f"imports/{id}", {}))
        found = FileImport.read_from(answer.json())
        yield Found(found)
        if found.rests:
            return
        yield Pause(LOOK)


def _whole(records: Iterable[Record]) -> list[calls.Chunk]:
    """All records as one chunk. Raises `ValueError` where they are too many for that."""
    pieces = list(itertools.islice(calls.chunks(records, calls.RECORDS_LIMIT, calls.BYTES_LIMIT), 2))
    if len(pieces) > 1:
        raise ValueError("An atomic batch is one request: at most 10,000 records in 16 MiB.")
    return pieces


def _exchange(session: Session, call: Call, patience: Patience | None = None) -> Exchange:
    """The good answer to a call with a token; one that is refused is exchanged once. Raises `RapportError`."""
    stale: str | None = None
    while True:
        bearer: str = yield Authorise(stale)
        answer = yield from _patiently(patience or session.patience, call.bearing(bearer))
        if answer.status_code != 401 or stale is not None:
            return check(answer)
        stale = bearer


def _patiently(patience: Patience, call: Call) -> Exchange:
    """The first answer that is not `LATER`. Raises `RateLimited`, `Unavailable`."""
    for attempt in itertools.count(1):
        answer = yield call
        if isinstance(answer, httpx2.Response) and answer.status_code not in LATER:
            return answer
        seconds = patience.pause(attempt, answer)
        if seconds is None:
            raise refusal(answer) from (answer if isinstance(answer, Exception) else None)
        yield Pause(seconds)
    raise AssertionError  # count() does not end
