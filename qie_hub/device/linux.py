"""What Linux says about itself, as text -> values. Pure: no file is opened here.

Every parser takes the whole text of one source and returns what it holds; what is absent is left out. Sources of
formats: Documentation/filesystems/proc.rst, Documentation/admin-guide/cgroup-{v1,v2}.rst of the Linux kernel.
"""

from __future__ import annotations

import re
from typing import Any, Final

ARCHITECTURES: Final = {
    "x86_64": "x86_64", "amd64": "x86_64", "x64": "x86_64",
    "aarch64": "aarch64", "arm64": "aarch64", "arm64-v8a": "aarch64",
    "i386": "x86", "i686": "x86", "x86": "x86", "armv7l": "armv7", "armv8l": "armv7", "armeabi-v7a": "armv7",
}  # fmt: skip
"""Spellings of one architecture in uname, Windows, Android and macOS -> the name in manifests."""

_FEATURES: Final = {
    "asimd": "neon", "asimddp": "dotprod", "asimdhp": "fp16", "fphp": "fp16", "avxvnni": "avx_vnni",
    "pni": "sse3", "amx-int8": "amx_int8",
}  # fmt: skip
_PART_NUMBER = re.compile(r"\b(SM|SDM|MSM|MT)\d{4}[A-Z0-9]*")
_HOT = ("passive", "hot")
_MEMINFO = re.compile(r"^(\w+(?:\(\w+\))?):\s+(\d+) kB$", re.MULTILINE)


def architecture(machine: str) -> str | None:
    """Return the name that manifests use, None for an unknown machine."""
    return ARCHITECTURES.get(machine.lower())


def features(words: str) -> tuple[str, ...]:
    """Return CPU feature names from a flags line, the kernel's words plus the names that manifests use."""
    raw = words.lower().split()
    return tuple(sorted({*raw, *(_FEATURES[word] for word in raw if word in _FEATURES)}))


def cpuinfo(text: str) -> dict[str, Any]:
    """Read /proc/cpuinfo: ``cpu_model``, ``isa``, ``soc``, ``physical_cores`` (x86 only: ARM does not list cores).

    Flags are the intersection over all processors, since a thread may land on any of them. ARM has no model name;
    its ``Hardware`` line names an old chip on many boards, so it counts only where it holds a part number.
    """
    blocks = [_pairs(block) for block in re.split(r"\n\s*\n", text.strip())]
    values: dict[str, Any] = {}
    names = [block[key] for block in blocks for key in ("model name", "Model") if block.get(key)]
    if names:
        values["cpu_model"] = " ".join(names[0].split())
    parts = [match[0] for block in blocks if (match := _PART_NUMBER.search(block.get("Hardware", "")))]
    if parts:
        values["soc"] = parts[0]
    blocks = [block for block in blocks if "processor" in block]
    flags = [set(features(block.get("flags") or block.get("Features") or "")) for block in blocks]
    if flags and all(flags):
        values["isa"] = tuple(sorted(set.intersection(*flags)))
    cores = {(block["physical id"], block["core id"]) for block in blocks if {"physical id", "core id"} <= set(block)}
    if cores:
        values["physical_cores"] = len(cores)
    return values


def meminfo(text: str) -> dict[str, Any]:
    """Read /proc/meminfo: ``memory_total``, ``memory_available``, ``swap`` (what is free of it), in bytes.

    MemAvailable is absent before Linux 3.14; then the available memory is unknown, not MemFree.
    """
    found = {name: int(amount) * 1024 for name, amount in _MEMINFO.findall(text)}
    names = {"memory_total": "MemTotal", "memory_available": "MemAvailable", "swap": "SwapFree"}
    return {field: found[name] for field, name in names.items() if name in found}


def environment(cgroups: str, version: str, cpu: str, *, marked: bool) -> tuple[str, ...]:
    """Name what stands between the process and the hardware: ``container``, ``wsl``, ``vm``.

    Args:
        cgroups: /proc/self/cgroup.
        version: /proc/version.
        cpu: /proc/cpuinfo.
        marked: /.dockerenv or /run/.containerenv exists.
    """
    found = []
    if marked or re.search(r"docker|kubepods|containerd|lxc|libpod", cgroups):
        found.append("container")
    if "microsoft" in version.lower():
        found.append("wsl")
    elif re.search(r"^flags\s*:.* hypervisor\b", cpu, re.MULTILINE):
        found.append("vm")
    return tuple(found)


def thermal(zone: dict[str, str]) -> str | None:
    """Judge one /sys/class/thermal/thermal_zone* by its own trip points; None where it has none.

    Args:
        zone: texts by name: temp, trip_point_N_type, trip_point_N_temp (millidegrees).
    """
    if not _is_number(zone.get("temp", "")):
        return None
    heat, state = int(zone["temp"]), None
    for name, kind in zone.items():
        limit = zone.get(name.replace("_type", "_temp"), "")
        if not name.endswith("_type") or not _is_number(limit) or int(limit) <= 0:
            continue
        if kind.strip() == "critical" and heat >= int(limit):
            return "critical"
        if kind.strip() in _HOT:
            state = "serious" if heat >= int(limit) else state or "nominal"
    return state


def platform_profile(text: str) -> dict[str, Any]:
    """Read /sys/firmware/acpi/platform_profile: ``power_saver``."""
    return {"power_saver": text.strip() in ("low-power", "quiet")} if text.strip() else {}


def metered(text: str) -> dict[str, Any]:
    """Read NetworkManager's property ``Metered`` as busctl prints it: ``u 1`` yes, 2 no, 3 and 4 guessed so."""
    known = {"u 1": True, "u 3": True, "u 2": False, "u 4": False}
    return {"metered": known[text.strip()]} if text.strip() in known else {}


def battery(uevent: str) -> dict[str, Any]:
    """Read a battery's /sys/class/power_supply/*/uevent: ``battery`` in permille, ``charging``.

    Older kernels do not write the type there; mains have no capacity, and a mouse's battery has the scope Device.
    """
    pairs = dict(line.split("=", 1) for line in uevent.splitlines() if "=" in line)
    values: dict[str, Any] = {}
    if pairs.get("POWER_SUPPLY_TYPE", "Battery") != "Battery" or pairs.get("POWER_SUPPLY_SCOPE") == "Device":
        return values
    if pairs.get("POWER_SUPPLY_CAPACITY", "").isdecimal():
        values["battery"] = int(pairs["POWER_SUPPLY_CAPACITY"]) * 10
    status = pairs.get("POWER_SUPPLY_STATUS", "Unknown")
    if status != "Unknown" and values:
        values["charging"] = status in ("Charging", "Full", "Not charging")
    return values


def _is_number(text: str) -> bool:
    return text.strip().lstrip("-").isdecimal()


def _pairs(block: str) -> dict[str, str]:
    lines = (line.partition(":") for line in block.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}
