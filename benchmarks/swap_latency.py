"""Latency of edits while packs are swapped under them, against the same threads a moment earlier without swaps.

Phases alternate within one run, so that whatever else the machine does falls on both. "During swaps" are the edits that
overlap the time from the call of a swap until the old pack is unloaded.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.swap_parts import Pack, Row, edit, lite_packs, ms, price, quantile, ratio
from qie_hub.clock import SystemClock
from qie_hub.runtime.host import Host
from tests.support.lite_pack import lite_folder

Span = tuple[float, float]
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


def rows(seconds: float) -> list[Row]:
    """Edits, steady and while packs are swapped: everyday ones (one and four threads) and the smallest."""
    first, second = lite_packs()
    found: list[Row] = []
    with tempfile.TemporaryDirectory(dir=lite_folder().parent) as folder:
        other = copied(second, Path(folder), "other")
        for name, packs, task, threads, span in (
            ("a price, other packs", (second, other), price, 1, 2 * seconds),
            ("a price, other packs", (second, other), price, 4, 2 * seconds),
            ("tiny, other packs", (second, other), edit, 4, seconds),
            ("tiny, resolutions", (first, second), edit, 4, seconds),
        ):
            found += _rows(f"{name}, {threads} at once", measure(packs, task, span, threads))
    return found


def _rows(name: str, tally: Tally) -> list[Row]:
    steady, during = tally.steady(), tally.during()
    found: list[Row] = []
    for label, share in (("p50", 0.50), ("p99", 0.99)):
        calm, busy = quantile(steady, share), quantile(during, share)
        found.append((f"edit {label}, steady ({name})", ms(calm), f"{len(steady)} edits"))
        found.append((f"edit {label}, during swaps", ms(busy), ratio(busy, calm, "steady")))
    count = f"of {len(tally.edits)}; {len(tally.swaps)} swaps overlapped {len(during)}"
    return [*found, ("edits failed or lost", str(len(tally.failed)), count)]


def copied(pack: Pack, folder: Path, name: str) -> Pack:
    """The same graphs as another pack: files of its own, nothing shared."""
    key, source = pack
    shutil.copytree(source.root, folder / name)
    manifest = replace(source.manifest, name=name)
    return replace(key, ref=manifest.ref), replace(source, manifest=manifest, root=folder / name)


def measure(packs: Sequence[Pack], edit: Callable[[Host], Any], seconds: float, threads: int) -> Tally:
    """Edit from so many threads; in every other phase of ``seconds`` the packs are swapped in turn."""
    tally, stop = Tally(), threading.Event()
    with Host(SystemClock()) as host:
        host.swap(*packs[0])
        for _ in range(5):
            edit(host)
        workers = [threading.Thread(target=_work, args=(host, edit, tally, stop, seed)) for seed in range(threads)]
        for worker in workers:
            worker.start()
        for _ in range(ROUNDS):
            start = time.monotonic()
            stop.wait(seconds)
            tally.calm.append((start, time.monotonic()))
            _swap_for(host, packs, tally, seconds)
        stop.set()
        for worker in workers:
            worker.join()
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
