"""A kill at every write of a refresh, and of adding an origin: the next one works, and the old view was never lost."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from qie_hub import atomic
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import View, last_view
from tests.support.ram import ram_folder
from tests.support.repository import HandClock, Publisher

STEPS = ("write", "fsync", "replace", "link", "mkdir", "unlink")
KILLED = 137


def run_and_kill(work: Callable[[], object], step: int) -> bool:
    """Run in a child that dies before its ``step``-th change of the disk; return whether it died."""
    child = os.fork()
    if child == 0:
        _count_down(step)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def _count_down(left: int) -> None:
    def watch(name: str) -> None:
        real = getattr(os, name)

        def step(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[:3])  # type: ignore[call-overload]  # a torn write
                os._exit(KILLED)
            return real(*arguments, **options)

        setattr(os, name, step)

    for name in STEPS:
        watch(name)


@pytest.fixture
def folder() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


def packs(view: View | None) -> list[str]:
    assert view is not None
    return [str(row.ref.version) for row in view.indexes["acme"].packs]


def test_a_refresh_may_be_killed_anywhere(folder: Path) -> None:
    publisher = Publisher(HandClock())
    publisher.publish("acme/pro:512@1.0.0")
    origin = Origins(folder / "before").add(publisher.line, publisher, publisher.clock)
    publisher.rotate("timestamp")
    publisher.revoke("acme/pro:512@1.0.0")
    publisher.publish("acme/pro:512@1.1.0")
    step = 0
    killed = True
    while killed:
        step += 1
        home = folder / f"{step}"
        shutil.copytree(folder / "before", home)
        killed = run_and_kill(partial(refresh, origin, home, publisher, publisher.clock), step)
        _check(origin, home, publisher)
    assert step > 60  # every file is written, synced and renamed


def _check(origin: Origin, home: Path, publisher: Publisher) -> None:
    clock = publisher.clock
    seen = last_view(origin, home, clock)
    assert packs(seen) in (["1.0.0"], ["1.0.0", "1.1.0"])
    if len(packs(seen)) == 2:  # what the view shows, the ledger knows
        revocations = Ledger(home).revocations("acme")
        assert revocations is not None
        assert len(revocations.revoked) == 1
    assert packs(refresh(origin, home, publisher, clock)) == ["1.0.0", "1.1.0"]
    assert packs(last_view(origin, home, clock)) == ["1.0.0", "1.1.0"]
    assert not list((home / "origins").rglob(f"*{atomic.TEMP_MARK}*"))
    shutil.rmtree(home)


def test_adding_an_origin_may_be_killed_anywhere(folder: Path) -> None:
    publisher = Publisher(HandClock())
    publisher.publish("acme/pro:512@1.0.0")
    step = 0
    killed = True
    while killed:
        step += 1
        home = folder / f"{step}"
        killed = run_and_kill(partial(Origins(home).add, publisher.line, publisher, publisher.clock), step)
        there = Origins(home).all()
        assert len(there) <= 1
        for origin in there:
            assert packs(last_view(origin, home, publisher.clock)) == ["1.0.0"]
        origin = Origins(home).add(publisher.line, publisher, publisher.clock)
        assert packs(last_view(origin, home, publisher.clock)) == ["1.0.0"]
        shutil.rmtree(home)
    assert step > 60


def test_removing_an_origin_may_be_killed_anywhere(folder: Path) -> None:
    publisher = Publisher(HandClock())
    origin = Origins(folder / "before").add(publisher.line, publisher, publisher.clock)
    step = 0
    killed = True
    while killed:
        step += 1
        home = folder / f"{step}"
        shutil.copytree(folder / "before", home)
        killed = run_and_kill(partial(Origins(home).remove, origin.name), step)
        for left in Origins(home).all():
            assert refresh(left, home, publisher, publisher.clock).origin == origin
        assert Origins(home).add(publisher.line, publisher, publisher.clock) == origin
        shutil.rmtree(home)
    assert step > 5
