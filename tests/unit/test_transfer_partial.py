"""Who owns a file on its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qie_hub.clock import SystemClock
from qie_hub.digest import Digest
from qie_hub.errors import Busy
from qie_hub.events import Event, Waiting
from qie_hub.formats.claim import Claim, Process
from qie_hub.store.layout import Layout
from qie_hub.store.partial import Partials, folder_of, in_order
from qie_hub.store.processes import me
from tests.support.transfer_lab import FastClock

A, B = Digest.of(b"a"), Digest.of(b"b")


def partials(home: Path, *, factor: float = 1000.0) -> Partials:
    return Partials(Layout(home), FastClock(factor))


def leave_claim_of(process: Process, home: Path) -> None:
    folder = folder_of(Layout(home), A)
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"verified before")
    (folder / "claim.json").write_bytes(Claim(process, "0" * 16, "fetch", "2026-11-23T00:00:00Z").to_bytes())


def dead_process() -> Process:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    own = me()
    return Process(ended.pid, own.start, own.boot, own.space, own.host)


def test_a_folder_has_one_owner_and_the_next_one_finds_what_lies_there(tmp_path: Path) -> None:
    with partials(tmp_path).claim(A) as folder:
        (folder.path / "data").write_bytes(b"half")
        assert partials(tmp_path).owner(A) is not None
        assert partials(tmp_path).owner(B) is None
    assert partials(tmp_path).owner(A) is None
    with partials(tmp_path).claim(A) as folder:
        assert (folder.path / "data").read_bytes() == b"half"


def test_a_living_owner_that_does_nothing_is_given_up_on_by_name(tmp_path: Path) -> None:
    events: list[Event] = []
    with partials(tmp_path).claim(A), pytest.raises(Busy) as caught:
        partials(tmp_path).claim(A, on_event=events.append, patience=30)
    assert str(os.getpid()) in str(caught.value.data["by"])
    assert [type(event) for event in events] == [Waiting]


def test_waiting_can_be_ended_by_the_caller(tmp_path: Path) -> None:
    def enough() -> None:
        raise KeyboardInterrupt

    with partials(tmp_path).claim(A), pytest.raises(KeyboardInterrupt):
        partials(tmp_path).claim(A, check=enough)


def test_a_dead_owner_is_replaced_and_its_work_is_kept(tmp_path: Path) -> None:
    leave_claim_of(dead_process(), tmp_path)
    assert partials(tmp_path).owner(A) is None
    with partials(tmp_path).claim(A) as folder:
        assert (folder.path / "data").read_bytes() == b"verified before"
        assert partials(tmp_path).owner(A) is not None


def test_an_owner_on_another_machine_counts_while_its_heart_beats(tmp_path: Path) -> None:
    leave_claim_of(Process(1, 1, "another boot", 1, "another machine"), tmp_path)
    claim = folder_of(Layout(tmp_path), A) / "claim.json"
    now = SystemClock().now().timestamp()
    os.utime(claim, (now, now))
    assert partials(tmp_path).owner(A) is not None
    os.utime(claim, (now - 301, now - 301))
    assert partials(tmp_path).owner(A) is None


def test_a_damaged_claim_is_respected_while_it_is_fresh(tmp_path: Path) -> None:
    leave_claim_of(me(), tmp_path)
    claim = folder_of(Layout(tmp_path), A) / "claim.json"
    claim.write_bytes(b"{")
    assert partials(tmp_path).owner(A) is not None
    os.utime(claim, (0, 0))
    partials(tmp_path).claim(A).release()


def test_a_folder_whose_file_moved_on_is_removed(tmp_path: Path) -> None:
    with partials(tmp_path).claim(A) as folder:
        (folder.path / "data").write_bytes(b"whole")
        (folder.path / "journal").write_bytes(b"")
        (folder.path / "data").rename(tmp_path / "goal")
    assert list(Layout(tmp_path).partial.iterdir()) == []


def test_a_claim_that_was_taken_over_is_not_taken_back(tmp_path: Path) -> None:
    first = partials(tmp_path).claim(A)
    claim = first.path / "claim.json"
    claim.write_bytes(Claim(me(), "f" * 16, "fetch", "2026-11-23T00:00:00Z").to_bytes())
    before = claim.stat().st_mtime_ns
    first.beat()
    assert claim.stat().st_mtime_ns == before
    first.release()
    assert claim.exists()


def test_what_is_on_its_way_can_be_listed(tmp_path: Path) -> None:
    assert partials(tmp_path).everything() == ()
    with partials(tmp_path).claim(A) as folder:
        (folder.path / "data").write_bytes(bytes(100_000))
        (Layout(tmp_path).partial / "not a digest").mkdir()
        (info,) = partials(tmp_path).everything()
        assert (info.digest, info.path) == (A, folder.path)
        assert info.allocated >= 100_000
        assert info.owner is not None


def test_several_folders_are_claimed_in_one_order_by_everybody() -> None:
    assert in_order([B, A, B]) == in_order([A, B]) == tuple(sorted({A, B}))


def test_two_processes_at_once_never_own_the_same_folder(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from qie_hub.clock import SystemClock\n"
        "from qie_hub.digest import Digest\n"
        "from qie_hub.store.layout import Layout\n"
        "from qie_hub.store import partial\n"
        "partial.LOOK_EVERY = 0.001\n"
        "home = Path(sys.argv[1])\n"
        "for _ in range(25):\n"
        "    with partial.Partials(Layout(home), SystemClock()).claim(Digest.of(b'a')) as folder:\n"
        "        (folder.path / 'data').touch()\n"
        "        handle = (home / 'inside').open('x')\n"  # fails if anybody else is inside
        "        handle.close()\n"
        "        (home / 'inside').unlink()\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
