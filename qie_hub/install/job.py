"""A running installation as something to hold: listen, pause, resume, cancel, limit, wait.

Invariants:

* The work runs in one thread of its own; whoever listens never slows it down.
* ``cancel`` really stops: the thread ends, and what is verified stays on disk for the next job.
* The outcome is kept: `Job.wait` may be called by many and late; every listener hears every event but old progress.

Example::

    job = hub.install("ultra-lite")
    for event in job.events():
        ...
    job.wait()
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Protocol, TypeAlias

from qie_hub.errors import Bug, QieHubError
from qie_hub.events import Event, Failed, Progress, Sink
from qie_hub.install.installed import Installation


class Control(Protocol):
    """The reins of a transfer. Thread-safe; see ``transfer.control``."""

    def pause(self) -> None:
        """Stop asking for bytes; keep everything."""

    def resume(self) -> None:
        """Go on."""

    def cancel(self) -> None:
        """End with `Cancelled`."""

    def limit(self, rate: int | None) -> None:
        """At most ``rate`` bytes per second; None lifts the limit."""


Work: TypeAlias = Callable[[Sink], Installation]


class Job:
    """One installation under way or over. Thread-safe."""

    def __init__(self, ref: str, work: Work, control: Control, *, on_event: Sink | None = None) -> None:
        self.ref = ref
        self._work = work
        self._control = control
        self._on_event = on_event
        self._lock = threading.Lock()
        self._history: list[Event] = []
        self._listeners: list[SimpleQueue[Event | None]] = []
        self._done = threading.Event()
        self._result: Installation | None = None
        self._error: QieHubError | None = None
        self._thread = threading.Thread(target=self._run, name=f"install {ref}", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the job is over, one way or the other."""
        return self._done.is_set()

    def events(self) -> Iterator[Event]:
        """Yield what happened so far and what happens, until the job is over."""
        queue: SimpleQueue[Event | None] = SimpleQueue()
        with self._lock:
            for past in self._history:
                queue.put(past)
            if self.done:
                queue.put(None)
            else:
                self._listeners.append(queue)
        while (event := queue.get()) is not None:
            yield event

    def pause(self) -> None:
        """Stop fetching; what is verified stays."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._control.resume()

    def cancel(self) -> None:
        """Stop for good; what is verified stays for the next job."""
        self._control.cancel()

    def limit(self, rate: int | str | None) -> None:
        """Fetch at most ``rate`` bytes per second from now on (``"5M"`` is 5,000,000); None lifts the limit."""
        from qie_hub.install.rate import parse_rate

        self._control.limit(rate if rate is None or isinstance(rate, int) else parse_rate(rate))

    def wait(self, timeout: float | None = None) -> Installation:
        """Wait for the end and return what is installed.

        Raises:
            TimeoutError: not over after ``timeout`` seconds; the job goes on.
            QieHubError: what ended the job.
        """
        if not self._done.wait(timeout):
            raise TimeoutError(f"{self.ref} is still being installed")
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise Bug(what="a job that ended without result and without error")
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work(self._tell)
        except QieHubError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001  # the top of a thread: whatever it is must reach `wait`
            self._error = Bug(what=f"{type(error).__name__}: {error}")
            self._error.__cause__ = error
        if self._error is not None:
            self._tell(Failed(self.ref, self._error.code, self._error.hint, dict(self._error.data)))
        with self._lock:
            self._done.set()
            for queue in self._listeners:
                queue.put(None)
            self._listeners.clear()

    def _tell(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Progress) and self._history and isinstance(self._history[-1], Progress):
                self._history[-1] = event
            else:
                self._history.append(event)
            for queue in self._listeners:
                queue.put(event)
        if self._on_event is not None:
            self._on_event(event)
