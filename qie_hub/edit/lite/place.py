"""Where something new goes on a picture: named places, and the corner that is free and calm. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite.standing import Standing
from qie_hub.ports import Picture

CORNERS: Final = ("top_left", "top_right", "bottom_left", "bottom_right")
_BUSY: Final = 1.6
_LEAST: Final = 3.0
"""A corner is too busy when its detail is `_BUSY` times that of the calmest one, and by more than `_LEAST`."""
_CROWDED: Final = 0.25
"""Share of a box that lies on things at the best place from which no place is better than the usual one."""
_TOUCH: Final = 0.06
"""Share of a box by which it may lie on something, more than the best place does."""


def corner_of(position: str, size: tuple[int, int], canvas: tuple[int, int], margin: float) -> tuple[int, int]:
    """The top left pixel of a box of ``size`` at a named place (``top_left``, ``bottom``, ``centre``)."""
    room = (canvas[0] - size[0], canvas[1] - size[1])
    x = margin if "left" in position else room[0] - margin if "right" in position else room[0] / 2
    y = margin if "top" in position else room[1] - margin if "bottom" in position else room[1] / 2
    return max(0, round(x)), max(0, round(y))


def free_places(
    order: Sequence[str], size: tuple[int, int], whole: tuple[int, int], standing: Standing, margin: float
) -> list[str]:
    """The places of ``order`` without a text, of these the ones that cover least of what stands there; never empty.

    Args:
        order: places, the preferred one first.
        size: width and height of what goes there.
        whole: those of the picture.
        standing: what to stay clear of.
        margin: pixels to the picture's edge.
    """
    boxes = {name: _box(name, size, whole, margin) for name in order}
    free = [name for name in order if not standing.texts_in(boxes[name])] or list(order)
    covered = {name: standing.share(boxes[name]) for name in free}
    least = min(covered.values())
    return free if least > _CROWDED else [name for name in free if covered[name] <= least + _TOUCH]


def quiet_corner(
    picture: Picture,
    size: tuple[int, int],
    standing: Standing,
    *,
    order: Sequence[str] = CORNERS,
    margin: float = 0,
) -> str:
    """The first corner of ``order`` that is free (see `free_places`) and not much busier than the calmest such one.

    Args:
        picture: HxWx3.
        size: width and height of what goes there.
        standing: what to stay clear of.
        order: the corners, the preferred one first.
        margin: pixels to the picture's edge.
    """
    whole = (picture.shape[1], picture.shape[0])
    free = free_places(order, size, whole, standing, margin)
    busy = {name: _detail(picture, _box(name, size, whole, margin)) for name in free}
    calmest = min(busy.values())
    return next(name for name in free if busy[name] <= _BUSY * calmest + _LEAST)


def _box(position: str, size: tuple[int, int], whole: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    x, y = corner_of(position, size, whole, margin)
    return x, y, x + size[0], y + size[1]


def _detail(picture: Picture, box: tuple[int, int, int, int]) -> float:
    grey = cv2.cvtColor(np.ascontiguousarray(picture[box[1] : box[3], box[0] : box[2]]), cv2.COLOR_RGB2GRAY)
    return float(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (5, 5), 0), cv2.CV_32F)).mean())
