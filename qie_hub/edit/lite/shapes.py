"""Shapes as signed distances: negative inside, positive outside, in pixels. Pure.

Anti-aliasing, rims and shadows all come from the distance, so a badge is as smooth at 40 pixels as at 400.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def grid(width: int, height: int) -> tuple[Field, Field]:
    """Pixel centres of a field, x and y."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x + 0.5, y + 0.5


def round_box(x: Field, y: Field, box: tuple[float, float, float, float], radii: Sequence[float]) -> Field:
    """A box x0, y0, x1, y1 with radii for top left, top right, bottom right, bottom left."""
    px, py = x - (box[0] + box[2]) / 2, y - (box[1] + box[3]) / 2
    right, low = px > 0, py > 0
    radius = np.where(right, np.where(low, radii[2], radii[1]), np.where(low, radii[3], radii[0]))
    qx, qy = np.abs(px) - (box[2] - box[0]) / 2 + radius, np.abs(py) - (box[3] - box[1]) / 2 + radius
    outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
    return _field(np.minimum(np.maximum(qx, qy), 0) + outside - radius)


def circle(x: Field, y: Field, centre: tuple[float, float], radius: float) -> Field:
    """A disc."""
    return _field(np.hypot(x - centre[0], y - centre[1]) - radius)


def burst(x: Field, y: Field, centre: tuple[float, float], radius: float, points: int = 18) -> Field:
    """A seal with rounded teeth: the radius swings by a twelfth."""
    px, py = x - centre[0], y - centre[1]
    swing = 1 + 0.075 * np.cos(points * np.arctan2(py, px))
    return _field((np.hypot(px, py) - radius * 0.925 * swing) * 0.85)


def band(x: Field, y: Field, through: tuple[float, float], angle: float, half: float) -> Field:
    """An endless band through a point; ``angle`` in degrees, ``half`` its half width."""
    turn = np.deg2rad(angle)
    return _field(np.abs(-(x - through[0]) * np.sin(turn) + (y - through[1]) * np.cos(turn)) - half)


def cover(distance: Field) -> Field:
    """Coverage 0..1 of each pixel."""
    return _field(np.clip(0.5 - distance, 0, 1))


def rim(distance: Field, inset: float, width: float) -> Field:
    """Coverage of a line of ``width`` that runs ``inset`` inside the edge."""
    return _field(np.clip(0.5 - (np.abs(distance + inset) - width / 2), 0, 1))


def shadow(distance: Field, blur: float) -> Field:
    """A soft shadow 0..1: half at the edge, nothing ``blur`` outside."""
    share = np.clip(0.5 - distance / (2 * blur), 0, 1)
    return _field(share * share * (3 - 2 * share))


def _field(values: NDArray[Any]) -> Field:
    return np.asarray(values, np.float32)
