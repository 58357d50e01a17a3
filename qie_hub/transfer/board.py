"""The one owner of a transfer's changing state: what is left, who works on what, what went wrong.

Streams ask it for work and tell it what happened; the engine looks at it. Every method takes the one lock, none of
them waits for the network or the disk.

Invariants:

* A piece is in the queue, in a job, or done; in two jobs only where one helps the other at the end. A job that ends
  early gives its rest back.
* A piece with a wrong digest goes back alone, to be asked of another mirror.
* ``verified`` only grows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import (
    CaptivePortal,
    HttpError,
    MissingEverywhere,
    Offline,
    TransferError,
)
from qie_hub.events import MirrorDemoted, Sink, Waiting
from qie_hub.ports import Response
from qie_hub.transfer.evidence import Evidence
from qie_hub.transfer.laggards import Pace, crawler, to_help, usual
from qie_hub.transfer.mirrors import Mirrors, shard_path
from qie_hub.transfer.pacing import RetryBudget
from qie_hub.transfer.plan import SPAN_MAX, Piece, Span

SPAN_MIN: Final = 4 << 20
PATIENCE: Final = 120.0
"""Seconds that a transfer waits for mirrors that all asked to be left alone."""
RECENT: Final = 20.0
"""Seconds for which an ended job's speed says what is usual: the line may be another one a minute later."""
TICK: Final = 0.05


@dataclass(slots=True, eq=False)
class Job:
    """A span on its way through one stream. Only its stream and the board touch it."""

    span: Span
    base: str
    avoid: frozenset[str]
    began: float
    left: dict[Digest, Piece]
    received: int = 0
    response: Response | None = None
    dropped: bool = False
    wrong_in_a_row: int = 0
    helped: bool = False
    last: float = 0.0
    speed: float = 0.0
    mark: tuple[float, int] | None = None

    def pace(self, now: float) -> Pace[Job]:
        """How it gets on; ``speed`` is measured about once a second."""
        at, count = self.mark or (self.began, 0)
        if now - at >= 1.0:
            self.speed = (self.received - count) / (now - at)
            self.mark = (now, self.received)
        left = sum(piece.length for piece in self.left.values())
        return Pace(self, self.speed, now - self.began, left, now - max(self.last, self.began), self.helped)


@dataclass(frozen=True, slots=True)
class _Todo:
    span: Span
    avoid: frozenset[str] = frozenset()


@dataclass(slots=True)
class Tally:
    """Bytes so far: from the network, and verified (both only grow)."""

    received: int = 0
    verified: int = 0


class Board:
    """Hands out work. See the module's invariants."""

    def __init__(
        self, spans: Iterable[Span], mirrors: Mirrors, clock: Clock, sink: Sink, *, verified: int, ref: str
    ) -> None:
        self._mirrors = mirrors
        self._clock = clock
        self._sink = sink
        self._ref = ref
        self._lock = threading.Condition()
        self._queue = deque(_Todo(span) for span in spans)
        self._queued = sum(todo.span.length for todo in self._queue)
        self._jobs: set[Job] = set()
        self._evidence = Evidence(mirrors.bases)
        self._budget = RetryBudget(4 + 4 * len(mirrors.bases))
        self._tally = Tally(verified=verified)
        self._streams = 0
        self._waiting_since: float | None = None
        self._last_error: TransferError | None = None
        self._fatal: BaseException | None = None
        self._more_to_come = False
        self._penalties = 0
        self._speeds: deque[tuple[float, float]] = deque(maxlen=32)

    # -- what the engine sees and says ----------------------------------------------------------------------------

    @property
    def tally(self) -> Tally:
        """A copy of the counters."""
        with self._lock:
            return Tally(self._tally.received, self._tally.verified)

    @property
    def fatal(self) -> BaseException | None:
        """What ends the transfer, if anything did."""
        return self._fatal

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        with self._lock:
            return not (self._queue or self._jobs or self._more_to_come)

    @property
    def delivering(self) -> int:
        """How many streams have brought bytes of what they work on."""
        with self._lock:
            return sum(1 for job in self._jobs if job.received)

    def take_penalties(self) -> int:
        """How often a server asked for less since the last call."""
        with self._lock:
            count, self._penalties = self._penalties, 0
            return count

    def allow(self, streams: int) -> None:
        """Let this many streams work; 0 drops all jobs (their rest goes back to the queue)."""
        with self._lock:
            self._streams = streams
            if streams == 0:
                self._drop_all()
            self._lock.notify_all()

    def review(self) -> None:
        """Look for streams that are much slower than usual, and help."""
        now = self._clock.monotonic()
        with self._lock:
            running = [job.pace(now) for job in self._jobs if not job.dropped]
            typical = usual([speed for at, speed in self._speeds if now - at < RECENT], running)
            if self._queue:
                crawling = crawler(running, typical)
                if crawling is not None:
                    self._drop(crawling)
            elif len(self._jobs) < self._streams:
                slow = to_help(running, typical)
                if slow is not None:
                    slow.helped = True
                    self._push(slow.span.of(list(slow.left.values())), slow.avoid | {slow.base})

    def stop(self, error: BaseException) -> None:
        """End the transfer with ``error``; the first one wins."""
        with self._lock:
            self._fatal = self._fatal or error
            self._drop_all()
            self._lock.notify_all()

    def expect_more(self, *, more: bool) -> None:
        """Whether somebody may still `add` work: streams then wait instead of ending."""
        with self._lock:
            self._more_to_come = more
            self._lock.notify_all()

    def add(self, span: Span) -> None:
        """Put work at the end of the queue."""
        with self._lock:
            self._queue.append(_Todo(span))
            self._queued += span.length
            self._lock.notify()

    def got(self, count: int) -> None:
        """Count bytes that were verified without the network."""
        with self._lock:
            self._tally.verified += count

    # -- what a stream asks and tells -----------------------------------------------------------------------------

    def next(self, number: int) -> Job | None:
        """Wait for work for stream ``number`` (from 0); None when all is done or the transfer ends."""
        with self._lock:
            while True:
                if self._fatal is not None or not (self._queue or self._jobs or self._more_to_come):
                    self._lock.notify_all()
                    return None
                job = self._assign(number) if self._queue and number < self._streams else None
                if job is not None:
                    return job
                self._lock.wait(TICK)

    def opened(self, job: Job, response: Response) -> bool:
        """Note the open response, so that it can be aborted; False if the job was dropped meanwhile."""
        with self._lock:
            job.response = response
            return not job.dropped

    def widen(self, job: Job) -> None:
        """The server sends the whole shard: take over all queued pieces of it that are not to avoid this mirror."""
        self._mirrors.without_ranges(job.base)
        with self._lock:
            mine = [t for t in self._queue if t.span.shard == job.span.shard and job.base not in t.avoid]
            for todo in mine:
                self._queue.remove(todo)
                self._queued -= todo.span.length
            pieces = sorted(
                [*job.left.values(), *(piece for todo in mine for piece in todo.span.pieces)],
                key=lambda piece: piece.shard_offset,
            )
            job.span = job.span.of(pieces)
            job.left = {piece.digest: piece for piece in pieces}

    def received(self, job: Job, count: int) -> bool:
        """Count bytes from the network; False if the job was dropped."""
        now = self._clock.monotonic()
        with self._lock:
            job.received += count
            job.last = now
            self._tally.received += count
            return not job.dropped

    def verified(self, job: Job, piece: Piece, count: int) -> None:
        """A piece is in place; ``count`` bytes of files are new by it."""
        with self._lock:
            job.wrong_in_a_row = 0
            for one in tuple(self._jobs):
                if one.left.pop(piece.digest, None) is not None and one is not job and not one.left:
                    self._drop(one)  # the other stream that worked on the same was faster
            self._tally.verified += count
            self._budget.verified(piece.length)
            self._waiting_since = None

    def wrong(self, job: Job, piece: Piece, actual: str) -> bool:
        """A piece had another digest; False if the rest of this response is not worth reading."""
        demoted = self._mirrors.wrong(job.base, "wrong_bytes")
        with self._lock:
            job.left.pop(piece.digest, None)
            job.wrong_in_a_row += 1
            self._push(job.span.of([piece]), job.avoid | {job.base})
            verdict = self._evidence.add(piece.digest, job.base, actual, shard_path(job.span.shard))
        if demoted:
            self._sink(MirrorDemoted(job.base, "wrong_bytes"))
        if verdict is not None:
            self.stop(verdict)
        return verdict is None and job.wrong_in_a_row < 2

    def ended(self, job: Job) -> None:
        """The job is over, with or without a rest; a dropped one is nobody's fault."""
        seconds = self._clock.monotonic() - job.began
        self._mirrors.succeeded(job.base, job.received, seconds)
        with self._lock:
            if job.received and seconds > 0 and not job.dropped:
                self._speeds.append((job.began + seconds, job.received / seconds))
            self._leave(job)

    def absent(self, job: Job) -> None:
        """The mirror has no such shard."""
        self._mirrors.absent(job.base, shard_path(job.span.shard))
        with self._lock:
            self._leave(job)

    def failed(self, job: Job, error: TransferError) -> None:
        """The job broke."""
        retry_after = error.data.get("retry_after")
        wait = float(retry_after) if isinstance(retry_after, (int, float)) else None
        incident = self._mirrors.failed(job.base, job.received, job.began, retry_after=wait)
        with self._lock:
            self._last_error = error
            if wait is not None or error.data.get("status") in (429, 503):
                self._penalties += 1
            self._leave(job)
            spent = incident and not self._budget.spend(_cost(error, self._tally.received))
        if spent:
            self.stop(error)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _assign(self, number: int) -> Job | None:
        waits: list[float] = []
        for todo in self._candidates():
            turn = self._mirrors.turn(shard_path(todo.span.shard), avoid=todo.avoid, explore=number >= 1)
            if turn.base is not None:
                return self._job(todo, turn.base)
            if turn.wait is None:
                error = MissingEverywhere(what=shard_path(todo.span.shard), mirrors=list(self._mirrors.bases))
                self._fatal = self._fatal or error
                return None
            waits.append(turn.wait)
        if not self._jobs and waits:
            self._wait_for_mirrors(min(waits))
        return None

    def _candidates(self) -> list[_Todo]:
        """The first of the queue, and the first of each other shard: another mirror may be ready for it."""
        first: dict[Digest, _Todo] = {}
        for todo in self._queue:
            first.setdefault(todo.span.shard, todo)
            if len(first) >= 4:
                break
        return list(first.values())

    def _job(self, todo: _Todo, base: str) -> Job:
        self._queue.remove(todo)
        self._queued -= todo.span.length
        share = max(SPAN_MIN, self._queued // (2 * max(1, self._streams)))
        span, rest = todo.span.cut(min(SPAN_MAX, share))
        if rest is not None:
            self._push(rest, todo.avoid)
        job = Job(span, base, todo.avoid, self._clock.monotonic(), {piece.digest: piece for piece in span.pieces})
        self._jobs.add(job)
        return job

    def _push(self, span: Span, avoid: frozenset[str] = frozenset()) -> None:
        self._queue.appendleft(_Todo(span, avoid))
        self._queued += span.length
        self._lock.notify()

    def _leave(self, job: Job) -> None:
        self._jobs.discard(job)
        others = {digest for one in self._jobs for digest in one.left}
        rest = [piece for piece in job.span.pieces if piece.digest in job.left and piece.digest not in others]
        if rest:
            self._push(job.span.of(rest), job.avoid)
        self._lock.notify_all()

    def _drop_all(self) -> None:
        for job in tuple(self._jobs):
            self._drop(job)

    def _drop(self, job: Job) -> None:
        """Make a stream give its job up. One that still waits for an answer is left alone, without its work."""
        job.dropped = True
        if job.response is not None:
            job.response.close()
            return
        self._leave(job)
        job.left.clear()

    def _wait_for_mirrors(self, wait: float) -> None:
        """All mirrors rest and nothing is on its way: say so once, and give up when it takes too long."""
        now = self._clock.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
            if wait >= 1.0:
                self._sink(Waiting(self._ref, "retry_after", f"{wait:.0f}"))
        if now - self._waiting_since + wait > PATIENCE:
            self._fatal = self._last_error or HttpError(url=self._mirrors.bases[0], status=None, problem="resting")


def _cost(error: TransferError, received: int) -> int:
    """How much of the retry budget an incident costs: what will not pass by waiting costs more."""
    hopeless = isinstance(error, CaptivePortal) or error.data.get("problem") == "tls"
    never_reached = isinstance(error, Offline) and received == 0
    return 3 if hopeless or never_reached else 1
