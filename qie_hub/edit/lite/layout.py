"""Where a new string goes in place of an old one. Pure numbers along the line.

Invariants: the new string keeps the old size while it fits between ``low`` and ``high``; else it is condensed by at
most `SQUEEZE`, then made smaller; it never crosses the limits.

Example::

    arrange(old=(0, 120), width=250, limits=(-40, 400), anchor="centre")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SQUEEZE: Final = 0.88
"""Narrowest width, as a share of the natural one, at which letters still look undistorted."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """``start`` of the new ink; ``across`` and ``down`` scale the drawing."""

    start: float
    across: float
    down: float


def arrange(
    old: tuple[float, float], width: float, limits: tuple[float, float], anchor: str, *, squeeze: bool = True
) -> Arrangement:
    """Place a string of ``width`` where one from ``old[0]`` to ``old[1]`` stood.

    Args:
        old: first and last coordinate of the old ink.
        width: of the new ink at the old size.
        limits: first and last coordinate that may be used.
        anchor: ``left``, ``centre`` or ``right``: what of the old ink stays where it was.
        squeeze: whether it may be condensed before it is made smaller.
    """
    room = max(limits[1] - limits[0], 1.0)
    narrow = min(1.0, max(SQUEEZE, room / width)) if squeeze else 1.0
    down = min(1.0, room / (width * narrow))
    wide = width * narrow * down
    start = {"left": old[0], "right": old[1] - wide}.get(anchor, (old[0] + old[1] - wide) / 2)
    start = max(limits[0], min(start, limits[1] - wide))
    return Arrangement(start, narrow * down, down)


def anchor_of(old: tuple[float, float], limits: tuple[float, float] | None, near: float) -> str:
    """Which part of a string stays in place when its length changes.

    Args:
        old: first and last coordinate of the old ink.
        limits: edges of the plate that it stands on, None without a plate.
        near: difference of the two margins that still counts as centred.
    """
    if limits is None:
        return "centre"
    left, right = old[0] - limits[0], limits[1] - old[1]
    if abs(left - right) <= near:
        return "centre"
    return "left" if left < right else "right"
