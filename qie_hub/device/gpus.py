r"""Graphics cards and NPUs from what drivers say, as text -> `Accelerator`. Pure.

Three traps that reports in public trackers show again and again:

* The first card is not the best card, and a weak one beside a strong one is common: all are listed, none is chosen.
* Memory that is borrowed from the system is not memory of the card: the two are kept apart (``total``, ``shared``).
* A field that saturates (Windows' 32-bit AdapterRAM) or says ``[N/A]`` is unknown, not 4 GB and not zero.

Example::

    nvidia("NVIDIA L40S, 550.120, 46068, 41699, 8.9\n")[0].free    # 43724570624
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qie_hub.formats.device import Accelerator

MIB: Final = 1 << 20
NVIDIA_QUERY: Final = (
    "--query-gpu=name,driver_version,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits",
)  # fmt: skip
SATURATED: Final = 4_293_918_720
"""What Win32_VideoController.AdapterRAM (32 bits) says of every card with 4 GB or more."""

PCI_VENDORS: Final = {
    "0x10de": "nvidia", "0x1002": "amd", "0x1022": "amd", "0x8086": "intel", "0x5143": "qualcomm",
    "0x17cb": "qualcomm", "0x106b": "apple",
}  # fmt: skip
_TABLE_DRIVER = re.compile(r"Driver Version:\s*([0-9.]+)")
_TABLE_NAME = re.compile(r"^\s*\|\s+\d+\s+(.+?)\s+(?:On|Off|N/A|WDDM|TCC|MCDM)\s+\|", re.MULTILINE)
_TABLE_MEMORY = re.compile(r"\|\s*(\d+)MiB\s*/\s*(\d+)MiB\s*\|")
_UNIFIED_NVIDIA = re.compile(r"\b(GB10|Orin|Xavier|Thor|Tegra)\b")


def nvidia(text: str) -> tuple[Accelerator, ...]:
    """Read the output of ``nvidia-smi`` with `NVIDIA_QUERY`; memory in MiB, ``[N/A]`` is unknown.

    Raises:
        ValueError: a line has another shape.
    """
    return tuple(_nvidia_row(line) for line in text.splitlines() if line.strip())


def nvidia_table(text: str) -> tuple[Accelerator, ...]:
    """Read the plain table of ``nvidia-smi``, for drivers too old to know a field of `NVIDIA_QUERY`.

    Raises:
        ValueError: there is no table.
    """
    names, memories = _TABLE_NAME.findall(text), _TABLE_MEMORY.findall(text)
    driver = _TABLE_DRIVER.search(text)
    if not names or len(names) != len(memories):
        raise ValueError(f"not a table of nvidia-smi: {text[:80]!r}")
    return tuple(
        Accelerator(
            vendor="nvidia", kind="discrete", name=" ".join(name.split()), memory_kind="dedicated",
            total=int(total) * MIB, free=(int(total) - int(used)) * MIB, driver=driver[1] if driver else None,
        )
        for name, (used, total) in zip(names, memories, strict=True)
    )  # fmt: skip


def drm(files: Mapping[str, str], *, processor: str | None, cards: int) -> Accelerator:
    """Read one card of /sys/class/drm (its ``device`` folder).

    Args:
        files: texts by name: vendor, device, uevent, mem_info_vram_total, mem_info_vram_used, mem_info_gtt_total,
            mem_info_gtt_used; absent ones are left out.
        processor: the CPU's name: AMD writes "w/ Radeon" into that of every CPU with graphics.
        cards: how many cards of the same vendor there are.
    """
    vendor = PCI_VENDORS.get(files.get("vendor", "").strip(), "other")
    event = dict(line.split("=", 1) for line in files.get("uevent", "").splitlines() if "=" in line)
    total, shared = _number(files, "mem_info_vram_total"), _number(files, "mem_info_gtt_total")
    kind = _drm_kind(vendor, event, processor or "", cards)
    return Accelerator(
        vendor=vendor, kind=kind, memory_kind=_memory_kind(vendor, kind, total),
        total=total, free=_less(total, _number(files, "mem_info_vram_used")),
        shared=_less(shared, _number(files, "mem_info_gtt_used")) if kind == "integrated" else None,
        driver=event.get("DRIVER"),
        raw={name: event[name] for name in ("PCI_ID", "PCI_SLOT_NAME") if event.get(name)},
    )  # fmt: skip


def npu(uevent: str, vendor: str) -> Accelerator:
    """Read one device of /sys/class/accel: an NPU (drivers intel_vpu, amdxdna, ...)."""
    event = dict(line.split("=", 1) for line in uevent.splitlines() if "=" in line)
    name = PCI_VENDORS.get(vendor.strip(), "other")
    return Accelerator(vendor=name, kind="npu", memory_kind="shared", driver=event.get("DRIVER"))


def merge(cards: Sequence[Accelerator], known: Sequence[Accelerator]) -> tuple[Accelerator, ...]:
    """Join what the kernel lists with what a vendor's tool knows: the tool's entries stand for its vendor."""
    vendors = {item.vendor for item in known}
    return (*known, *(card for card in cards if card.vendor not in vendors))


def apple(chip: str) -> Accelerator:
    """The GPU of an Apple chip: one pool of memory with the CPU."""
    return Accelerator(vendor="apple", kind="integrated", name=chip, memory_kind="unified")


def mac_displays(document: Mapping[str, Any]) -> tuple[Accelerator, ...]:
    """Read ``system_profiler SPDisplaysDataType -json``."""
    return tuple(_mac_display(item) for item in document.get("SPDisplaysDataType", ()))


def windows(controllers: Sequence[Mapping[str, Any]]) -> tuple[Accelerator, ...]:
    """Read Win32_VideoController rows, with ``qwMemorySize`` of the driver's registry key where it has one."""
    return tuple(_windows_row(row) for row in controllers if "Basic" not in str(row.get("Name")))


def _nvidia_row(line: str) -> Accelerator:
    parts = [part.strip() for part in line.rsplit(",", 4)]
    if len(parts) != 5:
        raise ValueError(f"not five fields: {line[:80]!r}")
    name, driver, total, free, capability = parts
    own = _mib(total)
    unified = own is None or _UNIFIED_NVIDIA.search(name) is not None
    return Accelerator(
        vendor="nvidia", kind="integrated" if unified else "discrete", name=name,
        memory_kind="unified" if unified else "dedicated", total=own, free=_mib(free), driver=driver,
        architecture=capability if re.fullmatch(r"\d+\.\d+", capability) else None,
    )  # fmt: skip


def _mib(text: str) -> int | None:
    if text.startswith("["):
        return None
    return int(text) * MIB


def _drm_kind(vendor: str, event: Mapping[str, str], processor: str, cards: int) -> str | None:
    if vendor == "intel":
        return "integrated" if event.get("PCI_SLOT_NAME", "").endswith("00:02.0") else "discrete"
    if vendor == "amd" and cards == 1 and re.search(r"w/ Radeon|with Radeon", processor):
        return "integrated"
    return "discrete" if vendor == "nvidia" else None


def _memory_kind(vendor: str, kind: str | None, total: int | None) -> str | None:
    if kind == "integrated":
        return "shared"
    return "dedicated" if total is not None or vendor == "nvidia" else None


def _number(files: Mapping[str, str], name: str) -> int | None:
    text = files.get(name, "").strip()
    return int(text) if text.isdecimal() else None


def _less(total: int | None, used: int | None) -> int | None:
    return None if total is None else max(0, total - (used or 0))


def _mac_display(item: Mapping[str, Any]) -> Accelerator:
    name = str(item.get("sppci_model") or item.get("_name") or "") or None
    vendor = str(item.get("spdisplays_vendor", "")).lower()
    if "apple" in vendor or (name or "").startswith("Apple"):
        return apple(name or "Apple")
    maker = next((known for known in ("nvidia", "amd", "intel") if known in vendor), "other")
    memory = re.match(r"(\d+) (GB|MB)", str(item.get("spdisplays_vram") or item.get("_spdisplays_vram") or ""))
    total = int(memory[1]) * (MIB if memory[2] == "MB" else 1 << 30) if memory else None
    if item.get("sppci_bus") == "spdisplays_builtin":
        return Accelerator(vendor=maker, kind="integrated", name=name, memory_kind="shared", shared=total)
    return Accelerator(vendor=maker, kind="discrete", name=name, memory_kind="dedicated", total=total)


def _windows_row(row: Mapping[str, Any]) -> Accelerator:
    name = str(row.get("Name") or "") or None
    words = f"{name} {row.get('PNPDeviceID', '')}".lower()
    makers = {"nvidia": ("nvidia", "ven_10de"), "amd": ("amd", "radeon", "ven_1002"), "intel": ("intel", "ven_8086"),
              "qualcomm": ("qualcomm", "adreno", "ven_qcom")}  # fmt: skip
    vendor = next((maker for maker, marks in makers.items() if any(mark in words for mark in marks)), "other")
    exact, small = row.get("qwMemorySize"), row.get("AdapterRAM")
    total = exact if isinstance(exact, int) else small if isinstance(small, int) and small < SATURATED else None
    return Accelerator(vendor=vendor, name=name, total=total, driver=row.get("DriverVersion"),
                       memory_kind="dedicated" if vendor == "nvidia" else None)  # fmt: skip
