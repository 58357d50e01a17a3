"""What the engine does beside fetching: reuse, events, control, limits, help for slow streams, disk errors."""

from __future__ import annotations

import errno
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import Cancelled, IntegrityError, MissingEverywhere, Offline
from qie_hub.events import Progress, Waiting
from qie_hub.transfer import blockfile
from qie_hub.transfer.client import open_transport
from qie_hub.transfer.control import Control
from qie_hub.transfer.mirrors import Mirrors, index_path
from qie_hub.transfer.objects import fetch_object
from qie_hub.transfer.plan import Place, TransferPlan
from tests.support.fault_server import FaultServer
from tests.support.transfer_lab import MIB, FastClock, Lab, LabFile, make_file, make_lab, make_pack, objects_of

PACK = make_pack()
OBJECTS = objects_of(PACK)
SIZE = sum(len(file.data) for file in PACK)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = make_lab(tmp_path / "partial")
    yield made
    made.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Lab]:
    """A lab in real time."""
    made = make_lab(tmp_path / "partial", factor=1)
    yield made
    made.close()


def progress_of(lab: Lab) -> list[int]:
    return [event.verified for event in lab.events if isinstance(event, Progress)]


def threads() -> set[str]:
    return {
        thread.name for thread in threading.enumerate() if thread.name.startswith(("qie-hub-stream", "qie-hub-keeper"))
    }


def test_the_same_pack_again_fetches_nothing(real: Lab) -> None:
    with FaultServer(OBJECTS) as server:
        real.fetch(PACK, [server.url])
        assert server.sent == SIZE
        assert real.fetch(PACK, [server.url]).received == 0
        assert server.sent == SIZE


def test_a_folder_is_a_mirror(lab: Lab, tmp_path: Path) -> None:
    for path, body in OBJECTS.items():
        goal = tmp_path / "usb stick" / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(body)
    lab.fetch(PACK, [str(tmp_path / "usb stick")])
    lab.home = tmp_path / "again"
    lab.fetch(PACK, [(tmp_path / "usb stick").as_uri()])


def changed(file: LabFile, at: int) -> LabFile:
    """The same file with one chunk replaced, cut the same way."""
    chunk = next(chunk for chunk in file.index.chunks if chunk.offset + chunk.length > at)
    data = file.data[: chunk.offset] + bytes(chunk.length) + file.data[chunk.offset + chunk.length :]
    return make_file(file.name, data)


def places(file: LabFile, path: Path) -> dict[Digest, Place]:
    path.write_bytes(file.data)
    return {chunk.digest: Place(path, chunk.offset) for chunk in file.index.chunks}


def test_an_update_fetches_what_changed_and_copies_the_rest(real: Lab, tmp_path: Path) -> None:
    old = PACK[0]
    new = changed(old, 5 * MIB)
    plans: list[TransferPlan] = []
    with FaultServer(new.objects) as server:
        outcome = real.fetch([new], [server.url], have=places(old, tmp_path / "old"), on_plan=plans.append)
        assert server.sent == plans[0].net <= MIB
        assert outcome.reused == len(new.data) - plans[0].net


def test_a_seed_that_rotted_is_fetched_instead_and_never_believed(real: Lab, tmp_path: Path) -> None:
    have = places(PACK[0], tmp_path / "old")
    with (tmp_path / "old").open("r+b") as file:
        file.write(b"rot")
    with FaultServer(OBJECTS) as server:
        real.fetch([PACK[0]], [server.url], have=have)
        assert 0 < server.sent <= MIB


def test_a_seed_that_vanished_is_fetched_instead(real: Lab, tmp_path: Path) -> None:
    have = places(PACK[1], tmp_path / "old")
    (tmp_path / "old").unlink()
    with FaultServer(OBJECTS) as server:
        real.fetch([PACK[1]], [server.url], have=have)
        assert server.sent == len(PACK[1].data)


def test_progress_counts_verified_bytes_never_goes_back_and_comes_ten_times_a_second_at_most(real: Lab) -> None:
    with FaultServer(OBJECTS, rate=10 * MIB) as server:
        server.fault("flip", after=100_000)
        server.fault("reset", after=2_000_000)
        real.fetch(PACK, [server.url])
    seen = progress_of(real)
    assert all(later >= earlier for earlier, later in pairwise(seen))
    assert seen[-1] == SIZE
    assert len(seen) <= 10 * real.clock.monotonic() + 2
    assert len(seen) >= 3


def test_what_was_verified_before_counts_from_the_first_event(real: Lab) -> None:
    partial = real.partial(PACK[0])
    for chunk in PACK[0].index.chunks[:5]:
        partial.put(chunk, PACK[0].data[chunk.offset : chunk.offset + chunk.length])
    before = partial.verified_bytes
    partial.close()
    with FaultServer(OBJECTS) as server:
        real.fetch(PACK, [server.url])
        assert server.sent == SIZE - before
    assert progress_of(real)[0] >= before


def test_a_pause_stops_the_bytes_and_a_resume_goes_on(real: Lab) -> None:
    control = Control()
    with FaultServer(OBJECTS, rate=6 * MIB) as server:
        worker = threading.Thread(target=real.fetch, args=(PACK, [server.url]), kwargs={"control": control})
        worker.start()
        while server.sent < 3 * MIB:
            time.sleep(0.01)
        control.pause()
        time.sleep(0.3)
        held = server.sent
        time.sleep(0.4)
        assert server.sent == held
        control.resume()
        worker.join(30)
        assert not worker.is_alive()
        assert server.sent < SIZE + 8 * MIB
    assert [event.reason for event in real.events if isinstance(event, Waiting)] == ["paused"]
    assert progress_of(real)[-1] == SIZE


def test_a_cancel_ends_soon_leaves_no_thread_and_keeps_what_is_verified(real: Lab) -> None:
    control = Control()
    with FaultServer(OBJECTS, rate=4 * MIB) as server:
        server.fault("stall", after=1000)  # one stream waits in the socket
        timer = threading.Timer(0.8, control.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            real.fetch(PACK, [server.url], control=control)
        assert real.clock.monotonic() < 3
        timer.join()
        assert threads() == set()
        kept = sum(partial.verified_bytes for partial in map(real.partial, PACK))
        assert kept > 0
        before = server.sent
        server.rate = None
        real.fetch(PACK, [server.url])
        assert server.sent - before <= SIZE - kept + MIB  # what the first run's answers still hold


def test_an_interrupt_in_the_callers_thread_ends_every_thread(real: Lab) -> None:
    def interrupt(event: object) -> None:
        if isinstance(event, Progress) and event.verified > MIB:
            raise KeyboardInterrupt

    real.sink = interrupt
    with FaultServer(OBJECTS, rate=20 * MIB) as server, pytest.raises(KeyboardInterrupt):
        real.fetch(PACK, [server.url])
    assert threads() == set()


def test_a_limit_is_kept_and_can_be_lifted_while_it_runs(real: Lab) -> None:
    control = Control(max_rate=4 * MIB)
    with FaultServer(OBJECTS) as server:
        timer = threading.Timer(1.0, control.limit, [None])
        timer.start()
        marks: list[tuple[float, int]] = []

        def mark() -> None:
            marks.append((real.clock.monotonic(), progress_of(real)[-1]))

        look = threading.Timer(0.9, mark)
        look.start()
        real.fetch(PACK, [server.url], control=control)
        assert real.clock.monotonic() < 4
        assert server.sent == SIZE
    at, verified = marks[0]
    assert verified <= 4 * MIB * (at + 0.6)
    timer.join()


def test_the_background_profile_uses_one_connection(real: Lab) -> None:
    with FaultServer(OBJECTS, rate=20 * MIB) as server:
        real.fetch(PACK, [server.url], control=Control(background=True))
        assert server.peak == 1


def test_streams_climb_on_a_line_that_gives_each_stream_its_share(lab: Lab) -> None:
    pack = make_pack((48 * MIB,), shard=16 * MIB, seed=4)
    lab.clock = lab.clock.__class__(4)
    with FaultServer(objects_of(pack), rate=5 * MIB) as server:
        lab.fetch(pack, [server.url])
        assert server.peak >= 4


def test_the_end_does_not_wait_for_one_slow_stream(lab: Lab) -> None:
    """One answer crawls (but never stalls); the others are quick. The rest of the slow one is fetched elsewhere."""
    pack = make_pack((16 * MIB,), shard=4 * MIB, seed=6)
    lab.clock = lab.clock.__class__(10)
    with FaultServer(objects_of(pack), rate=8 * MIB) as server:
        server.fault("crawl", value=40_000.0)
        lab.fetch(pack, [server.url])
        assert lab.clock.monotonic() / 10 < 10
        assert server.sent < 16 * MIB + 5 * MIB


def test_a_server_that_never_answers_one_request_holds_up_neither_the_end_nor_a_cancel(real: Lab) -> None:
    with FaultServer(OBJECTS, rate=20 * MIB) as server:
        server.fault("stall_headers")
        began = real.clock.monotonic()
        real.fetch(PACK, [server.url])
        assert real.clock.monotonic() - began < 10  # the transport itself would wait 15 s
        real.home = real.home.with_name("again")
        server.fault("stall_headers", times=None)
        control = Control()
        threading.Timer(0.5, control.cancel).start()
        began = real.clock.monotonic()
        with pytest.raises(Cancelled):
            real.fetch(PACK, [server.url], control=control)
        assert real.clock.monotonic() - began < 2


def test_stages_arrive_in_order(real: Lab) -> None:
    first = make_file("late.bin", PACK[0].data, stage=3)
    second = make_file("early.bin", PACK[1].data, stage=0)
    with FaultServer(objects_of([first, second]), rate=20 * MIB) as server:
        real.fetch([first, second], [server.url])
        order = [item.path for item in server.served]
    early = [place for place, path in enumerate(order) if path in second.objects]
    late = [place for place, path in enumerate(order) if path in first.objects]
    assert max(early) < max(late)
    assert min(early) == 0


def test_a_full_disk_ends_the_transfer_with_the_disks_own_error_and_the_rest_stays(
    real: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    real_pwrite = os.pwrite

    def full(handle: int, data: memoryview, offset: int) -> int:
        nonlocal written
        if written > 4 * MIB:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += len(data)
        return real_pwrite(handle, data, offset)

    monkeypatch.setattr(blockfile, "_pwrite", full)
    with FaultServer(OBJECTS) as server:
        with pytest.raises(OSError, match="No space") as caught:
            real.fetch(PACK, [server.url])
        assert caught.value.errno == errno.ENOSPC
        assert threads() == set()
        monkeypatch.undo()
        before = server.sent
        real.fetch(PACK, [server.url])
        assert server.sent - before <= SIZE - 4 * MIB


class JumpyClock(FastClock):
    """A wall clock that jumps by years, forwards and backwards."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=random.choice([-4000, -400, 0, 400, 9000]))


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    lab = make_lab(tmp_path / "partial")
    lab.clock = JumpyClock(40)
    lab.transport = open_transport(lab.clock)
    with FaultServer(OBJECTS) as server:
        server.fault("busy", value="Fri, 31 Dec 1999 23:59:59 GMT")
        server.fault("reset", after=100_000)
        lab.fetch(PACK, [server.url], memory=tmp_path / "mirrors.json")
        lab.home = tmp_path / "again"
        lab.fetch(PACK, [server.url], memory=tmp_path / "mirrors.json")
    assert lab.clock.monotonic() < 200
    lab.close()


def test_nobody_there_is_known_soon(lab: Lab) -> None:
    with pytest.raises(Offline):
        lab.fetch(PACK, ["http://127.0.0.1:9"])
    assert lab.clock.monotonic() < 60


def test_small_objects_are_verified_and_come_from_whoever_is_right(lab: Lab) -> None:
    body = PACK[0].index.to_bytes()
    digest = Digest.of(body)
    path = index_path(digest)
    with FaultServer({path: body}) as good, FaultServer({path: body[:-1] + b"?"}) as wrong, FaultServer({}) as empty:
        mirrors = Mirrors([empty.url, wrong.url, good.url], lab.clock)
        assert fetch_object(lab.transport, mirrors, path, len(body), digest, clock=lab.clock) == body
        with pytest.raises(IntegrityError):
            fetch_object(lab.transport, [wrong.url], path, len(body), digest, clock=lab.clock)
        with pytest.raises(MissingEverywhere):
            fetch_object(lab.transport, [empty.url], path, len(body), digest, clock=lab.clock)
        good.fault("endless")
        good.fault("html")
        good.fault("reset", after=10)
        assert fetch_object(lab.transport, [good.url], path, len(body), digest, clock=lab.clock) == body
