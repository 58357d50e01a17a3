"""Claim files: written once, kept fresh by their modification time, judged by anyone.

Invariants:

* A claim is alive while its process is in the process table; where that cannot be asked (another machine, another
  container), while its heartbeat is at most `STALE_AFTER` old.
* A claim that cannot be read is judged by its heartbeat alone: a claim is never ignored because it is damaged.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from qie_hub.clock import Clock
from qie_hub.errors import FormatError
from qie_hub.formats.claim import Claim
from qie_hub.store.processes import Life, life_of

BEAT_EVERY: Final = 30.0
STALE_AFTER: Final = 300.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A claim file as somebody else sees it. ``claim`` is None if it cannot be read; ``age`` in seconds."""

    path: Path
    claim: Claim | None
    age: float
    life: Life

    @property
    def alive(self) -> bool:
        """Whether the claim counts: its process runs, or may run and beat not long ago."""
        return self.life is Life.RUNNING or (self.life is Life.UNKNOWN and self.beating)

    @property
    def beating(self) -> bool:
        """Whether the last heartbeat is recent; one from the future is a clock that jumped, and not recent."""
        return abs(self.age) <= STALE_AFTER


def see(path: Path, now: datetime) -> Seen | None:
    """Read a claim file, or None if there is none."""
    try:
        data = path.read_bytes()
        beat = path.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        claim = Claim.from_bytes(data)
    except FormatError:
        claim = None
    life = Life.UNKNOWN if claim is None else life_of(claim.process)
    return Seen(path, claim, now.timestamp() - beat, life)


def beat(path: Path, now: datetime) -> bool:
    """Say that the claim is still meant; False if the file is gone."""
    moment = int(now.timestamp() * 1_000_000_000)
    try:
        os.utime(path, ns=(moment, moment))
    except FileNotFoundError:
        return False
    return True


class Heart:
    """Calls ``beat`` every ``BEAT_EVERY`` seconds from a thread of its own, until stopped.

    The thread waits on an event, so stopping is immediate. ``beat`` must not raise.
    """

    def __init__(self, beat: Callable[[], None], *, every: float = BEAT_EVERY) -> None:
        self._beat = beat
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qie-hub-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._beat()


def stamp_now(path: Path, clock: Clock) -> None:
    """Set the first heartbeat by the injected clock, which may differ from the file system's."""
    beat(path, clock.now())
