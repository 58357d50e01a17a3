"""Hundreds of kills of one long install, and long mixes of all faults. Minutes; run by ``make soak``.

The pack is generated: 2.1 GB in three files, the larger ones of four and five shards, tensors of all sizes. Prints what
was fetched twice.
"""

from __future__ import annotations

import random
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fault.test_transfer_faults import FAULTS
from tests.support.fault_server import FaultServer
from tests.support.fetch_program import command, write_list
from tests.support.kill_loop import kill_loop
from tests.support.transfer_lab import MIB, BigFile

KILLS = 250
MIXES = 4


@pytest.fixture(scope="module")
def pack() -> list[BigFile]:
    return [
        BigFile.make("text-encoder.bin", 900 * MIB + 123, seed=1),
        BigFile.make("weights.bin", 1100 * MIB + 7, seed=2),
        BigFile.make("tokenizer.bin", 3 * MIB, seed=3),
    ]


def serve(pack: list[BigFile], *, rate: float | None = None, seed: int = 1) -> FaultServer:
    objects = {path: body for file in pack for path, body in file.objects.items()}
    sizes = {path: size for file in pack for path, size in file.sizes.items()}
    return FaultServer(objects, sizes=sizes, rate=rate, seed=seed)


def test_hundreds_of_kills_lose_nothing_and_fetch_little_twice(
    pack: list[BigFile], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = sum(file.size for file in pack)
    assert size >= 2_000_000_000
    with serve(pack, rate=4 * MIB) as server:
        result = kill_loop(pack, server, tmp_path, kills=KILLS, least=0.05, most=1.6, seed=7)
    assert all(later <= earlier for earlier, later in pairwise(result.planned))
    assert result.kills >= KILLS * 0.8
    assert result.waste <= result.kills * result.peak * 1.0 * MIB
    each = result.waste / (result.kills * result.peak) / MIB
    with capsys.disabled():
        print(f"\n{result.kills} kills of a {size / 1e9:.2f} GB install over {result.peak} streams")
        print(f"fetched twice: {result.waste / 1e6:.0f} MB, {result.waste / size:.4f} of the pack, ", end="")
        print(f"{each:.2f} MiB per kill and stream")


@pytest.mark.parametrize("seed", range(MIXES))
def test_long_mixes_of_all_faults_end_with_the_right_bytes(pack: list[BigFile], tmp_path: Path, seed: int) -> None:
    """Three mirrors, all of them misbehaving now and then; a run may end in an error, the next one goes on."""
    dice = random.Random(seed)
    listed = write_list(pack, tmp_path / "lists")
    servers = [serve(pack, seed=seed * 10 + number) for number in range(3)]
    slow = {"stall", "stall_headers", "trickle", "endless"}
    began = time.monotonic()
    for server in servers:
        server.__enter__()
        for kind in sorted(FAULTS):
            server.fault(kind, times=1 if kind in slow else 4, chance=dice.uniform(0.02, 0.2), **FAULTS[kind])
    try:
        for _ in range(8):
            run = subprocess.run(command(listed, tmp_path / "home", [server.url for server in servers]), timeout=240)
            if run.returncode == 0:
                break
        assert run.returncode == 0
    finally:
        for server in servers:
            server.__exit__()
    for file in pack:
        path = tmp_path / "home" / "files" / file.digest.hex
        assert file.is_at(path)
        path.unlink()
    assert time.monotonic() - began < 400
