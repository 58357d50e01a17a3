"""Where something new goes on a picture: named places, and the corner that is free of text and calm. Pure numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.ports import Picture

CORNERS: Final = ("top_left", "top_right", "bottom_left", "bottom_right")
_BUSY: Final = 1.6
_LEAST: Final = 3.0
"""A corner is too busy when its detail is `_BUSY` times that of the calmest one, and by more than `_LEAST`."""


def corner_of(position: str, size: tuple[int, int], canvas: tuple[int, int], margin: float) -> tuple[int, int]:
    """The top left pixel of a box of ``size`` at a named place (``top_left``, ``bottom``, ``centre``)."""
    room = (canvas[0] - size[0], canvas[1] - size[1])
    x = margin if "left" in position else room[0] - margin if "right" in position else room[0] / 2
    y = margin if "top" in position else room[1] - margin if "bottom" in position else room[1] / 2
    return max(0, round(x)), max(0, round(y))


def meets(box: tuple[int, int, int, int], polygon: NDArray[Any]) -> bool:
    """Whether a box (x0, y0, x1, y1) and the box around a polygon overlap."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return bool(low[0] < box[2] and high[0] > box[0] and low[1] < box[3] and high[1] > box[1])


def quiet_corner(
    picture: Picture,
    size: tuple[int, int],
    texts: Sequence[NDArray[Any]],
    *,
    order: Sequence[str] = CORNERS,
    margin: float = 0,
) -> str:
    """The first corner of ``order`` that no text is in and that is not much busier than the calmest one.

    Args:
        picture: HxWx3.
        size: width and height of what goes there.
        texts: quadrilaterals to stay clear of.
        order: the corners, the preferred one first.
        margin: pixels to the picture's edge.
    """
    whole = (picture.shape[1], picture.shape[0])
    costs = {}
    for position in order:
        x, y = corner_of(position, size, whole, margin)
        box = (x, y, x + size[0], y + size[1])
        clash = any(meets(box, np.asarray(text)) for text in texts)
        part = picture[box[1] : box[3], box[0] : box[2]]
        grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
        busy = float(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (5, 5), 0), cv2.CV_32F)).mean())
        costs[position] = (clash, busy)
    free = [name for name in order if not costs[name][0]] or list(order)
    calmest = min(costs[name][1] for name in free)
    return next(name for name in free if costs[name][1] <= _BUSY * calmest + _LEAST)
