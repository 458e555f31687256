"""A name server: a small one over UDP, that knows what a test tells it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

#: (name, kind) -> records as they are written in zones.
Zone = Mapping[tuple[str, str], Sequence[str]]


@contextmanager
def serving(zone: Zone) -> Iterator[dns.resolver.Resolver]:
    """Who asks it."""

    class Talk(socketserver.BaseRequestHandler):
        """One question."""

        def handle(self) -> None:
            question = dns.message.from_wire(self.request[0])
            asked = question.question[0]
            name, kind = asked.name.to_text().rstrip(".").lower(), asked.rdtype.name
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.RA
            records = zone.get((name, kind))
            if records is not None:
                answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
            elif not any(known == name or known.endswith(f".{name}") for known, _ in zone):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.request[1].sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port, made.lifetime = ["127.0.0.1"], server.server_address[1], 5.0
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
