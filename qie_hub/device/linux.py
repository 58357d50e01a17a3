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
_MEMINFO = re.compile(r"^(\w+(?:\(\w+\))?):\s+(\d+) kB$", re.MULTILINE)


def architecture(machine: str) -> str | None:
    """Return the name that manifests use, None for an unknown machine."""
    return ARCHITECTURES.get(machine.lower())


def features(words: str) -> tuple[str, ...]:
    """Return CPU feature names from a flags line, the kernel's words plus the names that manifests use."""
    raw = words.lower().split()
    return tuple(sorted({*raw, *(_FEATURES[word] for word in raw if word in _FEATURES)}))


def cpuinfo(text: str) -> dict[str, Any]:
    """Read /proc/cpuinfo: ``cpu_model``, ``isa``, ``physical_cores`` (x86 only: ARM does not list cores here).

    Flags are the intersection over all processors, since a thread may land on any of them.
    """
    blocks = [_pairs(block) for block in text.strip().split("\n\n") if "processor" in block]
    values: dict[str, Any] = {}
    names = [block[key] for block in blocks for key in ("model name", "Hardware") if block.get(key)]
    if names:
        values["cpu_model"] = " ".join(names[0].split())
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


def environment(cgroups: str, version: str, *, marked: bool) -> tuple[str, ...]:
    """Name what stands between the process and the hardware: ``container``, ``wsl``.

    Args:
        cgroups: /proc/self/cgroup.
        version: /proc/version.
        marked: /.dockerenv or /run/.containerenv exists.
    """
    found = []
    if marked or re.search(r"docker|kubepods|containerd|lxc|libpod", cgroups):
        found.append("container")
    if "microsoft" in version.lower():
        found.append("wsl")
    return tuple(found)


def battery(uevent: str) -> dict[str, Any]:
    """Read a battery's /sys/class/power_supply/*/uevent: ``battery`` in permille, ``charging``."""
    pairs = dict(line.split("=", 1) for line in uevent.splitlines() if "=" in line)
    values: dict[str, Any] = {}
    if pairs.get("POWER_SUPPLY_TYPE") != "Battery" or pairs.get("POWER_SUPPLY_SCOPE") == "Device":
        return values
    if pairs.get("POWER_SUPPLY_CAPACITY", "").isdigit():
        values["battery"] = int(pairs["POWER_SUPPLY_CAPACITY"]) * 10
    status = pairs.get("POWER_SUPPLY_STATUS", "Unknown")
    if status != "Unknown":
        values["charging"] = status in ("Charging", "Full", "Not charging")
    return values


def _pairs(block: str) -> dict[str, str]:
    lines = (line.partition(":") for line in block.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}
