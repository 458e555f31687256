"""Limits: what is just allowed works, one more is refused with its own status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.ingest.serving import raw

if TYPE_CHECKING:
    from tests.ingest.conftest import Caller, Look
    from tests.ingest.serving import Server

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("character", ["x", "é", "🙂", "\N{COMBINING ACUTE ACCENT}", "&", "%"])
def test_a_field_has_128_characters(alice: Caller, look: Look, character: str) -> None:
    assert alice.record({"Email": "a@b", "First Name": f"  {character * 128}\t"}).status_code == 200
    assert look(alice.person, "select first_name from contacts") == [{"first_name": character * 128}]
    answer = alice.record({"Email": "a@b", "First Name": character * 129})
    assert answer.json()["errors"] == {"record.First Name": ["The First Name must not be greater than 128 characters."]}


@pytest.mark.parametrize("name", ["x", "ΐ", "ﬃ", "🙂"])
def test_keys_of_the_longest_names_can_be_stored(alice: Caller, name: str) -> None:
    """Folding makes up to three characters of one."""
    record = {"Email": name[0] * 120 + "@b.example"[:8], "Account Name": name * 128}
    for _ in range(2):
        assert alice.record(record).status_code == 200


def test_a_record_has_100_fields(alice: Caller) -> None:
    fields = {"Email": "a@b"} | {f"x{number}": "" for number in range(99)}
    assert len(alice.record(fields).json()["ignored"]) == 99
    answer = alice.record(fields | {"y": ""})
    assert answer.json()["errors"] == {"record": ["The record must not have more than 100 fields."]}


def target(length: int) -> str:
    """A good address of this length in bytes."""
    start = "/records?configuration=contact&record[Email]=a@b&record[x]="
    return start + "x" * (length - len(start))


def test_an_address_has_32_kib(ingest: Server, alice: Caller) -> None:
    def put(length: int) -> tuple[int, bytes]:
        head = f"PUT {target(length)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {alice.person.token}\r\n\r\n"
        status, _, body = raw(ingest, head.encode())
        return status, body

    assert put(32 * 1024) == (200, b"")
    too_long = (414, b'{"message":"The URL must not be longer than 32768 bytes."}')
    assert put(32 * 1024 + 1) == put(60 * 1024) == too_long
    assert put(80 * 1024)[0] == 414, "the server's own answer"
    assert put(500 * 1024)[0] in (414, 431), "the server's own answer"


def padded(document: str, length: int) -> bytes:
    return document.encode().ljust(length)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_1_mib(alice: Caller, chunked: bool) -> None:
    document = json.dumps({"configuration": "contact", "record": {"Email": "a@b"}})
    headers = {"Content-Type": "application/json"}
    for length, status in ((MEBIBYTE, 200), (MEBIBYTE + 1, 413), (10 * MEBIBYTE, 413)):
        body = padded(document, length)
        pieces = (body[start : start + 65536] for start in range(0, length, 65536))
        answer = alice.put("/records", content=pieces if chunked else body, headers=headers)
        assert answer.status_code == status
        if status == 413:
            assert answer.json() == {"message": "The body must not be larger than 1048576 bytes."}


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999", "9" * 5000])
def test_what_a_body_claims_to_be_is_enough_to_refuse_it(ingest: Server, alice: Caller, length: str) -> None:
    head = f"PUT /records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {alice.person.token}\r\nContent-Length: {length}"
    assert raw(ingest, head.encode() + b"\r\nExpect: 100-continue\r\n\r\n")[0] in (413, 400)


def test_a_reference_has_255_characters(alice: Caller, look: Look) -> None:
    answer = alice.record({"Email": "a@b"}, configuration="x" * 256)
    assert answer.json()["errors"] == {"configuration": ["The selected configuration is invalid."]}


class TestBatch:
    def test_a_batch_has_10_000_records(self, alice: Caller, look: Look) -> None:
        records = [{"Phone": str(10_000 + number)} for number in range(10_000)]
        answer = alice.batch([*records, {"Phone": "12345"}])
        assert answer.status_code == 422
        assert answer.json()["errors"] == {"records": ["The batch must hold between 1 and 10000 records."]}
        answer = alice.batch(records)
        assert (answer.status_code, answer.json()["created"]) == (200, 10_000)
        assert look(alice.person, "select count(*) from contacts") == [{"count": 10_000}]
        assert look(alice.person, "select count(*), max(seq) from changes") == [{"count": 10_000, "max": 10_000}]

    @pytest.mark.parametrize("nothing", [b"", b"[]", b" "])
    def test_a_batch_has_a_record(self, alice: Caller, nothing: bytes) -> None:
        headers = {"Content-Type": "application/x-ndjson" if nothing == b" " else "application/json"}
        answer = alice.post("/records/batch?configuration=contact", content=nothing, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["errors"] == {"records": ["The batch must hold between 1 and 10000 records."]}

    def test_its_body_has_16_mib(self, alice: Caller) -> None:
        headers = {"Content-Type": "application/json"}
        for length, status in ((16 * MEBIBYTE, 200), (16 * MEBIBYTE + 1, 413)):
            body = padded('[{"Email": "a@b"}]', length)
            answer = alice.post("/records/batch?configuration=contact", content=body, headers=headers)
            assert answer.status_code == status
        assert answer.json() == {"message": "The body must not be larger than 16777216 bytes."}

    def test_its_records_have_the_limits_of_single_ones(self, alice: Caller) -> None:
        records = [{"Email": "a@b", "First Name": "x" * 129}, {"Email": "a@b"} | {str(n): "" for n in range(100)}]
        assert [result["errors"] for result in alice.batch(records).json()["results"]] == [
            {"record.First Name": ["The First Name must not be greater than 128 characters."]},
            {"record": ["The record must not have more than 100 fields."]},
        ]
