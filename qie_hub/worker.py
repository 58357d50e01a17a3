"""The runtime host in a child process, behind the same verbs as `qie_hub.runtime.host.Host`.

Why: memory that a native library once took returns to the system for certain only when its process ends, and a
crash of a native kernel ends a process, not an app. Invariants:

* a crash costs the edits that ran in the child one repetition each; an edit that crashes its second child too gets
  `InferenceError` with hint WORKER_LOST. Repetitions run one at a time, so that one bad edit never spends the second
  chance of another;
* a new child serves the same pack as the one before, with the same kept packs, fallback, limits and recalls;
* the child ends with its parent, with ``close``, and after ``rules.unload_after`` idle seconds; the next lease starts
  a new one.

Example::

    with Worker(SystemClock()) as worker, worker.lease(key, source) as pipeline:
        output = pipeline.edit(picture, plan, on_stage, check)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from qie_hub.clock import Clock
from qie_hub.errors import Closed, InferenceError, QieHubError
from qie_hub.events import Sink, Warned, ignore
from qie_hub.formats.operation import EditPlan
from qie_hub.ports import Pipeline, PipelineInput, PipelineOutput
from qie_hub.runtime import servant
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.errands import Child, LostError
from qie_hub.runtime.hearing import guarded
from qie_hub.runtime.loading import Load
from qie_hub.runtime.power import Limits
from qie_hub.runtime.signals import PackKey
from qie_hub.runtime.slots import Rules
from qie_hub.runtime.status import HostState

OnStage: TypeAlias = Callable[[str, int], None]
TICK_SECONDS: Final = 1.0


class Worker:
    """See the module's head. Thread-safe; every ``load`` must be a picklable `PackSource`."""

    def __init__(
        self,
        clock: Clock,
        sink: Sink = ignore,
        *,
        rules: Rules | None = None,
        available: Callable[[], int | None] | None = None,
        limit: int | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            clock: time for idleness.
            sink: hears the host's events, and WORKER_RESTARTED.
            rules: limits of the host in the child.
            available: as for `Host`; a function of a module, because the child calls it.
            limit: bytes of writable memory of the child, enforced by the system; None for no limit.
        """
        self._clock = clock
        self._sink = guarded(sink)
        self._rules = rules or Rules()
        self._begin = servant.Begin(rules, available, limit)
        self._ids = count(1)
        self._lock = threading.RLock()
        self._again = threading.Lock()
        self._idle = threading.Condition()
        self._child: Child | None = None
        self._loads: dict[PackKey, Load] = {}
        self._standing: dict[tuple[str, object], servant.Do] = {}
        self._active = 0
        self._used = clock.monotonic()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None

    # -- the host's verbs -----------------------------------------------------------------------------------

    @contextmanager
    def lease(
        self, key: PackKey | None = None, load: Load | None = None, *, cancel: CancelToken | None = None
    ) -> Iterator[Pipeline]:
        """See `Host.lease`."""
        if key is not None and load is not None:
            self._loads[key] = load
        leased = _Remote(self, key, cancel or CancelToken())
        with self._busy():
            leased.open()
            try:
                yield leased
            finally:
                leased.close()

    def swap(self, key: PackKey, load: Load, *, cancel: CancelToken | None = None) -> None:
        """See `Host.swap`. ``cancel`` is looked at before the swap only."""
        if cancel is not None:
            cancel.check()
        self._loads[key] = load
        self._do("swap", key, load)
        self._standing["swap", None] = servant.Do(0, "swap", (key, load))

    def prefetch(self, key: PackKey, load: Load) -> None:
        """See `Host.prefetch`."""
        self._loads[key] = load
        self._do("prefetch", key, load)

    def fallback(self, key: PackKey, load: Load) -> None:
        """See `Host.fallback`."""
        self._loads[key] = load
        self._do("fallback", key, load)
        self._standing["fallback", None] = servant.Do(0, "fallback", (key, load))

    def keep(self, key: PackKey, *, kept: bool) -> None:
        """See `Host.keep`."""
        self._do("keep", key, kept=kept)
        self._standing["keep", key] = servant.Do(0, "keep", (key,), {"kept": kept})

    def recall(self, key: PackKey, error: QieHubError) -> None:
        """See `Host.recall`."""
        self._do("recall", key, error)
        self._standing["recall", key] = servant.Do(0, "recall", (key, error))

    def throttle(self, limits: Limits) -> None:
        """See `Host.throttle`."""
        self._do("throttle", limits)
        self._standing["throttle", None] = servant.Do(0, "throttle", (limits,))

    def state(self) -> HostState:
        """See `Host.state`. Starts no child: without one nothing is loaded."""
        with self._lock:
            running = self._child
        nothing = HostState((), 0, 0, self._rules.edits, None, 0, 0, closed=self._ended.is_set())
        if running is None:
            return nothing
        asker = self.next_id()
        try:
            found = running.ask(asker, servant.Do(asker, "state"))
        except LostError:
            return nothing
        assert isinstance(found, HostState)
        return found

    def tick(self) -> None:
        """End the child if it has been idle for ``rules.unload_after``; a running worker does this every second."""
        with self._idle:
            idle = self._clock.monotonic() - self._used
            if self._active or idle <= self._rules.unload_after:
                return
            self._end_child()

    def close(self) -> None:
        """Refuse new leases, wait for the running ones, end the child. May be called twice."""
        self._ended.set()
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0)
            self._end_child()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        with self._lock:
            return None if self._child is None or not self._child.alive else self._child.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the child ------------------------------------------------------------------------------------------

    def next_id(self) -> int:
        """A number for a message or a lease."""
        return next(self._ids)

    def load_of(self, key: PackKey | None) -> Load | None:
        """How to open that pack in a new child."""
        return None if key is None else self._loads.get(key)

    def child(self) -> Child:
        """The running child; a new one, told what stands, where there is none."""
        with self._lock:
            if self._child is None or not self._child.alive:
                self._child = Child(self._begin, self._sink)
                for order in list(self._standing.values()):
                    self._repeat(self._child, order)
                self._start_ticker()
            return self._child

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within the block no other repetition runs."""
        with self._again:
            yield

    def tell_restart(self, name: str | None) -> None:
        """Say that an edit is repeated in a new child."""
        self._sink(Warned("WORKER_RESTARTED", {"signal": name}))

    def _repeat(self, new: Child, order: servant.Do) -> None:
        """Tell a new child what stood before; a pack that ends it serves no longer."""
        asker = self.next_id()
        try:
            new.ask(asker, servant.Do(asker, order.method, order.arguments, order.named))
        except QieHubError as error:
            self._sink(Warned("PREFETCH_FAILED", {"problem": error.code}))
        except LostError:
            if order.method == "swap":
                self._fall_back(order)
            raise

    def _fall_back(self, failed: servant.Do) -> None:
        del self._standing["swap", None]
        last = self._standing.get(("fallback", None))
        if last is not None and last.arguments[0] != failed.arguments[0]:
            self._standing["swap", None] = servant.Do(0, "swap", last.arguments)
            key: PackKey = last.arguments[0]
            self._sink(Warned("FELL_BACK", {"pack": str(key.ref), "problem": "the worker process ended"}))

    def _do(self, method: str, *arguments: Any, **named: Any) -> Any:
        with self._busy():
            for last in (False, True):
                asker = self.next_id()
                try:
                    return self.child().ask(asker, servant.Do(asker, method, arguments, named))
                except LostError as lost:
                    if last:
                        raise worker_lost(lost.signal) from None
                    self.tell_restart(lost.signal)
        raise AssertionError  # the loop returns or raises

    @contextmanager
    def _busy(self) -> Iterator[None]:
        with self._idle:
            if self._ended.is_set():
                raise Closed(what="worker")
            self._active += 1
        try:
            yield
        finally:
            with self._idle:
                self._active -= 1
                self._used = self._clock.monotonic()
                self._idle.notify_all()

    def _end_child(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    def _start_ticker(self) -> None:
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._tick_on, name="worker ticks", daemon=True)
            self._ticker.start()

    def _tick_on(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            self.tick()


class _Remote:
    """A pipeline whose work happens in the child. See `ports.Pipeline`."""

    def __init__(self, worker: Worker, key: PackKey | None, token: CancelToken) -> None:
        self._worker = worker
        self._key = key
        self._token = token
        self._child: Child | None = None
        self._lease = 0

    def open(self) -> None:
        """Take the lease; repeated once if the child dies meanwhile."""
        try:
            self._open()
        except LostError as lost:
            self._worker.tell_restart(lost.signal)
            try:
                self._open()
            except LostError as again:
                raise worker_lost(again.signal) from None

    def plan(self, source: PipelineInput, check: Callable[[], None]) -> EditPlan:
        """See `ports.Pipeline.plan`."""
        check()
        found = self._call(source, None, None)
        assert isinstance(found, EditPlan)
        return found

    def edit(
        self,
        source: PipelineInput,
        plan: EditPlan,
        on_stage: Callable[[str, int], None],
        check: Callable[[], None],
    ) -> PipelineOutput:
        """See `ports.Pipeline.edit`. Cancelling the lease's token stops the child's graphs at once."""
        check()
        found = self._call(source, plan, on_stage)
        assert isinstance(found, PipelineOutput)
        return found

    def warm_up(self) -> None:
        """The child did that when it loaded the pack."""

    def close(self) -> None:
        """Give the lease back; a child that is gone has none."""
        running, self._child = self._child, None
        if running is not None:
            asker = self._worker.next_id()
            with suppress(LostError):
                running.ask(asker, servant.Release(asker, self._lease))

    def _open(self) -> None:
        self._child, self._lease = self._worker.child(), self._worker.next_id()
        message = servant.Lease(self._lease, self._key, self._worker.load_of(self._key))
        running, lease = self._child, self._lease
        # First the lease, then the wish to stop: a child forgets wishes about leases that it does not know.
        running.begin(lease, message)
        try:
            with self._token.stopping(lambda: running.send(servant.Cancel(lease))):
                granted = running.finish(lease)
        except KeyboardInterrupt:
            running.send(servant.Cancel(lease))
            running.send(servant.Release(0, lease))
            raise
        # From now on this lease means this pack, also in a new child.
        self._key = granted

    def _call(self, source: PipelineInput, plan: EditPlan | None, on_stage: OnStage | None) -> object:
        try:
            return self._ask(source, plan, on_stage)
        except LostError as lost:
            self._token.check()
            self._worker.tell_restart(lost.signal)
        with self._worker.alone():
            try:
                self._open()
                return self._ask(source, plan, on_stage)
            except LostError as again:
                self._child = None
                raise worker_lost(again.signal) from None

    def _ask(self, source: PipelineInput, plan: EditPlan | None, on_stage: OnStage | None) -> object:
        running, lease, asker = self._child, self._lease, self._worker.next_id()
        if running is None:
            raise Closed(what="lease")
        with self._token.stopping(lambda: running.send(servant.Cancel(lease))):
            self._token.check()
            return running.ask(asker, servant.Call(asker, lease, source, plan), on_stage)


def worker_lost(name: str | None) -> InferenceError:
    """The error of an edit that ended two children."""
    return InferenceError(hint="WORKER_LOST", graph=None, problem="the worker process ended twice", signal=name)
