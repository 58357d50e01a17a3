"""Taking things out of the canvas."""

from __future__ import annotations

from qie_hub.edit.lite.job import Facts, Job
from qie_hub.edit.lite.objects.asked import Hole, asked, on_canvas
from qie_hub.edit.lite.objects.fill import fill
from qie_hub.edit.lite.objects.hole import refuse_unfillable
from qie_hub.formats.operation import PlannedOperation


def erase(job: Job, planned: PlannedOperation) -> Facts:
    """Fill what the box or the mask shows."""
    del planned
    hole = on_canvas(asked(job.source), job.canvas)
    refuse_unfillable(hole)
    job.check()
    done = fill(job.canvas.picture, hole, seed=job.source.seed)
    job.canvas.put(done.window, done.patch, done.changed)
    return {"filled": done.method, "hole_permille": _permille(hole)}


def _permille(hole: Hole) -> int:
    return round(1000 * float(hole.mean()))
