from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qie_hub.device.host import DiskFacts, LocalHost
from qie_hub.device.profile import from_file, profile
from qie_hub.errors import FormatError, SettingsError
from qie_hub.formats.device import Accelerator, DeviceProfile, ProbeWarning, ProviderProof
from tests.support.recorded_host import RecordedHost

MEMINFO = "MemTotal:       16000000 kB\nMemFree:         500000 kB\nMemAvailable:    8000000 kB\nSwapFree: 1000 kB\n"
KIB = 1024
V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


def container(current: int, inactive: int, limit: str = "4294967296") -> RecordedHost:
    group = "/sys/fs/cgroup/kubepods/pod1"
    return RecordedHost(
        files={
            "/proc/meminfo": MEMINFO,
            "/proc/version": "Linux version 6.1.0",
            "/proc/self/cgroup": "0::/kubepods/pod1\n",
            "/proc/self/mountinfo": V2_MOUNT,
            f"{group}/memory.max": f"{limit}\n",
            f"{group}/memory.current": f"{current}\n",
            f"{group}/memory.stat": f"anon 1000\ninactive_file {inactive}\n",
            f"{group}/cpu.max": "150000 100000\n",
            "/sys/fs/cgroup/kubepods/memory.max": "max\n",
            "/sys/fs/cgroup/kubepods/cpu.max": "400000 100000\n",
        }
    )


def test_a_container_limit_bounds_the_memory_and_the_page_cache_of_models_counts_as_free() -> None:
    found = profile(Path("/"), {}, host=container(current=3 << 30, inactive=2 << 30))
    assert found.memory_available == 8000000 * KIB
    assert found.memory_effective == found.memory_limit_free == (4 << 30) - (1 << 30)
    assert found.cpu_quota_millis == 1500
    assert found.threads == 1
    assert found.environment == ("container",)


def test_a_limit_of_an_outer_group_counts_too() -> None:
    files = dict(container(0, 0, limit="max").files)
    files["/sys/fs/cgroup/kubepods/memory.max"] = "1000000\n"
    files["/sys/fs/cgroup/kubepods/memory.current"] = "400000\n"
    assert profile(Path("/"), {}, host=RecordedHost(files)).memory_effective == 600000


def test_no_limit_leaves_what_the_host_has() -> None:
    found = profile(Path("/"), {}, host=container(0, 0, limit="max"))
    assert found.memory_limit_free is None
    assert found.memory_effective == 8000000 * KIB
    assert found.sources["memory_effective"] == "derived"


def test_limits_of_version_one_groups_are_read() -> None:
    group = "/sys/fs/cgroup/memory/docker/abc"
    host = RecordedHost(
        {
            "/proc/meminfo": MEMINFO,
            "/proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n",
            "/proc/self/mountinfo": (
                "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                "36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
            ),
            f"{group}/memory.limit_in_bytes": "1073741824\n",
            f"{group}/memory.usage_in_bytes": "524288000\n",
            f"{group}/memory.stat": "cache 1\ninactive_file 7\ntotal_inactive_file 24288000\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
            "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
        }
    )
    found = profile(Path("/"), {}, host=host)
    assert found.memory_effective == 1073741824 - 500000000
    assert found.cpu_quota_millis == 500


def test_a_container_that_sees_the_hosts_path_as_its_mount_root_finds_its_own_group() -> None:
    host = RecordedHost(
        {
            "/proc/meminfo": MEMINFO,
            "/proc/self/cgroup": "0::/docker/abc\n",
            "/proc/self/mountinfo": "30 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
            "/sys/fs/cgroup/memory.max": "1000\n",
            "/sys/fs/cgroup/memory.current": "10\n",
        }
    )
    assert profile(Path("/"), {}, host=host).memory_effective == 990


def test_what_no_probe_finds_is_unknown_and_not_zero() -> None:
    found = profile(Path("/"), {}, host=RecordedHost(cpus=None, disk_facts=DiskFacts(), runtime=None))
    assert found.memory_total is None
    assert found.memory_effective is None
    assert found.isa is None
    assert found.threads is None
    assert found.disk_free is None
    assert found.warnings == ()
    assert "memory_total" not in found.sources


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (TimeoutError("late"), "timeout"),
        (ChildProcessError(-4, "SIGILL"), "crashed"),
        (PermissionError("no"), "failed"),
        ("MemTotal: 10 kB\nMemAvailable: 999999999 kB\n", "implausible"),
    ],
)
def test_a_probe_that_hangs_crashes_or_lies_costs_its_own_field_only(broken: Exception | str, problem: str) -> None:
    files = {"/proc/meminfo": broken, "/proc/cpuinfo": "processor : 0\nflags : sse2 avx2\nmodel name : X\n"}
    found = profile(Path("/"), {}, host=RecordedHost(files))
    assert found.memory_available is None
    assert found.memory_effective is None
    assert found.isa_level == "avx2"
    assert [(warning.probe, warning.problem) for warning in found.warnings] == [("meminfo", problem)]


def test_an_override_wins_and_moves_what_follows_from_it() -> None:
    host = container(0, 0)
    assert profile(Path("/"), {"memory_available": "2GiB"}, host=host).memory_effective == 2 << 30
    told = profile(Path("/"), {"memory_effective": "1.5GB", "battery": "unknown", "isa": "neon,dotprod"}, host=host)
    assert told.memory_effective == 1_500_000_000
    assert told.sources["memory_effective"] == "override"
    assert told.isa_level == "dotprod"
    assert told.battery is None
    assert profile(Path("/"), {"memory_effective": "unknown"}, host=host).memory_effective is None


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("memory_total", "lots"), ("memory_total", "-1"), ("charging", "maybe"), ("battery", "1001"),
        ("logical_cores", "4.5"), ("thermal", "warm"), ("accelerators", "[{]"), ("os", ""), ("memory_totl", "1GiB"),
    ],
)  # fmt: skip
def test_a_malformed_override_names_the_field(field: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        profile(Path("/"), {field: text}, host=RecordedHost())
    assert caught.value.data["field"] == field
    if field == "memory_totl":
        assert caught.value.data["closest"][0] == "memory_total"


def test_a_report_survives_its_bytes() -> None:
    report = DeviceProfile(
        os="linux",
        isa=("avx2",),
        memory_effective=1 << 31,
        accelerators=(
            Accelerator("nvidia", "discrete", "X", "dedicated", 8 << 30, 7 << 30, None, "550.1", "8.6", {"a": "b"}),
        ),
        charging=False,
        battery=990,
        proofs={"CPUExecutionProvider": ProviderProof("proved", "k")},
        sources={"os": "platform"},
        warnings=(ProbeWarning("drm", "timeout"),),
    )
    assert DeviceProfile.from_bytes(report.to_bytes()) == report
    assert b'"metered":null' in report.to_bytes()


def test_a_device_file_stands_for_the_whole_device_and_overrides_still_win(tmp_path: Path) -> None:
    path = tmp_path / "phone.json"
    path.write_bytes(b'{"schema":1,"os":"android","memory_available":3000000000}')
    found = from_file(path, {"os": "linux"})
    assert (found.os, found.sources["os"]) == ("linux", "override")
    assert (found.memory_effective, found.cpu_model) == (3000000000, None)
    assert found.sources["memory_available"] == "file"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (b'{"schema":2,"memory_total":"new idea"}', "DEVICE_FILE_NEWER"),
        (b'{"schema":1,"memory_total":-4}', "DEVICE_FILE_FORMAT"),
        (b"not json", "DEVICE_FILE_FORMAT"),
    ],
)
def test_a_device_file_that_cannot_be_used_is_a_settings_error(tmp_path: Path, text: bytes, hint: str) -> None:
    path = tmp_path / "device.json"
    path.write_bytes(text)
    with pytest.raises(SettingsError) as caught:
        from_file(path, {})
    assert (caught.value.hint, caught.value.exit_code) == (hint, 3)
    with pytest.raises(SettingsError):
        from_file(tmp_path / "absent.json", {})


def test_a_thermal_word_of_another_language_is_refused() -> None:
    with pytest.raises(FormatError):
        DeviceProfile.from_bytes(b'{"schema":1,"thermal":"lukewarm"}')


def test_this_machine_is_described_without_importing_the_runtime(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from qie_hub.device.profile import profile;"
        f"p = profile(Path({str(tmp_path)!r}), {{}}); print(p.to_bytes().decode());"
        "assert not {'onnxruntime', 'numpy', 'requests'} & set(sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    found = DeviceProfile.from_bytes(output.strip())
    assert found.logical_cores == LocalHost().affinity()
    assert found.memory_effective is not None
    assert found.memory_total is not None
    assert 0 < found.memory_effective <= found.memory_total
    assert found.hard_link is True
    assert list(tmp_path.iterdir()) == []
