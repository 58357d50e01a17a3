"""Carrying out a plan: a few pictures at once, each to its own end.

Invariants:

* How many edits run at once is the runtime's decision (power, heat): the threads here wait for its leases. There is
  one thread more than edits by default, so that reading and writing files overlap with editing.
* What hits one picture is that picture's outcome, whatever it is; what would hit all alike ends the run.
* Large pictures go alone: memory is bounded by pixels, not by the number of threads.
* Events come one at a time, from one lock; the sink need not be thread-safe.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from qie_hub import atomic
from qie_hub.batch.checking import companions_key, output_name, request_key
from qie_hub.batch.journal import Done, Journal
from qie_hub.batch.report import BatchReport
from qie_hub.batch.space import Space, pixels_of
from qie_hub.batch.tally import Tally
from qie_hub.batch.values import BatchPlan, Job, Outcome
from qie_hub.edit import image
from qie_hub.errors import (
    BadPicture,
    Bug,
    Closed,
    DiskFull,
    EditCancelled,
    EditRefused,
    Failed,
    LoadError,
    NotInstalled,
    ProviderError,
    QieHubError,
    StoreError,
    TrustError,
)
from qie_hub.events import BatchBegan, Event, Sink, Warned, ignore
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.power import DEFAULT_EDITS

if TYPE_CHECKING:
    from qie_hub.clock import Clock
    from qie_hub.editor import Editor, EditResult

WORKERS: Final = DEFAULT_EDITS + 1

_HIT_ALL: Final = (TrustError, StoreError, NotInstalled, LoadError, ProviderError, Closed)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def run(
    plan: BatchPlan,
    editor: Editor,
    *,
    clock: Clock,
    on_event: Sink = ignore,
    cancel: CancelToken | None = None,
    workers: int = WORKERS,
) -> BatchReport:
    """Edit the pictures of a plan; Ctrl-C and ``cancel`` end it with what is done.

    Args:
        plan: best one that `checked` looked at; its problems are not looked at again.
        editor: edits.
        clock: for figures.
        on_event: hears `BatchBegan`, then `PictureEnded` for every picture, and warnings of edits.
        cancel: ends the run from another thread.
        workers: threads; the runtime may let fewer edit at once.

    Raises:
        Busy: another process works in the output folder.
        DiskFull, Failed: the output folder cannot be written at all.
    """
    work = Work(plan, editor, clock, on_event, cancel or CancelToken())
    with opened(plan.request.output) as journal:
        return work.through(plan.jobs, journal, workers)


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal of an output folder; what the system refuses is said in our own terms."""
    with ExitStack() as stack:
        try:
            journal = stack.enter_context(Journal.open(folder))
        except OSError as error:
            raise writing_fault(error, folder) from error
        yield journal


class Work:
    """The edits of one call; owns the outcomes."""

    def __init__(self, plan: BatchPlan, editor: Editor, clock: Clock, sink: Sink, cancel: CancelToken) -> None:
        self._request = plan.request
        self._editor = editor
        self._clock = clock
        self._sink = sink
        self._cancel = cancel
        self._companions = tuple(_rgba(path) for path in plan.request.with_pictures)
        self._companion_key = companions_key(plan.request)
        self._space = Space()
        self._lock = threading.Lock()
        self._began = 0.0
        self._busy = 0.0  # seconds in which pictures were worked on: a watched folder is mostly idle
        self._tally = Tally(None)
        self._warned: set[str] = set()
        self._outcomes: list[Outcome] = []
        self._stopped: QieHubError | None = None
        self._interrupted = False

    def through(self, jobs: Sequence[Job], journal: Journal, workers: int) -> BatchReport:
        """Run all jobs and report."""
        self._tally = Tally(len(jobs))
        self._tell(BatchBegan(len(jobs), sum(job.kept for job in jobs)))
        self.some(jobs, journal, workers)
        return self.report()

    def some(self, jobs: Sequence[Job], journal: Journal, workers: int) -> None:
        """Run these jobs; returns when each has its outcome."""
        self._began = self._clock.monotonic()
        self._claim([job for job in jobs if not job.kept], journal)
        ended: dict[int, Outcome] = {}
        with ThreadPoolExecutor(workers, thread_name_prefix="batch") as pool:
            futures = {pool.submit(self._one, job, journal): index for index, job in enumerate(jobs)}
            try:
                for future in as_completed(futures):
                    ended[futures[future]] = future.result()
            except KeyboardInterrupt:
                self._interrupted = True
                self._cancel.cancel()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        for future, index in futures.items():
            ended[index] = _result(future, jobs[index])
        self._outcomes += [ended[index] for index in range(len(jobs))]
        self._busy += self._clock.monotonic() - self._began

    def report(self) -> BatchReport:
        """What came of it until now."""
        return BatchReport(
            self._request,
            tuple(self._outcomes),
            self._busy,
            interrupted=self._interrupted or (self._cancel.cancelled and self._stopped is None),
            stopped=self._stopped,
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will be edited."""
        return self._interrupted or self._cancel.cancelled

    def interrupt(self) -> None:
        """Ctrl-C came while nothing ran."""
        self._interrupted = True

    def _claim(self, jobs: Sequence[Job], journal: Journal) -> None:
        by_key: dict[str, list[str]] = {}
        for job in jobs:
            if job.output.exists() and not job.replaces:
                continue  # somebody else's: what is claimed may be overwritten later
            by_key.setdefault(self._key(job), []).append(output_name(job, self._request))
        try:
            for key, names in by_key.items():
                journal.claim(names, key)
            _sweep([job.output for job in jobs])
        except OSError as error:
            raise writing_fault(error, self._request.output) from error

    def _one(self, job: Job, journal: Journal) -> Outcome:
        began = self._clock.monotonic()
        outcome = Outcome(job, "kept") if job.kept else self._edited(job, journal, began)
        self._note(outcome)
        return outcome

    def _edited(self, job: Job, journal: Journal, began: float) -> Outcome:
        """Edit one picture. The edge of each picture: whatever happens to it must not happen to the next."""
        try:
            with self._space.taken(pixels_of(job.picture)):
                facts = self._write(job, self._edit(job), journal)
        except EditCancelled:
            return Outcome(job, "left")
        except EditRefused as refusal:
            return Outcome(job, "refused", self._clock.monotonic() - began, refusal)
        except _HIT_ALL as error:
            self._stop(error)
            return Outcome(job, "failed", self._clock.monotonic() - began, error)
        except QieHubError as error:
            return Outcome(job, "failed", self._clock.monotonic() - began, error)
        except Exception as error:  # noqa: BLE001 - the edge of one picture: a defect costs this one, not the night's run
            fault = Bug(what=f"{type(error).__name__}: {error}")
            return Outcome(job, "failed", self._clock.monotonic() - began, fault)
        return Outcome(job, "done", self._clock.monotonic() - began, facts=facts)

    def _edit(self, job: Job) -> EditResult:
        self._cancel.check()
        try:
            return self._editor.edit(
                job.picture,
                job.sentence,
                on_event=self._heard,
                cancel=self._cancel,
                pack=self._request.pack,
                with_pictures=self._companions,
                seed=self._request.seed,
            )
        except OSError as error:
            raise BadPicture(
                name=str(job.picture), problem=error.strerror or str(error), hint="PICTURE_UNREACHABLE"
            ) from error

    def _write(self, job: Job, result: EditResult, journal: Journal) -> dict[str, object]:
        """Save and note a result; returns facts for the report."""
        request = self._request
        try:
            saved = result.save(
                job.output, overwrite=job.replaces, keep_metadata=request.keep_metadata, label=request.label
            )
            receipt = result.receipt(saved)
            digest = str(receipt["input_sha256"])
            done = Done(self._key(job), digest, str(saved.digest), str(result.pack), result.generation)
            journal.add(output_name(job, request), done)
        except OSError as error:
            fault = writing_fault(error, job.output)
            self._stop(fault)
            raise fault from error
        left_out = ("input", "output", "sentence")
        return {name: value for name, value in receipt.items() if name not in left_out}

    def _stop(self, error: QieHubError) -> None:
        """End the run: the next picture would meet the same."""
        with self._lock:
            self._stopped = self._stopped or error
        self._cancel.cancel()

    def _heard(self, event: Event) -> None:
        """Of the single edits only warnings go on, each kind once: their stages are nobody's progress."""
        if isinstance(event, Warned):
            with self._lock:
                if event.code not in self._warned:
                    self._warned.add(event.code)
                    self._sink(event)

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._sink(event)

    def _note(self, outcome: Outcome) -> None:
        """Tell how a picture ended."""
        if outcome.state != "left":
            with self._lock:
                seconds = self._busy + self._clock.monotonic() - self._began
                self._sink(self._tally.note(outcome, seconds))

    def _key(self, job: Job) -> str:
        return request_key(self._request, job.sentence, self._companion_key)


def _sweep(outputs: Sequence[Path]) -> None:
    """Remove what a run that was killed left half written beside these outputs."""
    names = {path.name for path in outputs}
    for folder in {path.parent for path in outputs}:
        for path in folder.glob(f"*{atomic.TEMP_MARK}*") if folder.is_dir() else ():
            if path.name.rpartition(atomic.TEMP_MARK)[0] in names:
                path.unlink(missing_ok=True)


def writing_fault(error: OSError, path: Path) -> QieHubError:
    """What the system refused to write, in our own terms."""
    named = str(error.filename or path)
    if error.errno in _FULL:
        return DiskFull(hint="DISK_FULL_OUTPUT", path=named)
    return Failed(hint="OUTPUT_UNWRITABLE", path=named, problem=error.strerror or str(error))


def _result(future: Future[Outcome], job: Job) -> Outcome:
    """A future's outcome; one that never began was left."""
    return Outcome(job, "left") if future.cancelled() else future.result()


def _rgba(path: Path) -> image.Picture:
    photo = image.read(path)
    return photo.picture if photo.alpha is None else np.dstack([photo.picture, photo.alpha])
