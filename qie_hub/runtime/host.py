"""The runtime host: loads packs, lends them out for one edit at a time, swaps and closes them.

The `Scheduler` decides; this class carries out: it waits, opens, warms, closes and tells. Invariants:

* the scheduler is touched under one lock only, and no graph is opened, run or closed under it;
* an edit runs only inside a lease, and a pack with a lease is never closed;
* whoever asks gets an answer: a lease or an error.

Example::

    host = Host(SystemClock())
    with host.lease(key, source) as pipeline:        # this pack; loaded if need be
        output = pipeline.edit(picture, plan, on_stage, check)
    host.swap(better, better_source)                 # returns when it serves; on failure the old one still does
    with host.lease() as pipeline: ...               # whichever serves
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Final, Self

from qie_hub.clock import Clock
from qie_hub.errors import EditCancelled, LoadError, QieHubError
from qie_hub.events import PackLoaded, Sink, Warned, ignore
from qie_hub.ports import Pipeline
from qie_hub.runtime import memory, signals
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.commons import Commons
from qie_hub.runtime.hearing import guarded
from qie_hub.runtime.loading import Load, Loaded, need_of, open_all, open_pack, warm_up
from qie_hub.runtime.power import Limits
from qie_hub.runtime.scheduler import Scheduler
from qie_hub.runtime.sessions import PackSessions
from qie_hub.runtime.signals import Effect, PackKey, Purpose
from qie_hub.runtime.slots import Rules, SlotState
from qie_hub.runtime.status import HostState, read_state

__all__ = ["Host", "PackKey"]

TICK_SECONDS: Final = 1.0
PRESSURE_SECONDS: Final = 15.0
QUIET_SECONDS: Final = 2.0


@dataclass(slots=True)
class _Waiter:
    """One asker; ``answered`` is set together with ``key`` or ``error``."""

    answered: threading.Event = field(default_factory=threading.Event)
    key: PackKey | None = None
    error: QieHubError | None = None


class Host:
    """See the module's head. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        sink: Sink = ignore,
        *,
        rules: Rules | None = None,
        available: Callable[[], int | None] | None = None,
    ) -> None:
        """Load nothing yet.

        Args:
            clock: time for idleness, retries and figures.
            sink: hears PackLoaded and Warned.
            rules: limits.
            available: bytes that this process may still allocate now, None where unknown; asked before each load.
        """
        self._clock = clock
        self._sink = guarded(sink)
        self._available = available
        self._baseline = memory.anonymous(os.getpid()) or 0
        self._lock = threading.Lock()
        self._commons = Commons(sink=self._sink)
        self._untidy = False  # a pack was closed while people edited: what it left in cycles of objects is still there
        self._asked = clock.monotonic()
        self._scheduler = Scheduler(rules)
        self._ids = count(1)
        self._loads: dict[PackKey, Load] = {}
        self._packs: dict[tuple[PackKey, int], Loaded] = {}
        self._waiters: dict[int, _Waiter] = {}
        self._ended = threading.Event()
        self._ahead: set[PackKey] = set()  # packs that take all traffic at once: nothing of them may load late
        self._ticker: threading.Thread | None = None
        self._looked = clock.monotonic()

    # -- for callers ----------------------------------------------------------------------------------------

    @contextmanager
    def lease(
        self, key: PackKey | None = None, load: Load | None = None, *, cancel: CancelToken | None = None
    ) -> Iterator[Pipeline]:
        """Within the block a pack is loaded, warm and stays so; at most ``rules.edits`` blocks run at once.

        Args:
            key: what to run; None takes whichever pack serves.
            load: opens the pack of ``key``; called only if it is not loaded.
            cancel: ends the waiting, and stops graphs that run in this thread within the block.

        Raises:
            QueueFull: too many edits wait.
            RuntimeFault: the pack did not load (now, or moments ago).
            EditCancelled: ``cancel`` was cancelled while waiting.
            Closed: the host is closed.
        """
        token = cancel or CancelToken()
        asker, waiter = self._ask(key, load, Purpose.EDIT)
        granted = self._wait(asker, waiter, token)
        try:
            with token.bound(), self._commons.meter.working():
                token.check()
                yield self._loaded(granted)[1]
        finally:
            self._tell(signals.Returned(asker))

    def key_of(self, pipeline: Pipeline) -> PackKey:
        """Which pack a leased pipeline is bound to."""
        with self._lock:
            return next(key for (key, _), (_, loaded) in self._packs.items() if loaded is pipeline)

    def swap(self, key: PackKey, load: Load, *, cancel: CancelToken | None = None) -> None:
        """Make this pack the serving one; returns when it serves.

        Raises:
            RuntimeFault: it did not load, warm up or prove itself; what served before still does.
            EditCancelled: ``cancel`` was cancelled; the load goes on but nothing changes over.
        """
        self._ahead.add(key)
        asker, waiter = self._ask(key, load, Purpose.SWAP)
        self._wait(asker, waiter, cancel or CancelToken())

    def prefetch(self, key: PackKey, load: Load) -> threading.Thread:
        """Load and warm this pack in the background, all stages in order, if that sends nobody else away.

        Returns the thread that does it; a failure is an event, not an error.
        """
        asker, waiter = self._ask(key, load, Purpose.PREFETCH)
        thread = threading.Thread(target=self._prefetch, args=(asker, waiter), name=f"prefetch {key}", daemon=True)
        thread.start()
        return thread

    def fallback(self, key: PackKey, load: Load) -> None:
        """Name the pack of last resort: it serves when neither a new pack nor the old one can be loaded."""
        self._loads[key] = load
        self._tell(signals.Fallback(key, need_of(load)))

    def keep(self, key: PackKey, *, kept: bool) -> None:
        """Hold a pack in memory against idleness and eviction, or no longer."""
        self._tell(signals.Keep(key, kept))

    def recall(self, key: PackKey, error: QieHubError) -> None:
        """Forbid a pack: leases on it finish, new ones get ``error``; the one before takes over if it served."""
        self._tell(signals.Recalled(key, error))

    def throttle(self, limits: Limits) -> None:
        """Work within these limits from now on: edits at once, and the share of time that they may take."""
        self._tell(signals.Throttle(limits.edits, limits.share))

    def tick(self) -> None:
        """Look at idleness and overdue loads; a loaded host does this by itself every second."""
        self._tell(signals.Tick())

    def state(self) -> HostState:
        """What is loaded, who waits, what failed: one consistent look."""
        with self._lock:
            open_packs = {key: pack for (key, _), (pack, _) in self._packs.items()}
            return read_state(self._scheduler, open_packs, self._clock.monotonic())

    def close(self) -> None:
        """Refuse new leases, wait for the running ones, close every pack. May be called twice."""
        self._tell(signals.Closing())
        self._ended.wait()
        if self._untidy:
            self._untidy = False
            memory.give_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- asking and waiting ---------------------------------------------------------------------------------

    def _ask(self, key: PackKey | None, load: Load | None, purpose: Purpose) -> tuple[int, _Waiter]:
        asker, waiter = next(self._ids), _Waiter()
        self._waiters[asker], self._asked = waiter, self._clock.monotonic()
        if key is not None and load is not None:
            self._loads[key] = load
        self._tell(signals.Asked(asker, key, purpose, need_of(load) if load is not None else need_of(_nothing)))
        return asker, waiter

    def _wait(self, asker: int, waiter: _Waiter, token: CancelToken) -> PackKey:
        try:
            with token.stopping(lambda: self._withdraw(asker, EditCancelled())):
                waiter.answered.wait()
        except BaseException:
            self._withdraw(asker, EditCancelled())
            if waiter.key is not None:
                self._tell(signals.Returned(asker))
            raise
        if waiter.key is None:
            raise _again(waiter.error or EditCancelled())
        return waiter.key

    def _withdraw(self, asker: int, error: QieHubError) -> None:
        with self._lock:
            waiter = self._waiters.pop(asker, None)
            if waiter is None:
                return
            effects = self._scheduler.handle(signals.Withdrawn(asker), self._clock.monotonic())
            waiter.error = error
            waiter.answered.set()
        self._perform(effects)

    def _loaded(self, key: PackKey) -> Loaded:
        with self._lock:
            return self._packs[key, self._scheduler.slots[key].attempt]

    # -- events in, effects out -----------------------------------------------------------------------------

    def _tell(self, event: signals.Event) -> None:
        # Asked before the lock is taken: looking at the system's memory may take a while.
        budget = signals.Budget(self._budget()) if self._memory_matters(event) else None
        with self._lock:
            now = self._clock.monotonic()
            effects = [] if budget is None else self._scheduler.handle(budget, now)
            effects += self._scheduler.handle(event, now)
            for effect in effects:
                self._answer(effect)
        self._perform(effects)

    def _memory_matters(self, event: signals.Event) -> bool:
        """Whether a load may follow or memory may be short; an edit on a ready pack, the common case, asks nobody."""
        now = self._clock.monotonic()
        if isinstance(event, signals.Asked):
            slot = self._scheduler.slots.get(event.key) if event.key is not None else None
            matters = slot is None or slot.state is not SlotState.READY
        elif isinstance(event, signals.Tick):
            matters = now - self._looked > PRESSURE_SECONDS
        else:
            matters = isinstance(event, signals.Unloaded | signals.LoadFailed)
        if matters:
            self._looked = now
        return matters

    def _budget(self) -> int | None:
        """What all packs together may hold: what is left now and what they hold already."""
        left = None if self._available is None else self._available()
        held = memory.anonymous(os.getpid())
        return None if left is None else left + max(0, (held or 0) - self._baseline)

    def _answer(self, effect: Effect) -> None:
        if isinstance(effect, signals.Grant):
            waiter = self._waiters.pop(effect.id)
            waiter.key = effect.key
            waiter.answered.set()
        elif isinstance(effect, signals.Deny):
            waiter = self._waiters.pop(effect.id)
            waiter.error = effect.error
            waiter.answered.set()

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case signals.Load(key, attempt, staged):
                    self._start(self._run_load, key, attempt, staged)
                    self._start_ticker()
                case signals.Unload(key, attempt):
                    self._start(self._run_unload, key, attempt)
                case signals.Rest(key):
                    self._start(self._run_rest, key)
                case signals.Unstage(key):
                    self._set_stages(key)
                case signals.Tell(code, key, error, retry):
                    self._sink(Warned(code, _facts(key, error, retry)))
                case signals.Ended():
                    self._ended.set()

    def _start(self, target: Callable[..., None], key: PackKey, *arguments: object) -> None:
        threading.Thread(target=target, args=(key, *arguments), name=f"{target.__name__} {key}", daemon=True).start()

    # -- effects --------------------------------------------------------------------------------------------

    def _run_load(self, key: PackKey, attempt: int, staged: bool) -> None:
        start = self._clock.monotonic()
        with self._commons.meter.take(memory.anonymous) as take:
            opened = self._open(key, attempt, staged=staged)
        if opened is None:
            return
        with self._lock:
            self._packs[key, attempt] = opened
        self._sink(PackLoaded(str(key.ref), key.generation, self._clock.monotonic() - start, opened[0].provider))
        self._tell(signals.Warmed(key, attempt, take.grown))

    def _open(self, key: PackKey, attempt: int, *, staged: bool) -> Loaded | None:
        """Open and warm a pack; None if that failed, which was told then."""
        try:
            load = self._loads[key]
            pack, pipeline = open_pack(load, self._sink, staged=staged, commons=self._commons)
            self._tell(signals.Opened(key, attempt))
            warm_up(load, pack, pipeline, ahead=key in self._ahead and not staged)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything; its load failed, we did not
            # A copy, because the traceback of this one holds the pack's memory.
            known = _again(error) if isinstance(error, QieHubError) else _unknown(error)
            del error
            memory.give_back()
            self._tell(signals.LoadFailed(key, attempt, known))
            return None
        return pack, pipeline

    def _run_unload(self, key: PackKey, attempt: int) -> None:
        with self._lock:
            pack = self._packs.pop((key, attempt))[0]
        with self._commons.meter.working():
            pack.close()
            del pack
            self._tidy()
        self._tell(signals.Unloaded(key, attempt))

    def _tidy(self) -> None:
        """Give freed memory back; what can only be found by stopping every thread waits until nobody edits."""
        self._untidy = not self._is_quiet()
        memory.give_back(cycles=not self._untidy)

    def _is_quiet(self) -> bool:
        return self._scheduler.running == 0 and self._clock.monotonic() - self._asked > QUIET_SECONDS

    def _run_rest(self, key: PackKey) -> None:
        pack = self._pack_of(key)
        if pack is not None:
            pack.release()
            self._tidy()

    def _set_stages(self, key: PackKey) -> None:
        pack = self._pack_of(key)
        if pack is not None:
            pack.share(pack.commons, staged=False)

    def _pack_of(self, key: PackKey) -> PackSessions | None:
        with self._lock:
            found = self._packs.get((key, self._scheduler.slots[key].attempt))
        return None if found is None else found[0]

    def _prefetch(self, asker: int, waiter: _Waiter) -> None:
        try:
            pack = self._pack_of(self._wait(asker, waiter, CancelToken()))
            if pack is not None and not pack.one_stage_at_a_time:
                open_all(pack)
        except QieHubError as error:
            self._sink(Warned("PREFETCH_FAILED", {"problem": error.code}))

    def _start_ticker(self) -> None:
        with self._lock:
            if self._ticker is not None:
                return
            self._ticker = threading.Thread(target=self._tick_on, name="runtime ticks", daemon=True)
        self._ticker.start()

    def _tick_on(self) -> None:
        # Paced by the event that ends it, so that closing never waits for it; what counts as idle is the clock's.
        while not self._ended.wait(TICK_SECONDS):
            self.tick()
            if self._untidy and self._is_quiet():
                self._tidy()


def _nothing() -> Loaded:
    """The load of an asker that names no pack; never called."""
    raise LoadError(graph=None, problem="no pack was named", signal=None, code=None)


def _unknown(error: Exception) -> LoadError:
    return LoadError(graph=None, problem=f"{type(error).__name__}: {error}"[:400], signal=None, code=None)


def _again(error: QieHubError) -> QieHubError:
    """A copy to raise: several askers may get the same error, and each raise writes its own traceback into it."""
    return type(error)(hint=error.hint, **error.data)


def _facts(key: PackKey, error: QieHubError | None, retry: float | None) -> dict[str, object]:
    problem = None if error is None else error.data.get("problem", error.code)
    code = None if error is None else error.code
    return {
        "pack": str(key.ref),
        "generation": key.generation,
        "code": code,
        "problem": problem,
        "retry_seconds": retry,
    }
