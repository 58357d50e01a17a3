"""Where in the picture an operation acts: recognised lines against the words of the sentence.

Pure, given the lines. Refuses what the picture does not hold; several equal texts become candidates to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qie_hub.edit import match
from qie_hub.edit.lite.text import part
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


def _region(line: TextLine, found: match.Match) -> Region:
    corners = line.polygon
    if found.stop - found.start < len(line.text):
        corners = part(corners, _edge(line, found.start), _edge(line, found.stop))
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = int(low[0]), int(low[1])
    box = (x, y, max(1, int(np.ceil(high[0])) - x), max(1, int(np.ceil(high[1])) - y))
    polygon = tuple((round(float(a)), round(float(b))) for a, b in corners)
    text = line.text[found.start : found.stop]
    return Region(box, "text", text, round(1000 * line.score), polygon)


def _edge(line: TextLine, index: int) -> float:
    """Where along the line the gap before character ``index`` lies."""
    if index <= 0:
        return 0.0
    if index >= len(line.text):
        return 1.0
    return (line.centres[index - 1] + line.centres[index]) / 2


def _nearest(regions: Sequence[Region], which: str, size: tuple[int, int]) -> Region:
    goal = _PLACES[which]

    def distance(region: Region) -> float:
        x, y, width, height = region.box
        at = ((x + width / 2) / size[0], (y + height / 2) / size[1])
        return sum((place - want) ** 2 for place, want in zip(at, goal, strict=True) if want is not None)

    return min(regions, key=distance)
