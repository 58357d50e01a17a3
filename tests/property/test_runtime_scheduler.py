"""A state machine drives the scheduler with everything that can happen, and holds its promises after each step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qie_hub.errors import DeviceMemory, LoadError, QieHubError, Revoked
from qie_hub.packref import PackRef
from qie_hub.runtime import signals
from qie_hub.runtime.policy import Need
from qie_hub.runtime.scheduler import Scheduler
from qie_hub.runtime.signals import PackKey, Purpose
from qie_hub.runtime.slots import COMING, RESIDENT, Rules, SlotState

KEYS = [PackKey(PackRef(name, "acme"), 1, "cpu") for name in ("lite", "mid", "pro", "huge")]
NEEDS = {KEYS[0]: Need(1, 1), KEYS[1]: Need(3, 2), KEYS[2]: Need(6, 2), KEYS[3]: Need(40, 30)}
RULES = Rules(edits=2, queue=5, most_packs=3, rest_after=50, unload_after=200, load_within=100, retry_after=5)
key = st.sampled_from(KEYS)
EXAMPLES = settings(max_examples=150, stateful_step_count=50, deadline=None)


class Runtime(RuleBasedStateMachine):
    """A host in the abstract: it keeps what the scheduler asked for and answers in any order, well or badly."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(RULES)
        self.now = 0.0
        self.next_id = 1
        self.waiting: dict[int, tuple[PackKey | None, Purpose]] = {}
        self.leases: dict[int, PackKey] = {}
        self.loads: dict[tuple[PackKey, int], str] = {}
        self.unloads: set[tuple[PackKey, int]] = set()
        self.alive: set[tuple[PackKey, int]] = set()
        self.answers: dict[int, int] = {}
        self.ended = 0
        self.revoked: set[PackKey] = set()

    def tell(self, event: signals.Event) -> None:
        for effect in self.scheduler.handle(event, self.now):
            self.perform(effect)

    def perform(self, effect: signals.Effect) -> None:
        match effect:
            case signals.Load(which, attempt, staged):
                self.check_load(which, staged)
                self.loads[which, attempt] = "opening"
                self.alive.add((which, attempt))
            case signals.Unload(which, attempt):
                assert which not in self.leases.values() or self.scheduler.slots[which].attempt != attempt
                assert (which, attempt) not in self.unloads
                self.unloads.add((which, attempt))
            case signals.Abandon(which, attempt):
                assert (which, attempt) in self.loads
            case signals.Grant(asker, which):
                self.granted(asker, which)
            case signals.Deny(asker, error):
                assert isinstance(error, QieHubError)
                self.answered(asker)
            case signals.Ended():
                self.ended += 1
                assert not self.leases

    def check_load(self, which: PackKey, staged: bool) -> None:
        slots = self.scheduler.slots
        assert sum(slot.state in COMING for slot in slots.values()) == 1
        assert which not in self.revoked
        assert staged == slots[which].staged
        others = sum(slot.bytes for slot in slots.values() if slot.state in RESIDENT and slot.key != which)
        need = NEEDS[which].stage if staged else NEEDS[which].total
        if self.scheduler.budget is not None:
            assert others + need <= self.scheduler.budget
        assert sum(slot.state in RESIDENT for slot in slots.values()) <= RULES.most_packs

    def granted(self, asker: int, which: PackKey) -> None:
        wanted, purpose = self.waiting[asker]
        self.answered(asker)
        slot = self.scheduler.slots[which]
        assert wanted in (None, which)
        assert which not in self.revoked
        if purpose is Purpose.EDIT:
            assert slot.state in {SlotState.READY, SlotState.DRAINING}
            assert not slot.closing
            assert (which, slot.attempt) in self.alive
            self.leases[asker] = which
            assert len(self.leases) <= self.scheduler.edits
            if slot.staged:
                assert list(self.leases.values()).count(which) == 1
        elif purpose is Purpose.SWAP:
            assert self.scheduler.serving == which

    def answered(self, asker: int) -> None:
        self.answers[asker] = self.answers.get(asker, 0) + 1
        self.waiting.pop(asker, None)

    # -- what may happen ------------------------------------------------------------------------------------

    @initialize(which=st.one_of(st.none(), key), budget=st.sampled_from([None, 2, 4, 7, 50]))
    def begin_with_a_serving_pack(self, which: PackKey | None, budget: int | None) -> None:
        self.tell(signals.Budget(budget))
        if which is not None:
            self.ask(which, Purpose.SWAP)
            self.loads_go_well()

    def ask(self, which: PackKey | None, purpose: Purpose) -> None:
        asker, self.next_id = self.next_id, self.next_id + 1
        self.waiting[asker] = (which, purpose)
        self.tell(signals.Asked(asker, which, purpose, NEEDS[which] if which else Need()))

    @rule(which=st.one_of(st.none(), key))
    def edit(self, which: PackKey | None) -> None:
        self.ask(which, Purpose.EDIT)

    @rule(which=st.one_of(st.none(), key))
    def many_edits_at_once(self, which: PackKey | None) -> None:
        for _ in range(3):
            self.ask(which, Purpose.EDIT)

    @rule(which=key)
    def swap(self, which: PackKey) -> None:
        self.ask(which, Purpose.SWAP)

    @rule(which=key)
    def prefetch(self, which: PackKey) -> None:
        self.ask(which, Purpose.PREFETCH)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        asker = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[asker]
        self.answers[asker] = 1
        self.tell(signals.Withdrawn(asker))

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        asker = data.draw(st.sampled_from(sorted(self.leases)))
        del self.leases[asker]
        self.tell(signals.Returned(asker))

    @precondition(lambda self: self.loads)
    @rule(data=st.data(), outcome=st.sampled_from(["next", "next", "next", "fails", "no memory"]))
    def load_goes_on(self, data: st.DataObject, outcome: str) -> None:
        which, attempt = data.draw(st.sampled_from(sorted(self.loads, key=str)))
        if outcome == "next" and self.loads[which, attempt] == "opening":
            self.loads[which, attempt] = "warming"
            self.tell(signals.Opened(which, attempt))
            return
        del self.loads[which, attempt]
        if outcome == "next":
            self.tell(signals.Warmed(which, attempt))
            return
        self.alive.discard((which, attempt))
        self.tell(signals.LoadFailed(which, attempt, LoadError() if outcome == "fails" else DeviceMemory()))

    @precondition(lambda self: self.loads)
    @rule()
    def loads_go_well(self) -> None:
        """Without this the machine rarely gets as far as leases on packs that must go."""
        while self.loads:
            (which, attempt), _ = self.loads.popitem()
            self.tell(signals.Opened(which, attempt))
            self.tell(signals.Warmed(which, attempt))

    @precondition(lambda self: self.unloads)
    @rule(data=st.data())
    def unload_ends(self, data: st.DataObject) -> None:
        which, attempt = data.draw(st.sampled_from(sorted(self.unloads, key=str)))
        self.unloads.discard((which, attempt))
        self.alive.discard((which, attempt))
        self.tell(signals.Unloaded(which, attempt))

    @rule(seconds=st.sampled_from([1, 20, 60, 150, 300]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(signals.Tick())

    @rule(size=st.one_of(st.none(), st.integers(0, 50)))
    def budget_changes(self, size: int | None) -> None:
        self.tell(signals.Budget(size))

    @rule(edits=st.integers(0, 4), share=st.sampled_from([1000, 500]))
    def throttle(self, edits: int, share: int) -> None:
        self.tell(signals.Throttle(edits, share))

    @rule(which=key, kept=st.booleans())
    def keep(self, which: PackKey, kept: bool) -> None:
        self.tell(signals.Keep(which, kept))

    @rule()
    def has_fallback(self) -> None:
        self.tell(signals.Fallback(KEYS[0], NEEDS[KEYS[0]]))

    @rule(which=st.sampled_from(KEYS[1:]))
    def recall(self, which: PackKey) -> None:
        self.revoked.add(which)
        self.tell(signals.Recalled(which, Revoked(ref=str(which))))

    @rule(chance=st.integers(0, 9))
    def close(self, chance: int) -> None:
        if chance == 0:
            self.tell(signals.Closing())

    # -- what must hold -------------------------------------------------------------------------------------

    @invariant()
    def books_agree(self) -> None:
        scheduler = self.scheduler
        assert {item.id for item in scheduler.queue} == set(self.waiting)
        assert scheduler.running == len(self.leases)
        assert all(count == 1 for count in self.answers.values())
        for slot in scheduler.slots.values():
            assert {asker for asker, which in self.leases.items() if which == slot.key} == slot.leases
            if slot.leases:
                assert slot.state in {SlotState.READY, SlotState.DRAINING}
                assert (slot.key, slot.attempt) in self.alive
        assert self.ended <= 1

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        """If no load, unload, lease or pause is under way that could end, nobody may be waiting."""
        if not (self.scheduler.cooling or self.loads or self.unloads or self.leases):
            assert not self.waiting, self.scheduler.queue

    def teardown(self) -> None:
        """Whatever happened: let everything end well, and everybody has an answer."""
        for _ in range(400):
            if self.leases:
                self.tell(signals.Returned(self.leases.popitem()[0]))
            elif self.unloads:
                which, attempt = self.unloads.pop()
                self.alive.discard((which, attempt))
                self.tell(signals.Unloaded(which, attempt))
            elif self.loads:
                (which, attempt), _ = self.loads.popitem()
                self.tell(signals.Warmed(which, attempt))
            elif self.scheduler.cooling:
                self.now += 1000
                self.tell(signals.Tick())
            elif not self.scheduler.closed:
                assert not self.waiting
                self.tell(signals.Closing())
            else:
                break
        assert self.ended == 1
        assert not self.waiting
        assert not self.alive


Runtime.TestCase.settings = EXAMPLES
TestRuntime = Runtime.TestCase
