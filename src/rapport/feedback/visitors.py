"""Who looks at a link: what kind of device, from where, and whether too often."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

from django.db import connection

from rapport.db.queries import statement
from rapport.members.throttle import network_address
from rapport.surveys.models import Fetch
from rapport.tenants.statements import fetch

from . import asked, links

if TYPE_CHECKING:
    from django.http import HttpRequest

_NOTE_FETCH = statement("note_fetch")
#: Looks in a minute and a process, and as many posts: of one link, of a touchpoint's, of that from one address.
LIMITS = {"link": 60, "touchpoint": 3_000, "address": 60}
_WINDOW = 60.0
#: Counters that are kept; the oldest go first.
_KEPT = 100_000
_ROBOT = re.compile(
    r"bot|crawl|spider|preview|scan|curl|wget|python|java/|go-http|headless|urlcheck|safelinks", re.IGNORECASE
)
_PHONE = re.compile(r"mobile|android|iphone|ipad", re.IGNORECASE)
_AGENT_LIMIT = 200


class Counters:
    """Requests by key in the present window, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: OrderedDict[object, tuple[float, int]] = OrderedDict()

    def admits(self, key: object, limit: int) -> bool:
        """Counts a request; whether it is within the limit."""
        now = monotonic()
        with self._lock:
            began, count = self._counts.pop(key, (now, 0))
            if now - began >= _WINDOW:
                began, count = now, 0
            self._counts[key] = began, count + 1
            if len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
        return count < limit


COUNTERS = Counters()


def admitted(request: HttpRequest, link: links.Link) -> bool:
    """Whether a link may be used once more just now.

    Looks, of which mail scanners make many, are counted apart from posts: they keep nobody from answering. Nor does
    anything keep anybody from unsubscribing. One caller cannot use up a touchpoint's: whoever is over the limit of an
    address is not counted for the link.
    """
    posted = request.method == "POST"
    if posted and link.purpose == links.UNSUBSCRIBE:
        return True
    own = (posted, link.purpose, link.tenant_id, link.id)
    if link.purpose != links.TOUCHPOINT:
        return COUNTERS.admits(own, LIMITS["link"])
    return COUNTERS.admits((*own, network_address(request)), LIMITS["address"]) and COUNTERS.admits(
        own, LIMITS["touchpoint"]
    )


def user_agent(request: HttpRequest) -> str | None:
    """What the browser calls itself, as far as it fits."""
    told = request.headers.get("User-Agent", "")
    return "".join(each for each in told if each.isprintable())[:_AGENT_LIMIT] or None


def device(agent: str | None) -> str:
    """`computer`, `phone`, `robot` or `unknown`."""
    if not agent:
        return "unknown"
    return "robot" if _ROBOT.search(agent) else "phone" if _PHONE.search(agent) else "computer"


def note(request: HttpRequest, link: links.Link, score: int | None = None) -> None:
    """Counts a look at a link, with the score in its address, if there is one; it is an intent and no answer."""
    agent = user_agent(request)
    trapped = "trap" in request.GET
    connection.ensure_connection()
    with connection.wrap_database_errors:
        fetch(
            _NOTE_FETCH, link.tenant_id, link.purpose, link.id, Fetch.NO_SCORE if score is None else score,
            asked.now(), device(agent), agent, trapped,
        )  # fmt: skip
