"""What `docs/client.md` and `docs/testing.md` show is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.test_docs import blocks

if TYPE_CHECKING:
    from rapport.testing import Server

DOCS = Path(__file__).parents[2] / "docs"
CLIENT, TESTING = (blocks((DOCS / name).read_text(encoding="utf-8"), "python") for name in ("client.md", "testing.md"))
#: What they print.
SAID = [
    "created ('Frist Name',)\n{'record.Email': ['The Email field is required when Phone is not present.'],"
    " 'record.Phone': ['The Phone field is required when Email is not present.']}\n",
    "['created', 'rejected']\ngrace@client.example UTC\n",
]
#: What the reader of `docs/testing.md` has.
INTEGRATION = """
from rapport.client import Client

def send_to_crm(url, client_id, client_secret):
    print(url)
    with Client(url, client_id, client_secret) as client:
        client.put("contact", {"Email": "ada@example.com", "Account Name": "Analytical Engines"})
"""


def run(*words: str, where: Path | None = None) -> str:
    """What Python prints, without a warning."""
    command = [sys.executable, "-W", "error", *words]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", [0, 1], ids=["Client", "AsyncClient"])
def test_the_examples_of_the_client_run(rapport_server: Server, number: int) -> None:
    example = CLIENT[number]
    for shown, real in (
        ("http://127.0.0.1:8000", rapport_server.url),
        ("rc_1_CLIENT", rapport_server.client_id),
        ("rs_SECRET", rapport_server.client_secret),
        ("example.com", "client.example"),  # where nobody else has been
    ):
        example = example.replace(shown, real)
    assert run("-c", example) == SAID[number]


def test_the_examples_without_pytest_run() -> None:
    assert run("-c", TESTING[1]) == "created\n"
    assert run("-c", f"from rapport.testing import serving\n{TESTING[2]}") == "[(9, 'Fine machine')]\n"


def test_the_fixture_is_there_in_any_project(tmp_path: Path) -> None:
    (tmp_path / "test_integration.py").write_text(INTEGRATION + TESTING[0])
    said = run("-m", "pytest", "-q", "-s", "-W", "error", "-p", "no:cacheprovider", "--rootdir", ".", where=tmp_path)
    assert "1 passed" in said
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(next(word for word in said.split() if word.startswith("http://")))
