"""Who runs: the own process as a value, and whether another one is still there.

Invariants:

* A verdict is only as strong as what it stands on: `Life.RUNNING` and `Life.GONE` come from the process table, which
  counts only within the same boot and the same pid name space; elsewhere the answer is `Life.UNKNOWN` and the
  heartbeat decides.
* Nothing that must be correct rests on a verdict: a wrong one costs a wait or a second piece of work.
"""

from __future__ import annotations

import enum
import os
import platform
from functools import cache
from pathlib import Path

from qie_hub.formats.claim import Process


class Life(enum.Enum):
    """What is known of a process."""

    RUNNING = "running"
    GONE = "gone"
    UNKNOWN = "unknown"


def me() -> Process:
    """The calling process (after a fork: the child)."""
    pid = os.getpid()
    return Process(pid=pid, start=_start_of(pid), boot=_boot(), space=_space(), host=platform.node()[:255])


def life_of(process: Process) -> Life:
    """Look for ``process`` in the process table."""
    own = me()
    if own.boot is not None and process.boot is not None and own.boot != process.boot:
        return Life.GONE if own.host == process.host else Life.UNKNOWN
    if own.host != process.host or own.space != process.space or own.boot != process.boot:
        return Life.UNKNOWN
    return _look_up(process)


def _look_up(process: Process) -> Life:
    if os.name == "nt":  # there, os.kill(pid, 0) would end the process instead of asking for it
        return Life.RUNNING if process.pid == os.getpid() else Life.UNKNOWN
    try:
        os.kill(process.pid, 0)
    except (ProcessLookupError, OverflowError):
        return Life.GONE
    except PermissionError:
        pass  # it runs, as another user
    start = _start_of(process.pid)
    if start is not None and process.start is not None and start != process.start:
        return Life.GONE
    return Life.RUNNING


def _start_of(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    if fields[0] in {"Z", "X"}:
        return -1  # it ended and only waits to be reaped
    return int(fields[19])


@cache
def _boot() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:64]
    except OSError:
        return None


@cache
def _space() -> int | None:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return None
