"""Which of several places is meant: by side, by number, by size. Pure.

``which`` is what `qie_hub.edit.grammar.selectors` reads: a position, ``largest``, ``smallest``, ``left:2`` (the second
from that side), ``order:3`` (the third in reading order), ``order:-1`` (the last).

Example::

    chosen(regions, "left:2", (640, 480))     # the region that is second from the left, or None
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qie_hub.formats.operation import Region

_PLACES: Final = {
    "left": (0, None), "right": (1, None), "top": (None, 0), "bottom": (None, 1), "top_left": (0, 0),
    "top_right": (1, 0), "bottom_left": (0, 1), "bottom_right": (1, 1), "centre": (0.5, 0.5), "center": (0.5, 0.5),
}  # fmt: skip


def chosen(regions: Sequence[Region], which: str, size: tuple[int, int]) -> Region | None:
    """The region that a selector means; None if there are not so many, or the word is no selector.

    Args:
        regions: at least one.
        which: the selector.
        size: width and height of the picture.
    """
    if which in _PLACES:
        return min(regions, key=lambda region: _distance(region, _PLACES[which], size))
    if which in ("largest", "smallest"):
        ordered = sorted(regions, key=_area)
        return ordered[-1 if which == "largest" else 0]
    side, _, number = which.partition(":")
    if not number.lstrip("-").isdigit():
        return None
    count = int(number)
    ordered = sorted(regions, key=_centre) if side in ("left", "right") else reading_order(regions)
    if side in ("top", "bottom"):
        ordered = sorted(regions, key=lambda region: _centre(region)[1])
    if side in ("right", "bottom"):
        ordered.reverse()
    index = count - 1 if count > 0 else len(ordered) + count
    return ordered[index] if 0 <= index < len(ordered) else None


def reading_order(regions: Sequence[Region]) -> list[Region]:
    """Row by row, left to right; a row reaches as far down as half its first region is tall."""
    left = sorted(regions, key=lambda region: _centre(region)[1])
    out: list[Region] = []
    while left:
        depth = _centre(left[0])[1] + left[0].box[3] / 2
        row = [region for region in left if _centre(region)[1] <= depth]
        out += sorted(row, key=_centre)
        left = left[len(row) :]
    return out


def _centre(region: Region) -> tuple[float, float]:
    x, y, width, height = region.box
    return x + width / 2, y + height / 2


def _area(region: Region) -> int:
    return region.box[2] * region.box[3]


def _distance(region: Region, goal: tuple[float | None, float | None], size: tuple[int, int]) -> float:
    at = (_centre(region)[0] / size[0], _centre(region)[1] / size[1])
    return sum((place - want) ** 2 for place, want in zip(at, goal, strict=True) if want is not None)
