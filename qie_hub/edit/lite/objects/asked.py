"""What a box or a mask shows, as the hole of an edit.

Invariants: a hole is HxW bool in the coordinates of the input; it is never empty; nothing outside the box or the
mask's white is ever part of it.

Example::

    hole = asked(source)        # source.box == (10, 20, 100, 80)
    hole[20:100, 10:110].all()  # True
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.errors import UsageError
from qie_hub.formats.operation import Region
from qie_hub.ports import PipelineInput

Hole: TypeAlias = NDArray[np.bool_]

_WHITE: Final = 128
"""Grey level from which a mask's pixel counts as white: painted edges are soft."""


def asked(source: PipelineInput) -> Hole:
    """The area that the caller pointed at.

    Raises:
        UsageError: neither a box nor a mask was given, or both; the box leaves the picture; the mask has another size
            than the picture, or shows nothing.
    """
    if source.mask is not None and source.box is not None:
        raise UsageError(hint="MASK_AND_BOX")
    size = (source.picture.shape[1], source.picture.shape[0])
    if source.mask is not None:
        return _painted(source.mask, size)
    if source.box is not None:
        return _boxed(source.box, size)
    raise UsageError(hint="ERASE_WHERE")


def _painted(mask: NDArray[Any], size: tuple[int, int]) -> Hole:
    if mask.shape[:2] != (size[1], size[0]):
        raise UsageError(
            hint="MASK_SIZE", mask_width=mask.shape[1], mask_height=mask.shape[0], width=size[0], height=size[1]
        )
    hole = np.asarray(mask >= _WHITE, np.bool_)
    if not hole.any():
        raise UsageError(hint="MASK_EMPTY")
    return hole


def _boxed(box: tuple[int, int, int, int], size: tuple[int, int]) -> Hole:
    x, y, width, height = box
    left, top = max(0, x), max(0, y)
    right, bottom = min(size[0], x + width), min(size[1], y + height)
    facts = {"box": ",".join(map(str, box)), "width": size[0], "height": size[1]}
    if width < 1 or height < 1:
        raise UsageError(hint="BOX_EMPTY", **facts)
    if right <= left or bottom <= top:
        raise UsageError(hint="BOX_OUTSIDE", **facts)
    inside = (left, top, right - left, bottom - top)
    if inside != tuple(box):
        raise UsageError(hint="BOX_PARTLY", inside=",".join(map(str, inside)), **facts)
    hole = np.zeros((size[1], size[0]), np.bool_)
    hole[top:bottom, left:right] = True
    return hole


def on_canvas(hole: Hole, canvas: Canvas) -> Hole:
    """A hole of the input where its pixels are on the canvas now."""
    width, height = canvas.size
    if canvas.origin == (0, 0) and hole.shape == (height, width):
        return hole
    if canvas.origin is None:
        scaled = cv2.resize(hole.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(scaled > 0, np.bool_)
    out = np.zeros((height, width), np.bool_)
    x, y = canvas.origin
    part = hole[max(0, -y) : height - y, max(0, -x) : width - x]
    top, left = max(0, y), max(0, x)
    out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return out


def region_around(hole: Hole) -> Region:
    """The region that a plan shows for a hole."""
    y, x = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    box = (int(x[0]), int(y[0]), int(x[-1] - x[0]) + 1, int(y[-1] - y[0]) + 1)
    return Region(box, "area")
