"""A mailbox: a small IMAP server that signs Ada in, and has what a test puts there."""

from __future__ import annotations

import re
import select
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PASSWORD = "open sesame"


class Post:
    """What is in the box: uid -> mail."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity, self.port = 7, 0
        #: Uids that were fetched, in order.
        self.fetched: list[int] = []
        #: Answers a command with one byte now and then, without end.
        self.silent = False

    def put(self, text: str) -> None:
        self.mails[max(self.mails, default=0) + 1] = text.replace("\n", "\r\n").encode()


class _Talk(socketserver.StreamRequestHandler):
    post: Post

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            if self.post.silent:
                self.drip()
                return
            tag, _, told = line.decode().strip().partition(" ")
            verb = told.upper().removeprefix("UID ").partition(" ")[0]
            getattr(self, f"do_{verb.lower()}", self.do_other)(tag, told)
            if verb == "LOGOUT":
                return

    def drip(self) -> None:
        """A byte now and then, for as long as the other side is there."""
        with suppress(OSError):
            while not select.select([self.connection], [], [], 0.05)[0]:
                self.wfile.write(b"*")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def do_capability(self, tag: str, _: str) -> None:
        self.say("* CAPABILITY IMAP4rev1")
        self.say(f"{tag} OK done")

    def do_login(self, tag: str, told: str) -> None:
        good = PASSWORD in told and "ada" in told
        self.say(f"{tag} OK welcome" if good else f"{tag} NO [AUTHENTICATIONFAILED] who are you?")

    def do_examine(self, tag: str, told: str) -> None:
        if "INBOX" not in told:
            self.say(f"{tag} NO no such folder")
            return
        self.say(f"* {len(self.post.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.post.validity}] valid")
        self.say(f"{tag} OK [READ-ONLY] done")

    def do_search(self, tag: str, told: str) -> None:
        behind = int(re.search(r"UID (\d+):\*", told[3:])[1])
        found = [uid for uid in self.post.mails if uid >= behind] or sorted(self.post.mails)[-1:]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        self.say(f"{tag} OK done")

    def do_fetch(self, tag: str, told: str) -> None:
        uid = int(told.split()[2])
        self.post.fetched.append(uid)
        raw = self.post.mails[uid]
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        self.say(f"{tag} OK done")

    def do_logout(self, tag: str, _: str) -> None:
        self.say("* BYE")
        self.say(f"{tag} OK done")

    def do_other(self, tag: str, _: str) -> None:
        self.say(f"{tag} BAD what?")


@contextmanager
def post() -> Iterator[Post]:
    """A running one."""
    made = Post()
    talk = type("Talk", (_Talk,), {"post": made})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), talk) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
