"""What stands in a picture, so that a badge, a logo or a line of text can go elsewhere.

Texts are quadrilaterals. Things are where the detector sees one, and what differs from a backdrop of one surface: a
product need not be of any class. Pure, given the nets' outputs.

Example::

    standing = Standing(texts, things_in(picture, detector), (0, 0, width, height))
    standing.texts_in(box)       # False
    standing.share(box)          # 0.4: two fifths of the box lie on things
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.background.cut import shrunk, stands_out
from qie_hub.edit.lite.objects.detect import Detector
from qie_hub.edit.lite.objects.hole import GROUND
from qie_hub.ports import Picture

SIDE: Final = 192
"""Longer side, in pixels, of the map of things: a badge covers a tenth of a picture and more."""
_WHOLE: Final = 0.9
"""Share of a picture from which a thing is the scene and not something in it."""

Box = tuple[int, int, int, int]
Map = NDArray[np.bool_]


def things_in(picture: Picture, detector: Detector | None) -> Map:
    """Return a small map of a picture (HxWx3 uint8 RGB), true where something stands."""
    small = shrunk(picture, SIDE)
    found = stands_out(small)
    seen = np.zeros(small.shape[:2], np.uint8) if found is None or found.mean() > _WHOLE else found.astype(np.uint8)
    scale = small.shape[1] / picture.shape[1]
    for thing in () if detector is None else detector.find(picture):
        x, y, width, height = (round(value * scale) for value in thing.box)
        if thing.noun not in GROUND and width * height < _WHOLE * seen.size:
            middle = (x + width // 2, y + height // 2)
            cv2.ellipse(seen, middle, (max(1, width // 2), max(1, height // 2)), 0, 0, 360, 1, cv2.FILLED)
    return seen > 0


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What stands on a canvas: ``texts`` in its pixels; ``things``, a map of any size of the part ``frame`` of it.

    ``frame`` is x0, y0, x1, y1: the input's place on a canvas that may have got a border.
    """

    texts: Sequence[NDArray[Any]]
    things: Map
    frame: Box

    def texts_in(self, box: Box) -> bool:
        """Whether any text meets a box (x0, y0, x1, y1)."""
        return any(meets(box, np.asarray(text)) for text in self.texts)

    def share(self, box: Box) -> float:
        """The part of a box that lies on things."""
        left, top, right, bottom = self.frame
        across, down = self.things.shape[1] / (right - left), self.things.shape[0] / (bottom - top)
        x0, x1 = ((min(max(x, left), right) - left) * across for x in (box[0], box[2]))
        y0, y1 = ((min(max(y, top), bottom) - top) * down for y in (box[1], box[3]))
        part = self.things[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
        if part.size == 0:
            return 0.0
        inside = (x1 - x0) * (y1 - y0) / max(1e-9, (box[2] - box[0]) * across * (box[3] - box[1]) * down)
        return float(part.mean() * min(1.0, inside))


NOTHING: Final = Standing((), np.zeros((1, 1), np.bool_), (0, 0, 1, 1))


def meets(box: Box, polygon: NDArray[Any]) -> bool:
    """Whether a box (x0, y0, x1, y1) and the box around a polygon overlap."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return bool(low[0] < box[2] and high[0] > box[0] and low[1] < box[3] and high[1] > box[1])
