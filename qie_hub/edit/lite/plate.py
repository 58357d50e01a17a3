"""How far a line of text may grow: to the edge of its plate, the next text, the edge of the picture.

Pure. All along the line, in pixels of an upright view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.frame import Frame

_TOLERANCE: Final = 11.0
"""Lab distance (8-bit scale) that still is the same flat colour after JPEG compression."""
_SPREAD: Final = 3.0
_SHARE: Final = 0.72
_WHOLE: Final = 0.93
"""Share of the columns under the text that must be plate too: other edges that cross the text are no plate's end."""
_TIGHT: Final = 0.12
"""Least room, in letter heights, between a text and its plate's end; what begins closer is an edge of the picture."""
_TEXTURED_SPREAD: Final = 9.0
"""Median Lab deviation of ground that is no plate but a texture: its changes of colour say nothing."""

Mask = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Room:
    """First and last view column that may hold text; ``plate`` is the plate's own edges, where there is one."""

    low: float
    high: float
    plate: tuple[float, float] | None = None


def room(
    frame: Frame, view: NDArray[np.uint8], ink: Mask, shape: tuple[int, ...], others: Sequence[NDArray[Any]]
) -> Room:
    """Find the room around a line's ink.

    Args:
        frame: the line's frame.
        view: its view.
        ink: where the line's ink is, in the view.
        shape: the picture's shape.
        others: polygons of the other lines, in the picture.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    low, high = _inside_picture(frame, shape, (top, bottom), (left, right))
    pad = 0.12 * (bottom - top)
    low, high = min(low + pad, left), max(high - pad, right)
    plate = _plate(view, ink, (top, bottom), (left, right))
    if plate is not None:
        pad = 0.28 * (bottom - top)
        low = max(low, plate[0] + min(pad, max(left - plate[0], 1.0)))
        high = min(high, plate[1] - min(pad, max(plate[1] - right, 1.0)))
    for polygon in others:
        spot = np.asarray(polygon, np.float64) @ frame.matrix[:, :2].T + frame.matrix[:, 2]
        (x0, y0), (x1, y1) = spot.min(axis=0), spot.max(axis=0)
        if min(y1, bottom) - max(y0, top) < 0.25 * min(y1 - y0, bottom - top):
            continue
        if x0 >= (left + right) / 2:
            high = min(high, max(x0 - pad, right))
        elif x1 <= (left + right) / 2:
            low = max(low, min(x1 + pad, left))
    return Room(float(min(low, left)), float(max(high, right)), plate)


def _inside_picture(
    frame: Frame, shape: tuple[int, ...], rows: tuple[int, int], columns: tuple[int, int]
) -> tuple[float, float]:
    """The columns around the ink whose whole height lies inside the picture."""
    across = np.arange(frame.width, dtype=np.float64)
    ok = np.ones(frame.width, bool)
    for row in rows:
        spots = frame.points(np.column_stack([across, np.full(frame.width, float(row))]))
        ok &= (spots >= 0).all(axis=1) & (spots[:, 0] <= shape[1] - 1) & (spots[:, 1] <= shape[0] - 1)
    bad_left, bad_right = np.flatnonzero(~ok[: columns[0]]), np.flatnonzero(~ok[columns[1] :])
    low = bad_left[-1] + 1 if len(bad_left) else 0
    high = columns[1] + bad_right[0] if len(bad_right) else frame.width
    return float(low), float(high)


def _plate(
    view: NDArray[np.uint8], ink: Mask, rows: tuple[int, int], columns: tuple[int, int]
) -> tuple[float, float] | None:
    """The edges of the flat area that the text stands on, None on texture or where none ends inside the view."""
    band = cv2.cvtColor(view, cv2.COLOR_RGB2LAB)[rows[0] : rows[1]].astype(np.float32)
    solid = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8))[rows[0] : rows[1]] > 0
    own = np.zeros(solid.shape, bool)
    own[:, columns[0] : columns[1]] = True
    ground = band[own & ~solid]
    if len(ground) < 60:
        return None
    centre = np.median(ground, axis=0)
    away = np.sqrt(((band - centre) ** 2).sum(axis=2))
    spread = float(np.median(away[own & ~solid]))
    if spread > _TEXTURED_SPREAD:
        return None
    same = (away <= max(_TOLERANCE, _SPREAD * spread)) | solid
    columns_ok = same.mean(axis=0) >= _SHARE
    if columns_ok[columns[0] : columns[1]].mean() < _WHOLE:
        return None
    run = max(3, round(0.05 * (rows[1] - rows[0])))
    left = _first_gap(columns_ok[: columns[0]][::-1], run)
    right = _first_gap(columns_ok[columns[1] :], run)
    if left is None and right is None:
        return None
    tight = _TIGHT * (rows[1] - rows[0])
    if any(margin is not None and margin < tight for margin in (left, right)):
        return None
    low = 0.0 if left is None else float(columns[0] - left)
    high = float(view.shape[1]) if right is None else float(columns[1] + right)
    return low, high


def _first_gap(ok: Mask, run: int) -> int | None:
    """How many columns are ground before ``run`` of them in a row are not."""
    bad = 0
    for index, good in enumerate(ok):
        bad = 0 if good else bad + 1
        if bad >= run:
            return index - run + 1
    return None
