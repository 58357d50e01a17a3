"""Ends waits that the socket's own timeout cannot end: headers or bodies that trickle in byte by byte.

A socket timeout starts anew with every byte, so a server that sends one byte in ten seconds holds a reader for ever.
A `Watchdog` runs ``stop`` for every guarded wait that lasts longer than allowed; ``stop`` shuts the socket down, and
the reader wakes with an error.

Invariant: its one thread ends a moment after nothing is guarded any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qie_hub.clock import Clock

TICK = 0.25
LINGER = 2.0


class Guarded:
    """One wait that is being watched."""

    def __init__(self, clock: Clock, limit: float, stop: Callable[[], None]) -> None:
        self._clock = clock
        self._limit = limit
        self._stop = stop
        self._since = clock.monotonic()
        self.bitten = False

    def check(self) -> None:
        """Stop the wait if it is over its limit."""
        if not self.bitten and self._clock.monotonic() - self._since > self._limit:
            self.bitten = True
            self._stop()


class Watchdog:
    """Watches any number of waits with one thread."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = threading.Condition()
        self._waits: set[Guarded] = set()
        self._thread: threading.Thread | None = None

    @contextmanager
    def guard(self, stop: Callable[[], None]) -> Iterator[Guarded]:
        """Run ``stop``, from another thread, if the block lasts longer than the limit."""
        wait = Guarded(self._clock, self._limit, stop)
        with self._lock:
            self._waits.add(wait)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="qie-hub-watchdog", daemon=True)
                self._thread.start()
        try:
            yield wait
        finally:
            with self._lock:
                self._waits.discard(wait)  # no notify: this happens for every piece of every body

    def _run(self) -> None:
        idle = 0
        while True:
            with self._lock:
                self._lock.wait(TICK)
                waits = tuple(self._waits)
                idle = 0 if waits else idle + 1
                if idle * TICK > LINGER:
                    self._thread = None
                    return
            for wait in waits:
                wait.check()
