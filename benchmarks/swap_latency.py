"""Latency of edits while packs are swapped under them, against the same threads a moment earlier without swaps.

Phases alternate within one run, so that whatever else the machine does falls on both. "During swaps" are the edits that
overlap the time from the call of a swap until the old pack is unloaded.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qie_hub.clock import SystemClock
from qie_hub.runtime.host import Host, PackKey
from qie_hub.runtime.loading import PackSource

Pack = tuple[PackKey, PackSource]
Span = tuple[float, float]
THREADS = 4
PAUSE = 0.3
SWAP_EVERY = 2.0
ROUNDS = 3


@dataclass
class Tally:
    """What the threads saw."""

    edits: list[Span] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)
    calm: list[Span] = field(default_factory=list)
    swaps: list[Span] = field(default_factory=list)

    def steady(self) -> list[float]:
        """Seconds of the edits that lie wholly in a phase without swaps."""
        return [end - start for start, end in self.edits if any(a <= start and end <= b for a, b in self.calm)]

    def during(self) -> list[float]:
        """Seconds of the edits that overlap a swap."""
        return [end - start for start, end in self.edits if any(a < end and start < b for a, b in self.swaps)]


def copied(pack: Pack, folder: Path, name: str) -> Pack:
    """The same graphs as another pack: files of its own, nothing shared."""
    key, source = pack
    shutil.copytree(source.root, folder / name)
    manifest = replace(source.manifest, name=name)
    return replace(key, ref=manifest.ref), replace(source, manifest=manifest, root=folder / name)


def measure(packs: Sequence[Pack], edit: Callable[[Host], Any], seconds: float) -> Tally:
    """Edit from four threads; in every other phase of ``seconds`` the packs are swapped in turn."""
    tally, stop = Tally(), threading.Event()
    with Host(SystemClock()) as host:
        host.swap(*packs[0])
        for _ in range(5):
            edit(host)
        threads = [threading.Thread(target=_work, args=(host, edit, tally, stop, seed)) for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        for _ in range(ROUNDS):
            start = time.monotonic()
            stop.wait(seconds)
            tally.calm.append((start, time.monotonic()))
            _swap_for(host, packs, tally, seconds)
        stop.set()
        for thread in threads:
            thread.join()
    return tally


def _work(host: Host, edit: Callable[[Host], Any], tally: Tally, stop: threading.Event, seed: int) -> None:
    chance = random.Random(seed)
    while not stop.wait(chance.random() * PAUSE):
        start = time.monotonic()
        try:
            edit(host)
        except Exception as error:  # noqa: BLE001  # whatever it is, it counts as a failed edit
            tally.failed.append(error)
        tally.edits.append((start, time.monotonic()))


def _swap_for(host: Host, packs: Sequence[Pack], tally: Tally, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        host.swap(*packs[(len(tally.swaps) + 1) % len(packs)])
        while sum(pack.state != "empty" for pack in host.state().packs) > 1:
            time.sleep(0.005)
        tally.swaps.append((start, time.monotonic()))
        time.sleep(max(0.0, start + SWAP_EVERY - time.monotonic()))
