"""Poison: whatever a record holds, it gets its own answer, never a 5xx, and no record beside it is harmed."""

from __future__ import annotations

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.ingest.conftest import Caller
from tests.ingest.serving import until

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

#: Records as JSON text -> status alone.
RECORDS: dict[str, tuple[str, int]] = {
    "NUL in a field": (r'{"Email": "a@b", "First Name": "a\u0000b"}', 422),
    "NUL in a key field": (r'{"Email": "a\u0000@b"}', 422),
    "NUL in an account's name": (r'{"Email": "a@b", "Account Name": "\u0000x"}', 422),
    "NUL in a heading": (r'{"Email": "nul@b", "a\u0000b": "x"}', 200),
    "NUL in an unmapped value": (r'{"Email": "nul2@b", "x": "\u0000"}', 200),
    "unpaired surrogate": (r'{"Email": "a@b", "First Name": "\ud800"}', 422),
    "unpaired surrogate in an e-mail": (r'{"Email": "\udc00@b"}', 422),
    "unpaired surrogate in a name": (r'{"Email": "a@b", "Account Name": "\ud800\ud800"}', 422),
    "unpaired surrogate in a heading": (r'{"Email": "sur@b", "\ud800": "x"}', 200),
    "unpaired surrogate in an unmapped value": (r'{"Email": "sur2@b", "x": "\udfff"}', 200),
    "right-to-left marks": ('{"Email": "rtl@b", "First Name": "\u200f\u202eevil\u2066"}', 200),
    "right-to-left mark in an e-mail": ('{"Email": "a\u202e@b"}', 422),
    "129 characters": (json.dumps({"Email": "a@b", "Language": "x" * 129}), 422),
    "129 characters of an e-mail": (json.dumps({"Email": "x" * 127 + "@b"}), 422),
    "half a million characters": (json.dumps({"Email": "a@b", "Language": "x" * 500_000}), 422),
    "half a million characters, unmapped": (json.dumps({"Email": "long@b", "x": "x" * 500_000}), 200),
    "a heading of half a million characters": (json.dumps({"Email": "head@b", "x" * 500_000: ""}), 200),
    "nested": ('{"Email": ' + "[" * 90 + "]" * 90 + "}", 422),
    "nested and unmapped": ('{"Email": "deep@b", "x": ' + "[" * 90 + "]" * 90 + "}", 200),
    "deep": ('{"Email": ' + "[" * 300 + "]" * 300 + "}", 400),
    "deeper": ('{"Email": ' + '{"a":' * 800 + "1" + "}" * 800 + "}", 400),
    "deep and unmapped": ('{"Email": "deep@b", "x": ' + "[" * 600 + "]" * 600 + "}", 400),
    "abysmal": ('{"Email": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
    "duplicate keys": ('{"Email": "x", "Email": "dup@b"}', 200),
    "a huge number": ('{"Email": "num@b", "First Name": ' + "9" * 128 + "}", 200),
    "a number too long": ('{"Email": "a@b", "First Name": ' + "9" * 100_000 + "}", 422),
    "a number beyond floats": ('{"Email": "exp@b", "First Name": 1e99999}', 200),
    "NaN": ('{"Email": "a@b", "First Name": NaN}', 400),
    "infinity": ('{"Email": "a@b", "First Name": -Infinity}', 400),
    "101 fields": (json.dumps({"Email": "a@b"} | {str(number): "" for number in range(100)}), 422),
    "10,000 fields": (json.dumps({str(number): "" for number in range(10_000)}), 422),
    "SQL": ('{"Email": "sql@b", "First Name": "\'); drop table contacts; --"}', 200),
    "a format": ('{"Email": "fmt@b", "First Name": "%s {0} $1 \\\\"}', 200),
    "composite syntax": ('{"Email": "row@b", "First Name": "(\\"a\\",,{x}\\\\)", "Last Name": "NULL"}', 200),
    "only marks": ('{"Email": "mark@b", "First Name": "\u0301\u0301"}', 200),
    "white space of every kind": ('{"Email": "\u2003\u00a0space@b\u3000", "First Name": "\u2028"}', 200),
}
POISON = [text for text, _ in RECORDS.values()]


def body_of(text: str) -> bytes:
    return f'{{"configuration": "contact", "record": {text}}}'.encode("utf-8", "surrogatepass")


def put(caller: Caller, text: str) -> httpx2.Response:
    return caller.put("/records", content=body_of(text), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(("text", "status"), RECORDS.values(), ids=RECORDS)
def test_alone(alice: Caller, look: Look, text: str, status: int) -> None:
    answer = put(alice, text)
    assert answer.status_code == status, answer.text[:300]
    if status in (200, 422):
        [noted] = until(lambda: look(alice.person, "select status from requests"), "it is in the history")
        assert noted["status"] == status
    assert len(look(alice.person, "select from contacts")) == (status == 200)


@pytest.mark.parametrize(("text", "status"), RECORDS.values(), ids=RECORDS)
def test_in_a_dry_run_and_with_a_key(alice: Caller, text: str, status: int) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k", "Prefer": "return=representation"}
    for query in ("?dry_run=true", "", ""):
        assert alice.put("/records" + query, content=body_of(text), headers=headers).status_code == status


#: Raw bodies of a form, which no JSON can hold -> status.
FORMS: dict[str, tuple[bytes, int]] = {
    "invalid UTF-8": (b"record[Email]=a@b&record[First+Name]=\xff\xfe", 400),
    "invalid escaped UTF-8": (b"record[Email]=a@b&record[First+Name]=%C3%28", 400),
    "an escaped surrogate": (b"record[Email]=a@b&record[First+Name]=%ED%A0%80", 400),
    "overlong UTF-8": (b"record[Email]=a@b&record[First+Name]=%C0%80", 400),
    "NUL": (b"record[Email]=a@b&record[First+Name]=a\x00b", 422),
    "escaped NUL": (b"record[Email]=a@b&record[First+Name]=%00", 422),
    "a NUL heading": (b"record[Email]=form@b&record[%00]=%00", 200),
    "only ampersands": (b"&" * 1_000_000, 422),
    "only brackets": (b"record[]&" * 100_000, 422),
    "endless headings": (b"".join(b"record[%d]=x&" % number for number in range(50_000)), 422),
    "one endless heading": (b"record[" + b"x" * 1_000_000 + b"]=", 422),
    "nested": (b"record[a]" + b"[b]" * 100_000 + b"=x", 422),
    "10 MB": (b"record[Email]=a@b&record[x]=" + b"x" * 10_000_000, 413),
}


@pytest.mark.parametrize(("body", "status"), FORMS.values(), ids=FORMS)
def test_as_a_form(alice: Caller, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = alice.put("/records?configuration=contact", content=body, headers=headers)
    assert answer.status_code == status, answer.text[:300]


def neighbours(text: str, number: int) -> list[str]:
    return [f'{{"Email": "good{number}@b"}}', text, f'{{"Phone": "{10_000 + number}", "Account Name": "Acme"}}']


#: What `additional_information_object` holds -> status; its values are kept as they are.
INFORMATION: dict[str, tuple[str, int]] = {
    "a large number": ('{"n": ' + "9" * 18 + "}", 201),
    "a huge number": ('{"n": ' + "9" * 19 + "}", 400),
    "an endless number": ('{"n": ' + "9" * 5000 + "}", 400),
    "a huge negative number": ('{"n": -' + "9" * 100 + "}", 400),
    "a number beyond floats": ('{"n": 1e999}', 400),
    "NaN": ('{"n": NaN}', 400),
    "NUL": (r'{"n": "\u0000"}', 201),
    "an unpaired surrogate": (r'{"n": "\ud800"}', 422),
    "nested": ('{"n": ' + "[" * 90 + "]" * 90 + "}", 201),
    "deep": ('{"n": ' + "[" * 300 + "]" * 300 + "}", 400),
    "abysmal": ('{"n": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
}


@pytest.mark.parametrize(("text", "status"), INFORMATION.values(), ids=INFORMATION)
def test_in_the_information_of_an_activity(alice: Caller, text: str, status: int) -> None:
    body = (
        '{"account": "Acme", "type": "call", "source": "crm", "happened_at": "2026-01-31 10:00:00",'
        f' "additional_information_object": {text}}}'
    )
    for headers in ({}, {"Prefer": "return=representation"}, {"Idempotency-Key": "k"}):
        answer = alice.put("/activities", content=body, headers={"Content-Type": "application/json", **headers})
        assert answer.status_code == status, answer.text[:300]


def test_in_a_batch_beside_good_records(alice: Caller, look: Look) -> None:
    lines = [line for number, text in enumerate(POISON) for line in neighbours(text, number)]
    headers = {"Content-Type": "application/x-ndjson"}
    answer = alice.post("/records/batch?configuration=contact", content="\n".join(lines).encode(), headers=headers)
    assert answer.status_code == 200
    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes[0::3] == outcomes[2::3] == ["created"] * len(POISON)
    assert outcomes[1::3] == ["created" if status == 200 else "rejected" for _, status in RECORDS.values()]
    good = look(alice.person, "select from contacts where email like 'good%%' or phone is not null")
    assert len(good) == 2 * len(POISON)
    assert len(look(alice.person, "select from requests")) == len(lines)


def test_in_a_json_array_beside_good_records(alice: Caller) -> None:
    texts = [text for text, status in RECORDS.values() if status != 400]
    body = ",".join(line for number, text in enumerate(texts) for line in neighbours(text, number))
    headers = {"Content-Type": "application/json"}
    answer = alice.post("/records/batch?configuration=contact", content=f"[{body}]".encode(), headers=headers)
    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes[0::3] == outcomes[2::3] == ["created"] * len(texts)


def test_beside_good_records_of_others(ingest: Server, cast: Cast, look: Look) -> None:
    """The same moment, the same workers, the same groups."""
    done = threading.Event()
    rounds = 60

    def poison(_: int) -> set[int]:
        with Caller(ingest.url, cast.bob) as bob:
            texts = itertools.cycle([text for text in POISON if len(text) < 10_000])
            return {put(bob, next(texts)).status_code for _ in iter(done.is_set, True)}

    def good(caller: int) -> list[Any]:
        with Caller(ingest.url, cast.alice) as alice:
            answers = [alice.record({"Email": f"{caller}-{number}@b"}) for number in range(rounds)]
        return [(answer.status_code, answer.json().get("outcome")) for answer in answers]

    with ThreadPoolExecutor(8) as threads:
        poisoned = [threads.submit(poison, number) for number in range(4)]
        try:
            answers = [answer for caller in threads.map(good, range(4)) for answer in caller]
        finally:
            done.set()
    assert answers == [(200, "created")] * (4 * rounds)
    assert set().union(*(task.result() for task in poisoned)) <= {200, 400, 422}
    stored = look(cast.alice, r"select email from contacts where email ~ '^\d+-\d+@b$'")
    assert len(stored) == 4 * rounds
    until(lambda: look(cast.alice, "select from requests where status = 422"), "refused neighbours are in the history")
