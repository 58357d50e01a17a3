"""One writer per pack: who works on it, how far it is, and what happens when it dies.

Invariants:

* The right to work is an exclusive claim (`claims.take`): one at a time, taken over from the dead and from those that
  gave no sign for five minutes.
* A writer that lost its claim learns it from `Writer.check` and stops.

Example::

    with store.writers.wait(ref, purpose="install", on_event=sink) as writer:
        writer.report("fetch", verified, total)
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub.clock import Clock
from qie_hub.errors import Busy, FormatError
from qie_hub.events import Progress, Sink, Waiting
from qie_hub.formats.claim import Work
from qie_hub.packref import PackRef
from qie_hub.store import claims
from qie_hub.store.claims import CLAIM, Heart, Seen
from qie_hub.store.layout import Layout

LOOK_EVERY: Final = 0.5
_WORK: Final = "work.json"


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else's work on a pack. ``work`` is None until it reports."""

    seen: Seen
    work: Work | None

    @property
    def name(self) -> str:
        """For people: ``install (pid 4711)``."""
        return self.seen.name


class Writer:
    """The right to work on a pack. Use it in ``with``. `report`, `beat` and `check` may be called from any thread."""

    def __init__(self, ref: PackRef, folder: Path, nonce: str, clock: Clock) -> None:
        self.ref = ref
        self._folder = folder
        self._nonce = nonce
        self._clock = clock
        self._heart: Heart | None = None
        self._report: io.RawIOBase | None = None
        self._lock = threading.Lock()

    def report(self, step: str, verified: int, total: int) -> None:
        """Tell followers how far the work is: one small write in place, never synced.

        A courtesy: where it fails, the work that it speaks of goes on.
        """
        with self._lock, suppress(OSError):
            if self._report is None:
                self._report = io.FileIO(self._folder / _WORK, "w")
            self._report.seek(0)
            self._report.write(Work(step[:32], verified, total).to_bytes())

    def beat(self) -> None:
        """Say that the work goes on."""
        if claims.owned(self._folder / CLAIM, self._nonce):
            claims.beat(self._folder / CLAIM, self._clock.now())

    def check(self) -> None:
        """Make sure that the claim is still this writer's.

        Raises:
            Busy: another process took the work over.
        """
        if not claims.owned(self._folder / CLAIM, self._nonce):
            raise Busy(hint="WORK_TAKEN_OVER", ref=str(self.ref))

    def release(self) -> None:
        """Let the next one work. Twice is fine; a claim that was taken over stays."""
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        with self._lock:
            if self._report is not None:
                self._report.close()
                self._report = None
        if claims.owned(self._folder / CLAIM, self._nonce):
            (self._folder / _WORK).unlink(missing_ok=True)
            claims.drop(self._folder / CLAIM, self._nonce)

    def __enter__(self) -> Writer:
        if self._heart is None:
            self._heart = Heart(self.beat)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Writers:
    """The claims on work in a home.

    ``on_claim`` is called with the pack by every new writer before it does anything else: here the work of a dead one
    is taken up.
    """

    def __init__(self, layout: Layout, clock: Clock, on_claim: Callable[[PackRef], None]) -> None:
        self._layout = layout
        self._clock = clock
        self._on_claim = on_claim

    def other(self, ref: PackRef) -> Other | None:
        """Who works on the pack now, or None."""
        folder = self._layout.writer_of(ref)
        seen = claims.see(folder / CLAIM, self._clock.now())
        if seen is None or not seen.working:
            return None
        return Other(seen, _work_at(folder))

    def claim(self, ref: PackRef, *, purpose: str) -> Writer | None:
        """Become the writer of a pack at once, also in the place of a dead one; None if somebody else is.

        Raises:
            OSError: the home cannot be written.
        """
        folder = self._layout.writer_of(ref)
        nonce = claims.take(folder / CLAIM, purpose, self._clock)
        if nonce is None:
            return None
        writer = Writer(ref.unversioned, folder, nonce, self._clock)
        try:
            self._on_claim(ref)
        except BaseException:
            writer.release()
            raise
        return writer

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
        """Claims of the dead, and progress that nobody makes, for `gc` to remove."""
        now = self._clock.now()
        seen = [claims.see(path, now) for path in sorted(self._layout.writers.glob(f"*/*/{CLAIM}"))]
        dead = [one.path for one in seen if one is not None and not one.alive]
        work = sorted(self._layout.writers.glob(f"*/*/{_WORK}"))
        return (*dead, *(path for path in work if not path.with_name(CLAIM).exists()))


def _work_at(folder: Path) -> Work | None:
    """What the writer last reported; a document that is being written right now counts as none."""
    try:
        return Work.from_bytes((folder / _WORK).read_bytes())
    except (OSError, FormatError):
        return None
