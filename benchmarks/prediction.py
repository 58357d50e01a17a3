"""How well the micro-benchmark foretells real edits: predicted and measured seconds, as ratios of one run.

``python -m benchmarks.prediction HOME PHOTO SENTENCE [--edits 5]``

HOME has a pack installed. Edits and the micro-benchmark run under several allowances: all cores, one core, and where
control groups of the CPU can be written (root), quotas. What was measured with all cores stands for the publisher's
measurement; the other rows are predictions from figures alone. All allowances are tried in turn, several
rounds; the fastest edit and the highest figures of each count, since other programs only ever make one slower.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.speed import Figures, normalise, predict

CHILD = """
import json, sys, time
from pathlib import Path
from qie_hub import Editor, Hub
from qie_hub.device import bench, profile
home, photo, sentence, count, cache = sys.argv[1:]
device = profile.profile(Path(home), {})
figures = bench.measure(device, Path(cache))
seconds = []
with Hub(home=Path(home), threads=device.threads) as hub, Editor(hub) as editor:
    editor.edit(photo, sentence)
    for _ in range(int(count)):
        start = time.perf_counter()
        editor.edit(photo, sentence)
        seconds.append(time.perf_counter() - start)
print("RESULT " + json.dumps({"figures": figures.to_json(), "seconds": seconds}))
"""
NAMES = ("fp32", "int8", "serial", "bandwidth")
GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Allowance:
    """How much of the machine a child gets: ``cores`` it may run on, ``quota`` in thousandths of a core."""

    name: str
    cores: int
    quota: int | None = None


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home")
    parser.add_argument("photo")
    parser.add_argument("sentence")
    parser.add_argument("--edits", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pipeline", default="lite")
    parser.add_argument("--precision", default="fp32")
    asked = parser.parse_args()
    kind = (asked.pipeline, asked.precision)
    print(f"{'allowance':22}{'measured':>10}{'predicted':>11}{'ratio':>8}   fp32 / serial / bandwidth")
    rounds = [[_run(allowance, asked) for allowance in allowances()] for _ in range(asked.rounds)]
    anchor = None
    for allowance, results in zip(allowances(), zip(*rounds, strict=True), strict=True):
        figures = _best([Figures.read(Fields(result["figures"], Issues("figures"))) for result in results])
        measured = round(min(seconds for result in results for seconds in result["seconds"]) * 1000)
        anchor = anchor or normalise(measured, figures, *kind)
        foretold = predict(anchor, figures, *kind)
        words = f"{figures.fp32} / {figures.serial} / {figures.bandwidth}"
        print(f"{allowance.name:22}{measured / 1000:9.2f}s{foretold / 1000:10.2f}s{foretold / measured:8.2f}   {words}")


def _best(runs: Sequence[Figures]) -> Figures:
    """The highest of each figure: other programs only ever make one lower."""
    return replace(runs[0], **{name: max(getattr(run, name) for run in runs) for name in NAMES})


def allowances() -> list[Allowance]:
    """What can be tried on this machine, all of it first."""
    cores = len(os.sched_getaffinity(0))
    tried = [Allowance("all cores", cores)]
    if cores > 1:
        tried.append(Allowance("one core", 1))
    if _cpu_group() is not None:
        tried += [Allowance("quota of one core", cores, 1000), Allowance("quota of half a core", cores, 500)]
    return tried


def _run(allowance: Allowance, asked: argparse.Namespace) -> dict[str, Any]:
    with _quota(allowance.quota) as group, tempfile.TemporaryDirectory() as scratch:
        words = [sys.executable, "-c", CHILD, asked.home, asked.photo, asked.sentence, str(asked.edits)]

        def enter() -> None:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: allowance.cores])
            if group is not None:
                (group / "cgroup.procs").write_text(str(os.getpid()))

        command = [*words, str(Path(scratch) / "figures.json")]
        done = subprocess.run(command, preexec_fn=enter, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return dict(json.loads(line.removeprefix("RESULT ")))


@contextmanager
def _quota(millis: int | None) -> Iterator[Path | None]:
    parent = _cpu_group()
    if millis is None or parent is None:
        yield None
        return
    group = parent / f"qie-prediction-{os.getpid()}"
    group.mkdir()
    try:
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text(f"{millis * 100} 100000")
        else:
            (group / "cpu.cfs_quota_us").write_text(str(millis * 100))
        yield group
    finally:
        group.rmdir()


def _cpu_group() -> Path | None:
    """A folder in which a group with a quota can be made; None where that is not allowed."""
    for folder, mark in ((GROUPS / "cpu", "cpu.cfs_quota_us"), (GROUPS, "cgroup.subtree_control")):
        if (folder / mark).exists() and os.access(folder, os.W_OK):
            controllers = (folder / mark).read_text().split() if mark.startswith("cgroup") else ["cpu"]
            return folder if "cpu" in controllers else None
    return None


if __name__ == "__main__":
    main()
