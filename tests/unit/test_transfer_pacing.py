"""The rules of pacing, on invented time."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from qie_hub.transfer.laggards import Pace, crawler, to_help, usual
from qie_hub.transfer.pacing import Backoff, Climber, RetryBudget, TokenBucket

MIB = 1 << 20


def drive(climber: Climber, goodput: Callable[[int], float], seconds: float) -> list[int]:
    """Let a climber look every 0.1 s at a line whose goodput depends on the number of streams."""
    received = 0.0
    targets = []
    for tick in range(int(seconds * 10)):
        received += goodput(climber.target) / 10
        targets.append(climber.observe((tick + 1) / 10, int(received), climber.target))
    return targets


def test_streams_climb_while_more_streams_bring_more() -> None:
    assert drive(Climber(0.0), lambda streams: streams * 2 * MIB, 4)[-1] == 8


def test_streams_stay_few_when_the_line_is_full() -> None:
    targets = drive(Climber(0.0), lambda streams: 12 * MIB, 60)
    assert max(targets) <= 4
    assert targets[-1] <= 3


def test_a_slow_line_is_never_split_below_the_floor_of_a_stream() -> None:
    assert max(drive(Climber(0.0), lambda streams: 300_000 * min(streams, 2), 30)) <= 2


def test_streams_that_still_connect_are_not_judged() -> None:
    """A line where a new stream delivers nothing for 1.2 s: its first seconds must not count against it."""
    climber = Climber(0.0)
    received, born = 0.0, [0.0, 0.0]
    for tick in range(100):
        now = tick / 10
        while len(born) < climber.target:
            born.append(now)
        delivering = sum(1 for at in born if now - at > 1.2)
        received += delivering * MIB / 5
        climber.observe(now, int(received), delivering)
    assert climber.target == 8


def test_a_penalty_halves_and_the_climb_begins_again_later() -> None:
    climber = Climber(0.0)
    drive(climber, lambda streams: streams * 2 * MIB, 4)
    climber.penalty(4.0, 0)
    assert climber.target == 4
    received, now, targets = 0.0, 4.0, []
    for _ in range(600):
        now += 0.1
        received += climber.target * MIB / 5
        targets.append(climber.observe(now, int(received), climber.target))
    assert targets[50] == 4
    assert targets[-1] == 8


def test_a_limit_spreads_bytes_over_time() -> None:
    bucket = TokenBucket()
    now = 0.0
    for _ in range(100):
        now += bucket.take(100_000, 1_000_000, now)
    assert now == pytest.approx(10.0, abs=0.3)


def test_lifting_a_limit_ends_the_waiting() -> None:
    bucket = TokenBucket()
    assert bucket.take(10 * MIB, 1_000_000, 0.0) > 5
    assert bucket.take(10 * MIB, None, 0.0) == 0


def test_time_that_was_not_used_is_not_saved_up() -> None:
    bucket = TokenBucket()
    bucket.take(1, 1_000_000, 0.0)
    assert bucket.take(1_000_000, 1_000_000, 1000.0) == pytest.approx(0.75)


def test_verified_bytes_refill_the_retries_up_to_the_cap() -> None:
    budget = RetryBudget(2, refill=MIB)
    assert budget.spend()
    assert budget.spend()
    budget.verified(10 * MIB)
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_backoff_doubles_with_jitter_and_is_capped() -> None:
    dice = random.Random(1)
    delays = [Backoff(first=1.0, most=8.0).delay(number, dice) for number in range(1, 8)]
    limits = [1, 2, 4, 8, 8, 8, 8]
    assert all(limit / 2 <= delay <= limit for delay, limit in zip(delays, limits, strict=True))


def test_nobody_is_slow_before_there_is_something_to_compare_with() -> None:
    alone = [Pace("a", 1.0, 100.0, MIB)]
    assert usual([], alone) is None
    assert crawler(alone, None) is None
    assert to_help(alone, None) is None


def test_a_crawling_stream_is_dropped_and_a_merely_slow_one_is_not() -> None:
    others = [Pace(name, 1000.0, 20.0, MIB) for name in "abc"]
    assert crawler([*others, Pace("slow", 200.0, 20.0, MIB)], 1000.0) is None
    assert crawler([*others, Pace("crawl", 50.0, 20.0, MIB)], 1000.0) == "crawl"
    assert crawler([*others, Pace("young", 50.0, 2.0, MIB)], 1000.0) is None


def test_at_the_end_a_silent_stream_is_helped_even_without_anything_to_compare_with() -> None:
    assert to_help([Pace("a", 0.0, 6.0, MIB, silent=6.0)], None) == "a"
    assert to_help([Pace("a", 0.0, 6.0, MIB, silent=2.0)], None) is None


def test_the_slowest_rest_is_helped_once_and_only_where_it_pays() -> None:
    running = [Pace("a", 400.0, 10.0, 4000), Pace("b", 100.0, 10.0, 4000), Pace("c", 100.0, 10.0, 200)]
    assert to_help(running, 1000.0) == "b"
    assert to_help([Pace("b", 100.0, 10.0, 4000, helped=True)], 1000.0) is None
    assert to_help([Pace("c", 100.0, 10.0, 200)], 1000.0) is None
    assert to_help([Pace("quick", 900.0, 10.0, 90_000)], 1000.0) is None
