"""Health, readiness, metrics and the access log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.ingest.serving import Server, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Caller

GOOD = "configuration=contact&record[Email]=ada@example.com&record[First Name]=Ada"


@pytest.mark.parametrize(("path", "word"), [("/healthz", "alive"), ("/readyz", "ready")])
def test_health(ingest: Server, path: str, word: str) -> None:
    for slash in ("", "/"):
        answer = httpx2.get(ingest.url + path + slash)
        assert (answer.status_code, answer.json()) == (200, {"status": word})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_can_be_sent_there(ingest: Server, path: str) -> None:
    answer = httpx2.post(ingest.url + path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert httpx2.head(ingest.url + path).status_code == 200


def figures(server: Server) -> dict[str, float]:
    """The metrics by name and labels."""
    answer = httpx2.get(server.url + "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples]
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in samples}


def test_metrics_add_up_over_all_workers(ingest: Server, cast: Cast) -> None:
    def counted() -> list[float]:
        now = figures(ingest)
        names = ("rapport_requests_total200", "rapport_requests_total422", "rapport_commit_batch_size_sum")
        return [now.get(name, 0) for name in names]

    before = counted()
    for number in range(20):
        headers = cast.alice.bearer
        httpx2.put(f"{ingest.url}/records?configuration=contact&record[Email]={number}@b", headers=headers)
        httpx2.put(f"{ingest.url}/records", headers=headers)
    wanted = [before[0] + 20, before[1] + 20, before[2] + 40]
    until(lambda: all(now >= least for now, least in zip(counted(), wanted, strict=True)), "all answers are counted")


def test_metrics_name_neither_tenants_nor_apps(ingest: Server, alice: Caller) -> None:
    alice.record({"Email": "ada@example.com"})
    told = httpx2.get(ingest.url + "/metrics").text
    assert "rapport_queue_records" in told
    assert "rapport_commit_seconds_bucket" in told
    labels = {
        name for family in text_string_to_metric_families(told) for sample in family.samples for name in sample.labels
    }
    assert labels <= {"status", "le", "pid", "job", "state"}


def test_the_access_log_is_json_without_personal_data_or_secrets(ingest: Server, cast: Cast) -> None:
    headers = cast.alice.bearer | {"X-Request-Id": "log-me", "Idempotency-Key": "idem"}
    httpx2.put(f"{ingest.url}/records/?{GOOD}&access_token=s3cret", headers=headers)
    httpx2.put(f"{ingest.url}/records", json={"record": {"Email": "eve@example.com"}}, headers=headers)
    httpx2.get(f"{ingest.url}/hooks/0123456789abcdef?Email=ada@example.com")
    lines = until(
        lambda: (
            (found := [line for line in ingest.said().splitlines() if "log-me" in line]) and len(found) == 2 and found
        ),
        "both requests are logged",
    )
    # Two workers write their lines when each has time.
    logged = sorted((json.loads(line) for line in lines), key=lambda line: line["time"])
    assert [(line["method"], line["path"], line["status"], line["request_id"]) for line in logged] == [
        ("PUT", "/records/", 200, "log-me"),
        ("PUT", "/records", 422, "log-me"),
    ]
    assert all(line["ms"] > 0 and line["time"] and line["level"] == "info" for line in logged)
    said = until(lambda: "/hooks/" in ingest.said() and ingest.said(), "the webhook is logged")
    for secret in ("ada@example.com", "eve@example.com", "s3cret", cast.alice.token, "0123456789abcdef", "idem"):
        assert secret not in said


def test_the_access_log_can_be_turned_off(database: Database, cast: Cast, tmp_path: Path) -> None:
    with serving(database, tmp_path, workers=1, RAPPORT_ACCESS_LOG="off") as server:
        assert httpx2.put(f"{server.url}/records?{GOOD}", headers=cast.alice.bearer).status_code == 200
    assert "/records" not in server.said()
