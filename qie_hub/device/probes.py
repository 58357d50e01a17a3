"""The probes of each system: what is asked of the machine, and which parser reads the answer.

A probe takes a `Scene` and returns values of `DeviceProfile` fields, None or absent for what it did not learn; it may
raise what the machine raised (`profile` turns that into a warning). A new probe is a function here, a line in the
tables at the end, and its parser.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from qie_hub.device import android, cgroup, gpus, linux, macos, windows
from qie_hub.device.host import Host
from qie_hub.formats.device import THERMAL

Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a probe works with. ``left`` gives the seconds that commands may still take."""

    host: Host
    store: Path
    left: Callable[[], float]

    def run(self, *command: str) -> str:
        """Run a command within the time that is left."""
        return self.host.run(command, self.left())

    def texts(self, folder: str, names: tuple[str, ...]) -> dict[str, str]:
        """Return the files of a folder that can be read."""
        found = {}
        for name in names:
            try:
                found[name] = self.host.read(f"{folder}/{name}")
            except OSError:
                continue
        return found

    def has(self, path: str) -> bool:
        """Whether a file can be read, or a folder listed."""
        try:
            self.host.read(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True


Probe: TypeAlias = Callable[[Scene], Values]


def probes(scene: Scene) -> Mapping[str, Probe]:
    """The probes for the system of this machine."""
    return {**_EVERYWHERE, **_BY_SYSTEM.get(system(scene) or "", {})}


def system(scene: Scene) -> str | None:
    """linux, macos, windows, android, or None. Python before 3.13 calls Android Linux."""
    found = scene.host.platform().system
    if found == "Linux" and scene.has("/system/build.prop"):
        return "android"
    return {"Linux": "linux", "Darwin": "macos", "Windows": "windows", "Android": "android"}.get(found)


# -- on every system ------------------------------------------------------------------------------------------


def _platform(scene: Scene) -> Values:
    facts = scene.host.platform()
    return {
        "os": system(scene), "os_version": facts.release or None,
        "arch": linux.architecture(facts.machine), "libc": facts.libc,
    }  # fmt: skip


def _affinity(scene: Scene) -> Values:
    return {"logical_cores": scene.host.affinity()}


def _disk(scene: Scene) -> Values:
    facts = scene.host.disk(scene.store)
    return {"disk_free": facts.free, "reflink": facts.reflink, "hard_link": facts.hard_link, "sparse": facts.sparse}


_LIBRARIES: Final = {
    "providers_tensorrt": "TensorrtExecutionProvider", "providers_cuda": "CUDAExecutionProvider",
    "providers_migraphx": "MIGraphXExecutionProvider", "providers_rocm": "ROCMExecutionProvider",
    "openvino": "OpenVINOExecutionProvider", "qnn": "QNNExecutionProvider", "directml": "DmlExecutionProvider",
    "vitisai": "VitisAIExecutionProvider",
}  # fmt: skip
"""Word in the names of a package and its libraries -> the provider that it brings."""


def _runtime(scene: Scene) -> Values:
    """Providers are read from the package's names; whether one works, only a proof can tell."""
    package = scene.host.onnxruntime()
    if package is None:
        return {}
    words = f"{package.distribution} {' '.join(package.libraries)}".lower()
    extra = [provider for word, provider in _LIBRARIES.items() if word in words]
    if scene.host.platform().system == "Darwin":
        extra.append("CoreMLExecutionProvider")  # built into the wheel for macOS, without a library of its own
    return {"onnxruntime_version": package.version, "providers": (*extra, "CPUExecutionProvider")}


# -- Linux ----------------------------------------------------------------------------------------------------


def _cpu(scene: Scene) -> Values:
    return linux.cpuinfo(scene.host.read("/proc/cpuinfo"))


def _topology(scene: Scene) -> Values:
    """Count sets of siblings: ARM's cpuinfo does not say which processors share a core."""
    folder = "/sys/devices/system/cpu"
    cpus = [name for name in scene.host.names(folder) if name[:3] == "cpu" and name[3:].isdigit()]
    siblings = {scene.host.read(f"{folder}/{cpu}/topology/thread_siblings_list").strip() for cpu in cpus}
    return {"physical_cores": len(siblings)} if siblings else {}


def _memory(scene: Scene) -> Values:
    return linux.meminfo(scene.host.read("/proc/meminfo"))


def _limits(scene: Scene) -> Values:
    return cgroup.read(scene.host)


def _surroundings(scene: Scene) -> Values:
    texts = scene.texts("/proc", ("self/cgroup", "version", "cpuinfo"))
    marked = any(scene.has(path) for path in ("/.dockerenv", "/run/.containerenv"))
    words = (texts.get("self/cgroup", ""), texts.get("version", ""), texts.get("cpuinfo", ""))
    return {"environment": linux.environment(*words, marked=marked)} if texts else {}


def _battery(scene: Scene) -> Values:
    folder = "/sys/class/power_supply"
    for name in scene.host.names(folder):
        values = linux.battery(scene.host.read(f"{folder}/{name}/uevent"))
        if values:
            return values
    return {}


def _thermal(scene: Scene) -> Values:
    folder = "/sys/class/thermal"
    trips = tuple(f"trip_point_{number}_{what}" for number in range(4) for what in ("type", "temp"))
    zones = [name for name in scene.host.names(folder) if name.startswith("thermal_zone")]
    states = [linux.thermal(scene.texts(f"{folder}/{zone}", ("temp", *trips))) for zone in zones[:64]]
    known = [THERMAL.index(state) for state in states if state is not None]
    return {"thermal": THERMAL[max(known)]} if known else {}


def _platform_profile(scene: Scene) -> Values:
    return linux.platform_profile(scene.host.read("/sys/firmware/acpi/platform_profile"))


def _metered(scene: Scene) -> Values:
    """Only where NetworkManager runs, through its own bus: nothing is sent over the network."""
    scene.host.names("/run/NetworkManager")
    name = "org.freedesktop.NetworkManager"
    return linux.metered(
        scene.run("busctl", "--system", "get-property", name, f"/{name.replace('.', '/')}", name, "Metered")
    )


_CARD_FILES: Final = (
    "vendor", "device", "uevent", "mem_info_vram_total", "mem_info_vram_used", "mem_info_gtt_total",
    "mem_info_gtt_used",
)  # fmt: skip


def _graphics(scene: Scene) -> Values:
    """What the kernel lists: cards, and NPUs below /sys/class/accel."""
    folders = _folders(scene, "/sys/class/drm", "card")
    texts = [scene.texts(f"{folder}/device", _CARD_FILES) for folder in folders]
    names = scene.texts("/proc", ("cpuinfo",)).get("cpuinfo", "")
    cpu = linux.cpuinfo(names).get("cpu_model")
    vendors = [files.get("vendor", "").strip() for files in texts]
    cards = [
        gpus.drm(files, processor=cpu, cards=vendors.count(vendor))
        for files, vendor in zip(texts, vendors, strict=True)
        if vendor in gpus.PCI_VENDORS
    ]
    units = [
        scene.texts(f"{folder}/device", ("vendor", "uevent")) for folder in _folders(scene, "/sys/class/accel", "accel")
    ]
    cards += [gpus.npu(unit.get("uevent", ""), unit.get("vendor", "")) for unit in units]
    return {"accelerators": tuple(cards)}


_SMI: Final = ("nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi")
"""WSL keeps the tool out of the search path."""


def _nvidia(scene: Scene) -> Values:
    """A probe of its own: when the driver hangs, what the kernel lists is still known."""
    for tool in _SMI:
        try:
            return {"accelerators": gpus.nvidia(scene.run(tool, *gpus.NVIDIA_QUERY))}
        except FileNotFoundError:
            continue
        except ChildProcessError as error:
            if "not a valid field" not in str(error):
                raise
            return {"accelerators": gpus.nvidia_table(scene.run(tool))}
    return {}


def _folders(scene: Scene, parent: str, prefix: str) -> list[str]:
    try:
        names = scene.host.names(parent)
    except OSError:
        return []
    return [f"{parent}/{name}" for name in names if name.startswith(prefix) and name[len(prefix) :].isdigit()]


# -- Android --------------------------------------------------------------------------------------------------


def _properties(scene: Scene) -> Values:
    return android.getprop(scene.run("getprop"))


def _phone_battery(scene: Scene) -> Values:
    return android.battery(scene.run("dumpsys", "battery"))


def _phone_thermal(scene: Scene) -> Values:
    return android.thermal(scene.run("dumpsys", "thermalservice"))


def _phone_saver(scene: Scene) -> Values:
    return android.power_saver(scene.run("settings", "get", "global", "low_power"))


# -- macOS and Windows ----------------------------------------------------------------------------------------


def _sysctl(scene: Scene) -> Values:
    values = macos.sysctl(scene.run("sysctl", "hw", "machdep.cpu"))
    chip = str(values.get("cpu_model", ""))
    return {**values, "accelerators": (gpus.apple(chip),)} if chip.startswith("Apple") else values


def _vm_stat(scene: Scene) -> Values:
    return macos.vm_stat(scene.run("vm_stat"))


def _mac_displays(scene: Scene) -> Values:
    """Only Intel Macs need the slow tool: the GPU of an Apple chip is the chip's."""
    if linux.architecture(scene.host.platform().machine) == "aarch64":
        return {}
    return {"accelerators": gpus.mac_displays(json.loads(scene.run("system_profiler", "SPDisplaysDataType", "-json")))}


def _mac_battery(scene: Scene) -> Values:
    return macos.battery(scene.run("pmset", "-g", "batt"))


def _mac_saver(scene: Scene) -> Values:
    return macos.power_saver(scene.run("pmset", "-g"))


def _mac_thermal(scene: Scene) -> Values:
    return macos.thermal(scene.run("pmset", "-g", "therm"))


def _cim(scene: Scene) -> Values:
    return windows.read(scene.run(*windows.COMMAND))


_EVERYWHERE: Final[Mapping[str, Probe]] = {
    "platform": _platform, "affinity": _affinity, "disk": _disk, "onnxruntime": _runtime,
}  # fmt: skip
_LINUX: Final[Mapping[str, Probe]] = {
    "cpuinfo": _cpu, "topology": _topology, "meminfo": _memory, "cgroup": _limits, "surroundings": _surroundings,
    "power_supply": _battery, "thermal": _thermal, "platform_profile": _platform_profile, "metered": _metered,
    "graphics": _graphics, "nvidia_smi": _nvidia,
}  # fmt: skip
_ANDROID: Final[Mapping[str, Probe]] = {
    "cpuinfo": _cpu, "topology": _topology, "meminfo": _memory, "cgroup": _limits, "power_supply": _battery,
    "getprop": _properties, "dumpsys_battery": _phone_battery, "thermalservice": _phone_thermal,
    "low_power": _phone_saver,
}  # fmt: skip
_MACOS: Final[Mapping[str, Probe]] = {
    "sysctl": _sysctl, "vm_stat": _vm_stat, "pmset_batt": _mac_battery, "pmset": _mac_saver,
    "pmset_therm": _mac_thermal, "system_profiler": _mac_displays,
}  # fmt: skip
_WINDOWS: Final[Mapping[str, Probe]] = {"cim": _cim, "nvidia_smi": _nvidia}
_BY_SYSTEM: Final[Mapping[str, Mapping[str, Probe]]] = {
    "linux": _LINUX, "android": _ANDROID, "macos": _MACOS, "windows": _WINDOWS,
}  # fmt: skip
