"""Many pictures, one sentence: plan first, then run, with a journal so that the same command goes on.

Invariants:

* Everything that can be known to be wrong before the first edit is reported before the first edit, as one list.
* One bad picture never stops the rest; what would hit every picture alike (a full disk, an untrusted pack) does.
* A picture whose input, sentence and pack generation are those of an earlier run, and whose output still is what that
  run wrote, is not edited again. An output that this room did not write is never overwritten unless asked.

Example::

    request = BatchRequest(("in/*.jpg",), "统一添加双十一角标", Path("out"))
    with Hub() as hub, Editor(hub) as editor:
        report = run(checked(plan(request), editor), editor, clock=hub.clock)
        report.counts["done"], report.per_minute
"""

from __future__ import annotations

from qie_hub.batch.checking import checked
from qie_hub.batch.planning import plan
from qie_hub.batch.report import BatchReport
from qie_hub.batch.runner import run
from qie_hub.batch.values import BatchPlan, BatchRequest, Job, Outcome, Problem
from qie_hub.batch.watching import watch

__all__ = [
    "BatchPlan",
    "BatchReport",
    "BatchRequest",
    "Job",
    "Outcome",
    "Problem",
    "checked",
    "plan",
    "run",
    "watch",
]
