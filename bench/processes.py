"""Processes and what they have used, from /proc."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
#: Places in /proc/<pid>/stat, behind the name: user, system, and both of the children that have ended.
OWN, ENDED = slice(11, 13), slice(13, 15)


def seconds(pid: int) -> float:
    """CPU seconds of a process and of all that came from it, with those that have ended.

    What ends is in its parent's figure as soon as that has taken note of it: until then it is still listed. Where one
    goes over while we look, we look again.
    """
    while True:
        before = _ended(pid)
        try:
            total = _used(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if _ended(pid) == before:
            return total / TICKS


def children(pid: int) -> list[int]:
    """The processes that a process has started, from any thread."""
    found = [listed.read_text().split() for listed in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for each in found for child in each]


def named(parent: int, *words: str) -> int:
    """The child of a process whose command line ends with these words."""
    ending = "\0".join([*words, ""])
    (found,) = (pid for pid in children(parent) if Path(f"/proc/{pid}/cmdline").read_text().endswith("\0" + ending))
    return found


def parent(pid: int) -> int:
    """Who started a process."""
    return int(_stat(pid)[1])


def megabytes(pid: int) -> int:
    """Resident memory of a process."""
    size = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(size[1]) // 1024 if size else 0


def processor() -> str:
    """What the machine computes with."""
    names = re.findall(r"model name\s+: (.+)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


def _used(pid: int) -> int:
    own = sum(map(int, [*_stat(pid)[OWN], *_stat(pid)[ENDED]]))
    return own + sum(map(_used, children(pid)))


def _ended(pid: int) -> list[str]:
    return _stat(pid)[ENDED]


def _stat(pid: int) -> list[str]:
    """The places of /proc/<pid>/stat behind the process's name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
