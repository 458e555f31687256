from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from rapport.client import FileImport, Unavailable
from rapport.client import files as sent
from tests.client.script import Caller, Script, refused

ID = "0199-1"
IMPORT = {
    "import": ID, "name": "people.csv", "state": "done", "reason": None, "dry_run": False, "bytes": 9, "bytes_done": 9,
    "read": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1, "blank": 0, "reasons": [],
    "encoding": "utf-8",
}  # fmt: skip
MADE = httpx2.Response(201, json={"import": ID, "state": "received"})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sent, "PIECE", 4)
    path = tmp_path / "people.csv"
    path.write_bytes(b"Email\na@b\n")
    return path


def test_a_file_is_sent_as_it_is(script: Script, call: Caller, file: Path) -> None:
    script.answers = [refused(503), MADE, IMPORT]
    found = call("import_file", "contact", str(file), dry_run=True)
    assert (type(found), found.id, found.rests, found.rejected) == (FileImport, ID, True, 1)
    again, request, look = script.requests
    for each in (again, request):
        assert each.read() == b"Email\na@b\n"
        assert each.headers["Content-Length"] == "10"
    assert request.url.raw_path.decode() == "/api/imports?configuration=contact&name=people.csv&dry_run=true"
    assert look.url.path == f"/api/imports/{ID}"


def test_a_file_is_not_sent_again_where_no_answer_came(script: Script, call: Caller, file: Path) -> None:
    script.answers = [httpx2.ReadError("gone"), MADE, IMPORT]
    with pytest.raises(Unavailable):
        call("import_file", "contact", file)
    assert len(script.requests) == 1


def test_it_is_followed_until_it_rests(
    script: Script, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapport.client.conversations.LOOK", 0)
    states: list[Any] = [IMPORT | {"state": state} for state in ("received", "checking", "running", "waiting")]
    script.answers = states
    call = caller()
    assert [each.state for each in call("follow", ID)] == ["received", "checking", "running", "waiting"]
    script.answers = [IMPORT | {"state": "running"}]
    assert not call("start_import", ID).rests
    assert script.requests[-1].url.raw_path.decode() == f"/api/imports/{ID}/start"
    readings = [{"encoding": "cp1252", "lines": ["Zoë"]}]
    script.answers = [IMPORT | {"state": "waiting", "readings": readings}, IMPORT | {"state": "received"}]
    (waits,) = call("follow", ID)
    assert waits.readings == readings
    assert not call("start_import", ID, encoding="cp1252").rests
    assert script.requests[-1].url.raw_path.decode() == f"/api/imports/{ID}/start?encoding=cp1252"
