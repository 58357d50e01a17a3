"""Time as an argument.

Invariants: nothing else in the project reads the time or sleeps; ``now`` is UTC and may jump, ``monotonic``
never goes back; tests pass a clock whose ``sleep`` only moves its hands.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a room may know of time."""

    def now(self) -> datetime:
        """The wall clock: an aware datetime in UTC. It may be wrong and may jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait. MUST return at once for zero and below."""


class SystemClock:
    """The machine's clock.

    ``skew`` moves the wall clock only: ``QIE_HUB_CLOCK_SKEW`` shows what a wrong or a much later clock does.
    """

    def __init__(self, skew: timedelta = timedelta(0)) -> None:
        self._skew = skew

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC) + self._skew

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        if seconds > 0:
            time.sleep(seconds)


def to_text(moment: datetime) -> str:
    """Write a moment as ``2026-11-23T02:00:00Z`` (whole seconds, UTC)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote.

    Raises:
        ValueError: the text has another shape.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
