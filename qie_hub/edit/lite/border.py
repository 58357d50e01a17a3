"""A plain border around the picture; the picture inside keeps every byte."""

from __future__ import annotations

from typing import Final

import numpy as np

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.colour import rgb_of

USUAL: Final = 5
"""Percent of the short side: what passport prints and shop pictures use, more looks like a mount."""


def add(canvas: Canvas, colour: str, *, width: int | None = None, percent: int | None = None) -> dict[str, object]:
    """Put a border of ``width`` pixels (or ``percent`` of the short side) outside the picture.

    Returns:
        Facts: ``border`` (pixels).
    """
    across, down = canvas.size
    share = USUAL if percent is None else percent
    size = max(1, round(min(across, down) * share / 100)) if width is None else max(1, width)
    size = min(size, max(across, down))
    shape = (down + 2 * size, across + 2 * size)
    picture = np.empty((*shape, 3), np.uint8)
    picture[:] = rgb_of(colour)
    inner = (slice(size, size + down), slice(size, size + across))
    picture[inner] = canvas.picture
    mask = np.full(shape, 255, np.uint8)
    mask[inner] = canvas.mask
    alpha = None
    if canvas.alpha is not None:
        alpha = np.full(shape, 255, np.uint8)
        alpha[inner] = canvas.alpha
    canvas.replace(picture, mask, alpha, (size, size))
    return {"border": size}
