"""What Android says about itself, as text -> values. Pure; tested with recorded outputs.

Commands: ``getprop``, ``dumpsys battery``, ``dumpsys thermalservice``, ``settings get global low_power``. An app may
be denied the last three: then their fields are unknown.
"""

from __future__ import annotations

import re
from typing import Any, Final

from qie_hub.device.linux import architecture

_CHARGING: Final = {"2": True, "3": False, "4": False, "5": True}
"""BatteryManager.BATTERY_STATUS_*: 2 charging, 3 discharging, 4 not charging, 5 full; 1 is unknown."""

_THERMAL: Final = ("nominal", "fair", "fair", "serious", "critical", "critical", "critical")
"""PowerManager.THERMAL_STATUS_*: none, light, moderate, severe, critical, emergency, shutdown."""


def getprop(text: str) -> dict[str, Any]:
    """Read ``[name]: [value]`` lines: system version, architecture, SoC."""
    pairs = dict(re.findall(r"^\s*\[([^\]]+)\]: \[([^\]]*)\]", text, re.MULTILINE))
    abi = pairs.get("ro.product.cpu.abilist", "").split(",")[0] or pairs.get("ro.product.cpu.abi", "")
    found = {
        "os_version": pairs.get("ro.build.version.release"),
        "arch": architecture(abi),
        "soc": pairs.get("ro.soc.model") or pairs.get("ro.board.platform"),
    }
    return {name: value for name, value in found.items() if value}


def battery(text: str) -> dict[str, Any]:
    """Read ``dumpsys battery``: ``battery`` in permille, ``charging`` (any charger that is plugged counts)."""
    pairs = dict(re.findall(r"^\s*([A-Za-z ]+): (\S+)\s*$", text, re.MULTILINE))
    level, scale = pairs.get("level", ""), pairs.get("scale", "100")
    if not level.isdecimal() or not scale.isdecimal() or int(scale) == 0:
        return {}
    powered = any(value == "true" for name, value in pairs.items() if name.endswith("powered"))
    charging = True if powered else _CHARGING.get(pairs.get("status", ""))
    found = {"battery": int(level) * 1000 // int(scale), "charging": charging}
    return {name: value for name, value in found.items() if value is not None}


def thermal(text: str) -> dict[str, Any]:
    """Read ``dumpsys thermalservice``: the system's own status, not a temperature with a threshold of ours."""
    status = re.search(r"^Thermal Status: (\d)", text, re.MULTILINE)
    return {"thermal": _THERMAL[min(int(status[1]), 6)]} if status else {}


def power_saver(text: str) -> dict[str, Any]:
    """Read ``settings get global low_power``: 1, 0, or null while never set."""
    return {"power_saver": text.strip() == "1"} if text.strip() in ("0", "1") else {}
