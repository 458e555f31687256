"""A process of the service ends with its parent."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import subprocess
import sys

import pytest

from rapport.process import Formatter

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=os.environ | {"RAPPORT_SUPERVISOR": str(os.getpid())})
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import signal
from rapport.process import end_with_parent
end_with_parent()
print("here", flush=True)
signal.pause()
"""


def ends(pid: int) -> bool:
    descriptor = os.pidfd_open(pid)
    try:
        return bool(select.select([descriptor], [], [], 30)[0])
    finally:
        os.close(descriptor)


def test_a_child_ends_when_its_supervisor_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as parent:
        told = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
        (pid,) = told - {"here"}
        parent.kill()

        assert ends(int(pid))


def test_a_child_whose_supervisor_was_gone_before_it_looked_ends_too():
    with subprocess.Popen([sys.executable, "-c", CHILD], env=os.environ | {"RAPPORT_SUPERVISOR": "1"}) as orphan:
        assert orphan.wait(30) == -signal.SIGTERM


def test_a_process_that_a_person_started_stays():
    code = "import threading, rapport.process as p; p.end_with_parent(); print(threading.active_count())"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout == "1\n"


def test_a_line_of_the_log_tells_where_a_fault_came_from_and_nothing_of_what_it_says(
    caplog: pytest.LogCaptureFixture,
):
    """What a driver says of a row is the row."""
    address = "@".join(("ada", "example.com"))
    try:
        try:
            raise KeyError(address)
        except KeyError as fault:
            raise ValueError(f"Key (email)=({address})") from fault
    except ValueError:
        logging.getLogger("rapport").exception("a group could not be written")
    [record] = caplog.records
    record.exc_text = None  # pytest's own formatter has left it
    line = Formatter().format(record)
    told = json.loads(line)["exc_info"]
    assert address not in line
    assert told.index("KeyError") < told.rindex("ValueError")
    assert "test_process.py" in told
