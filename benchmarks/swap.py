"""Hot swap in figures: gaps, latencies and memory, as ratios of one run. Prints a table; never fails for a number.

``python -m benchmarks.swap [swap latency memory resolutions first] [--seconds 8]``

Packs are the real Ultra-Lite graphs (fetched once, kept below ``build/``); the two resolutions of a large pack are
generated: 256 MiB of weights in external data, left unpacked so that both map one file. "Cold" means that the files
were dropped from the page cache. Memory is anonymous (RssAnon) or proportional (Pss), never RSS. Linux only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper

from benchmarks import swap_latency
from benchmarks.swap_parts import MIB, Row, edit, edit_with, lite_packs, mb, ms, ratio, timed
from qie_hub.clock import SystemClock
from qie_hub.digest import Digest
from qie_hub.runtime import memory
from qie_hub.runtime.host import Host, PackKey
from qie_hub.runtime.loading import PackSource, open_all
from qie_hub.worker import Worker
from tests.support import graphs
from tests.support.lite_pack import lite_folder
from tests.support.pipelines import Factory, key_of

SIDE = 8192

FIRST_EDIT = """
import sys
from benchmarks import swap
print(swap.first_edit(sys.argv[1], float(sys.argv[2])))
"""


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join(MEASURES)}; all by default")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each phase with or without swaps")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    for name in options.what or MEASURES:
        rows += MEASURES[name](options.seconds)
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def measure_swap(seconds: float) -> list[Row]:
    """How long a swap takes, from the call until the new pack serves."""
    del seconds
    one, resolution = lite_packs()
    load = statistics.median(timed(lambda: load_once(one[1])) for _ in range(3))
    rows = [("load of one pack, nothing else there", ms(load), "files in the page cache")]
    with tempfile.TemporaryDirectory(dir=lite_folder().parent) as folder:
        other = swap_latency.copied(resolution, Path(folder), "other")
        for name, cold, packs in (
            ("another pack, warm", False, (one, other)),
            ("another pack, cold", True, (one, other)),
            ("another resolution, warm", False, (one, resolution)),
        ):
            found = statistics.median(swaps_between(packs, cold=cold))
            rows.append((f"swap to {name}", ms(found), ratio(found, load, "a load")))
    return rows


def swaps_between(packs: Sequence[tuple[PackKey, PackSource]], *, cold: bool) -> list[float]:
    """Seconds of each of four swaps; ``cold``: the files were dropped from the page cache before."""
    spent = []
    with Host(SystemClock()) as host:
        host.swap(*packs[0])
        edit(host)
        for number in range(4):
            wanted = packs[(number + 1) % 2]
            if cold:
                drop_from_cache(wanted[1].root)
            spent.append(timed(partial(host.swap, *wanted)))
            edit(host)
    return spent


def measure_memory(seconds: float) -> list[Row]:
    """The peak of a swap against one pack, beside and instead; what comes back after unloading."""
    del seconds
    with tempfile.TemporaryDirectory() as folder:
        sources = [large(Path(folder), name, prepack=True) for name in ("one", "two")]
        base = anonymous()
        with Host(SystemClock()) as host, peak_of() as single:
            host.swap(key_of(sources[0]), sources[0])
        peaks = {}
        for name, available in (("beside", None), ("instead", lambda: 400 * MIB - anonymous() + base)):
            with Host(SystemClock(), available=available) as host:
                host.swap(key_of(sources[0]), sources[0])
                with peak_of() as peak:
                    host.swap(key_of(sources[1]), sources[1])
                peaks[name] = peak[0] - base
        memory.give_back()
        left = anonymous() - base
        returned = worker_memory(sources[0])
        alone = single[0] - base
        return [
            ("peak while one pack loads", mb(alone), "256 MiB of weights, packed"),
            ("peak of a swap beside", mb(peaks["beside"]), ratio(peaks["beside"], alone, "one pack")),
            ("peak of a swap instead", mb(peaks["instead"]), ratio(peaks["instead"], alone, "one pack")),
            ("kept after unloading, in process", mb(max(left, 0)), f"{max(left, 0) / alone:.3f} of one pack"),
            ("kept after unloading, worker", mb(returned[1]), f"its process held {mb(returned[0])}, then ended"),
        ]


def worker_memory(source: PackSource) -> tuple[int, int]:
    """What a worker held with a pack, and what it and this process still hold of it when it was closed."""
    before = anonymous()
    with Worker(SystemClock()) as worker:
        worker.swap(key_of(source), source)
        pid = worker.pid or 0
        held = memory.anonymous(pid) or 0
    return held, (memory.anonymous(pid) or 0) + max(0, anonymous() - before)


def measure_resolutions(seconds: float) -> list[Row]:
    """The second resolution of a large pack over the same weights file, by proportional set size."""
    del seconds
    return [*second_resolution("packed", prepack=True), *second_resolution("mapped", prepack=False)]


def second_resolution(name: str, *, prepack: bool) -> list[Row]:
    """Two resolutions in one host; the second has an execution shape of its own only where the weights are mapped."""
    with tempfile.TemporaryDirectory() as folder, Host(SystemClock()) as host:
        first = large(Path(folder), "large", prepack=prepack)
        second = replace(first, manifest=replace(first.manifest, resolution=256))
        if not prepack:
            second = with_rows(second, 1)
        base, figures = proportional(), []
        for source in (first, second):
            with host.lease(key_of(source), source) as pipeline:
                figures.append(proportional())
                pipeline.warm_up()
            figures.append(proportional())
    loaded, ran, more_loaded, more_ran = figures
    size = ran - base
    title = f"{name} weights: second resolution adds"
    return [
        (f"{name} weights: first resolution, after load / run", f"{mb(loaded - base)} / {mb(size)}", "Pss"),
        (f"{title}, after load", mb(more_loaded - ran), ratio(more_loaded - ran, size, "the first")),
        (f"{title}, after a run", mb(more_ran - ran), ratio(more_ran - ran, size, "the first")),
    ]


def with_rows(source: PackSource, rows: int) -> PackSource:
    """The same pack with its free dimension fixed: other sessions over the same weights file."""
    [variant] = source.manifest.variants
    runtime = {**variant.pipeline.settings["runtime"], "dimensions": {"rows": rows}}
    pipeline = replace(variant.pipeline, settings={**variant.pipeline.settings, "runtime": runtime})
    variants = (replace(variant, pipeline=pipeline),)
    return replace(source, manifest=replace(source.manifest, variants=variants))


def measure_first(seconds: float) -> list[Row]:
    """The first edit of a fresh process: at once, and where the sentence comes two seconds after the app opened."""
    del seconds
    found = {how: statistics.median(first_edit_of(how) for _ in range(3)) for how in ("now", "lazy", "prefetch")}
    return [
        ("first edit after process start", ms(found["now"]), "Python, libraries, pack and picture"),
        ("first edit from the sentence on, not prefetched", ms(found["lazy"]), "the app opened 2 s before"),
        (
            "first edit from the sentence on, prefetched",
            ms(found["prefetch"]),
            ratio(found["prefetch"], found["lazy"], "that"),
        ),
    ]


def first_edit_of(how: str) -> float:
    """Run `first_edit` in a fresh process."""
    command = [sys.executable, "-c", FIRST_EDIT, how, repr(time.monotonic())]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def first_edit(how: str, start: float) -> float:
    """Seconds to the first picture in a fresh process: from its start, or from the sentence on."""
    key, load = lite_packs()[0]
    with Host(SystemClock()) as host:
        if how == "prefetch":
            host.prefetch(key, load)
        if how != "now":
            time.sleep(2.0)
        asked = start if how == "now" else time.monotonic()
        with host.lease(key, load) as pipeline:
            edit_with(pipeline)
        return time.monotonic() - asked


# -- packs and figures --------------------------------------------------------------------------------------


def large(root: Path, name: str, *, prepack: bool) -> PackSource:
    """A generated pack: one square matrix of 256 MiB, in a file of its own."""
    folder = root / name
    folder.mkdir()
    with (folder / "w.data").open("wb") as file:
        block = np.random.default_rng(1).standard_normal(SIDE * 64, dtype=np.float32).tobytes()
        for _ in range(SIDE // 64):
            file.write(block)
    shape = ("rows", SIDE)
    data = graphs.model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], [graphs.floats("x", *shape)], [graphs.floats("y", *shape)],
        [graphs.external("w", (SIDE, SIDE), "w.data")],
    ).SerializeToString()  # fmt: skip
    (folder / "tint.onnx").write_bytes(data)
    size = 4 * SIDE * SIDE
    listed = {"tint.onnx": (len(data), Digest.of(data)), "w.data": (size, Digest.of(b"w"))}
    settings = {"runtime": {"prepack": prepack}}
    manifest, _ = graphs.manifest_for(listed, settings=settings, name=name, memory={"understand": size + 32 * MIB})
    return PackSource(manifest, "cpu", folder, MatrixFactory(), threads=2)


class MatrixPipeline:
    """Runs the matrix once; edits nothing."""

    def __init__(self, pack: Any) -> None:
        self.pack = pack

    def warm_up(self) -> None:
        """One run."""
        self.pack.session("tint.onnx").run(feed())


class MatrixFactory(Factory):
    """Makes it."""

    def create(self, pack: Any) -> Any:
        """See `ports.PipelineFactory`."""
        return MatrixPipeline(pack)


def feed() -> dict[str, Any]:
    """One row."""
    return {"x": np.ones((1, SIDE), np.float32)}


def load_once(load: PackSource) -> None:
    """Open, warm and close a pack, nobody else around."""
    pack, pipeline = load()
    with pack:
        pipeline.warm_up()
        open_all(pack)


def drop_from_cache(folder: Path) -> None:
    """Ask the system to forget the files of a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


@contextmanager
def peak_of() -> Iterator[list[int]]:
    """The largest anonymous memory within the block, looked at every few milliseconds."""
    seen, stop = [anonymous()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.003):
            seen[0] = max(seen[0], anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def anonymous() -> int:
    """Of this process."""
    return memory.anonymous(os.getpid()) or 0


def proportional() -> int:
    """Of this process."""
    return memory.proportional(os.getpid()) or 0


MEASURES: dict[str, Callable[[float], list[Row]]] = {
    "swap": measure_swap,
    "latency": swap_latency.rows,
    "memory": measure_memory,
    "resolutions": measure_resolutions,
    "first": measure_first,
}


if __name__ == "__main__":
    # By its name, so that the worker can import what this module defines.
    sys.exit(import_module("benchmarks.swap").main(sys.argv[1:]))
