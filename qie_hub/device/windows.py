"""What Windows says about itself, as JSON of one PowerShell call -> values. Pure; tested with recorded values.

`SCRIPT` asks CIM classes, the registry keys of display drivers (the only place with 64-bit memory sizes) and the
cost of the network. Fields that a machine lacks are null there and unknown here.
"""

from __future__ import annotations

import json
from typing import Any, Final

from qie_hub.device import gpus

SCRIPT: Final = r"""
$ErrorActionPreference = 'SilentlyContinue'
$key = 'HKLM:\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}\0*'
$sizes = @{}
Get-ItemProperty $key | ForEach-Object { $sizes[$_.DriverDesc] = $_.'HardwareInformation.qwMemorySize' }
[void][Windows.Networking.Connectivity.NetworkInformation, Windows, ContentType = WindowsRuntime]
$network = [Windows.Networking.Connectivity.NetworkInformation]::GetInternetConnectionProfile()
@{
  os = Get-CimInstance Win32_OperatingSystem | Select-Object Version, TotalVisibleMemorySize, FreePhysicalMemory
  cpu = @(Get-CimInstance Win32_Processor | Select-Object Name, NumberOfCores, NumberOfLogicalProcessors)
  battery = @(Get-CimInstance Win32_Battery | Select-Object EstimatedChargeRemaining, BatteryStatus)
  video = @(Get-CimInstance Win32_VideoController | Select-Object Name, AdapterRAM, DriverVersion, PNPDeviceID,
    @{ n = 'qwMemorySize'; e = { $sizes[$_.Name] } })
  cost = "$($network.GetConnectionCost().NetworkCostType)"
} | ConvertTo-Json -Depth 4 -Compress
"""
COMMAND: Final = ("powershell", "-NoProfile", "-NonInteractive", "-Command", SCRIPT)

_ON_MAINS: Final = (2, 3, 6, 7, 8, 9)
"""Win32_Battery.BatteryStatus: 2 on AC, 3 full, 6 to 9 charging; 1, 4, 5 run on the battery."""


def read(text: str) -> dict[str, Any]:
    """Read what `SCRIPT` prints.

    Raises:
        ValueError: the text is not JSON of that shape.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the probe's edge knows ValueError as "says something else"
    found = {
        **_memory(document.get("os") or {}), **_cpu(document.get("cpu") or []),
        **_battery(document.get("battery") or []), "accelerators": gpus.windows(document.get("video") or []),
        "metered": {"Unrestricted": False, "Fixed": True, "Variable": True}.get(str(document.get("cost"))),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _memory(system: dict[str, Any]) -> dict[str, Any]:
    """CIM counts in KiB."""
    names = {"memory_total": "TotalVisibleMemorySize", "memory_available": "FreePhysicalMemory"}
    found: dict[str, Any] = {field: int(system[name]) * 1024 for field, name in names.items() if system.get(name)}
    return {**found, "os_version": system.get("Version")}


def _cpu(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        return {}
    cores = [row["NumberOfCores"] for row in rows if row.get("NumberOfCores")]
    return {"cpu_model": " ".join(str(rows[0].get("Name", "")).split()) or None, "physical_cores": sum(cores) or None}


def _battery(rows: list[dict[str, Any]]) -> dict[str, Any]:
    for row in rows:
        level, status = row.get("EstimatedChargeRemaining"), row.get("BatteryStatus")
        if level is not None:
            charging = None if status is None else status in _ON_MAINS
            return {"battery": min(int(level), 100) * 10, "charging": charging}
    return {}
