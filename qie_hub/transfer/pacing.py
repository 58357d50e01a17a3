"""How fast, how many, how often again: rules without clocks of their own.

All of it is arithmetic on times that the caller passes in, so that every rule is tested without waiting.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import Final

STREAMS_START: Final = 2
STREAMS_MAX: Final = 8
"""More streams take the line from everybody else in the house and gain nothing."""

STREAM_FLOOR: Final = 256 << 10
"""Bytes per second that every stream should have before another one is tried."""

GROWTH: Final = 1.07
SETTLE: Final = 3.0
FAST_WINDOW: Final = 0.4
WINDOW: Final = 2.0
HOLD_WINDOWS: Final = 5


class TokenBucket:
    """Spreads bytes over time. Thread-safe; the burst is a quarter of a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paid_until = 0.0

    def take(self, count: int, rate: float | None, now: float) -> float:
        """Book ``count`` bytes at ``rate`` bytes per second; return the seconds to wait before going on."""
        if rate is None:
            return 0.0
        with self._lock:
            self._paid_until = max(self._paid_until, now - 0.25) + count / max(rate, 1.0)
            return max(0.0, self._paid_until - now)


class Climber:
    """Decides the number of streams from goodput.

    It doubles while every doubling pays (as TCP's own slow start does), then tries one more now and then. What did not
    pay is taken back.
    """

    def __init__(self, now: float, *, start: int = STREAMS_START, cap: int = STREAMS_MAX) -> None:
        self.target = min(start, cap)
        self._cap = cap
        self._since = now
        self._bytes = 0
        self._rate: float | None = None
        self._before = self.target
        self._doubling = True
        self._probing = False
        self._hold = 0
        self._settled = False
        self._raised = now

    def observe(self, now: float, received: int, delivering: int) -> int:
        """Look at the bytes received in all and at how many streams deliver; return the number of streams to run.

        A window begins when all streams deliver: on a long line, connecting takes longer than a window, and streams
        that have not had their say yet must not be judged.
        """
        if not self._settled:
            self._settled = delivering >= self.target or now - self._raised > SETTLE
            self._since, self._bytes = now, received
            return self.target
        span = now - self._since
        if span < (FAST_WINDOW if self._doubling else WINDOW):
            return self.target
        rate = (received - self._bytes) / span
        self._since, self._bytes = now, received
        before = self.target
        self._decide(rate)
        self._rate = rate
        if self.target > before:
            self._settled, self._raised = False, now
        return self.target

    def penalty(self, now: float, received: int) -> None:
        """A server asked for less, or connections broke: halve, and look again after a while."""
        self.target = max(1, self.target // 2)
        self._doubling = self._probing = False
        self._hold = HOLD_WINDOWS
        self._settled = True
        self._since, self._bytes = now, received

    def _decide(self, rate: float) -> None:
        paid = self._rate is None or rate >= self._rate * GROWTH
        if (self._doubling or self._probing) and not paid:
            self.target = self._before
            self._doubling = self._probing = False
            self._hold = HOLD_WINDOWS
        elif self._doubling:
            self._raise_to(self.target * 2, rate)
        elif self._hold > 0:
            self._hold -= 1
        else:
            self._raise_to(self.target + 1, rate)
            self._probing = self.target > self._before

    def _raise_to(self, wanted: int, rate: float) -> None:
        affordable = int(rate // STREAM_FLOOR)
        self._before = self.target
        self.target = max(self.target, min(wanted, self._cap, affordable))


class RetryBudget:
    """How many incidents a transfer may have without getting on. Verified bytes refill it."""

    def __init__(self, cap: int, *, refill: int = 8 << 20) -> None:
        self._cap = cap
        self._left = cap
        self._refill = refill
        self._since = 0

    def spend(self, cost: int = 1) -> bool:
        """Count one incident; False when none is left."""
        self._left -= cost
        return self._left >= 0

    def verified(self, count: int) -> None:
        """Count verified bytes."""
        self._since += count
        while self._since >= self._refill:
            self._since -= self._refill
            self._left = min(self._cap, self._left + 1)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waiting with jitter, in seconds."""

    first: float = 0.5
    most: float = 60.0

    def delay(self, incidents: int, dice: random.Random) -> float:
        """The wait after this many incidents in a row: between half and all of the doubled time."""
        full = min(self.most, self.first * float(2 ** min(incidents - 1, 20)))
        return full * (0.5 + dice.random() / 2)
