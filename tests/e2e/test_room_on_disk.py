"""Disk that an install may count on: shared files, bytes on their way, and what nothing needs any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from qie_hub.errors import DiskFull, DoesNotFit
from qie_hub.events import Event, Warned
from qie_hub.formats.decision import Choice, Refusal
from qie_hub.hub import Hub
from qie_hub.store import disk
from tests.e2e.conftest import MIB, MovableClock
from tests.support.small_origin import PackSpec, SmallOrigin, noise


@pytest.fixture
def nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """One megabyte is free; the packs of these tests have four."""
    monkeypatch.setenv("QIE_HUB_DEVICE_DISK_FREE", "1MB")


def again(hub: Hub, clock: MovableClock) -> Hub:
    """The same home by settings of now."""
    made = Hub(home=str(hub.settings.home), refresh="never", clock=clock)
    made.refresh()
    return made


def test_a_pack_that_is_larger_than_the_free_disk_is_refused(hub: Hub, clock: MovableClock, nearly_full: None) -> None:
    decision = again(hub, clock).explain("sample:512")
    assert isinstance(decision, Refusal)
    assert decision.nearest[0][0].code == "MORE_DISK"
    with pytest.raises(DoesNotFit):
        again(hub, clock).install("sample:512").wait()


def test_files_of_another_resolution_are_shared_and_need_no_room(
    hub: Hub, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.install("sample:256").wait()
    monkeypatch.setenv("QIE_HUB_DEVICE_DISK_FREE", "1MB")
    tight = again(hub, clock)
    assert isinstance(tight.explain("sample:512"), Choice)
    assert tight.install("sample:512").wait().ref.resolution == 512


def test_an_install_that_was_interrupted_is_not_refused_for_the_bytes_that_it_has_already(
    hub: Hub, clock: MovableClock, nearly_full: None
) -> None:
    waiting = hub.settings.home / "partial" / ("a" * 64)
    waiting.mkdir(parents=True)
    (waiting / "data").write_bytes(noise(4 * MIB, 7))
    assert isinstance(again(hub, clock).explain("sample:512"), Choice)


def test_what_nothing_needs_any_more_makes_room_when_it_has_to(
    hub: Hub, origin: SmallOrigin, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for release in (1, 2, 3):
        origin.publish(_release("rolling", release))
        hub.install("rolling").wait()
    origin.publish(_release("other", 9))
    clock.skew = timedelta(hours=2)
    home = hub.settings.home
    free = _small_disk(home, 2 * MIB)
    monkeypatch.setattr(disk, "free_bytes", free)
    monkeypatch.setattr("qie_hub.install.plan.RESERVE", 0)
    monkeypatch.setenv("QIE_HUB_DEVICE_DISK_FREE", str(2 * MIB))
    heard: list[Event] = []
    assert isinstance(again(hub, clock).explain("other"), Choice)
    again(hub, clock).install("other", on_event=heard.append).wait()
    (told,) = [event for event in heard if isinstance(event, Warned) and event.code == "ROOM_MADE"]
    assert told.data["freed"] == 3 * MIB
    assert [item.generation for item in hub.installed() if item.ref.name == "rolling"] == [3, 2]


def test_nothing_is_removed_where_that_would_not_be_enough(
    hub: Hub, origin: SmallOrigin, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for release in (1, 2, 3):
        origin.publish(_release("rolling", release))
        hub.install("rolling").wait()
    clock.skew = timedelta(hours=2)
    monkeypatch.setattr(disk, "free_bytes", lambda path: 0)
    with pytest.raises(DiskFull):
        again(hub, clock).install("sample:512").wait()
    assert len([item for item in hub.installed() if item.ref.name == "rolling"]) == 3


def _release(name: str, number: int) -> PackSpec:
    tensors = [noise(MIB, 100 * number + part) for part in range(3)]
    return PackSpec(name, version=f"{number}.0.0", release=number, tensors=tensors)


def _small_disk(home: Path, free: int) -> Callable[[Path], int]:
    """Free bytes of a disk that holds only this home and has ``free`` bytes left now."""

    def taken() -> int:
        files = {(one.st_dev, one.st_ino): one.st_size for one in (path.lstat() for path in home.rglob("*"))}
        return sum(files.values())

    capacity = taken() + free
    return lambda path: capacity - taken()
