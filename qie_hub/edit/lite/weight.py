"""Making drawn letters bolder or thinner.

Pure. Strokes grow on both sides, but never close the gap between two of them: as in faces that were drawn bold, dense
characters stay open. Without that, a bold 惠 is a blot.

Example::

    grown(ink, by=3.0)
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

_TAKEN: Final = 0.42
"""Share of half a gap that the stroke on each side may take."""
_STEPS: Final = (0.2, 0.3, 0.4, 0.52, 0.66, 0.82, 1.0)
_ROUND: Final = 0.25
_FINE: Final = 700
"""Longer side, in pixels, at which gaps are measured; large drawings are measured smaller."""

Ink = NDArray[Any]


def grown(ink: Ink, by: float) -> Ink:
    """Let strokes grow by at most ``by`` pixels on each side. The coverage should be at least about 150 px per em."""
    away = cv2.distanceTransform((ink <= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    reach = np.minimum(by, _TAKEN * _half_gaps(away, by / _TAKEN))
    reach = cv2.GaussianBlur(reach.astype(np.float32), (0, 0), max(0.8, 0.35 * by))
    bold = np.maximum(ink, np.clip(reach - away + 1.0, 0, 1)).astype(np.float32)
    # Where the room changes the new edge is bumpy: rounding it off takes less than a stroke's tenth.
    soft = cv2.GaussianBlur(bold, (0, 0), min(_ROUND * by, 2.0) + 0.6)
    return np.asarray(np.clip((soft - 0.5) * 2.2 + 0.5, 0, 1), np.float32)


def thinned(ink: Ink, by: float) -> Ink:
    """Take ``by`` pixels from every stroke's side; the drawing is large, so a distance map is fine enough."""
    inside = cv2.distanceTransform((ink > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(inside - by, 0, 1), np.float32)


def _half_gaps(away: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Half the width of the gap that each pixel of the ground lies in, up to ``most``: openings by larger discs."""
    scale = min(1.0, _FINE / max(away.shape))
    near = away if scale == 1 else cv2.resize(away, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) * scale
    half = np.zeros(near.shape, np.float32)
    for step in _STEPS:
        radius = step * most * scale
        core = near >= radius
        if core.any():
            open_ = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5) <= radius
            half[open_] = step * most
    lowest = np.minimum(near / max(scale, 1e-6), most * _STEPS[0])
    half = np.maximum(half, lowest)
    if scale < 1:
        half = cv2.resize(half, away.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(half, np.float32)
