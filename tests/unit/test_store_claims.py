import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qie_hub import atomic
from qie_hub.errors import Busy, Cancelled, NotInstalled
from qie_hub.events import Event, Progress, Waiting
from qie_hub.formats.claim import Claim, Process, Work
from qie_hub.packref import PackRef
from qie_hub.store import claims, processes
from qie_hub.store.claims import STALE_AFTER, Heart
from qie_hub.store.processes import Life, life_of, me
from tests.support.homes import Home, dead_process, no_sync

REF = PackRef.parse("acme/pro:512")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    no_sync(monkeypatch)
    home = Home(tmp_path / "home")
    home.install("acme/pro:512@1.0.0", {"a": b"a"})
    return home


@pytest.fixture
def child() -> Iterator["subprocess.Popen[str]"]:
    """Another process that waits until it is let go."""
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def _other(process: Process, **changes: object) -> Process:
    return replace(process, **changes)  # type: ignore[arg-type]  # the keys are written out at each call


# -- processes ----------------------------------------------------------------------------------------------


def test_this_process_runs_and_a_past_one_does_not() -> None:
    assert life_of(me()) is Life.RUNNING
    assert life_of(dead_process()) is Life.GONE


def test_a_process_is_seen_until_it_ends(child: "subprocess.Popen[str]") -> None:
    twin = _other(me(), pid=child.pid, start=processes._start_of(child.pid))
    assert life_of(twin) is Life.RUNNING
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert life_of(twin) is Life.GONE, "ended, though its parent has not yet taken note"
    child.wait()
    assert life_of(twin) is Life.GONE


def test_a_later_process_with_the_same_number_is_another_one() -> None:
    own = me()
    assert own.start is not None
    assert life_of(_other(own, start=own.start - 1)) is Life.GONE


def test_a_process_of_an_earlier_boot_of_this_machine_is_gone() -> None:
    assert life_of(_other(me(), boot="another")) is Life.GONE


def test_other_machines_and_containers_cannot_be_judged() -> None:
    assert life_of(_other(me(), boot="another", host="elsewhere")) is Life.UNKNOWN
    assert life_of(_other(me(), space=1)) is Life.UNKNOWN
    assert life_of(_other(me(), host="elsewhere")) is Life.UNKNOWN
    assert life_of(_other(me(), boot=None)) is Life.UNKNOWN


# -- holds --------------------------------------------------------------------------------------------------


def test_a_hold_is_seen_by_others_until_it_is_released(home: Home) -> None:
    others = Home(home.path, home.clock).store.holds
    with home.store.holds.hold(REF, 1, purpose="edit") as hold:
        assert hold.recorded
        assert [(one.ref, one.number, one.seen.name) for one in others.everybody()] == [
            (REF, 1, f"edit (pid {os.getpid()})")
        ]
        assert others.holders(REF, 2) == ()
        assert len(others.holders(REF)) == 1
    hold.release()
    assert others.everybody() == ()
    assert list(home.store.layout.holds_of(REF).iterdir()) == []


def test_two_holds_of_one_process_are_two(home: Home) -> None:
    first = home.store.holds.hold(REF, 1, purpose="edit")
    with home.store.holds.hold(REF, 1, purpose="edit"):
        first.release()
        assert len(home.store.holds.holders(REF, 1)) == 1


def test_what_is_not_installed_cannot_be_held_and_leaves_no_claim(home: Home) -> None:
    for ref, number in ((REF, 2), (PackRef.parse("acme/none"), 1)):
        with pytest.raises(NotInstalled):
            home.store.holds.hold(ref, number, purpose="edit")
    assert home.store.holds.everybody() == ()
    assert home.clock.slept == []


def test_a_dead_process_holds_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(claims, "me", dead_process)
        home.store.holds.hold(REF, 1, purpose="edit")
    assert home.store.holds.everybody() == ()
    assert len(home.store.holds.stale()) == 1


def test_a_process_elsewhere_holds_while_it_beats(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "me", lambda: _other(me(), host="elsewhere"))
    hold = home.store.holds.hold(REF, 1, purpose="edit")
    home.clock.advance(seconds=STALE_AFTER - 1)
    assert home.store.holds.holders(REF, 1)
    hold.beat()
    home.clock.advance(seconds=STALE_AFTER - 1)
    assert home.store.holds.holders(REF, 1)
    home.clock.advance(seconds=2)
    assert home.store.holds.holders(REF, 1) == ()
    assert len(home.store.holds.stale()) == 1


def test_a_process_that_is_still_there_keeps_its_hold_however_long_the_machine_slept(home: Home) -> None:
    hold = home.store.holds.hold(REF, 1, purpose="edit")
    home.clock.advance(days=3)
    assert len(home.store.holds.holders(REF, 1)) == 1
    hold.release()


def test_a_claim_that_cannot_be_read_is_believed_while_it_is_fresh(home: Home) -> None:
    home.store.holds.hold(REF, 1, purpose="edit")
    (path,) = home.store.layout.holds_of(REF).iterdir()
    path.write_bytes(b"{")
    claims.beat(path, home.clock.now())
    assert [one.seen.name for one in home.store.holds.holders(REF, 1)] == ["?"]
    home.clock.advance(seconds=STALE_AFTER + 1)
    assert home.store.holds.holders(REF, 1) == ()


def test_a_hold_on_a_home_that_cannot_be_written_still_works(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise PermissionError(13, "read-only", str(path))

    monkeypatch.setattr(atomic, "write", refuse)
    with pytest.raises(PermissionError):
        home.store.holds.hold(REF, 1, purpose="edit")
    monkeypatch.setattr("qie_hub.store.disk.is_writable", lambda path: False)
    with home.store.holds.hold(REF, 1, purpose="edit") as hold:
        assert not hold.recorded
        hold.beat()


def test_a_holder_waits_for_a_generation_that_is_being_considered_for_removal(home: Home) -> None:
    path = home.store.layout.generation(REF, 1)
    hidden = path.with_name(".doomed-1-001122334455")
    path.rename(hidden)
    sleep = home.clock.sleep

    def back(seconds: float) -> None:
        sleep(seconds)
        if len(home.clock.slept) == 3:
            hidden.rename(path)

    home.clock.sleep = back  # type: ignore[method-assign]  # somebody else puts it back while we wait
    with home.store.holds.hold(REF, 1, purpose="edit"):
        assert len(home.clock.slept) == 3


def test_a_heart_beats_until_it_is_stopped() -> None:
    beaten = threading.Event()
    heart = Heart(beaten.set, every=0.001)
    assert beaten.wait(10)
    heart.stop()
    beaten.clear()
    assert heart._thread.is_alive() is False


# -- writers ------------------------------------------------------------------------------------------------


def test_one_writer_at_a_time(home: Home) -> None:
    mine, theirs = home.store.writers, Home(home.path, home.clock).store.writers
    with mine.only(REF, purpose="install"):
        assert theirs.claim(REF, purpose="install") is None
        with pytest.raises(Busy) as caught:
            theirs.only(REF, purpose="remove")
        assert caught.value.data == {"ref": "acme/pro:512", "by": f"install (pid {os.getpid()})"}
        other = theirs.claim(PackRef.parse("acme/pro:256"), purpose="install")
        assert other is not None
        other.release()
    with theirs.only(REF, purpose="remove"):
        pass
    assert not any(home.store.layout.writers.rglob("*.json"))


def test_threads_that_want_to_write_at_once_get_one_claim(home: Home) -> None:
    gate = threading.Barrier(8)
    writers: list[object] = []

    def want() -> None:
        gate.wait()
        writers.append(home.store.writers.claim(REF, purpose="install"))

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(writer is not None for writer in writers) == 1


def test_a_dead_writer_is_replaced_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(claims, "me", dead_process)
        dead = home.store.writers.only(REF, purpose="install")
    assert home.store.writers.other(REF) is None
    with home.store.writers.only(REF, purpose="install") as writer:
        writer.check()
        with pytest.raises(Busy) as caught:
            dead.check()
        assert caught.value.hint == "WORK_TAKEN_OVER"
        dead.release()
        writer.check()


def test_a_writer_that_hangs_is_replaced_after_five_minutes_and_learns_it(home: Home) -> None:
    hung = home.store.writers.only(REF, purpose="install")
    home.clock.advance(seconds=STALE_AFTER - 1)
    assert home.store.writers.claim(REF, purpose="install") is None
    home.clock.advance(seconds=2)
    with home.store.writers.only(REF, purpose="install"):
        with pytest.raises(Busy):
            hung.check()
        home.clock.advance(seconds=STALE_AFTER + 1)
        hung.beat()
        assert home.store.writers.other(REF) is None, "the heart of the replaced one must not keep the new claim alive"


def test_a_writer_that_beats_is_never_replaced(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install") as writer:
        for _ in range(20):
            home.clock.advance(seconds=STALE_AFTER - 1)
            writer.beat()
        assert home.store.writers.claim(REF, purpose="install") is None
        writer.check()


def test_burying_a_dead_claim_spares_a_living_one_that_came_in_between(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(claims, "me", dead_process)
        home.store.writers.only(REF, purpose="install")
    path = home.store.layout.writer_of(REF) / "claim.json"
    dead = claims.see(path, home.clock.now())
    assert dead is not None
    with home.store.writers.only(REF, purpose="install") as living:
        claims._bury(dead)
        living.check()
    assert [entry.name for entry in path.parent.iterdir()] == []


def test_a_second_process_follows_the_first_and_takes_over_when_it_dies(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(claims, "me", lambda: _other(me(), host="elsewhere"))
        first = home.store.writers.only(REF, purpose="install")
    events: list[Event] = []
    steps = iter([("fetch", 10), ("fetch", 10), ("fetch", 40)])
    sleep = home.clock.sleep

    def work(seconds: float) -> None:
        sleep(seconds)
        step = next(steps, None)
        if step is not None:
            first.report(step[0], step[1], 100)
            first.beat()

    home.clock.sleep = work  # type: ignore[method-assign]  # the first one works while the second one waits
    with home.store.writers.wait(REF, purpose="install", on_event=events.append) as second:
        second.check()
    first.release()
    assert events == [
        Waiting("acme/pro:512", "other_process", f"install (pid {os.getpid()})"),
        Progress("acme/pro:512", 10, 100),
        Progress("acme/pro:512", 40, 100),
    ]
    assert sum(home.clock.slept) >= STALE_AFTER


def test_waiting_can_be_ended(home: Home) -> None:
    calls: list[int] = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with home.store.writers.only(REF, purpose="install"), pytest.raises(Cancelled):
        Home(home.path, home.clock).store.writers.wait(REF, purpose="update", on_event=lambda event: None, check=stop)


def test_progress_is_read_while_it_is_written(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install") as writer:
        other = home.store.writers.other(REF)
        assert other is not None
        assert other.work is None
        for verified in (1 << 40, 5):
            writer.report("a step with a name that is too long to fit", verified, 1 << 41)
            other = home.store.writers.other(REF)
            assert other is not None
            assert other.work == Work("a step with a name that is too l", verified, 1 << 41)


def test_torn_progress_is_no_progress(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install") as writer:
        writer.report("fetch", 1, 2)
        (home.store.layout.writer_of(REF) / "work.json").write_bytes(b'{"schema":1,"step":"fe')
        other = home.store.writers.other(REF)
        assert other is not None
        assert other.work is None


def test_a_writer_that_cannot_take_up_the_work_of_a_dead_one_gives_the_claim_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.store.generations.stage(REF)

    def refuse(path: Path, goal: Path) -> None:
        raise OSError(5, "bad disk", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("qie_hub.store.staged.undo", refuse)
        with pytest.raises(OSError, match="bad disk"):
            home.store.writers.claim(REF, purpose="install")
    with home.store.writers.only(REF, purpose="install"):
        assert not list(home.store.layout.slot(REF).glob(".staged-*"))


def test_a_claim_is_fresh_before_its_first_beat_whatever_the_clock_says(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "beat", lambda path, now: True)
    for days in (400, -800):
        home.clock.advance(days=days)
        with home.store.writers.only(REF, purpose="install"):
            assert home.store.writers.claim(REF, purpose="install") is None


def test_a_claim_says_who_and_why(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install"):
        claim = Claim.from_bytes((home.store.layout.writer_of(REF) / "claim.json").read_bytes())
        assert (claim.process, claim.purpose) == (me(), "install")
