"""How well real edits are foretold: predicted and measured seconds, as ratios of one run.

``python -m benchmarks.prediction HOME [--edits 3] [--rounds 2]``

HOME has packs installed; every resolution of the default pack is tried. Predicted is what `run` says of a long edit:
the publisher's signed times for smooth and rough ground, carried over to this device by its figures, for the operations
and places of this very edit. Measured is the fastest of several edits through the editor: of the pictures on which the
publisher measured, drawn anew, of photographs with a price on them, and of other operations. The last lines of a
resolution compare what `device` shows, a span and the mean that a resolution is chosen by, with the photographs.

All is tried under several allowances: all cores, one core, and where control groups of the CPU can be written (root),
quotas. The allowances take turns, several rounds; the fastest edit and the highest figures of each count, since other
programs only ever make one slower. Reached if every ratio of an edit of half a second and more, and of the mean, is
between 0.7 and 1.3. On a busy machine the clock says nothing: for allowances of one thread the last column compares
with processor time instead, which is what the edit would take if the machine did nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

GROUPS = Path("/sys/fs/cgroup")
PRICE = "把‘¥199’改成‘¥99元’"
PHOTOS = ("coffee", "astronaut", "chelsea", "rocket")
OTHERS = {"coffee": ("统一添加双十一角标", "调亮一点", "降噪"), "portrait": ("换白底",), "small": ("放大两倍",)}
WIDTH, SMALL = 1024, 320
SHORT = 0.5
"""Seconds below which nobody waits: such edits are shown, and do not count."""


@dataclass(frozen=True)
class Allowance:
    """How much of the machine a child gets: ``cores`` it may run on, ``quota`` in thousandths of a core."""

    name: str
    cores: int
    quota: int | None = None

    @property
    def one_thread(self) -> bool:
        """Whether processor time says how long it would take alone."""
        return self.cores == 1 or (self.quota or 2000) <= 1000

    @property
    def speed(self) -> float:
        """Processor seconds in a second."""
        return min(self.quota or 1000, 1000) / 1000


@dataclass(frozen=True)
class Edit:
    """One edit: the pack's resolution, the picture's name, the sentence; seconds as foretold and measured."""

    resolution: int
    picture: str
    sentence: str
    foretold: float
    measured: float
    busy: float


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--edits", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        draw(asked.home, Path(scratch))
        rounds = [[_run(item, asked, Path(scratch)) for item in allowances()] for _ in range(asked.rounds)]
    ratios: list[float] = []
    for allowance, results in zip(allowances(), zip(*rounds, strict=True), strict=True):
        print(f"\n{allowance.name:36}{'foretold':>10}{'measured':>10}{'ratio':>7}{'alone':>10}{'ratio':>7}")
        for resolution in sorted({edit.resolution for edit in results[0]}):
            ratios += _table(allowance, [_fastest(same) for same in zip(*results, strict=True)], resolution)
    print(f"\nratios that count: {len(ratios)}, from {min(ratios):.2f} to {max(ratios):.2f} (reach: 0.70 to 1.30)")


def _table(allowance: Allowance, edits: Sequence[Edit], resolution: int) -> list[float]:
    """Print the rows of a resolution; return the ratios that count."""
    rows = [edit for edit in edits if edit.resolution == resolution]
    photos = [edit for edit in rows if edit.sentence == PRICE and edit.picture in PHOTOS]
    drawn = [edit.foretold for edit in rows if edit.picture in ("smooth", "rough")]
    shown = Edit(resolution, "device", "mean", mean(drawn), *_means(photos))
    counted = []
    for edit in (*rows, shown):
        alone = edit.busy / allowance.speed
        ratio = edit.foretold / (alone if allowance.one_thread else edit.measured)
        row = f"{resolution:5d} {edit.picture:10}{edit.sentence[:14]:17}{edit.foretold:9.2f}s{edit.measured:9.2f}s"
        row += f"{edit.foretold / edit.measured:7.2f}"
        print(row + (f"{alone:9.2f}s{edit.foretold / alone:7.2f}" if allowance.one_thread else ""))
        if edit.measured >= SHORT:
            counted.append(ratio)
    return counted


def _means(edits: Sequence[Edit]) -> tuple[float, float]:
    return mean(edit.measured for edit in edits), mean(edit.busy for edit in edits)


def _fastest(same: Sequence[Edit]) -> Edit:
    """Of rounds of one edit the fastest: other programs only ever make one slower."""
    first = same[0]
    seconds = (min(getattr(edit, name) for edit in same) for name in ("foretold", "measured", "busy"))
    return Edit(first.resolution, first.picture, first.sentence, *seconds)


def draw(home: Path, folder: Path) -> None:
    """Write the pictures: the publisher's two, photographs with a price on them, a portrait and a small one."""
    import cv2
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont
    from skimage import data

    from cdn.golden import LETTERS, TIMED, roughened
    from cdn.golden import draw as drawn

    font = next((home / "packs").rglob("*Sans*.otf"))
    smooth = drawn(TIMED, "¥199", font, letters=LETTERS)
    pictures = {"smooth": smooth, "rough": roughened(smooth), "small": cv2.resize(smooth, (SMALL, SMALL * 3 // 4))}
    for name in (*PHOTOS, "portrait"):
        photo = np.asarray(getattr(data, "astronaut" if name == "portrait" else name)())
        size = (WIDTH, WIDTH * photo.shape[0] // photo.shape[1])
        picture = Image.fromarray(cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC))
        if name != "portrait":
            at = (WIDTH // 10, round(0.6 * size[1]))
            face = ImageFont.truetype(str(font), WIDTH // 10)
            ImageDraw.Draw(picture).text(at, "¥199", font=face, fill=(250, 240, 30))
        pictures[name] = np.asarray(picture)
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{name}.png")


def allowances() -> list[Allowance]:
    """What can be tried on this machine, all of it first."""
    cores = len(os.sched_getaffinity(0))
    tried = [Allowance("all cores", cores)]
    if cores > 1:
        tried.append(Allowance("one core", 1))
    if _cpu_group() is not None:
        tried += [Allowance("quota of one core", cores, 1000), Allowance("quota of half a core", cores, 500)]
    return tried


def _run(allowance: Allowance, asked: argparse.Namespace, scratch: Path) -> list[Edit]:
    """All edits under an allowance, in a child process."""
    with _quota(allowance.quota) as group:

        def enter() -> None:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: allowance.cores])
            if group is not None:
                (group / "cgroup.procs").write_text(str(os.getpid()))

        command = [sys.executable, "-m", "benchmarks.prediction_child", str(asked.home), str(scratch), str(asked.edits)]
        done = subprocess.run(command, preexec_fn=enter, stdout=subprocess.PIPE, text=True, check=True)
    rows: Sequence[Mapping[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return [Edit(**row) for row in rows]


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
