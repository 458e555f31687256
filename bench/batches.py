"""Load generator: POST /records/batch with 1,000 records each, and every one that was begun is answered.

wrk would leave what is under way when time is up: of some hundred batches too many, whose records nobody counts.
Prints as JSON: batches answered in time, batches answered, those of them other than 2xx, latencies in milliseconds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

#: Records of a batch, and connections.
SIZE, CONNECTIONS = 1_000, 8


def main() -> None:
    """Send until time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("token")
    parser.add_argument("--contacts", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--change", action="store_true", help="as CHANGE=1 in put.lua")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        connections = [pool.submit(_send, options, deadline) for _ in range(CONNECTIONS)]
    sent = [batch for each in connections for batch in each.result()]
    told = {
        "in_time": sum(ended <= deadline for _, ended, _ in sent),
        "answered": len(sent),
        "errors": sum(not ok for *_, ok in sent),
        "latencies": [1000 * (ended - began) for began, ended, _ in sent],
    }
    print(json.dumps(told))


def _send(options: argparse.Namespace, deadline: float) -> list[tuple[float, float, bool]]:
    """One connection's batches, one after the other: begin, end, whether it was taken."""
    connection = http.client.HTTPConnection(options.host)
    headers = {"Authorization": f"Bearer {options.token}", "Content-Type": "application/json"}
    sent = []
    while (body := _batch(options)) and (began := time.monotonic()) < deadline:
        connection.request("POST", "/records/batch?configuration=contact", body, headers)
        answer = connection.getresponse()
        answer.read()
        sent.append((began, time.monotonic(), answer.status < 300))
    return sent


def _batch(options: argparse.Namespace) -> bytes:
    """Random contacts, of which even ones are changed and odd ones are not."""
    mark, records = random.getrandbits(48), []
    for k in range(SIZE):
        i = 2 * random.randrange(options.contacts // 2) + (not options.change)
        first = f"B{mark:x}x{k}" if options.change else f"First{i}"
        records.append(
            f'{{"Email":"user{i}@example.com","First Name":"{first}","Last Name":"Last{i}","Job Title":"Engineer"}}'
        )
    return f"[{','.join(records)}]".encode()


if __name__ == "__main__":
    main()
