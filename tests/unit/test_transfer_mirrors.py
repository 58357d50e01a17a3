"""Who is asked, who rests, what is remembered."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qie_hub.transfer.mirrors import Mirrors, Turn
from qie_hub.transfer.pacing import Backoff

A, B, C = "https://a.example/v1", "https://b.example", "https://c.example"


class HandClock:
    """Moves only when it is told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.wall = datetime(2026, 11, 23, tzinfo=UTC)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += max(0.0, seconds)


def mirrors(*bases: str, clock: HandClock | None = None, memory: Path | None = None) -> Mirrors:
    return Mirrors(bases, clock or HandClock(), memory=memory, dice=random.Random(1), backoff=Backoff(first=1.0))


def test_the_first_mirror_is_asked_first() -> None:
    assert mirrors(A, B).turn("o/x").base == A


def test_a_trailing_slash_and_a_mirror_named_twice_change_nothing() -> None:
    assert mirrors(A + "/", A, B).bases == (A, B)


def test_the_faster_mirror_is_preferred_once_both_are_measured() -> None:
    both = mirrors(A, B)
    for base, rate in ((A, 1_000_000), (B, 5_000_000)):
        both.turn("o/x", avoid={B if base == A else A})
        both.succeeded(base, rate, 1.0)
    assert both.turn("o/x").base == B


def test_a_mirror_that_nobody_measured_gets_a_spare_stream() -> None:
    both = mirrors(A, B)
    assert both.turn("o/x").base == A
    assert both.turn("o/x", explore=True).base == B
    assert both.turn("o/x", explore=True).base == A


def test_a_failed_mirror_rests_and_the_next_one_is_asked() -> None:
    clock = HandClock()
    both = mirrors(A, B, clock=clock)
    both.turn("o/x")
    assert both.failed(A, 0, clock.monotonic())
    assert both.turn("o/x").base == B
    clock.sleep(2)
    assert both.turn("o/x").base == B, "it is still the one with an incident"
    both.turn("o/x")
    both.failed(B, 0, clock.monotonic())
    both.failed(B, 0, clock.monotonic() + 0.1)
    assert both.turn("o/x").base == A


def test_connections_that_break_together_are_one_incident() -> None:
    clock = HandClock()
    one = mirrors(A, clock=clock)
    for _ in range(4):
        one.turn("o/x")
    clock.sleep(5)
    assert [one.failed(A, 0, 0.0) for _ in range(4)] == [True, False, False, False]
    wait = one.turn("o/x").wait
    assert wait is not None
    assert wait <= 1.0


def test_a_retry_after_holds_for_every_mirror_on_that_host() -> None:
    clock = HandClock()
    two = mirrors("https://a.example/one", "https://a.example/two", clock=clock)
    two.turn("o/x")
    two.failed("https://a.example/one", 0, 0.0, retry_after=100.0)
    assert two.turn("o/x") == Turn(None, 100.0)
    clock.sleep(100)
    assert two.turn("o/x").base == "https://a.example/two"


def test_an_absent_object_is_not_a_failure() -> None:
    both = mirrors(A, B)
    both.turn("o/x")
    both.absent(A, "o/x")
    assert both.turn("o/x").base == B
    assert both.turn("o/y").base == A
    both.absent(B, "o/x")
    assert both.turn("o/x") == Turn(None, None)


def test_wrong_bytes_put_a_mirror_last_and_are_told_once() -> None:
    both = mirrors(A, B)
    assert both.wrong(A, "wrong_bytes")
    assert not both.wrong(A, "wrong_bytes")
    assert both.turn("o/x").base == B
    assert both.turn("o/x", avoid={B}).base == A


def test_rates_and_failures_are_remembered_for_a_day(tmp_path: Path) -> None:
    memory = tmp_path / "mirrors.json"
    clock = HandClock()
    first = mirrors(A, B, C, clock=clock, memory=memory)
    first.turn("o/x")
    first.failed(A, 0, 0.0)
    first.turn("o/x")
    first.succeeded(B, 4_000_000, 2.0)
    first.wrong(C, "wrong_bytes")
    first.remember()
    again = mirrors(A, B, C, clock=clock, memory=memory)
    assert again.turn("o/x").base == B
    assert [row.rate for row in again.stats()] == [None, 2_000_000.0, None]
    assert [row.demoted for row in again.stats()] == [None, None, "wrong_bytes"]
    clock.wall += timedelta(hours=25)
    assert mirrors(A, B, C, clock=clock, memory=memory).turn("o/x").base == A


def test_the_memory_of_other_origins_is_kept(tmp_path: Path) -> None:
    memory = tmp_path / "mirrors.json"
    for base in (A, B):
        one = mirrors(base, memory=memory)
        one.turn("o/x")
        one.succeeded(base, 1_000_000, 1.0)
        one.remember()
    assert [row.rate for row in mirrors(A, B, memory=memory).stats()] == [1_000_000.0, 1_000_000.0]


def test_a_damaged_memory_or_one_that_cannot_be_written_is_no_memory(tmp_path: Path) -> None:
    memory = tmp_path / "mirrors.json"
    memory.write_text('{"mirrors": [{"base": 3}]}')
    one = mirrors(A, memory=memory)
    assert one.turn("o/x").base == A
    blocked = tmp_path / "file"
    blocked.write_text("")
    other = mirrors(A, memory=blocked / "mirrors.json")
    other.turn("o/x")
    other.succeeded(A, 1_000_000, 1.0)
    other.remember()


def test_a_clock_that_jumped_back_forgets_the_memory_instead_of_trusting_it_for_ever(tmp_path: Path) -> None:
    memory = tmp_path / "mirrors.json"
    clock = HandClock()
    clock.wall += timedelta(days=4000)
    one = mirrors(A, B, clock=clock, memory=memory)
    one.wrong(A, "wrong_bytes")
    one.remember()
    clock.wall -= timedelta(days=4000)
    assert mirrors(A, B, clock=clock, memory=memory).turn("o/x").base == A
