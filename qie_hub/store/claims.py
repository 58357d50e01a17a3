"""Claim files: written once, kept fresh by their modification time, judged by anyone.

Invariants:

* A claim is alive while its process is in the process table; where that cannot be asked (another machine, another
  container), while its heartbeat is at most `STALE_AFTER` old.
* A claim that cannot be read is judged by its heartbeat alone: a claim is never ignored because it is damaged.
* An exclusive claim (`take`) is created exclusively; no lock of the operating system is needed, so network drives and
  containers behave the same. It is taken over when its process is gone or hangs. Two that take over at once waste
  work and damage nothing: what claims protect is bound by digests and renamed into place.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import Clock, from_text, to_text
from qie_hub.errors import FormatError
from qie_hub.formats.claim import Claim
from qie_hub.store.processes import Life, life_of, me

CLAIM: Final = "claim.json"
"""The name of an exclusive claim on the folder that it lies in."""

BEAT_EVERY: Final = 30.0
STALE_AFTER: Final = 300.0
_TRIES: Final = 8


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

    @property
    def working(self) -> bool:
        """Whether an exclusive claim counts: one that stopped beating hangs, even if its process is still there."""
        return self.alive and self.beating

    @property
    def name(self) -> str:
        """For people: ``install (pid 4711)``."""
        return "?" if self.claim is None else f"{self.claim.purpose} (pid {self.claim.process.pid})"


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
    if claim is None:
        return Seen(path, None, now.timestamp() - beat, Life.UNKNOWN)
    # Between its creation and its first beat a claim has the file system's time, which need not be our clock's.
    ages = (now.timestamp() - beat, (now - from_text(claim.since)).total_seconds())
    return Seen(path, claim, min(ages, key=abs), life_of(claim.process))


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


def write(path: Path, purpose: str, nonce: str, clock: Clock) -> None:
    """Write a claim of this process that others may have beside their own.

    Raises:
        OSError: the home cannot be written.
    """
    atomic.write(path, _bytes(purpose, nonce, clock))
    beat(path, clock.now())  # by the injected clock, which may differ from the file system's


def take(path: Path, purpose: str, clock: Clock) -> str | None:
    """Take an exclusive claim, also from a dead owner; return its nonce, or None if a living one has it.

    Raises:
        OSError: the home cannot be written.
    """
    nonce = secrets.token_hex(8)
    data = _bytes(purpose, nonce, clock)
    for _ in range(_TRIES):
        if atomic.create(path, data):
            beat(path, clock.now())
            return nonce if owned(path, nonce) else None
        seen = see(path, clock.now())
        if seen is not None:
            if seen.working:
                return None
            _bury(seen)
    return None


def owned(path: Path, nonce: str) -> bool:
    """Whether the claim at ``path`` is still the one with this nonce."""
    return _nonce_of(path) == nonce


def drop(path: Path, nonce: str) -> None:
    """Give an exclusive claim up, unless it was taken over."""
    if owned(path, nonce):
        path.unlink(missing_ok=True)


def _bytes(purpose: str, nonce: str, clock: Clock) -> bytes:
    return Claim(me(), nonce, purpose, to_text(clock.now())).to_bytes()


def _bury(seen: Seen) -> None:
    """Take a dead claim away; if a living one took its place in between, put that one back."""
    grave = seen.path.with_name(f"{seen.path.name}{atomic.TEMP_MARK}{secrets.token_hex(6)}")
    try:
        os.rename(seen.path, grave)
    except FileNotFoundError:
        return
    if _nonce_of(grave) != (None if seen.claim is None else seen.claim.nonce):
        atomic.create(seen.path, grave.read_bytes())
    grave.unlink(missing_ok=True)


def _nonce_of(path: Path) -> str | None:
    try:
        return Claim.from_bytes(path.read_bytes()).nonce
    except (OSError, FormatError):
        return None


def stamp_now(path: Path, clock: Clock) -> None:
    """Set the heartbeat by the injected clock."""
    beat(path, clock.now())
