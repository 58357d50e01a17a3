"""Every fault of the fault server, alone and in mixes: right bytes or the right error, in bounded time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qie_hub.errors import (
    BadPublish,
    CaptivePortal,
    HttpError,
    IntegrityError,
    MissingEverywhere,
    TooSlow,
    TransferError,
)
from qie_hub.events import MirrorDemoted
from tests.support.fault_server import FaultServer
from tests.support.transfer_lab import MIB, Lab, make_lab, make_pack, objects_of

PACK = make_pack()
OBJECTS = objects_of(PACK)
SIZE = sum(len(file.data) for file in PACK)

FAULTS: dict[str, dict[str, Any]] = {
    "ignore_range": {},
    "shift": {},
    "shift_honest": {},
    "short": {"after": 100_000},
    "short_unframed": {"after": 100_000},
    "short_matching": {"after": 1_500_000},
    "flip": {"after": 1_300_000},
    "garbage": {},
    "reset": {"after": 2_000_000},
    "refuse": {},
    "stall": {"after": 50_000},
    "stall_headers": {},
    "trickle": {},
    "gzip": {},
    "busy": {"value": 2},
    "status": {"value": 503},
    "expired": {},
    "redirect_loop": {},
    "html": {},
    "endless": {},
    "duplicate_headers": {},
    "wrong_total": {},
}

FOR_EVER: dict[str, type[Exception]] = {
    "shift": IntegrityError,
    "shift_honest": HttpError,
    "short": HttpError,
    "short_unframed": HttpError,
    "garbage": IntegrityError,
    "refuse": HttpError,
    "stall": TooSlow,
    "stall_headers": TooSlow,
    "trickle": TooSlow,
    "gzip": HttpError,
    "busy": HttpError,
    "status": HttpError,
    "expired": HttpError,
    "redirect_loop": HttpError,
    "html": CaptivePortal,
    "endless": IntegrityError,
    "duplicate_headers": HttpError,
    "wrong_total": HttpError,
}

EXPECTED = (TransferError, IntegrityError)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = make_lab(tmp_path / "partial")
    yield made
    made.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Lab]:
    """A lab in which patience ends very soon: for mirrors that are broken anyway."""
    made = make_lab(tmp_path / "partial", factor=300, stall=90.0)  # 0.3 s: a busy machine is not a broken mirror
    yield made
    made.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Lab]:
    """A lab in real time, where bytes are counted: no stream looks slow because the machine is busy."""
    made = make_lab(tmp_path / "partial", factor=1)
    yield made
    made.close()


@pytest.mark.parametrize("kind", FAULTS)
def test_one_fault_costs_a_little_and_ends_with_the_right_bytes(kind: str, lab: Lab) -> None:
    with FaultServer(OBJECTS) as server:
        fault = server.fault(kind, times=2, **FAULTS[kind])
        lab.fetch(PACK, [server.url])
        assert fault.used == 2


@pytest.mark.parametrize("kind", FOR_EVER)
def test_a_mirror_that_always_fails_is_replaced_by_the_next(kind: str, lab: Lab) -> None:
    with FaultServer(OBJECTS) as bad, FaultServer(OBJECTS) as good:
        fault = bad.fault(kind, times=None, **FAULTS[kind])
        lab.fetch(PACK, [bad.url, good.url])
        assert fault.used > 0
        assert good.sent > SIZE - 2000  # the smallest file is too short to be cut short


@pytest.mark.parametrize("kind", FOR_EVER)
def test_the_only_mirror_failing_for_ever_ends_in_the_right_error(kind: str, hasty: Lab) -> None:
    with FaultServer(OBJECTS) as bad:
        bad.fault(kind, times=None, **{**FAULTS[kind], "after": 0})
        began = time.monotonic()
        with pytest.raises(FOR_EVER[kind]):
            hasty.fetch(PACK, [bad.url])
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("seed", range(6))
def test_a_mix_of_all_faults_ends_with_the_right_bytes_or_an_error_that_a_new_run_overcomes(
    seed: int, lab: Lab
) -> None:
    dice = random.Random(seed)
    with FaultServer(OBJECTS, seed=seed) as one, FaultServer(OBJECTS, seed=seed + 100) as two:
        for server in (one, two):
            for kind in dice.sample(sorted(FAULTS), 7):
                server.fault(kind, times=dice.randint(1, 3), chance=0.4, **FAULTS[kind])
        began = time.monotonic()
        try:
            lab.fetch(PACK, [one.url, two.url])
        except EXPECTED:
            for server in (one, two):
                server.faults.clear()
            lab.fetch(PACK, [one.url, two.url])
        assert time.monotonic() - began < 30
        assert [event for event in lab.events if isinstance(event, MirrorDemoted)] or one.served


def test_a_flipped_bit_costs_one_chunk_and_demotes_the_mirror(real: Lab) -> None:
    with FaultServer(OBJECTS) as server, FaultServer(OBJECTS) as spare:
        server.fault("flip", after=100_000)
        real.fetch(PACK, [server.url, spare.url])
        assert server.sent + spare.sent <= SIZE + MIB
        demoted = [event.url for event in real.events if isinstance(event, MirrorDemoted)]
        assert demoted == [server.url]


def test_two_mirrors_with_the_same_wrong_bytes_mean_a_bad_publish(lab: Lab) -> None:
    with FaultServer(OBJECTS) as one, FaultServer(OBJECTS) as two:
        for server in (one, two):
            server.fault("garbage", times=None)
        with pytest.raises(BadPublish) as caught:
            lab.fetch(PACK, [one.url, two.url])
        assert caught.value.data["mirrors"] == sorted([one.url, two.url])


def test_an_object_that_one_mirror_lacks_comes_from_the_other_and_demotes_nobody(lab: Lab) -> None:
    some = dict(list(OBJECTS.items())[1:])
    with FaultServer(some) as partly, FaultServer(OBJECTS) as whole:
        lab.fetch(PACK, [partly.url, whole.url])
        assert not [event for event in lab.events if isinstance(event, MirrorDemoted)]
        assert partly.sent > 0


def test_an_object_that_nobody_has_is_missing_everywhere(lab: Lab) -> None:
    some = dict(list(OBJECTS.items())[1:])
    with FaultServer(some) as one, FaultServer(some) as two, pytest.raises(MissingEverywhere) as caught:
        lab.fetch(PACK, [one.url, two.url])
    assert caught.value.data["what"] == next(iter(OBJECTS))


def test_a_retry_after_is_honoured_for_the_whole_host(lab: Lab) -> None:
    with FaultServer(OBJECTS) as server:
        server.fault("busy", times=1, value=40)
        moments: list[float] = []
        plain = server.pick

        def timed(path: str) -> Any:
            moments.append(lab.clock.monotonic())
            return plain(path)

        server.pick = timed  # type: ignore[method-assign]  # only looks at the clock
        lab.fetch(PACK, [server.url])
        refused = moments[0]
        waited = [moment for moment in moments if moment >= refused + 39]
        early = [moment for moment in moments if refused + 5 < moment < refused + 39]
        # The clock leaps while everybody waits, so what was on its way when the refusal came may arrive late on it.
        assert len(early) < 2
        assert len(waited) > 3


def test_a_server_without_ranges_sends_every_shard_about_once(real: Lab) -> None:
    with FaultServer(OBJECTS) as server:
        server.fault("ignore_range", times=None)
        real.fetch(PACK, [server.url])
        assert server.sent < SIZE * 1.5
