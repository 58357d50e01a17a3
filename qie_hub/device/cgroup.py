"""What control groups leave to this process: memory and CPU time, v1 and v2, over the whole chain.

A limit may stand in any group between the process and the mount, so every level is read and the tightest wins.
Memory that a group could drop at once (``inactive_file``: mostly the page cache of model files) counts as free:
without that, the second load of a model in a container fails for the cache of the first.

Example::

    read(host)    # {'memory_limit_free': 1610612736, 'cpu_quota_millis': 1500}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from qie_hub.device.host import Host

UNLIMITED: Final = 1 << 60
"""v1 writes "no limit" as the largest page-aligned number; nothing real comes near this."""


@dataclass(frozen=True, slots=True)
class Group:
    """Where a controller's groups of this process lie: ``mount`` + ``path`` is the innermost directory."""

    mount: str
    path: str
    version: int

    def chain(self) -> Iterator[str]:
        """Yield the directories from the innermost group up to the mount."""
        parts = [part for part in self.path.split("/") if part]
        for count in range(len(parts), -1, -1):
            yield "/".join((self.mount, *parts[:count]))


def locate(cgroup: str, mountinfo: str, controller: str) -> Group | None:
    """Find the group of ``controller`` from /proc/self/cgroup and /proc/self/mountinfo."""
    paths = _paths(cgroup)
    mounts = list(_mounts(mountinfo))
    for kind, options, root, mount in mounts:
        if kind == "cgroup" and controller in options and controller in paths:
            return Group(mount, _below(paths[controller], root), 1)
    for kind, _, root, mount in mounts:
        if kind == "cgroup2" and "" in paths:
            return Group(mount, _below(paths[""], root), 2)
    return None


def memory_left(version: int, files: dict[str, str]) -> int | None:
    """Return the bytes that one group leaves: limit - (usage - inactive_file), or None without a limit.

    Args:
        version: 1 or 2.
        files: texts of the group's files by name; absent ones are left out.
    """
    names = ("memory.max", "memory.high") if version == 2 else ("memory.limit_in_bytes",)
    limits = [int(files[name]) for name in names if files.get(name, "max").strip() != "max"]
    limits = [limit for limit in limits if limit < UNLIMITED]
    usage = files.get("memory.current" if version == 2 else "memory.usage_in_bytes")
    if not limits or usage is None:
        return None
    stat = dict(line.split(maxsplit=1) for line in files.get("memory.stat", "").splitlines() if " " in line)
    inactive = int(stat.get("inactive_file" if version == 2 else "total_inactive_file", 0))
    return max(0, min(limits) - max(0, int(usage) - inactive))


def cpu_quota(version: int, files: dict[str, str]) -> int | None:
    """Return the CPU time of one group in thousandths of a core, or None without a quota."""
    if version == 2:
        quota, _, period = files.get("cpu.max", "max").strip().partition(" ")
    else:
        quota = files.get("cpu.cfs_quota_us", "-1").strip()
        period = files.get("cpu.cfs_period_us", "100000").strip()
    if quota in ("max", "-1"):
        return None
    return max(1, int(quota) * 1000 // int(period))


def read(host: Host) -> dict[str, Any]:
    """Return ``memory_limit_free`` and ``cpu_quota_millis`` where limits exist."""
    cgroup, mountinfo = host.read("/proc/self/cgroup"), host.read("/proc/self/mountinfo")
    left = _tightest(host, locate(cgroup, mountinfo, "memory"), _MEMORY_FILES, memory_left)
    quota = _tightest(host, locate(cgroup, mountinfo, "cpu"), _CPU_FILES, cpu_quota)
    found = {"memory_limit_free": left, "cpu_quota_millis": quota}
    return {name: value for name, value in found.items() if value is not None}


_MEMORY_FILES: Final = (
    "memory.max", "memory.high", "memory.current", "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat",
)  # fmt: skip
_CPU_FILES: Final = ("cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us")


def _tightest(host: Host, group: Group | None, names: tuple[str, ...], judge: Any) -> int | None:
    if group is None:
        return None
    levels = [judge(group.version, _files(host, folder, names)) for folder in group.chain()]
    return min((level for level in levels if level is not None), default=None)


def _files(host: Host, folder: str, names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = host.read(f"{folder}/{name}")
        except OSError:
            continue  # the root group has no limits, and each version has its own names
    return found


def _paths(cgroup: str) -> dict[str, str]:
    paths: dict[str, str] = {}
    for line in cgroup.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            paths[controller] = path
    return paths


def _mounts(mountinfo: str) -> Iterator[tuple[str, list[str], str, str]]:
    """Yield (file system, super options, root, mount point)."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        left, right = before.split(), after.split()
        if len(left) >= 5 and len(right) >= 3:
            yield right[0], right[2].split(","), left[3], left[4]


def _below(path: str, root: str) -> str:
    """Return ``path`` relative to the mounted ``root``.

    A container without a name space of its own sees the host's path in /proc/self/cgroup and the same path as the
    mount's root; one that sees neither (``/../..``) can only look at what is mounted.
    """
    if root != "/" and path.startswith(root):
        return path[len(root) :]
    return "/" if "/.." in path else path
