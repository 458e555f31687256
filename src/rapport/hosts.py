"""The host names of one deployment, each with one job (`contract.md` "Hosts").

Pure, for every process that sees a `Host` header. Network addresses, `localhost` and the name that the service listens
on are one origin for everything, and so is a request without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

#: Paths of each job's own, as on one origin; everything else are pages.
_OWN = re.compile(
    r"/(?:(?P<records>records|activities)|(?P<auth>oauth2|\.well-known/oauth-authorization-server)"
    r"|(?P<api>api|v7|v4\.1)|(?P<hooks>hooks))(?:/|$)"
)
#: Jobs whose host leaves out how their paths begin on one origin.
_BEGINNINGS = {"api": "/api", "hooks": "/hooks"}
#: What balancers and Prometheus ask for, under whatever name they know.
OBSERVED = frozenset(("/healthz", "/readyz", "/metrics"))
NOT_OURS = "The service does not answer to this name."


class Misdirected(Exception):
    """Another host answers this; the text says which."""

    def __init__(self, url: str) -> None:
        super().__init__(f"This host does not answer that; send it to {url}")


class Strange(Exception):
    """The name is none of ours."""


def addresses(domain: str, region: str) -> dict[str, str]:
    """Job -> host name, of a region of a deployment with a domain."""
    return {
        "auth": f"auth.{region}.{domain}",
        "records": f"imports.api.{region}.{domain}",
        "api": f"api.{region}.{domain}",
        "hooks": f"hooks.{region}.{domain}",
        "pages": domain,
    }


def job_of(path: str) -> str:
    """Whose a path is, as on one origin: `records`, `auth`, `api`, `hooks`, or else `pages`."""
    own = _OWN.match(path)
    return own.lastgroup or "pages" if own else "pages"


class Hosts:
    """The names of one region's hosts, and those of its neighbours. `local` is what the service listens on."""

    def __init__(self, domain: str, region: str, regions: Iterable[str], local: str = "localhost") -> None:
        self._names = addresses(domain, region)
        #: Name -> job, None for one origin.
        self._jobs: dict[str, str | None] = {"": None, "localhost": None, local.lower(): None}
        self._jobs |= {name: job for job, name in self._names.items()}
        self._neighbours = {name: job for each in regions for job, name in addresses(domain, each).items()}

    def job(self, host: str) -> str | None:
        """The job of a `Host`, None for one origin. Raises `Strange`; `Misdirected` for a neighbour's."""
        if host in self._jobs:  # as nearly everybody writes it
            return self._jobs[host]
        name = _bare(host)
        if name in self._jobs:
            return self._jobs[name]
        if name in self._neighbours:
            raise self._misdirected(self._neighbours[name])
        try:
            ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            raise Strange from None
        return None

    def place(self, host: str, path: str) -> str:
        """The path that `path` is on one origin. Raises `Misdirected`, `Strange`.

        A page under the host of `auth` or `records` is for the console to refuse: it knows which pages there are.
        """
        if path in OBSERVED:
            return path
        job, own = self.job(host), job_of(path)
        if job is None or job == own:
            return path
        if own != "pages":
            raise self._misdirected(own)
        return _BEGINNINGS.get(job, "") + path

    def has_pages(self, host: str) -> bool:
        """Whether pages are on this host. Raises as `job`."""
        return self.job(host) in ("pages", None)

    def pages(self) -> Misdirected:
        """What to raise for a page on a host without pages."""
        return self._misdirected("pages")

    def _misdirected(self, job: str) -> Misdirected:
        return Misdirected(f"https://{self._names[job]}")


def _bare(host: str) -> str:
    """A `Host` without its port and final dot, in lower case."""
    name, colon, port = host.lower().rpartition(":")
    return (name if colon and (port.isdigit() or not port) else host.lower()).rstrip(".")
