"""What macOS says about itself, as text -> values. Pure; tested with recorded outputs.

Commands: ``sysctl hw machdep.cpu``, ``vm_stat``, ``pmset -g batt``, ``pmset -g``, ``pmset -g therm``.
"""

from __future__ import annotations

import re
from typing import Any, Final

_FEATURES: Final = {
    "hw.optional.arm.feat_dotprod": "dotprod", "hw.optional.arm.feat_i8mm": "i8mm", "hw.optional.arm.feat_bf16": "bf16",
    "hw.optional.arm.feat_sme": "sme", "hw.optional.arm.feat_sme2": "sme2", "hw.optional.arm.feat_fp16": "fp16",
    "hw.optional.neon": "neon", "hw.optional.advsimd": "neon", "hw.optional.neon_fp16": "fp16",
    "hw.optional.avx1_0": "avx", "hw.optional.avx2_0": "avx2", "hw.optional.fma": "fma", "hw.optional.f16c": "f16c",
    "hw.optional.avx512f": "avx512f", "hw.optional.avx512vnni": "avx512_vnni", "hw.optional.sse2": "sse2",
    "hw.optional.sse4_2": "sse4_2",
}  # fmt: skip
_RECLAIMABLE: Final = ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable")


def sysctl(text: str) -> dict[str, Any]:
    """Read ``name: value`` lines: model, features, cores, total memory."""
    pairs = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
    found: dict[str, Any] = {
        "cpu_model": pairs.get("machdep.cpu.brand_string"),
        "physical_cores": _number(pairs, "hw.physicalcpu") or _sum(pairs, r"hw\.perflevel\d+\.physicalcpu"),
        "memory_total": _number(pairs, "hw.memsize"),
    }
    isa = {_FEATURES[name.lower()] for name, value in pairs.items() if name.lower() in _FEATURES and value == "1"}
    if isa:
        found["isa"] = tuple(sorted(isa))
    return {name: value for name, value in found.items() if value is not None}


def vm_stat(text: str) -> dict[str, Any]:
    """Read ``memory_available``: free, inactive, speculative and purgeable pages.

    Only the free ones would call every healthy Mac full: the rest is given back on demand.

    Raises:
        ValueError: the text names no page size.
    """
    size = re.search(r"page size of (\d+) bytes", text)
    if size is None:
        raise ValueError("no page size in vm_stat")
    pages = {name: int(count) for name, count in re.findall(r"^(Pages [a-z ]+):\s+(\d+)\.", text, re.MULTILINE)}
    return {"memory_available": int(size[1]) * sum(pages.get(name, 0) for name in _RECLAIMABLE)}


def battery(text: str) -> dict[str, Any]:
    """Read ``pmset -g batt``: ``battery`` in permille, ``charging`` (on mains counts)."""
    level = re.search(r"(\d+)%;", text)
    if level is None:
        return {}
    return {"battery": int(level[1]) * 10, "charging": "'AC Power'" in text}


def power_saver(text: str) -> dict[str, Any]:
    """Read ``pmset -g``: low power mode."""
    mode = re.search(r"^\s*lowpowermode\s+(\d)", text, re.MULTILINE)
    return {"power_saver": mode[1] == "1"} if mode else {}


def thermal(text: str) -> dict[str, Any]:
    """Read ``pmset -g therm``: a speed limit under 100 means that the system holds the CPU back now."""
    limit = re.search(r"CPU_Speed_Limit\s*=\s*(\d+)", text)
    if limit is None:
        return {"thermal": "nominal"} if "No thermal warning" in text else {}
    return {"thermal": "nominal" if int(limit[1]) >= 100 else "serious"}


def _sum(pairs: dict[str, str], pattern: str) -> int | None:
    """Add up the kinds of cores (performance, efficiency)."""
    return sum(int(value) for name, value in pairs.items() if re.fullmatch(pattern, name)) or None


def _number(pairs: dict[str, str], name: str) -> int | None:
    text = pairs.get(name, "")
    return int(text) if text.isdecimal() else None
