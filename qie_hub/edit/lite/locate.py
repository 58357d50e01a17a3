"""Where in the picture an operation acts: recognised lines against the words of the sentence.

Pure, given the lines. Refuses what the picture does not hold; several equal texts become candidates to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from qie_hub.edit import match
from qie_hub.edit.lite.line import edge, part
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import Region

_SHOWN: Final = 12
_PLACES: Final = {
    "left": (0, None), "right": (1, None), "top": (None, 0), "bottom": (None, 1), "top_left": (0, 0),
    "top_right": (1, 0), "bottom_left": (0, 1), "bottom_right": (1, 1), "centre": (0.5, 0.5),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a named text turned out to be: the ``regions`` to change, or, if it is not clear, the ``candidates``."""

    regions: tuple[Region, ...]
    candidates: tuple[Region, ...] = ()


def find_text(
    wanted: str, which: str | None, lines: Sequence[TextLine], size: tuple[int, int], pick: int | None
) -> Found:
    """The regions of a named text.

    Args:
        wanted: the words of the sentence.
        which: ``all``, a position, or None.
        lines: what was read.
        size: width and height of the picture.
        pick: the candidate that a person chose, counted from 1.

    Raises:
        EditRefused: ``not_found`` with what was read; ``ambiguous`` when ``pick`` is no candidate's number.
    """
    found = match.find(wanted, [line.text for line in lines])
    if not found:
        seen = [line.text for line in lines][:_SHOWN]
        hint = "REFUSED_TEXT_NOT_FOUND" if seen else "REFUSED_NO_TEXT"
        raise EditRefused(reason="not_found", wanted=wanted, found=seen, hint=hint)
    regions = tuple(_region(lines[one.line], one) for one in found)
    if which == "all" or len(regions) == 1:
        return Found(regions)
    if pick is not None:
        if not 1 <= pick <= len(regions):
            raise EditRefused(reason="ambiguous", wanted=wanted, pick=pick, count=len(regions), hint="REFUSED_PICK")
        return Found((regions[pick - 1],))
    if which in _PLACES:
        return Found((_nearest(regions, which, size),))
    return Found((), regions)


def region_of(line: TextLine) -> Region:
    """A whole line as a region."""
    return _region(line, match.Match(0, 0, len(line.text), exact=True))


def polygon_of(region: Region) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A region's corners as numbers."""
    if region.polygon is not None:
        return np.array(region.polygon, np.float32)
    x, y, width, height = region.box
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def nearest_part(line: TextLine, wanted: str, corners: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Which characters of a line the region with these corners is; (0, 0) if the line does not hold ``wanted``."""
    middle = corners.mean(axis=0)

    def away(found: match.Match) -> float:
        place = part(line.polygon, edge(line, found.start), edge(line, found.stop)).mean(axis=0)
        return float(np.hypot(*(place - middle)))

    found = match.find(wanted, [line.text])
    best = min(found, key=away, default=None)
    return (0, 0) if best is None else (best.start, best.stop)


def holds(line: np.ndarray[Any, Any], piece: np.ndarray[Any, Any]) -> bool:
    """Whether the middle of ``piece`` lies in ``line``, or the other way round."""
    pairs = ((line, piece.mean(axis=0)), (piece, line.mean(axis=0)))
    return any(cv2.pointPolygonTest(area, (float(at[0]), float(at[1])), False) >= 0 for area, at in pairs)


def even(count: int) -> tuple[float, ...]:
    """Middles of ``count`` characters of equal width."""
    return tuple((index + 0.5) / count for index in range(count))


def _region(line: TextLine, found: match.Match) -> Region:
    corners = line.polygon
    if found.stop - found.start < len(line.text):
        corners = part(corners, edge(line, found.start), edge(line, found.stop))
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = int(low[0]), int(low[1])
    box = (x, y, max(1, int(np.ceil(high[0])) - x), max(1, int(np.ceil(high[1])) - y))
    polygon = tuple((round(float(a)), round(float(b))) for a, b in corners)
    text = line.text[found.start : found.stop]
    return Region(box, "text", text, round(1000 * line.score), polygon)


def _nearest(regions: Sequence[Region], which: str, size: tuple[int, int]) -> Region:
    goal = _PLACES[which]

    def distance(region: Region) -> float:
        x, y, width, height = region.box
        at = ((x + width / 2) / size[0], (y + height / 2) / size[1])
        return sum((place - want) ** 2 for place, want in zip(at, goal, strict=True) if want is not None)

    return min(regions, key=distance)
