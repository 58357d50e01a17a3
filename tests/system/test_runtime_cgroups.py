"""A pack under a control group that holds one of its three stages, in a Linux kernel of its own.

The kernel (Debian's user-mode-linux) boots in seconds as an ordinary process with this machine's files read-only. The
host is told nothing: it reads the group's limit as any device does. Without the policy the same pack is killed there.
The same with 3 GiB of weights, under this machine's own groups, is part of ``make soak``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.guest import guest_kernel
from tests.support.stages import STAGES, large_pack, program

ROOT = Path(__file__).resolve().parents[2]
SIDE = 5632
STAGE = 4 * SIDE * SIDE
LIMIT = STAGE * 7 // 4

INIT = """#!/bin/sh
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /mnt
mount -t cgroup2 none /sys/fs/cgroup
echo "+memory" > /sys/fs/cgroup/cgroup.subtree_control
cd {root}
for told in device not; do
  mkdir /sys/fs/cgroup/$told
  echo {limit} > /sys/fs/cgroup/$told/memory.max
  (echo 0 > /sys/fs/cgroup/$told/cgroup.procs; exec {python} {program} {pack} 0 $told 1 > /mnt/$told 2> /mnt/error)
  echo "RESULT {{\\"told\\": \\"$told\\", \\"code\\": $?, \\"answer\\": $(cat /mnt/$told; echo null)}}" | tr '\\n' ' '
  echo
  sed 's/^/ERROR /' /mnt/error
  sed 's/^/EVENT '$told' /' /sys/fs/cgroup/$told/memory.events
done
echo o > /proc/sysrq-trigger
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the guest printed."""
    kernel = guest_kernel()
    folder = tmp_path_factory.mktemp("guest")
    pack = folder / "pack"
    pack.mkdir()
    large_pack(pack, SIDE)
    (folder / "program.py").write_text(program(SIDE))
    init = folder / "init"
    init.write_text(
        INIT.format(root=ROOT, limit=LIMIT, python=sys.executable, program=folder / "program.py", pack=pack)
    )
    init.chmod(0o755)
    words = ["mem=768M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}", "con=null"]
    done = subprocess.run(
        [kernel, *words, "con0=null,fd:1", "quiet"],
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.splitlines()


def result(lines: list[str], told: str) -> dict[str, Any]:
    found = [json.loads(line.split(" ", 1)[1].replace("} null", "}")) for line in lines if line.startswith("RESULT ")]
    assert len(found) == 2, "\n".join(lines[-40:])
    return next(item for item in found if item["told"] == told)


def test_stages_take_turns_under_the_limit_of_a_control_group(lines: list[str]) -> None:
    staged = result(lines, "device")
    assert staged["code"] == 0, "\n".join(lines)
    answer = staged["answer"]
    assert answer["staged"] is True
    assert [answer[name] for name in STAGES] == [0.0, 0.0, 0.0]
    assert STAGE <= answer["peak"] < LIMIT
    assert answer["after"] < STAGE
    assert "EVENT device oom_kill 0" in lines


def test_without_the_policy_the_same_pack_is_killed_by_the_group(lines: list[str]) -> None:
    assert result(lines, "not")["code"] == 128 + 9
    assert "EVENT not oom_kill 1" in lines
