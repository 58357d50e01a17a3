"""Cancelling an edit from another thread.

Invariants:

* ``cancel`` is final: every later ``check`` raises and every later run of a graph stops at once.
* A token is bound to the thread that edits; graphs that run in that thread stop within one operator of the graph
  when it is cancelled, other edits on the same sessions go on.

Example::

    token = CancelToken()
    with token.bound():
        session.run(feeds)      # raises EditCancelled soon after token.cancel() in any thread
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from qie_hub.errors import EditCancelled

_CURRENT: ContextVar[CancelToken | None] = ContextVar("qie_hub_cancel", default=None)


class CancelToken:
    """One edit's wish to stop. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._stops: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop what runs under this token now and whatever would run later."""
        with self._lock:
            self._cancelled = True
            stops = list(self._stops)
        for stop in stops:
            stop()

    def check(self) -> None:
        """Return while the edit may go on.

        Raises:
            EditCancelled: after `cancel`.
        """
        if self._cancelled:
            raise EditCancelled()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Within the block, call ``stop`` (short, callable from any thread) when the token is cancelled."""
        with self._lock:
            self._stops.append(stop)
            late = self._cancelled
        try:
            if late:
                stop()
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)

    @contextmanager
    def bound(self) -> Iterator[None]:
        """Within the block, graphs that run in this thread obey this token."""
        mark = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(mark)


def current() -> CancelToken | None:
    """The token that this thread is bound to."""
    return _CURRENT.get()
