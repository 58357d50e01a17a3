"""How hard the runtime may work, from the device's power and heat. Pure.

Accelerators come first: heat and batteries limit how many edits run and on how many threads before they limit what
an edit does. Invariants:

* an unknown value limits nothing;
* hysteresis: a level of heat is held until the device reports two levels less, or nominal; the limits of a low
  battery hold up to `LOW_BATTERY_OVER`; so the runtime does not swing with each reading.

Example::

    limits = limit(PowerState(thermal="serious"), cores=8, before=None)   # edits=1, threads=2, cool=...
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from qie_hub.formats.device import PowerState
from qie_hub.ports import FREELY, WorkLimits

DEFAULT_EDITS: Final = 2
LOW_BATTERY: Final = 200
LOW_BATTERY_OVER: Final = 300
SAVER_RESOLUTION: Final = 512


class Heat(IntEnum):
    """Levels of heat; the names are those of `formats.device.THERMAL`."""

    COOL = 0
    FAIR = 1
    SERIOUS = 2
    CRITICAL = 3


_HEAT: Final = {"nominal": Heat.COOL, "fair": Heat.FAIR, "serious": Heat.SERIOUS, "critical": Heat.CRITICAL}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the runtime may use.

    ``edits`` at once; ``threads`` within a graph; ``share`` of an accelerator in permille (a pause after each edit);
    ``resolution`` the largest working size, None for any; ``refine`` whether optional refinement (super-resolution)
    may run. ``heat`` and ``low`` are what the limits stand for: the memory of the hysteresis.
    """

    edits: int
    threads: int
    share: int = 1000
    resolution: int | None = None
    refine: bool = True
    heat: Heat = Heat.COOL
    low: bool = False

    @property
    def work(self) -> WorkLimits:
        """What one edit is told."""
        return FREELY if self.resolution is None and self.refine else WorkLimits(self.resolution, self.refine)


def limit(state: PowerState, *, cores: int, before: Limits | None = None, edits: int = DEFAULT_EDITS) -> Limits:
    """Derive the limits.

    Args:
        state: what the device says now; None fields are unknown.
        cores: threads that can truly run at once.
        before: the limits until now.
        edits: how many edits may run at once when nothing limits.
    """
    heat = _heat(state, before)
    low = _low(state, before)
    threads = (cores, max(1, cores * 3 // 4), max(1, cores // 2), 1)[heat]
    saving = low or bool(state.power_saver) or heat >= Heat.SERIOUS
    return Limits(
        edits=1 if saving else edits,
        threads=min(threads, max(1, cores // 2)) if saving else threads,
        share=(1000, 1000, 500, 250)[heat],
        resolution=SAVER_RESOLUTION if saving else None,
        refine=not saving,
        heat=heat,
        low=low,
    )


def pause_after(seconds: float, share: int) -> float:
    """Seconds to wait after an edit of ``seconds``, so that the runtime works only its share (permille) of the time."""
    return seconds * (1000 - share) / share


def _heat(state: PowerState, before: Limits | None) -> Heat:
    now = _HEAT.get(state.thermal or "", Heat.COOL)
    if before is None or now >= before.heat:
        return now
    return Heat.COOL if now is Heat.COOL else Heat(now + 1)


def _low(state: PowerState, before: Limits | None) -> bool:
    if state.battery is None or state.charging:
        return False
    return state.battery < (LOW_BATTERY_OVER if before is not None and before.low else LOW_BATTERY)
