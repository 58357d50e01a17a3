"""Times of edits on a machine whose speed changes."""

from __future__ import annotations

import pytest

from cdn.pace import ProcessorClock, Timer
from tests.support.homes import HandClock


def timed(runs: list[tuple[float, int, int]]) -> int | None:
    """The middle of runs, each of seconds and what the looks before and after it say."""
    clock = HandClock()
    looks = iter([speed for _, *both in runs for speed in both])
    timer = Timer(clock, 60_000, lambda: next(looks))
    for seconds, *_ in runs:
        with timer.timing():
            clock.advance(seconds=seconds)
    return timer.middle()


def test_a_core_at_half_its_speed_makes_no_edit_longer() -> None:
    assert timed([(1.0, 60_000, 60_000)]) == 1000
    assert timed([(2.0, 30_000, 30_000)]) == 1000
    assert timed([(1.0, 90_000, 30_000)]) == 1000


def test_the_run_in_the_middle_counts_and_the_next_task_starts_anew() -> None:
    assert timed([(1.0, 60_000, 60_000), (9.0, 60_000, 60_000), (1.2, 60_000, 60_000)]) == 1200
    assert timed([]) is None


def test_a_run_that_was_refused_does_not_count() -> None:
    timer = Timer(HandClock(), 60_000, lambda: 60_000)
    with pytest.raises(ValueError), timer.timing():
        raise ValueError
    assert timer.middle() is None


def test_a_look_at_this_core_is_near_what_the_benchmark_says_of_one_thread() -> None:
    clock = ProcessorClock()
    timer = Timer(clock, 1)
    with timer.timing():
        start = clock.monotonic()
        while clock.monotonic() - start < 0.01:
            pass
    found = timer.middle()
    assert found is not None
    assert found > 10 * 100, "a core does more than 100 million multiply-adds a second"
