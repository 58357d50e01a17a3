"""Counts the runs of one pack, so that no session is destroyed under one: that would end the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qie_hub.errors import Closed


class RunGate:
    """Enter it for a run. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._active = 0
        self._paused = False
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._paused)
            if self._closed:
                raise Closed(what="pack")
            self._active += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._active -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse new runs; return when the active ones are over."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._active == 0)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within the block no run is active; new ones wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._active == 0 and not self._paused)
            self._paused = True
        try:
            yield
        finally:
            with self._changed:
                self._paused = False
                self._changed.notify_all()
