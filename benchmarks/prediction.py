"""How well `qie-hub device --bench` foretells real edits: predicted and measured seconds, as ratios of one run.

``python -m benchmarks.prediction HOME [--photo PHOTO --sentence SENTENCE] [--edits 3] [--rounds 2]``

HOME has packs installed; every resolution of the default pack is tried. Predicted is what `device` shows (and what
`run` says before a long edit): the publisher's signed time, carried over to this device by its figures. Measured is the
fastest of several edits through the editor: of the pictures on which the publisher measured, drawn anew (smooth and
rough ground: the signed time is their mean), of PHOTO if there is one, and an enlargement, whose time grows with the
picture.

All is tried under several allowances: all cores, one core, and where control groups of the CPU can be written (root),
quotas. The allowances take turns, several rounds; the fastest edit and the highest figures of each count, since other
programs only ever make one slower. Reached if every ratio is between 0.7 and 1.3. On a busy machine the clock says
nothing: for allowances of one thread the last column compares with processor time instead, which is what the edit would
take if the machine did nothing else.
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
from qie_hub.formats.speed import Figures, predict, time_of

CHILD = """
import json, sys, time
from pathlib import Path
from qie_hub import Editor, Hub
from qie_hub.device import bench, profile
home, cache = Path(sys.argv[1]), Path(sys.argv[2])
tasks, count = json.loads(sys.argv[3]), int(sys.argv[4])
device = profile.profile(home, {})
figures = bench.measure(device, cache)
spent = []
with Hub(home=home, threads=device.threads) as hub, Editor(hub) as editor:
    for pack, pictures, sentence in tasks:
        fastest, busy = [], []
        for picture in pictures:
            times, worked = [], []
            for _ in range(count + 1):
                start, work = time.perf_counter(), time.process_time()
                editor.edit(picture, sentence, pack=pack)
                times.append(time.perf_counter() - start)
                worked.append(time.process_time() - work)
            fastest.append(min(times[1:]))
            busy.append(min(worked[1:]))
        spent.append((sum(fastest) / len(fastest), sum(busy) / len(busy)))
print("RESULT " + json.dumps({"figures": figures.to_json(), "seconds": spent}))
"""
NAMES = ("fp32", "int8", "serial", "bandwidth")
GROUPS = Path("/sys/fs/cgroup")
REPLACE, ENLARGE, ENLARGED = "把‘¥199’改成‘¥99元’", "放大两倍", 320


@dataclass(frozen=True)
class Allowance:
    """How much of the machine a child gets: ``cores`` it may run on, ``quota`` in thousandths of a core."""

    name: str
    cores: int
    quota: int | None = None


@dataclass(frozen=True)
class Task:
    """Edits of some pictures: what the publisher signed for one of them, and multiply-adds that come on top."""

    name: str
    pack: str
    pictures: tuple[Path, ...]
    sentence: str
    edit_ms: int
    work: int
    kind: tuple[str, str]

    def predicted(self, figures: Figures) -> int:
        """Milliseconds at ``figures``."""
        return predict(self.edit_ms, figures, *self.kind) + time_of(self.work, figures)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--sentence", default=REPLACE)
    parser.add_argument("--edits", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tasks = _tasks(asked, Path(scratch))
        rounds = [[_run(item, asked, tasks, Path(scratch)) for item in allowances()] for _ in range(asked.rounds)]
    print(f"{'allowance':22}{'edit':26}{'measured':>10}{'predicted':>11}{'ratio':>8}{'alone':>10}{'ratio':>8}")
    ratios: list[float] = []
    alone: list[float] = []
    for allowance, results in zip(allowances(), zip(*rounds, strict=True), strict=True):
        figures = _best([Figures.read(Fields(result["figures"], Issues("figures"))) for result in results])
        print(f"{allowance.name:22}{figures.fp32} fp32, {figures.serial} serial, {figures.bandwidth} MiB/s")
        for number, task in enumerate(tasks):
            measured, busy = (min(result["seconds"][number][which] for result in results) for which in (0, 1))
            foretold = task.predicted(figures) / 1000
            ratios.append(foretold / measured)
            row = f"{'':22}{task.name:26}{measured:9.2f}s{foretold:10.2f}s{ratios[-1]:8.2f}"
            if figures.threads == 1:
                busy = busy * 1000 / min(allowance.quota or 1000, 1000)
                alone.append(foretold / busy)
                row += f"{busy:9.2f}s{alone[-1]:8.2f}"
            print(row)
    print(f"ratios from {min(ratios):.2f} to {max(ratios):.2f} (reach: 0.70 to 1.30)", end="")
    print(f"; of edits alone on one thread from {min(alone):.2f} to {max(alone):.2f}" if alone else "")


def _tasks(asked: argparse.Namespace, scratch: Path) -> list[Task]:
    """The edits to try with every resolution of the default pack."""
    from PIL import Image

    from cdn.golden import TIMED, draw, roughened
    from qie_hub import Hub
    from qie_hub.edit.lite.factory import LiteFactory
    from qie_hub.formats.operation import EditPlan, PlannedOperation

    factory, tasks = LiteFactory(), []
    wish = factory.understand(ENLARGE)
    plan = EditPlan(wish, tuple(PlannedOperation(item) for item in wish.operations))
    with Hub(home=asked.home) as hub:
        first, *_ = hub.runnable()
        for item in hub.runnable():
            if (item.ref.publisher, item.ref.name) != (first.ref.publisher, first.ref.name):
                continue
            pack, size = str(item.ref.unversioned), item.ref.resolution or 512
            with hub.admitted(item.ref, item.generation) as admitted:
                variant = admitted.variant
                picture = draw(TIMED, "¥199", next(admitted.root.rglob("*.otf")))
            smooth, rough, small = (scratch / f"{name}-{size}.png" for name in ("smooth", "rough", "small"))
            Image.fromarray(picture).save(smooth)
            Image.fromarray(roughened(picture)).save(rough)
            Image.fromarray(picture).resize((ENLARGED, ENLARGED * 3 // 4)).save(small)
            kind, edit_ms = (variant.pipeline.kind, variant.precision), variant.edit_ms or 0
            work = factory.work(plan, (ENLARGED, ENLARGED * 3 // 4), variant.pipeline.settings)
            tasks.append(Task(f"{size} px drawn", pack, (smooth, rough), REPLACE, edit_ms, 0, kind))
            if asked.photo is not None:
                tasks.append(Task(f"{size} px photo", pack, (asked.photo,), asked.sentence, edit_ms, 0, kind))
            tasks.append(Task(f"{size} px enlarge {ENLARGED} px", pack, (small,), ENLARGE, 0, work, kind))
    return tasks


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


def _run(allowance: Allowance, asked: argparse.Namespace, tasks: Sequence[Task], scratch: Path) -> dict[str, Any]:
    wishes = json.dumps([(task.pack, [str(one) for one in task.pictures], task.sentence) for task in tasks])
    with _quota(allowance.quota) as group:

        def enter() -> None:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: allowance.cores])
            if group is not None:
                (group / "cgroup.procs").write_text(str(os.getpid()))

        words = [str(asked.home), str(scratch / "figures.json"), wishes, str(asked.edits)]
        command = [sys.executable, "-c", CHILD, *words]
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
