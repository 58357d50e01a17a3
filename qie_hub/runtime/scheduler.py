"""Who runs on which pack, and which pack is in memory. Pure: events in, effects out; no clock, no threads.

Slots go EMPTY -> LOADING -> WARMING -> READY -> DRAINING -> EMPTY; a load that fails goes to FAILED, which is never
the end: after ``retry_at`` the next asker tries again.

Invariants (a state-machine property test holds all of them):

* every asker gets exactly one answer, Grant or Deny;
* a lease is granted only on a READY slot; a slot with leases is never unloaded, only drained;
* one load at a time, and many askers share it; what is loaded fits the budget when the load starts;
* a swap changes the serving pack only when the new one is warm; when it fails the old one serves on, or is loaded
  again, and if that fails too the fallback takes over: askers for "whatever serves" wait, they are not refused;
* Ended comes once, after the last lease is back and the last pack is closed.

Example::

    scheduler = Scheduler(Rules())
    scheduler.handle(Asked(1, key, Purpose.EDIT), now=0.0)      # [Load(key, attempt=1, staged=False)]
    scheduler.handle(Warmed(key, 1), now=0.8)                   # [Grant(1, key)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from typing import Any, Final

from qie_hub.errors import Closed, DeviceMemory, LoadError, QieHubError, QueueFull
from qie_hub.runtime import signals
from qie_hub.runtime.policy import Need, Plan, Resident, Way, choose, excess
from qie_hub.runtime.power import pause_after
from qie_hub.runtime.signals import (
    Abandon,
    Deny,
    Effect,
    Ended,
    Event,
    Grant,
    Load,
    PackKey,
    Purpose,
    Rest,
    Tell,
    Unload,
    Unstage,
)
from qie_hub.runtime.slots import COMING, RESIDENT, Rules, Slot, SlotState, Waiting


class Scheduler:
    """See the module's head. Not thread-safe: its host holds one lock around ``handle``."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.slots: dict[PackKey, Slot] = {}
        self.queue: list[Waiting] = []
        self.serving: PackKey | None = None
        self.previous: PackKey | None = None
        self.fallback: PackKey | None = None
        self.budget: int | None = None
        self.edits = self.rules.edits
        self.share = 1000
        self.closed = False
        self.swaps = 0
        self.rollbacks = 0
        self._ended = False
        self._orphans: dict[tuple[PackKey, int], int] = {}
        self._leases: dict[int, PackKey] = {}
        self._started: dict[int, float] = {}
        self.cooling: list[float] = []
        self._restoring: PackKey | None = None
        self._now = 0.0
        self._effects: list[Effect] = []

    @property
    def running(self) -> int:
        """Edits that hold a lease."""
        return len(self._leases)

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take one event at ``now`` (monotonic seconds); return what has to be done, in this order."""
        self._now, self._effects = now, []
        _HANDLERS[type(event)](self, event)
        self._settle()
        effects, self._effects = self._effects, []
        return effects

    # -- events ---------------------------------------------------------------------------------------------

    def _asked(self, event: signals.Asked) -> None:
        refusal = self._refusal(event)
        if refusal is not None:
            self._deny(event.id, refusal)
            return
        if event.key is not None:
            self._slot(event.key, event.need).retire = False
        self.queue.append(Waiting(event.id, event.key, event.purpose, self._now))

    def _refusal(self, event: signals.Asked) -> QieHubError | None:
        if self.closed:
            return Closed(what="runtime")
        if event.key is None and self.serving is None:
            return LoadError(graph=None, problem="no pack serves yet", signal=None, code=None)
        if event.purpose is Purpose.EDIT:
            waiting = sum(1 for item in self.queue if item.purpose is Purpose.EDIT)
            if waiting >= self.rules.queue:
                return QueueFull(waiting=waiting, retry_after_ms=self.rules.queue_retry_ms)
        slot = self._wanted_slot(event.key)
        if slot is None:
            return None
        if slot.recalled is not None:
            return slot.recalled
        paused = slot.state is SlotState.FAILED and self._now < slot.retry_at
        return slot.error if paused and event.purpose is not Purpose.SWAP else None

    def _withdrawn(self, event: signals.Withdrawn) -> None:
        self.queue = [item for item in self.queue if item.id != event.id]

    def _returned(self, event: signals.Returned) -> None:
        key = self._leases.pop(event.id, None)
        if key is not None:
            slot = self.slots[key]
            slot.leases.discard(event.id)
            slot.used = self._now
            self._cool(self._now - self._started.pop(event.id))

    def _cool(self, seconds: float) -> None:
        """After an edit its place stays empty for as long as the share of the time says."""
        pause = pause_after(seconds, self.share)
        if pause > 0:
            self.cooling.append(self._now + pause)

    def _opened(self, event: signals.Opened) -> None:
        slot = self._current(event.key, event.attempt)
        if slot is not None and slot.state is SlotState.LOADING:
            slot.state = SlotState.WARMING

    def _warmed(self, event: signals.Warmed) -> None:
        slot = self._current(event.key, event.attempt)
        if slot is None or slot.state not in COMING:
            self._effects.append(Unload(event.key, event.attempt))
            return
        slot.state, slot.since, slot.used, slot.held = SlotState.READY, self._now, self._now, event.held
        slot.failures, slot.error, slot.alone, slot.resting = 0, None, False, False

    def _load_failed(self, event: signals.LoadFailed) -> None:
        self._orphans.pop((event.key, event.attempt), None)
        slot = self._current(event.key, event.attempt)
        if slot is None or slot.state not in COMING:
            return
        crowded = any(other.state in RESIDENT and other is not slot for other in self.slots.values())
        if isinstance(event.error, DeviceMemory) and crowded and not slot.alone:
            slot.state, slot.alone = SlotState.EMPTY, True
            return
        self._fail(slot, event.error)

    def _fail(self, slot: Slot, error: QieHubError) -> None:
        slot.failures += 1
        pause = min(self.rules.retry_after * 2 ** (slot.failures - 1), self.rules.retry_most)
        slot.state, slot.error, slot.alone = SlotState.FAILED, error, False
        slot.retry_at = self._now + pause
        self._effects.append(Tell("PACK_FAILED", slot.key, error, pause))
        askers = [item for item in self.queue if item.key == slot.key]
        for item in askers:
            self._drop(item, error)
        if slot.key in {self.serving, self._restoring}:
            self._step_down(slot, error)
        elif self.serving is not None and any(item.purpose is Purpose.SWAP for item in askers):
            self.rollbacks += 1
            self._restoring = self.serving

    def _step_down(self, slot: Slot, error: QieHubError) -> None:
        """The serving pack cannot come back: the one before, then the fallback takes over, or its askers hear why."""
        for key, code in ((self.previous, "ROLLED_BACK"), (self.fallback, "FELL_BACK")):
            heir = self.slots.get(key) if key is not None else None
            if heir is not None and heir is not slot and heir.recalled is None and heir.state is not SlotState.FAILED:
                self._restoring, self.serving = heir.key, heir.key
                heir.retire = False
                self._effects.append(Tell(code, heir.key, error))
                return
        self._restoring = None
        for item in [item for item in self.queue if item.key is None]:
            self._drop(item, error)

    def _unloaded(self, event: signals.Unloaded) -> None:
        self._orphans.pop((event.key, event.attempt), None)
        slot = self._current(event.key, event.attempt)
        if slot is not None and slot.state is SlotState.DRAINING:
            slot.state, slot.closing, slot.retire, slot.held = SlotState.EMPTY, False, False, None

    def _budget(self, event: signals.Budget) -> None:
        self.budget = event.bytes

    def _throttle(self, event: signals.Throttle) -> None:
        self.edits, self.share = max(1, event.edits), event.share
        self.cooling = self.cooling if event.share < 1000 else []

    def _keep(self, event: signals.Keep) -> None:
        slot = self._slot(event.key, Need())
        slot.kept, slot.retire = event.kept, False

    def _recalled(self, event: signals.Recalled) -> None:
        slot = self._slot(event.key, Need())
        slot.recalled, slot.kept = event.error, False
        for item in [item for item in self.queue if item.key == event.key]:
            self._drop(item, event.error)
        self._effects.append(Tell("PACK_RECALLED", event.key, event.error))
        if self.serving == event.key:
            self._step_down(slot, event.error)
            if self.serving == event.key:
                self.serving = None

    def _fallback(self, event: signals.Fallback) -> None:
        self.fallback = event.key
        self._slot(event.key, event.need)

    def _tick(self, event: signals.Tick) -> None:
        del event
        for slot in self.slots.values():
            if slot.state in COMING and self._now - slot.since > self.rules.load_within:
                self._abandon(slot)
            elif slot.state is SlotState.READY and not slot.leases and not slot.kept:
                idle = self._now - slot.used
                if idle > self.rules.unload_after:
                    slot.retire = True
                elif idle > self.rules.rest_after and not slot.resting:
                    slot.resting = True
                    self._effects.append(Rest(slot.key))

    def _abandon(self, slot: Slot) -> None:
        self._orphans[slot.key, slot.attempt] = slot.bytes
        self._effects.append(Abandon(slot.key, slot.attempt))
        slot.attempt += 1
        self._fail(slot, LoadError(graph=None, problem="the load took too long", signal=None, code=None))

    def _closing(self, event: signals.Closing) -> None:
        del event
        self.closed = True
        for item in list(self.queue):
            self._drop(item, Closed(what="runtime"))

    # -- settling -------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Bring the slots to where queue, budget and marks want them."""
        restoring = self._wanted_slot(self._restoring) if self._restoring is not None else None
        if restoring is not None and restoring.state is SlotState.READY:
            self._restoring = None
        for slot in self.slots.values():
            if slot.state is SlotState.READY and self._is_over(slot):
                slot.state = SlotState.DRAINING
        self._answer()
        victims = self._plan_load()
        pressed = set(excess(self._residents(), self.budget))
        for slot in self.slots.values():
            self._drain_or_revive(slot, wanted_away=slot.key in victims or slot.key in pressed)
        self._answer()
        self._promote()
        quiet = all(slot.state not in RESIDENT for slot in self.slots.values())
        if self.closed and quiet and not self._ended:
            self._ended = True
            self._effects.append(Ended())

    def _drain_or_revive(self, slot: Slot, *, wanted_away: bool) -> None:
        away = wanted_away or self._is_over(slot)
        if slot.state is SlotState.READY and away:
            slot.state = SlotState.DRAINING
        elif slot.state is SlotState.DRAINING and not away and not slot.closing:
            slot.state = SlotState.READY
        if slot.state is SlotState.DRAINING and not slot.leases and not slot.closing:
            slot.closing = True
            self._effects.append(Unload(slot.key, slot.attempt))

    def _is_over(self, slot: Slot) -> bool:
        return self.closed or slot.retire or slot.recalled is not None

    def _plan_load(self) -> frozenset[Any]:
        """Start the next load, or name the packs that must go before it can."""
        if self.closed or any(slot.state in COMING for slot in self.slots.values()):
            return frozenset()
        while wanted := self._wanted():
            slot = self.slots[wanted[0]]
            plan = self._way_in(slot)
            if plan.way is Way.NEVER and self._first_come(slot.key):
                return frozenset()
            if plan.way is Way.NEVER:
                self._fail(slot, self._too_large(slot))
            elif plan.way is Way.INSTEAD and plan.victims and self._only_prefetched(slot.key):
                for item in [item for item in self.queue if item.key == slot.key]:
                    self._drop(item, self._too_large(slot))
            else:
                if not plan.victims:
                    self._load(slot, plan)
                return frozenset(plan.victims)
        return frozenset()

    def _only_prefetched(self, key: PackKey) -> bool:
        """Nobody is to be sent away for a pack that is merely wanted ahead of time."""
        return key != self._restoring and all(
            item.purpose is Purpose.PREFETCH for item in self.queue if (item.key or self.serving) == key
        )

    def _wanted(self) -> list[PackKey]:
        """The packs to load, most urgent first: what must serve again, then what the queue asks for."""
        keys = [self._restoring, *(item.key or self.serving for item in self.queue)]
        slots = [self.slots[key] for key in dict.fromkeys(keys) if key is not None]
        startable = {SlotState.EMPTY, SlotState.FAILED}
        return [slot.key for slot in slots if slot.state in startable and slot.recalled is None]

    def _way_in(self, slot: Slot) -> Plan:
        """The way in that spares the packs of those who came first: sending them away would only fetch them back."""
        spared = self._first_come(slot.key)
        residents = [replace(item, kept=item.kept or item.key in spared) for item in self._residents()]
        return choose(slot.need, residents, self.budget, most=self.rules.most_packs, alone=slot.alone)

    def _first_come(self, key: PackKey) -> set[PackKey | None]:
        """The loaded packs that somebody waits for who came before anybody asked for ``key``."""
        if key == self._restoring:
            return set()
        before = takewhile(lambda wanted: wanted != key, (item.key or self.serving for item in self.queue))
        return {wanted for wanted in before if wanted is not None and self.slots[wanted].state in RESIDENT}

    def _too_large(self, slot: Slot) -> DeviceMemory:
        kept = [str(other.key) for other in self.slots.values() if other.kept and other.state in RESIDENT]
        return DeviceMemory(graph=None, problem="does not fit", need=slot.need.stage, budget=self.budget, kept=kept)

    def _load(self, slot: Slot, plan: Plan) -> None:
        slot.attempt += 1
        slot.state, slot.since, slot.staged, slot.held = SlotState.LOADING, self._now, plan.staged, None
        slot.retire = slot.closing = False
        self._effects.append(Load(slot.key, slot.attempt, plan.staged))

    def _answer(self) -> None:
        self.cooling = [until for until in self.cooling if until > self._now]
        for item in list(self.queue):
            slot = self._wanted_slot(item.key)
            if slot is None or slot.state is not SlotState.READY:
                continue
            if item.purpose is Purpose.EDIT:
                if self.running + len(self.cooling) < self.edits and not (slot.staged and slot.leases):
                    self._lease(item, slot)
            else:
                if item.purpose is Purpose.SWAP:
                    self._serve(slot)
                self.queue.remove(item)
                self._effects.append(Grant(item.id, slot.key))

    def _lease(self, item: Waiting, slot: Slot) -> None:
        self.queue.remove(item)
        self._leases[item.id], self._started[item.id] = slot.key, self._now
        slot.leases.add(item.id)
        slot.used, slot.resting = self._now, False
        self._effects.append(Grant(item.id, slot.key))

    def _serve(self, slot: Slot) -> None:
        """From now on this pack serves; the old one drains and closes."""
        old = self.slots.get(self.serving) if self.serving is not None else None
        self.serving, self._restoring = slot.key, None
        if old is None or old is slot:
            return
        self.swaps += 1
        self.previous = old.key
        old.retire = not old.kept and all(item.key != old.key for item in self.queue)
        self._drain_or_revive(old, wanted_away=False)

    def _promote(self) -> None:
        """A staged pack may keep all its stages once there is room and nobody else waits for it."""
        if self._wanted():
            return
        for slot in self.slots.values():
            if slot.state is not SlotState.READY or not slot.staged or slot.leases:
                continue
            others = sum(item.bytes for item in self._residents() if item.key != slot.key)
            if self.budget is None or others + slot.need.total <= self.budget:
                slot.staged = False
                self._effects.append(Unstage(slot.key))

    # -- small things ---------------------------------------------------------------------------------------

    def _residents(self) -> list[Resident]:
        present = [
            Resident(
                key=slot.key,
                bytes=slot.bytes,
                busy=bool(slot.leases) or slot.state in COMING,
                kept=slot.kept or slot.state in COMING,
                leaving=slot.state is SlotState.DRAINING,
                serving=slot.key == self.serving,
                idle=self._now - slot.used,
            )
            for slot in self.slots.values()
            if slot.state in RESIDENT
        ]
        return present + [Resident(key, size, busy=True, kept=True) for key, size in self._orphans.items()]

    def _slot(self, key: PackKey, need: Need) -> Slot:
        slot = self.slots.setdefault(key, Slot(key, need))
        if need != Need() and slot.state not in RESIDENT:
            slot.need = need
        return slot

    def _wanted_slot(self, key: PackKey | None) -> Slot | None:
        """The slot of ``key``, or of what serves."""
        wanted = self.serving if key is None else key
        return None if wanted is None else self.slots.get(wanted)

    def _current(self, key: PackKey, attempt: int) -> Slot | None:
        slot = self.slots.get(key)
        return slot if slot is not None and slot.attempt == attempt else None

    def _drop(self, item: Waiting, error: QieHubError) -> None:
        self.queue.remove(item)
        self._deny(item.id, error)

    def _deny(self, asker: int, error: QieHubError) -> None:
        self._effects.append(Deny(asker, error))


_HANDLERS: Final[dict[type, Callable[[Scheduler, Any], None]]] = {
    signals.Asked: Scheduler._asked,
    signals.Withdrawn: Scheduler._withdrawn,
    signals.Returned: Scheduler._returned,
    signals.Opened: Scheduler._opened,
    signals.Warmed: Scheduler._warmed,
    signals.LoadFailed: Scheduler._load_failed,
    signals.Unloaded: Scheduler._unloaded,
    signals.Budget: Scheduler._budget,
    signals.Throttle: Scheduler._throttle,
    signals.Keep: Scheduler._keep,
    signals.Recalled: Scheduler._recalled,
    signals.Fallback: Scheduler._fallback,
    signals.Tick: Scheduler._tick,
    signals.Closing: Scheduler._closing,
}
