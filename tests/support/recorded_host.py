"""A machine made of recorded texts: what its files and commands said.

Example::

    RecordedHost(files={"/proc/meminfo": "MemTotal: 8000000 kB\\n"}, commands={"nvidia-smi -q": TimeoutError()})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qie_hub.device.host import DiskFacts, Platform, RuntimePackage

_LINUX = Platform("Linux", "x86_64", "6.1.0", "glibc 2.36")
_DISK = DiskFacts(free=100 << 30)
_RUNTIME = RuntimePackage("1.32.0")


@dataclass(frozen=True)
class RecordedHost:
    """See `qie_hub.device.host.Host`. A value that is an exception is raised."""

    files: Mapping[str, str | Exception] = field(default_factory=dict)
    commands: Mapping[str, str | Exception] = field(default_factory=dict)
    system: Platform = _LINUX
    cpus: int | None = 8
    disk_facts: DiskFacts = _DISK
    runtime: RuntimePackage | None = _RUNTIME

    def platform(self) -> Platform:
        return self.system

    def read(self, path: str) -> str:
        return _answer(self.files, path)

    def names(self, path: str) -> list[str]:
        below = {name[len(path) + 1 :].split("/")[0] for name in self.files if name.startswith(path + "/")}
        if not below:
            raise FileNotFoundError(path)
        return sorted(below)

    def run(self, command: Sequence[str], timeout: float) -> str:
        return _answer(self.commands, " ".join(command))

    def affinity(self) -> int | None:
        return self.cpus

    def disk(self, folder: Path) -> DiskFacts:
        return self.disk_facts

    def onnxruntime(self) -> RuntimePackage | None:
        return self.runtime


def _answer(table: Mapping[str, str | Exception], key: str) -> str:
    if key not in table:
        raise FileNotFoundError(key)
    value = table[key]
    if isinstance(value, Exception):
        raise value
    return value
