"""One writer per pack: who works on it, how far it is, and what happens when it dies.

Invariants:

* The claim is a file that is created exclusively; no lock of the operating system is needed, so network drives and
  containers behave the same.
* A claim whose process is gone, or whose heartbeat is older than five minutes, is taken over. Two that take over at
  once is a waste of work, never damage: what they share is bound by digests and renamed into place.
* A writer that lost its claim learns it from `Writer.check` and stops.

Example::

    with Writers(layout, clock).wait(ref, on_event=sink) as writer:
        writer.report("fetch", verified, total)
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import Clock, to_text
from qie_hub.errors import Busy, FormatError
from qie_hub.events import Progress, Sink, Waiting
from qie_hub.formats.claim import Claim, Work
from qie_hub.packref import PackRef
from qie_hub.store import claims
from qie_hub.store.claims import Heart, Seen
from qie_hub.store.layout import Layout
from qie_hub.store.processes import me

LOOK_EVERY: Final = 0.5
_CLAIM: Final = "claim.json"
_WORK: Final = "work.json"
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else's work on a pack. ``work`` is None until it reports."""

    seen: Seen
    work: Work | None

    @property
    def name(self) -> str:
        """For people: ``install (pid 4711)``."""
        claim = self.seen.claim
        return "?" if claim is None else f"{claim.purpose} (pid {claim.process.pid})"


class Writer:
    """The right to work on a pack. Use it in ``with``; not thread-safe except for `beat`."""

    def __init__(self, ref: PackRef, folder: Path, nonce: str, clock: Clock) -> None:
        self.ref = ref
        self._folder = folder
        self._nonce = nonce
        self._clock = clock
        self._heart: Heart | None = None
        self._report: io.RawIOBase | None = None

    def report(self, step: str, verified: int, total: int) -> None:
        """Tell followers how far the work is. Cheap: one small write in place, never synced."""
        if self._report is None:
            self._report = io.FileIO(self._folder / _WORK, "w")
        self._report.seek(0)
        self._report.write(Work(step[:32], verified, total).to_bytes())

    def beat(self) -> None:
        """Say that the work goes on."""
        claims.beat(self._folder / _CLAIM, self._clock.now())

    def check(self) -> None:
        """Make sure that the claim is still this writer's.

        Raises:
            Busy: another process took the work over.
        """
        if _nonce_at(self._folder) != self._nonce:
            raise Busy(hint="WORK_TAKEN_OVER", ref=str(self.ref))

    def release(self) -> None:
        """Let the next one work. Twice is fine; a claim that was taken over stays."""
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        if self._report is not None:
            self._report.close()
            self._report = None
        if _nonce_at(self._folder) == self._nonce:
            (self._folder / _WORK).unlink(missing_ok=True)
            (self._folder / _CLAIM).unlink(missing_ok=True)

    def __enter__(self) -> Writer:
        if self._heart is None:
            self._heart = Heart(self.beat)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Writers:
    """The claims on work in a home."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock

    def other(self, ref: PackRef) -> Other | None:
        """Who works on the pack now, or None."""
        folder = self._layout.writer_of(ref)
        seen = claims.see(folder / _CLAIM, self._clock.now())
        if seen is None or not _counts(seen):
            return None
        return Other(seen, _work_at(folder))

    def claim(self, ref: PackRef, *, purpose: str) -> Writer | None:
        """Become the writer of a pack at once, also in the place of a dead one; None if somebody else is.

        Raises:
            OSError: the home cannot be written.
        """
        folder = self._layout.writer_of(ref)
        path = folder / _CLAIM
        nonce = secrets.token_hex(8)
        data = Claim(me(), nonce, purpose, to_text(self._clock.now())).to_bytes()
        for _ in range(_TRIES):
            if atomic.create(path, data):
                claims.stamp_now(path, self._clock)
                return Writer(ref.unversioned, folder, nonce, self._clock) if _nonce_at(folder) == nonce else None
            seen = claims.see(path, self._clock.now())
            if seen is None:
                continue
            if _counts(seen):
                return None
            _bury(seen)
        return None

    def only(self, ref: PackRef, *, purpose: str) -> Writer:
        """`claim`, for verbs that do not wait.

        Raises:
            Busy: somebody else works on the pack.
        """
        writer = self.claim(ref, purpose=purpose)
        if writer is None:
            other = self.other(ref)
            raise Busy(ref=str(ref.unversioned), by="?" if other is None else other.name)
        return writer

    def wait(self, ref: PackRef, *, purpose: str, on_event: Sink, check: Callable[[], None] | None = None) -> Writer:
        """Become the writer of a pack, waiting for another one and passing its progress on.

        ``check`` is called at every look and may raise to end the wait.
        """
        announced = False
        verified = 0
        while (writer := self.claim(ref, purpose=purpose)) is None:
            if check is not None:
                check()
            other = self.other(ref)
            if other is not None and not announced:
                on_event(Waiting(str(ref), "other_process", other.name))
                announced = True
            if other is not None and other.work is not None and other.work.verified > verified:
                verified = other.work.verified
                on_event(Progress(str(ref), verified, other.work.total))
            self._clock.sleep(LOOK_EVERY)
        return writer

    def stale(self) -> tuple[Path, ...]:
        """Claim files of the dead, for `gc` to remove."""
        now = self._clock.now()
        seen = [claims.see(path, now) for path in sorted(self._layout.writers.glob(f"*/*/{_CLAIM}"))]
        return tuple(one.path for one in seen if one is not None and not _counts(one))


def _counts(seen: Seen) -> bool:
    """A writer that stopped beating is taken over even if its process is still there: it hangs."""
    return seen.alive and seen.beating


def _bury(seen: Seen) -> None:
    """Take a dead claim away; if a living one took its place in between, put that one back."""
    grave = seen.path.with_name(f"{_CLAIM}{atomic.TEMP_MARK}{secrets.token_hex(6)}")
    try:
        os.rename(seen.path, grave)
    except FileNotFoundError:
        return
    dead = seen.claim.nonce if seen.claim is not None else None
    if _nonce_of(grave) != dead:
        atomic.create(seen.path, grave.read_bytes())
    grave.unlink(missing_ok=True)


def _nonce_at(folder: Path) -> str | None:
    return _nonce_of(folder / _CLAIM)


def _nonce_of(path: Path) -> str | None:
    try:
        return Claim.from_bytes(path.read_bytes()).nonce
    except (OSError, FormatError):
        return None


def _work_at(folder: Path) -> Work | None:
    """What the writer last reported; a document that is being written right now counts as none."""
    try:
        return Work.from_bytes((folder / _WORK).read_bytes())
    except (OSError, FormatError):
        return None
