"""What the packs of one host have in common: open sessions of the same bytes, a meter for memory, who listens.

Invariants:

* two packs get one session only for one and the same file with the same weights and the same options: the resolutions
  of a tier, whose files are hard links of each other. It lives as long as one of them has it open;
* a figure of the meter is what the process grew by during one act while no other was under way; where that cannot be
  said it is None, never a guess.

Example::

    commons = Commons()
    with commons.meter.working(), commons.meter.take(read) as take:
        session = commons.sessions.get(key, make)
    take.grown                                            # 34_000_000
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from qie_hub.events import Sink, ignore

Identity: TypeAlias = tuple[tuple[int, int, int, int], ...]


def identity_of(paths: Iterable[Path]) -> Identity | None:
    """Which files these are, whatever they are called: equal for hard links; None if one is not there."""
    try:
        found = [path.stat() for path in paths]
    except OSError:
        return None
    return tuple((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in found)


class SharedSessions:
    """Open sessions by what they were made from. Thread-safe; holds none of them itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakValueDictionary[Hashable, Any] = weakref.WeakValueDictionary()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The session of ``key``; made if nobody has it open. Two that make one at once end up with the same."""
        with self._lock:
            found = self._open.get(key)
        if found is not None:
            return found
        made = make()
        with self._lock:
            return self._open.setdefault(key, made)


@dataclass(eq=False)
class Take:
    """One measurement. ``grown`` is in bytes once it is over; None if unknown or if anything else went on."""

    thread: int
    alone: bool
    grown: int | None = None


@dataclass(eq=False)
class Meter:
    """Knows who is at work in this process. Thread-safe; work may be nested within a thread."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _depth: dict[int, int] = field(default_factory=dict)
    _takes: list[Take] = field(default_factory=list)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Within the block this thread is at work, so what others measure meanwhile is not theirs alone."""
        me = threading.get_ident()
        with self._lock:
            self._depth[me] = self._depth.get(me, 0) + 1
            for take in self._takes:
                take.alone = take.alone and take.thread == me
        try:
            yield
        finally:
            with self._lock:
                self._depth[me] -= 1
                if not self._depth[me]:
                    del self._depth[me]

    @contextmanager
    def take(self, read: Callable[[int], int | None]) -> Iterator[Take]:
        """Measure by how much ``read`` (of this process's number) grows within the block."""
        with self.working():
            with self._lock:
                take = Take(threading.get_ident(), alone=len(self._depth) == 1)
                self._takes.append(take)
            before = read(os.getpid()) if take.alone else None
            try:
                yield take
            finally:
                after = read(os.getpid()) if take.alone and before is not None else None
                with self._lock:
                    self._takes.remove(take)
                    if take.alone and before is not None and after is not None:
                        take.grown = max(0, after - before)


@dataclass(frozen=True, eq=False)
class Commons:
    """See the module's head."""

    meter: Meter = field(default_factory=Meter)
    sessions: SharedSessions = field(default_factory=SharedSessions)
    sink: Sink = ignore
