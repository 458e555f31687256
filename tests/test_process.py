"""A process of the service ends with its parent."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

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
