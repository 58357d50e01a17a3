"""Real limits of control groups, version 1 and 2, in a Linux kernel of its own.

The kernel (Debian's user-mode-linux) boots in seconds as an ordinary process with this machine's files read-only, so
that the test neither needs nor touches the control groups of the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.guest import guest_kernel

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
LIMIT = 160 * MIB
CACHED = 80 * MIB
HELD = 60 * MIB

INIT = """#!/bin/sh
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /mnt
{mounts}
{limits}
cd {root} && {python} {guest} {cached_file}
echo o > /proc/sysrq-trigger
"""

VERSION_2 = (
    "mount -t cgroup2 none /sys/fs/cgroup",
    """
    cd /sys/fs/cgroup
    echo "+memory +cpu" > cgroup.subtree_control
    mkdir -p outer/inner
    echo "+memory +cpu" > outer/cgroup.subtree_control
    echo {limit} > outer/memory.max
    echo 400000000 > outer/inner/memory.max
    echo "50000 100000" > outer/inner/cpu.max
    echo $$ > outer/inner/cgroup.procs
    """,
)
VERSION_1 = (
    """
    mount -t tmpfs none /sys/fs/cgroup
    mkdir /sys/fs/cgroup/memory /sys/fs/cgroup/cpu
    mount -t cgroup -o memory none /sys/fs/cgroup/memory
    mount -t cgroup -o cpu none /sys/fs/cgroup/cpu
    """,
    """
    cd /sys/fs/cgroup
    echo 1 > memory/memory.use_hierarchy
    mkdir -p memory/outer/inner cpu/outer
    echo {limit} > memory/outer/memory.limit_in_bytes
    echo 50000 > cpu/outer/cpu.cfs_quota_us
    echo $$ > memory/outer/inner/cgroup.procs
    echo $$ > cpu/outer/cgroup.procs
    """,
)

GUEST = """
import json, sys
from pathlib import Path
from qie_hub.device.profile import profile

def report(name):
    found = profile(Path("/mnt"), {})
    print("RESULT", json.dumps({"name": name, **found.to_json()}), flush=True)

report("fresh")
with open(sys.argv[1], "rb") as file:
    while file.read(1 << 20):
        pass
report("cached")
held = bytearray(%d)
held[::4096] = b"x" * len(held[::4096])
report("held")
"""


@pytest.fixture(scope="module", params=[VERSION_1, VERSION_2], ids=["version 1", "version 2"])
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the profile was in the guest: fresh, after a big file was read, and with memory held."""
    kernel = guest_kernel()
    folder = tmp_path_factory.mktemp("guest")
    (folder / "model.bin").write_bytes(b"w" * CACHED)
    (folder / "guest.py").write_text(GUEST % HELD)
    mounts, limits = request.param
    init = folder / "init"
    init.write_text(
        INIT.format(
            mounts=mounts,
            limits=limits.format(limit=LIMIT),
            root=ROOT,
            python=sys.executable,
            guest=folder / "guest.py",
            cached_file=folder / "model.bin",
        )
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
    found = [json.loads(line.split(" ", 1)[1]) for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert len(found) == 3, done.stdout[-3000:] + done.stderr[-3000:]
    return {report["name"]: report for report in found}


def test_the_limit_of_the_outer_group_bounds_the_memory(reports: dict[str, dict[str, Any]]) -> None:
    fresh = reports["fresh"]
    assert fresh["memory_available"] > 2 * LIMIT
    assert LIMIT - 60 * MIB < fresh["memory_effective"] < LIMIT
    assert fresh["memory_effective"] == fresh["memory_limit_free"]
    assert fresh["sources"]["memory_limit_free"] == "cgroup"


def test_a_file_in_the_page_cache_does_not_count_as_used(reports: dict[str, dict[str, Any]]) -> None:
    lost = reports["fresh"]["memory_effective"] - reports["cached"]["memory_effective"]
    assert lost < CACHED // 4


def test_memory_that_the_process_holds_does_count(reports: dict[str, dict[str, Any]]) -> None:
    lost = reports["cached"]["memory_effective"] - reports["held"]["memory_effective"]
    assert HELD * 0.9 < lost < HELD * 1.3


def test_half_a_core_is_one_thread_with_half_its_time(reports: dict[str, dict[str, Any]]) -> None:
    assert reports["fresh"]["cpu_quota_millis"] == 500
    assert reports["fresh"]["warnings"] == []
