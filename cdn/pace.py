"""Processor time of edits, comparable although the machine is shared.

A clock would measure what else the machine does, so only processor time counts, on one core. On a shared machine even
that says little by itself: what a core does in a second changes by half within seconds. So each run lies between two
looks at how fast the core is just now (the convolution of the devices' micro-benchmark), and is brought to the speed
that the benchmark saw.

Example::

    timer = Timer(ProcessorClock(), speed=60_000)    # the benchmark's `serial`
    with timer.timing():
        edit()
    timer.middle()                                   # 1190
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from statistics import median
from typing import Final

from qie_hub.clock import Clock, SystemClock
from qie_hub.device import bench

LOOK_S: Final = 0.05
"""Seconds of a look at the core's speed: some thirty convolutions, of which the fastest counts."""


class Timer:
    """Times of the runs of one task after the other. For one thread."""

    def __init__(self, clock: Clock, speed: int, look: Callable[[], int] | None = None) -> None:
        """Start with no runs.

        Args:
            clock: counts processor time.
            speed: what to bring times to, as `formats.speed.Figures.serial`.
            look: says how fast the core is just now, in the same unit; the benchmark's convolution by default.
        """
        self._clock, self._speed = clock, speed
        self._look = look or _looking(clock)
        self._times: list[float] = []

    @contextmanager
    def timing(self) -> Iterator[None]:
        """The block is one run, on one core; one that raises does not count."""
        with _one_core():
            before = self._look()
            start = self._clock.monotonic()
            yield
            taken = self._clock.monotonic() - start
            self._times.append(taken * (before + self._look()) / 2 / self._speed)

    def middle(self) -> int | None:
        """Milliseconds of the run in the middle, None without runs; the next task starts anew."""
        times, self._times = self._times, []
        return round(median(times) * 1000) if times else None


def _looking(clock: Clock) -> Callable[[], int]:
    run = lru_cache(bench.on_one_thread)  # opened with the first run: most packs' tasks are not timed

    def look() -> int:
        return max(1, bench.rate(run(), bench.MULTIPLY_ADDS, LOOK_S, clock) // 1_000_000)

    return look


class ProcessorClock(SystemClock):
    """Its monotonic time runs only while a processor works for this process."""

    def monotonic(self) -> float:
        """Processor seconds of all threads."""
        return time.process_time()


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep the threads of this process on one core: those that wait for each other would count as work.

    Elsewhere than on Linux they stay where they are, and the time comes out a little long.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    _keep_on({min(allowed)})
    try:
        yield
    finally:
        _keep_on(allowed)


def _keep_on(cores: Collection[int]) -> None:
    for thread in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.sched_setaffinity(int(thread), cores)
