"""Stories of the scheduler, told step by step; the property test beside it holds the promises for all of them."""

from __future__ import annotations

from qie_hub.errors import DeviceMemory, LoadError, QieHubError
from qie_hub.packref import PackRef
from qie_hub.runtime import signals
from qie_hub.runtime.policy import Need
from qie_hub.runtime.scheduler import Scheduler
from qie_hub.runtime.signals import Effect, PackKey, Purpose
from qie_hub.runtime.slots import Rules

A, B, C = (PackKey(PackRef(name, "acme"), 1, "cpu") for name in "abc")
GIB = 1 << 30


class Story:
    """A scheduler and its hand-moved clock; every step returns what it asks for, in short words."""

    def __init__(self, budget: int | None = None, rules: Rules | None = None) -> None:
        self.scheduler = Scheduler(rules)
        self.now = 0.0
        self.ids = 0
        if budget is not None:
            self.tell(signals.Budget(budget))

    def tell(self, event: signals.Event) -> list[str]:
        return [self.word(effect) for effect in self.scheduler.handle(event, self.now)]

    def word(self, effect: Effect) -> str:
        match effect:
            case signals.Load(key, _, staged):
                return f"load {key.ref.name}" + (" by stages" if staged else "")
            case signals.Unload(key) | signals.Abandon(key) | signals.Rest(key) | signals.Unstage(key):
                return f"{type(effect).__name__.lower()} {key.ref.name}"
            case signals.Grant(asker, key):
                return f"grant {asker} {key.ref.name}"
            case signals.Deny(asker, error):
                return f"deny {asker} {error.code}"
            case signals.Tell(code, key):
                return f"tell {code} {key.ref.name}"
            case _:
                return type(effect).__name__.lower()

    def ask(self, key: PackKey | None, purpose: Purpose = Purpose.EDIT, size: int = 0, stage: int = 0) -> list[str]:
        self.ids += 1
        return self.tell(signals.Asked(self.ids, key, purpose, Need(size, stage or size)))

    def swap(self, key: PackKey, size: int = 0, stage: int = 0) -> list[str]:
        return self.ask(key, Purpose.SWAP, size, stage)

    def warmed(self, key: PackKey) -> list[str]:
        return self.tell(signals.Warmed(key, self.scheduler.slots[key].attempt))

    def failed(self, key: PackKey, error: QieHubError | None = None) -> list[str]:
        return self.tell(signals.LoadFailed(key, self.scheduler.slots[key].attempt, error or LoadError()))

    def unloaded(self, key: PackKey) -> list[str]:
        return self.tell(signals.Unloaded(key, self.scheduler.slots[key].attempt))

    def returned(self, asker: int) -> list[str]:
        return self.tell(signals.Returned(asker))

    def after(self, seconds: float) -> list[str]:
        self.now += seconds
        return self.tell(signals.Tick())


def test_requests_for_one_loaded_pack_are_served_together_before_the_next_swap() -> None:
    story = Story(budget=GIB, rules=Rules(edits=9))
    assert story.ask(A, size=GIB) == ["load a"]
    assert story.warmed(A) == ["grant 1 a"]
    assert story.ask(B, size=GIB) == []
    assert story.ask(A) == []
    assert story.ask(B) == []
    assert story.returned(1) == ["unload a"]
    assert story.unloaded(A) == ["load b"]
    assert story.warmed(B) == ["grant 2 b", "grant 4 b"]
    assert story.returned(2) == []
    assert story.returned(4) == ["unload b"]
    assert story.unloaded(B) == ["load a"]
    assert story.warmed(A) == ["grant 3 a"]


def test_a_pack_whose_waiters_came_first_is_not_sent_away_for_later_ones() -> None:
    story = Story(budget=2 * GIB, rules=Rules(edits=1))
    story.ask(A, size=GIB)
    assert story.warmed(A) == ["grant 1 a"]
    story.ask(B, size=GIB)
    assert story.warmed(B) == []
    assert story.ask(C, size=GIB) == []
    assert story.returned(1) == ["grant 2 b", "unload a"]
    assert story.unloaded(A) == ["load c"]


def test_a_busy_pack_drains_and_revives_when_nobody_wants_its_place_any_more() -> None:
    story = Story(budget=GIB)
    story.ask(A, size=GIB)
    story.warmed(A)
    assert story.ask(B, size=GIB) == []
    assert story.ask(A) == []
    assert story.tell(signals.Withdrawn(2)) == ["grant 3 a"]


def test_running_out_of_memory_is_tried_once_more_with_everything_else_gone() -> None:
    story = Story()
    story.swap(A)
    assert story.warmed(A) == ["grant 1 a"]
    assert story.swap(B) == ["load b"]
    assert story.failed(B, DeviceMemory()) == ["unload a"]
    assert story.unloaded(A) == ["load b"]
    assert story.failed(B, DeviceMemory()) == ["tell PACK_FAILED b", "deny 2 DEVICE_MEMORY", "load a"]
    assert story.ask(None) == []
    assert story.warmed(A) == ["grant 3 a"]


def test_a_pack_loaded_by_stages_keeps_them_all_once_there_is_room() -> None:
    story = Story(budget=3 * GIB)
    story.swap(A, size=GIB)
    story.warmed(A)
    assert story.swap(B, size=3 * GIB, stage=2 * GIB) == ["load b by stages"]
    assert story.warmed(B) == ["unload a", "grant 2 b"]
    assert story.unloaded(A) == ["unstage b"]


def test_one_edit_at_a_time_runs_on_a_pack_whose_stages_take_turns() -> None:
    story = Story(budget=GIB, rules=Rules(edits=4))
    assert story.ask(A, size=3 * GIB, stage=GIB) == ["load a by stages"]
    story.ask(A)
    assert story.warmed(A) == ["grant 1 a"]
    assert story.returned(1) == ["grant 2 a"]


def test_nobody_is_sent_away_for_a_pack_that_is_only_prefetched() -> None:
    story = Story(budget=GIB)
    story.swap(A, size=GIB)
    story.warmed(A)
    assert story.ask(B, Purpose.PREFETCH, size=GIB) == ["deny 2 DEVICE_MEMORY"]
    assert story.ask(None) == ["grant 3 a"]


def test_pauses_between_tries_double_up_to_a_limit() -> None:
    story = Story(rules=Rules(retry_after=10, retry_most=35))
    for pause in (10, 20, 35, 35):
        story.ask(A)
        assert story.failed(A)[0] == "tell PACK_FAILED a"
        assert story.scheduler.slots[A].retry_at == story.now + pause
        assert story.ask(A)[0].startswith("deny")
        story.after(pause)


def test_a_load_given_up_counts_until_it_ends_and_its_late_result_is_closed() -> None:
    story = Story(budget=GIB, rules=Rules(load_within=60, retry_after=10))
    story.ask(A, size=GIB)
    assert story.after(61) == ["abandon a", "tell PACK_FAILED a", "deny 1 LOAD"]
    assert story.ask(B, size=GIB) == ["tell PACK_FAILED b", "deny 2 DEVICE_MEMORY"]
    assert story.tell(signals.Warmed(A, 1)) == ["unload a"]
    story.tell(signals.Unloaded(A, 1))
    story.after(11)
    assert story.ask(B) == ["load b"]


def test_without_a_serving_pack_a_request_for_any_is_an_error() -> None:
    assert Story().ask(None) == ["deny 1 LOAD"]


def test_closing_ends_once_the_last_lease_is_back_and_the_last_pack_closed() -> None:
    story = Story()
    story.ask(A)
    story.ask(B)
    story.warmed(A)
    assert story.tell(signals.Closing()) == ["deny 2 CLOSED"]
    assert story.ask(A) == ["deny 3 CLOSED"]
    assert story.warmed(B) == ["unload b"]
    assert story.unloaded(B) == []
    assert story.returned(1) == ["unload a"]
    assert story.unloaded(A) == ["ended"]
    assert story.tell(signals.Closing()) == []
