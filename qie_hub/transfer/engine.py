"""Carries out a plan.

The caller's thread watches: it decides the number of streams, reports progress and looks at the `Control`. Streams
fetch. One keeper copies what lies on this device already, writes checkpoints and hashes the files' beginnings, so that
neither the network nor the caller waits for the disk.

Invariants: `Engine.run` returns only when every chunk of the plan is in place; on any error, and on ctrl-C, everything
verified stays. When it returns or raises, no thread touches a file any more; one that waits for a server's first byte
may outlive it until the transport's own limit, and ends there.

Disk errors leave as ``OSError``: the caller knows what the directory means.

Example::

    outcome = Engine(transport, mirrors, clock, sink, ref="pro:512").run(todo, partials, Control())
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import Cancelled, IntegrityError
from qie_hub.events import Progress, Sink, Waiting, ignore
from qie_hub.ports import Transport
from qie_hub.transfer.board import TICK, Board
from qie_hub.transfer.control import Control
from qie_hub.transfer.journal import PartialFile
from qie_hub.transfer.mirrors import Mirrors, MirrorStats
from qie_hub.transfer.pacing import Climber, TokenBucket
from qie_hub.transfer.plan import Copy, Target, TransferPlan
from qie_hub.transfer.stream import Stream, put

CHECKPOINT_BYTES: Final = 64 << 20
CHECKPOINT_SECONDS: Final = 5.0
PROGRESS_SECONDS: Final = 0.1
NAP: Final = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. ``received`` counts every byte that mirrors sent, wrong and repeated ones too."""

    received: int
    reused: int
    seconds: float
    mirrors: tuple[MirrorStats, ...]


class Engine:
    """Fetches and copies until a plan is done.

    Args:
        transport: opens URLs.
        mirrors: whom to ask.
        clock: for rates, checkpoints and waits.
        sink: gets `Progress` (at most ten a second), `MirrorDemoted` and `Waiting`.
        ref: what `Progress` is about.
        streams: the most connections at once.
    """

    def __init__(
        self,
        transport: Transport,
        mirrors: Mirrors,
        clock: Clock,
        sink: Sink = ignore,
        *,
        ref: str = "",
        streams: int = 8,
    ) -> None:
        self._transport = transport
        self._mirrors = mirrors
        self._clock = clock
        self._sink = sink
        self._ref = ref
        self._streams = streams

    def run(self, plan: TransferPlan, files: Mapping[Digest, PartialFile], control: Control) -> Outcome:
        """Bring every chunk of the plan into ``files``.

        Raises:
            TransferError: mirrors are unreachable, too slow, refuse, or lack an object.
            IntegrityError: every mirror sends wrong bytes; `BadPublish` if they agree on them.
            Cancelled: the control said so.
            OSError: the disk refused.
        """
        began = self._clock.monotonic()
        board = Board(plan.spans, self._mirrors, self._clock, self._sink, verified=plan.verified, ref=self._ref)
        board.expect_more(more=bool(plan.copies))
        keeper = _Keeper(board, files, plan.copies, self._clock)
        watch = _Watch(self._ref, plan.total, self._clock, self._sink)
        streams: list[Stream] = []
        keeper.start()
        try:
            self._supervise(board, streams, files, control, watch)
        except BaseException as error:
            board.stop(error)
            raise
        finally:
            _join(streams)
            keeper.stop()
            self._mirrors.remember()
        if board.fatal is not None:
            raise board.fatal
        watch.say(board, last=True)
        seconds = self._clock.monotonic() - began
        return Outcome(board.tally.received, keeper.reused, seconds, self._mirrors.stats())

    def _supervise(
        self,
        board: Board,
        streams: list[Stream],
        files: Mapping[Digest, PartialFile],
        control: Control,
        watch: _Watch,
    ) -> None:
        bucket = TokenBucket()
        cap = 1 if control.background else self._streams
        climber = Climber(self._clock.monotonic(), cap=cap)
        woken = threading.Event()

        def pace(count: int, stopped: Callable[[], bool]) -> None:
            left = bucket.take(count, control.max_rate, self._clock.monotonic())
            while left > 0 and not stopped():
                self._clock.sleep(min(left, NAP))
                left -= NAP

        while board.fatal is None and not board.done:
            if control.cancelled:
                raise Cancelled(ref=self._ref)
            received = board.tally.received
            if board.take_penalties():
                climber.penalty(self._clock.monotonic(), received)
            target = climber.observe(self._clock.monotonic(), received, board.delivering)
            if control.max_rate is None:
                # Under a limit it is this program that makes streams slow: helping one would fetch bytes twice.
                board.review()
            watch.pause(paused=control.paused)
            board.allow(0 if control.paused else target)
            while len(streams) < target:
                streams.append(Stream(len(streams), board, self._transport, files, pace))
                streams[-1].start()
            watch.say(board)
            woken.wait(TICK)


def _join(streams: Sequence[Stream]) -> None:
    """Wait for streams, but not for those whose server has not answered: they hold no work any more."""
    for stream in streams:
        while stream.is_alive() and not stream.asking:
            stream.join(TICK)


class _Watch:
    """Turns the board's counters into events."""

    def __init__(self, ref: str, total: int, clock: Clock, sink: Sink) -> None:
        self._ref = ref
        self._total = total
        self._clock = clock
        self._sink = sink
        self._said: float | None = None
        self._paused = False
        self._window: list[tuple[float, int]] = []

    def say(self, board: Board, *, last: bool = False) -> None:
        """Report, unless it was done less than `PROGRESS_SECONDS` ago."""
        now = self._clock.monotonic()
        if not last and self._said is not None and now - self._said < PROGRESS_SECONDS:
            return
        self._said = now
        tally = board.tally
        self._window = [(at, count) for at, count in self._window if now - at <= 5.0] + [(now, tally.received)]
        first_at, first = self._window[0]
        rate = (tally.received - first) / (now - first_at) if now > first_at else None
        self._sink(Progress(self._ref, tally.verified, self._total, rate))

    def pause(self, *, paused: bool) -> None:
        """Say once that a person paused the work."""
        if paused and not self._paused:
            self._sink(Waiting(self._ref, "paused"))
        self._paused = paused


class _Keeper(threading.Thread):
    """Copies seeds, then keeps the files' checkpoints and whole-file hashes up to date."""

    def __init__(self, board: Board, files: Mapping[Digest, PartialFile], copies: Sequence[Copy], clock: Clock) -> None:
        super().__init__(name="qie-hub-keeper", daemon=True)
        self.reused = 0
        self._board = board
        self._files = files
        self._copies = copies
        self._clock = clock
        self._ended = threading.Event()

    def stop(self) -> None:
        """End, with a last checkpoint of every file."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Work until `stop`. A disk error ends the transfer."""
        try:
            self._copy_all()
            last = self._clock.monotonic()
            while not self._ended.wait(TICK):
                now = self._clock.monotonic()
                late = now - last >= CHECKPOINT_SECONDS
                last = now if late else last
                self._tend(1 if late else CHECKPOINT_BYTES)
            self._tend(1)
        except BaseException as error:  # noqa: BLE001  # a thread's edge: the engine raises it again
            self._board.stop(error)
        finally:
            self._board.expect_more(more=False)

    def _tend(self, threshold: int) -> None:
        for partial in self._files.values():
            if partial.unsynced >= threshold:
                partial.checkpoint()
            partial.advance()

    def _copy_all(self) -> None:
        for copy in self._copies:
            if self._board.fatal is not None or self._ended.is_set():
                return
            self._copy(copy)
        self._board.expect_more(more=False)

    def _copy(self, copy: Copy) -> None:
        """Copy one seed; one that is gone or not what it was is fetched instead."""
        data = b""
        with suppress(OSError):
            data = self._seed(copy)
        try:
            count = put(self._files, copy.piece, data)
        except IntegrityError:
            self._board.add(copy.span)
            return
        self.reused += count
        self._board.got(count)

    def _seed(self, copy: Copy) -> bytes:
        source = copy.source
        if isinstance(source, Target):
            partial = self._files[source.file]
            return partial.read(partial.index.chunks[source.ordinal])
        with source.path.open("rb") as file:
            file.seek(source.offset)
            return file.read(copy.piece.length)
