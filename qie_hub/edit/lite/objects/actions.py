"""Taking things out of the canvas: what is marked, and what is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qie_hub.edit.lite.job import Facts, Job
from qie_hub.edit.lite.objects.asked import Hole, asked, on_canvas
from qie_hub.edit.lite.objects.detect import Detector, Thing, overlap
from qie_hub.edit.lite.objects.fill import fill
from qie_hub.edit.lite.objects.hole import Around, look_around, other_things, refuse_unfillable, with_margin
from qie_hub.edit.lite.objects.outline import outline
from qie_hub.formats.operation import PlannedOperation, Region

_STILL: Final = 0.4
"""Overlap of a thing seen afterwards with the one that went, from which it did not go."""


def erase(job: Job, planned: PlannedOperation) -> Facts:
    """Fill what the box or the mask shows."""
    del planned
    hole = on_canvas(asked(job.source), job.canvas)
    refuse_unfillable(hole)
    detector = job.tools.detector()
    around = None if detector is None else _around(job, hole, detector.find(job.canvas.picture))
    refuse_unfillable(hole, around)
    return {**_fill(job, hole, around), "hole_permille": round(1000 * float(hole.mean()))}


def remove(job: Job, planned: PlannedOperation) -> Facts:
    """Fill the things that were chosen, and look again whether the detector still sees them."""
    detector = job.tools.needed_detector()
    going = [_now(job, region) for region in planned.regions]
    seen = detector.find(job.canvas.picture)
    hole = np.zeros(job.canvas.picture.shape[:2], np.bool_)
    for thing in going:
        job.check()
        hole |= with_margin(outline(job.canvas.picture, thing, job.tools.portrait()), hole.shape, thing)
    refuse_unfillable(hole)
    around = _around(job, hole, other_things(seen, [thing.box for thing in going]))
    refuse_unfillable(hole, around)
    facts = _fill(job, hole, around)
    return {**facts, "gone": _gone(job, going, detector), "hole_permille": round(1000 * float(hole.mean()))}


def _around(job: Job, hole: Hole, stay: Sequence[Thing]) -> Around:
    job.check()
    return look_around(job.canvas.picture, hole, stay, job.tools.portrait())


def _fill(job: Job, hole: Hole, around: Around | None) -> Facts:
    job.check()
    done = fill(job.canvas.picture, hole, None if around is None else around.barred, seed=job.source.seed)
    job.canvas.put(done.window, done.patch, done.changed)
    return {"filled": done.method}


def _now(job: Job, region: Region) -> Thing:
    """A planned thing where it is on the canvas now."""
    height, width = job.source.picture.shape[:2]
    x, y, wide, tall = region.box
    if job.canvas.origin is None:
        across, down = job.canvas.size[0] / width, job.canvas.size[1] / height
        box = (round(x * across), round(y * down), max(1, round(wide * across)), max(1, round(tall * down)))
    else:
        box = (x + job.canvas.origin[0], y + job.canvas.origin[1], wide, tall)
    return Thing(region.label, box, (region.score or 0) / 1000)


def _gone(job: Job, going: Sequence[Thing], detector: Detector) -> bool:
    """Whether the detector is silent where the things were."""
    left = detector.find(job.canvas.picture)
    return not any(one.noun == thing.noun and overlap(one.box, thing.box) > _STILL for one in left for thing in going)
