"""The runtime host: loads packs, lends them out for one edit at a time, closes them when nobody holds them.

Invariants:

* An edit runs only inside a lease, and a pack with a lease is never closed.
* Several edits that want a pack which is not loaded wait for one load.
* ``close`` waits for every lease.

Example::

    host = Host(SystemClock())
    with host.lease(PackKey(ref, generation, "cpu-fp32"), load) as pipeline:
        output = pipeline.edit(source, plan, on_stage, check)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from qie_hub.clock import Clock
from qie_hub.errors import Closed
from qie_hub.events import PackLoaded, Sink, ignore
from qie_hub.packref import PackRef
from qie_hub.ports import Pipeline
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.sessions import PackSessions


@dataclass(frozen=True, slots=True)
class PackKey:
    """One loadable thing: a generation's variant."""

    ref: PackRef
    generation: int
    variant: str

    def __str__(self) -> str:
        return f"{self.ref}#{self.generation}/{self.variant}"


Load: TypeAlias = Callable[[], tuple[PackSessions, Pipeline]]


@dataclass(slots=True)
class _Slot:
    key: PackKey
    pack: PackSessions
    pipeline: Pipeline
    leases: int = 0


class Host:
    """Holds the loaded pack. Thread-safe."""

    def __init__(self, clock: Clock, sink: Sink = ignore) -> None:
        self._clock = clock
        self._sink = sink
        self._changed = threading.Condition()
        self._slot: _Slot | None = None
        self._loading = False
        self._closed = False

    @contextmanager
    def lease(self, key: PackKey, load: Load, *, cancel: CancelToken | None = None) -> Iterator[Pipeline]:
        """Within the block the pack of ``key`` is loaded, warm and stays so.

        Args:
            key: what to run.
            load: makes the sessions and the pipeline; called at most once, and only if the pack is not loaded.
            cancel: stops graphs that run in this thread within the block.

        Raises:
            Closed: the host is closed.
            LoadError: the pack did not load.
        """
        slot = self._take(key, load)
        token = cancel or CancelToken()
        try:
            with token.bound():
                token.check()
                yield slot.pipeline
        finally:
            with self._changed:
                slot.leases -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Refuse new leases, wait for the running ones, close the pack. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._loading and (self._slot is None or self._slot.leases == 0))
            slot, self._slot = self._slot, None
        if slot is not None:
            slot.pack.close()

    def _take(self, key: PackKey, load: Load) -> _Slot:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._free_for(key))
            if self._closed:
                raise Closed(what="host")
            if self._slot is not None and self._slot.key == key:
                self._slot.leases += 1
                return self._slot
            old, self._slot = self._slot, None
            self._loading = True
        try:
            if old is not None:
                old.pack.close()
            slot = self._load(key, load)
            with self._changed:
                self._slot = slot
            return slot
        finally:
            with self._changed:
                self._loading = False
                self._changed.notify_all()

    def _free_for(self, key: PackKey) -> bool:
        if self._loading:
            return False
        return self._slot is None or self._slot.key == key or self._slot.leases == 0

    def _load(self, key: PackKey, load: Load) -> _Slot:
        start = self._clock.monotonic()
        pack, pipeline = load()
        try:
            pipeline.warm_up()
        except BaseException:
            pack.close()
            raise
        self._sink(PackLoaded(str(key.ref), key.generation, self._clock.monotonic() - start, pack.provider))
        return _Slot(key, pack, pipeline, leases=1)
