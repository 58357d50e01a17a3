"""kill -9 and several processes at once: nothing that was verified is fetched again."""

from __future__ import annotations

import json
import subprocess
import time
from itertools import pairwise
from pathlib import Path

from tests.support.fault_server import FaultServer
from tests.support.fetch_program import command, write_list
from tests.support.kill_loop import kill_loop
from tests.support.transfer_lab import MIB, make_pack, objects_of


def test_kills_at_random_moments_cost_less_than_a_chunk_per_stream_and_lose_nothing(tmp_path: Path) -> None:
    files = make_pack((20 * MIB + 5, 9 * MIB), shard=8 * MIB, seed=11)
    size = sum(len(file.data) for file in files)
    with FaultServer(objects_of(files), rate=4 * MIB) as server:
        result = kill_loop(files, server, tmp_path, kills=6, least=0.2, most=0.8, seed=3)
    assert result.kills >= 4
    assert result.planned[0] == size
    assert all(later <= earlier for earlier, later in pairwise(result.planned))
    assert result.planned[-1] < size
    assert result.waste <= result.kills * result.peak * 1.25 * MIB  # a chunk, and what the sockets hold


def test_a_resumed_process_trusts_the_journal_without_hashing(tmp_path: Path) -> None:
    """Damage behind the journal's back is found only by the last hash, so the start cannot have hashed anything."""
    files = make_pack((12 * MIB,), seed=12)
    with FaultServer(objects_of(files), rate=3 * MIB) as server:
        listed = write_list(files, tmp_path / "lists")
        first = subprocess.Popen(command(listed, tmp_path / "home", [server.url]), stdout=subprocess.PIPE, text=True)
        data = tmp_path / "home" / "partial" / files[0].digest.hex
        while not (data / "journal").exists() or (data / "journal").stat().st_size < 44 + 3 * 28:
            time.sleep(0.01)
        first.kill()
        first.communicate()
        (data / "data").write_bytes(bytes(12 * MIB))
        second = subprocess.run(
            command(listed, tmp_path / "home", [server.url]), capture_output=True, text=True, timeout=60
        )
    assert json.loads(second.stdout.splitlines()[0])["planned"] < 12 * MIB
    assert second.returncode == 1
    assert "BAD_ON_DISK" in second.stderr or "INTEGRITY" in second.stderr


def test_four_processes_on_the_same_and_overlapping_packs_share_one_download(tmp_path: Path) -> None:
    files = make_pack((6 * MIB, 5 * MIB, 4 * MIB, 300_000), seed=13)
    packs = [files, files, files[1:], files[:3]]
    with FaultServer(objects_of(files), rate=8 * MIB) as server:
        running = [
            subprocess.Popen(command(write_list(pack, tmp_path / "lists"), tmp_path / "home", [server.url]))
            for pack in packs
        ]
        assert [process.wait(120) for process in running] == [0, 0, 0, 0]
        size = sum(len(file.data) for file in files)
        assert size <= server.sent <= size + 2 * MIB  # on a busy machine a stream may be helped; nothing comes twice
    for file in files:
        assert (tmp_path / "home" / "files" / file.digest.hex).read_bytes() == file.data


def test_a_process_adopts_the_work_of_one_that_died_while_it_waited(tmp_path: Path) -> None:
    files = make_pack((10 * MIB,), seed=14)
    with FaultServer(objects_of(files), rate=2 * MIB) as server:
        listed = write_list(files, tmp_path / "lists")
        first = subprocess.Popen(command(listed, tmp_path / "home", [server.url]), stdout=subprocess.PIPE, text=True)
        assert first.stdout is not None
        first.stdout.readline()
        second = subprocess.Popen(command(listed, tmp_path / "home", [server.url]), stdout=subprocess.PIPE, text=True)
        journal = tmp_path / "home" / "partial" / files[0].digest.hex / "journal"
        while journal.stat().st_size < 44 + 4 * 28:
            time.sleep(0.01)
        first.kill()
        first.communicate()
        said, _ = second.communicate(timeout=60)
        assert second.returncode == 0
        assert json.loads(said.splitlines()[0])["planned"] < 10 * MIB
        assert server.sent <= 10 * MIB + server.peak * 1.25 * MIB
