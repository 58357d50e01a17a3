"""Which stream is so slow that somebody should help. Pure.

Two rules, both measured against what streams usually reach in this transfer:

* While there is other work, a stream that crawls for a while is dropped; its rest goes back to the queue.
* At the end, when streams idle, the slowest one's rest is asked for a second time on another connection, and the
  first to verify a piece wins. This is what makes a transfer end instead of standing at 99 %.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Generic, TypeVar

CRAWL: Final = 0.1
"""A stream below this part of the usual speed is dropped."""
CRAWL_SECONDS: Final = 8.0
SLOW: Final = 0.5
"""At the end, a stream below this part of the usual speed is helped."""
WORTH_SECONDS: Final = 3.0
"""Helping pays only where at least this much time is left."""
SILENT_SECONDS: Final = 5.0
"""At the end, a stream that brought nothing for so long is helped, whatever is usual."""

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pace(Generic[T]):
    """One job as a watcher sees it.

    ``speed`` in bytes per second lately, ``age`` in seconds since it began, ``left`` in bytes, ``silent`` in seconds
    since its last byte; ``helped`` once another stream works on the same.
    """

    job: T
    speed: float
    age: float
    left: int
    silent: float = 0.0
    helped: bool = False


def usual(speeds: Sequence[float], running: Sequence[Pace[T]]) -> float | None:
    """The median speed of ended jobs and of running ones that are old enough; None while too few are known."""
    known = [*speeds, *(pace.speed for pace in running if pace.age >= WORTH_SECONDS)]
    return median(known) if len(known) >= 3 else None


def crawler(running: Sequence[Pace[T]], typical: float | None) -> T | None:
    """The job to drop, if one crawls."""
    if typical is None:
        return None
    slow = [pace for pace in running if pace.age >= CRAWL_SECONDS and pace.speed < CRAWL * typical]
    return min(slow, key=lambda pace: pace.speed).job if slow else None


def to_help(running: Sequence[Pace[T]], typical: float | None) -> T | None:
    """The job whose rest to ask for twice, if one is worth it."""
    slow = [pace for pace in running if not pace.helped and (pace.silent >= SILENT_SECONDS or _slow(pace, typical))]
    return max(slow, key=lambda pace: pace.left / max(pace.speed, 1.0)).job if slow else None


def _slow(pace: Pace[T], typical: float | None) -> bool:
    if typical is None or pace.age < WORTH_SECONDS:
        return False
    return pace.speed < SLOW * typical and pace.left > WORTH_SECONDS * max(pace.speed, 1.0)
