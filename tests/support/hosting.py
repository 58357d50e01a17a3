"""A host whose clock, loads and listeners a test holds in its hands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from qie_hub.clock import SystemClock
from qie_hub.errors import (
    QieHubError,
)
from qie_hub.events import Event, Warned
from qie_hub.runtime.host import Host
from qie_hub.runtime.loading import Load, Loaded, PackSource
from tests.support.pipelines import key_of, picture, run

IMAGE = picture(1)


def tinted(scale: float, shift: float) -> np.ndarray:
    return np.clip(np.rint(IMAGE.astype(np.float32) * np.float32(scale) + np.float32(shift)), 0, 255).astype(np.uint8)


class Clock(SystemClock):
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time


class Heard:
    """A sink that keeps what it hears, and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def codes(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, Warned)]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, timeout=20)


class Gated:
    """A load that waits until a test opens the gate."""

    def __init__(self, source: PackSource) -> None:
        self.source = source
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.calls = 0

    def __call__(self) -> Loaded:
        self.calls += 1
        self.begun.set()
        assert self.gate.wait(20)
        return self.source()


@contextmanager
def host_with(**options: object) -> Iterator[tuple[Host, Heard]]:
    heard = Heard()
    with Host(Clock(), heard, **options) as host:  # type: ignore[arg-type]  # passed through as they are
        yield host, heard


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []

    def act() -> None:
        try:
            outcome.append(work())
        except QieHubError as error:
            outcome.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    return thread, outcome


def edit(host: Host, source: PackSource | None, load: Load | None = None) -> np.ndarray:
    key = None if source is None else key_of(source)
    with host.lease(key, load or source) as pipeline:
        return run(pipeline, IMAGE)


def state_of(host: Host, source: PackSource) -> str:
    return next(pack.state for pack in host.state().packs if pack.pack == str(source.manifest.ref))


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it never happened")


def settled(host: Host, source: PackSource, state: str) -> None:
    eventually(lambda: state_of(host, source) == state)
