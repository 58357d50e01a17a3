"""Several places fit: the values that a refusal carries, and the picture on which a person sees their numbers.

Invariant: numbers count from 1 in the order of the plan's candidates; ``pick`` takes the same numbers.

Example::

    regions = picking.candidates(plan)
    refusal = EditRefused(reason="ambiguous", places=picking.places(regions, (width, height)))
    sheet = picking.draw(photo.picture, regions)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from qie_hub.formats.operation import EditPlan, Region
from qie_hub.ports import Picture

_RED: Final = (214, 30, 40)
_WHITE: Final = (255, 255, 255)
_LONGEST: Final = 1600
"""Longest side of the drawn picture: enough to tell places apart on any screen."""

_COLUMNS: Final = ("left", "", "right")
_ROWS: Final = ("top", "", "bottom")


def candidates(plan: EditPlan) -> tuple[Region, ...]:
    """The places of the first operation that is not settled; none if all are."""
    return next((item.candidates for item in plan.operations if item.candidates and not item.regions), ())


def places(regions: Sequence[Region], size: tuple[int, int]) -> list[dict[str, object]]:
    """Candidates as plain data: ``number``, ``text``, ``label``, ``box`` in pixels, ``at`` (``top_left``, ``centre``).

    Args:
        regions: the candidates.
        size: width and height of the picture.
    """
    return [
        {
            "number": number,
            "text": region.text,
            "label": region.label,
            "box": list(region.box),
            "at": _whereabouts(region, size),
        }
        for number, region in enumerate(regions, start=1)
    ]


def draw(picture: Picture, regions: Sequence[Region]) -> Picture:
    """The picture, reduced if it is large, with a numbered frame around each region; the input is not written to."""
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    out = picture.copy() if scale == 1.0 else np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    unit = max(1, round(max(size) / 400))
    for number, region in enumerate(regions, start=1):
        x, y, wide, high = (round(side * scale) for side in region.box)
        low = (max(0, x - 2 * unit), max(0, y - 2 * unit))
        high_corner = (min(size[0] - 1, x + wide + 2 * unit), min(size[1] - 1, y + high + 2 * unit))
        cv2.rectangle(out, low, high_corner, _WHITE, 3 * unit, cv2.LINE_AA)
        cv2.rectangle(out, low, high_corner, _RED, unit, cv2.LINE_AA)
        _number(out, str(number), low, unit)
    return np.asarray(out, np.uint8)


def _number(out: Picture, words: str, corner: tuple[int, int], unit: int) -> None:
    """A red disc with a white number at the frame's corner, moved inside where the picture ends."""
    radius = 9 * unit
    middle = (
        min(max(corner[0], radius + unit), max(out.shape[1] - radius - unit, radius)),
        min(max(corner[1], radius + unit), max(out.shape[0] - radius - unit, radius)),
    )
    cv2.circle(out, middle, radius + unit, _WHITE, -1, cv2.LINE_AA)
    cv2.circle(out, middle, radius, _RED, -1, cv2.LINE_AA)
    face, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, 2 * unit)
    size = radius / 22 * (1.45 if len(words) == 1 else 1.05)
    (wide, high), _ = cv2.getTextSize(words, face, size, thick)
    at = (middle[0] - wide // 2, middle[1] + high // 2)
    cv2.putText(out, words, at, face, size, _WHITE, thick, cv2.LINE_AA)


def _whereabouts(region: Region, size: tuple[int, int]) -> str:
    x, y, wide, high = region.box
    column = _COLUMNS[min(2, max(0, int(3 * (x + wide / 2) / max(size[0], 1))))]
    row = _ROWS[min(2, max(0, int(3 * (y + high / 2) / max(size[1], 1))))]
    return "_".join(part for part in (row, column) if part) or "centre"
