"""A hot folder: every picture that arrives in it is edited once it is whole. Polls through the injected clock.

Invariants: a file is taken when its size and time of change have stood still for `SETTLED` seconds, and again when it
changes later; a picture that was refused or failed is not tried again until it changes; results never feed back.

Example::

    report = watch(BatchRequest((), "统一添加双十一角标", Path("out")), Path("hot"), editor, clock=hub.clock)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from qie_hub.batch import sources
from qie_hub.batch.checking import checked, understand
from qie_hub.batch.planning import with_outputs
from qie_hub.batch.report import BatchReport
from qie_hub.batch.runner import WORKERS, Work, opened
from qie_hub.batch.values import BatchPlan, BatchRequest, Job
from qie_hub.errors import UsageError
from qie_hub.events import Sink, Watching, ignore
from qie_hub.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from qie_hub.clock import Clock
    from qie_hub.editor import Editor

POLL: Final = 1.0
SETTLED: Final = 2.0

Stamp: TypeAlias = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class Settling:
    """Which files are whole. Pure: it is told what is there and when."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Stamp, float]] = {}
        self._taken: dict[Path, Stamp] = {}

    def look(self, found: Mapping[Path, Stamp], now: float) -> tuple[Path, ...]:
        """The files that are whole and were not taken as they are; they count as taken from now on.

        Args:
            found: what is in the folder.
            now: seconds of a clock that never goes back.
        """
        ready = []
        for path, stamp in found.items():
            before = self._seen.get(path)
            since = before[1] if before is not None and before[0] == stamp else now
            self._seen[path] = (stamp, since)
            whole = stamp[0] > 0 and now - since >= SETTLED
            if whole and self._taken.get(path) != stamp:
                self._taken[path] = stamp
                ready.append(path)
        for gone in set(self._seen) - set(found):
            del self._seen[gone]
            self._taken.pop(gone, None)
        return tuple(ready)


def watch(
    request: BatchRequest,
    folder: Path,
    editor: Editor,
    *,
    clock: Clock,
    on_event: Sink = ignore,
    cancel: CancelToken | None = None,
) -> BatchReport:
    """Edit what arrives in a folder until Ctrl-C or ``cancel``; what an earlier run did is not done again.

    Args:
        request: the sentence and the output folder; ``pictures`` and ``table`` are not used.
        folder: the hot folder; folders below it are not looked into.
        editor: edits.
        clock: waits between two looks.
        on_event: hears `Watching`, `PictureEnded` and warnings.
        cancel: ends the watching from another thread.

    Raises:
        UsageError: the folder does not exist, or is the one of the results.
        EditRefused: the sentence is not understood, or no installed pack can do it.
        Busy, DiskFull, Failed: the output folder is taken or cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(hint="NO_SUCH_FOLDER", path=str(folder))
    if folder.resolve() == request.output.resolve():
        raise UsageError(hint="BATCH_OUTPUT_IS_INPUT", path=str(folder))
    understand(request, request.sentence, editor)
    work = Work(BatchPlan(request, ()), editor, clock, on_event, cancel or CancelToken())
    settling = Settling()
    with opened(request.output) as journal:
        on_event(Watching(str(folder)))
        try:
            while not work.ended:
                ready = settling.look(_pictures(folder, request.output), clock.monotonic())
                if ready:
                    work.some(_jobs(ready, request, editor), journal, WORKERS)
                else:
                    clock.sleep(POLL)
        except KeyboardInterrupt:
            work.interrupt()
    return replace(work.report(), interrupted=False)  # there is no other end to a watch


def _jobs(ready: tuple[Path, ...], request: BatchRequest, editor: Editor) -> list[Job]:
    """Jobs for these pictures; one whose output is somebody else's fails by itself when it is written."""
    jobs = [Job(path, path, request.sentence) for path in sources.ordered(ready)]
    placed = with_outputs(jobs, request.output, frozenset())
    made = checked(BatchPlan(request, tuple(placed)), editor)
    known = {job.picture: job for job in made.jobs}
    return [known.get(job.picture, replace(job, replaces=False)) for job in placed]


def _pictures(folder: Path, output: Path) -> dict[Path, Stamp]:
    found = {}
    for path in folder.iterdir():
        if sources.is_picture(path) and not sources.is_ours(path, output):
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # it was moved on between the two looks
            found[path] = (state.st_size, state.st_mtime_ns)
    return found
