"""The story of detection: probes, overrides, what follows, what cannot be true.

Invariants:

* Without the network, without importing ONNX Runtime, under 300 ms where no driver has to be asked.
* A probe that fails, hangs or lies costs its own fields (None) and leaves a `ProbeWarning`; it never costs the rest.
* Order: probes, implausible values dropped, overrides, derived fields. So an override always wins.

Example::

    profile(Path("~/.local/share/qie-hub").expanduser(), {"memory_available": "4GiB"}).memory_effective
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from qie_hub.device import cgroup, linux, overrides
from qie_hub.device.host import Host, LocalHost
from qie_hub.formats.device import DeviceProfile, ProbeWarning, ProviderProof, derive, implausible

PATIENCE: Final = 0.2
"""Seconds that all commands of one profile may take together; a verb that can wait passes more."""

Values: TypeAlias = Mapping[str, Any]
Probe: TypeAlias = Callable[[Host, Path], Values]


def profile(
    store_path: Path,
    override: Mapping[str, str],
    *,
    host: Host | None = None,
    proofs: Mapping[str, ProviderProof] | None = None,
) -> DeviceProfile:
    """Describe this device.

    Args:
        store_path: the home; its file system's free space and traits are looked at. It need not exist.
        override: field -> text, as set by ``QIE_HUB_DEVICE_<FIELD>``.
        host: what is probed; the machine itself by default.
        proofs: what `providers.cached` knows of execution providers.

    Raises:
        SettingsError: a malformed override.
    """
    values = overrides.parse(override)
    machine = host or LocalHost()
    found = DeviceProfile(proofs=dict(proofs or {}))
    for name, probe in _probes(machine).items():
        found = _ask(found, name, probe, machine, store_path)
    found = _drop_lies(found)
    return derive(found.with_values(values, "override"))


def from_file(path: Path, override: Mapping[str, str]) -> DeviceProfile:
    """Describe the device of a file instead of this one; overrides still win.

    Raises:
        SettingsError: the file is not a device report, or an override is malformed.
    """
    values = overrides.parse(override)
    return derive(overrides.load(path).with_values(values, "override"))


def _probes(host: Host) -> Mapping[str, Probe]:
    return {**_EVERYWHERE, **_BY_SYSTEM.get(host.platform().system, {})}


def _ask(found: DeviceProfile, name: str, probe: Probe, host: Host, store: Path) -> DeviceProfile:
    try:
        return found.with_values(probe(host, store), name)
    except FileNotFoundError:
        return found  # the source does not exist here: unknown, and nothing to warn of
    except TimeoutError as error:
        return _warn(found, ProbeWarning(name, "timeout", str(error)))
    except ChildProcessError as error:
        return _warn(found, ProbeWarning(name, "crashed", str(error)))
    except (OSError, ValueError, LookupError, ArithmeticError, TypeError) as error:
        return _warn(found, ProbeWarning(name, "failed", f"{type(error).__name__}: {error}"))


def _warn(found: DeviceProfile, *warnings: ProbeWarning) -> DeviceProfile:
    from dataclasses import replace

    return replace(found, warnings=(*found.warnings, *warnings))


def _drop_lies(found: DeviceProfile) -> DeviceProfile:
    lies = dict(implausible(found))
    warnings = [
        ProbeWarning(found.sources.get(name, name), "implausible", f"{name}: {why}") for name, why in lies.items()
    ]
    return _warn(found, *warnings).with_values(dict.fromkeys(lies), "")


# -- probes on every system -----------------------------------------------------------------------------------


def _platform(host: Host, store: Path) -> Values:
    del store
    facts = host.platform()
    names = {"Linux": "linux", "Darwin": "macos", "Windows": "windows", "Android": "android"}
    return {
        "os": names.get(facts.system), "os_version": facts.release or None,
        "arch": linux.architecture(facts.machine), "libc": facts.libc,
    }  # fmt: skip


def _affinity(host: Host, store: Path) -> Values:
    del store
    return {"logical_cores": host.affinity()}


def _disk(host: Host, store: Path) -> Values:
    facts = host.disk(store)
    return {"disk_free": facts.free, "reflink": facts.reflink, "hard_link": facts.hard_link, "sparse": facts.sparse}


_LIBRARIES: Final = {
    "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider", "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider", "openvino": "OpenVINOExecutionProvider", "qnn": "QNNExecutionProvider",
    "dml": "DmlExecutionProvider", "vitisai": "VitisAIExecutionProvider",
}  # fmt: skip


def _runtime(host: Host, store: Path) -> Values:
    """Providers are read from the names of the package's libraries; whether one works, only a proof can tell."""
    del store
    package = host.onnxruntime()
    if package is None:
        return {}
    words = " ".join(package.libraries)
    extra = tuple(provider for word, provider in _LIBRARIES.items() if f"providers_{word}" in words)
    return {"onnxruntime_version": package.version, "providers": (*extra, "CPUExecutionProvider")}


# -- probes of Linux ------------------------------------------------------------------------------------------


def _cpu(host: Host, store: Path) -> Values:
    del store
    return linux.cpuinfo(host.read("/proc/cpuinfo"))


def _topology(host: Host, store: Path) -> Values:
    """Count sibling sets: ARM's cpuinfo does not say which processors share a core."""
    del store
    folder = "/sys/devices/system/cpu"
    cpus = [name for name in host.names(folder) if name[:3] == "cpu" and name[3:].isdigit()]
    siblings = {host.read(f"{folder}/{cpu}/topology/thread_siblings_list").strip() for cpu in cpus}
    return {"physical_cores": len(siblings)} if siblings else {}


def _memory(host: Host, store: Path) -> Values:
    del store
    return linux.meminfo(host.read("/proc/meminfo"))


def _limits(host: Host, store: Path) -> Values:
    del store
    return cgroup.read(host)


def _surroundings(host: Host, store: Path) -> Values:
    del store
    marked = any(_exists(host, path) for path in ("/.dockerenv", "/run/.containerenv"))
    return {"environment": linux.environment(host.read("/proc/self/cgroup"), host.read("/proc/version"), marked=marked)}


def _battery(host: Host, store: Path) -> Values:
    del store
    folder = "/sys/class/power_supply"
    for name in host.names(folder):
        values = linux.battery(host.read(f"{folder}/{name}/uevent"))
        if values:
            return values
    return {}


def _exists(host: Host, path: str) -> bool:
    try:
        host.read(path)
    except OSError:
        return False
    return True


_EVERYWHERE: Final[Mapping[str, Probe]] = {
    "platform": _platform, "affinity": _affinity, "disk": _disk, "onnxruntime": _runtime,
}  # fmt: skip
_LINUX: Final[Mapping[str, Probe]] = {
    "cpuinfo": _cpu, "topology": _topology, "meminfo": _memory, "cgroup": _limits, "surroundings": _surroundings,
    "power_supply": _battery,
}  # fmt: skip
_BY_SYSTEM: Final[Mapping[str, Mapping[str, Probe]]] = {"Linux": _LINUX}
