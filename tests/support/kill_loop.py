"""Kill a fetching process at random moments, let the last one finish, count what was fetched twice."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.fault_server import FaultServer
from tests.support.fetch_program import command, write_list
from tests.support.transfer_lab import BigFile, LabFile


@dataclass(frozen=True)
class Killed:
    """What a loop cost. ``waste`` is bytes served beyond need; ``planned`` what each run still had to fetch."""

    kills: int
    waste: int
    peak: int
    planned: tuple[int, ...]


def kill_loop(
    files: Sequence[LabFile | BigFile],
    server: FaultServer,
    folder: Path,
    *,
    kills: int,
    least: float,
    most: float,
    seed: int,
) -> Killed:
    """Run `fetch_program` ``kills`` times, SIGKILL each between ``least`` and ``most`` seconds after it planned.

    A run that is done before its kill ends the loop early. The last run ends by itself; files are compared.
    """
    dice = random.Random(seed)
    listed = write_list(files, folder / "lists")
    done = 0
    planned = []
    for turn in range(kills + 1):
        process = subprocess.Popen(
            command(listed, folder / "home", [server.url]), stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert process.stdout is not None
        planned.append(int(json.loads(process.stdout.readline())["planned"]))
        if turn == kills:
            process.communicate(timeout=600)
            assert process.returncode == 0
            break
        time.sleep(dice.uniform(least, most))
        if process.poll() is not None:
            process.communicate()
            break
        process.kill()
        process.communicate()
        done += 1
    for file in files:
        assert file.is_at(folder / "home" / "files" / file.digest.hex)
    waste = server.sent - sum(file.size for file in files)
    return Killed(done, waste, server.peak, tuple(planned))
