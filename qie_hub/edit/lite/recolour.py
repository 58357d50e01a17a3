"""The same letters in another colour.

The letters stay what they are: of every pixel only the share that is ink changes its colour. Where ink and ground
cannot be told apart well enough, the words are set anew in the new colour.

Example::

    recolour(canvas, spot, (217, 34, 42), book)
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite import ground, style, text
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.colour import RGB
from qie_hub.edit.lite.fonts import FontBook, Ink
from qie_hub.edit.lite.frame import HEIGHT, Window, trimmed
from qie_hub.edit.lite.line import Look, Spot
from qie_hub.ports import Picture

_TOLD: Final = 0.75
"""Fit (0..1) from which the measured ink is used as it is."""
_APART: Final = 40.0
"""Distance (RGB) of ink and ground from which the share of ink can be measured pixel by pixel."""
_FULL: Final = 1.12
"""Steepening of the share: pixels at a letter's rim hold a little of the old colour's glow from compression."""


def recolour(
    canvas: Canvas, spot: Spot, colour: RGB, book: FontBook, *, nearer: text.Nearer | None = None
) -> dict[str, object]:
    """Give a string another colour.

    Returns:
        Facts: ``fit`` (0..1000, how well the letters were understood), ``box`` of the string.

    Raises:
        EditRefused: its letters cannot be told from the picture.
    """
    spot, look, old = text.measured(canvas.picture, spot, book, nearer)
    if old.fit < _TOLD:
        return text.replace(canvas, spot, spot.text, book, colour=colour, nearer=nearer)
    ink, behind, window = _ink(canvas.picture, look, old)
    x0, y0, x1, y1 = window
    base, share = canvas.picture[y0:y1, x0:x1].astype(np.float32), ink[..., None]
    fresh = np.array(colour, np.float32)
    if behind.method == ground.SMOOTH:
        moved = behind.patch * (1 - share) + fresh * share
    else:
        moved = base + share * (fresh - np.array(old.colour, np.float32))
    canvas.put(window, np.clip(np.rint(moved), 0, 255).astype(np.uint8), ink > 0.004)
    return {"fit": round(1000 * old.fit), "box": [x0, y0, x1 - x0, y1 - y0]}


def _ink(picture: Picture, look: Look, old: style.Style) -> tuple[Ink, ground.Filled, Window]:
    """How much of every pixel is ink, 0..1, measured in the picture itself against the ground continued behind it."""
    size = 2 * max(1, round(0.03 * HEIGHT + 1.5 * old.soft + 1.2 * look.frame.scale)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    solid = cv2.dilate((old.ink > 0.15).astype(np.float32), brush)
    near, window = trimmed(*look.frame.to_picture(solid, picture.shape), 0.25)
    rough, _ = look.frame.to_picture(old.ink, picture.shape)
    whole = look.frame.window(picture.shape)
    rough = rough[window[1] - whole[1] : window[3] - whole[1], window[0] - whole[0] : window[2] - whole[0]]
    x0, y0, x1, y1 = window
    base = picture[y0:y1, x0:x1].astype(np.float32)
    reach = max(8, round(0.8 * HEIGHT / look.frame.scale))
    filled = ground.fill(picture, window, near > 0.25, reach=reach)
    behind = filled.patch.astype(np.float32)
    towards = np.array(old.colour, np.float32) - behind
    apart = np.sqrt((towards**2).sum(axis=2))
    share = ((base - behind) * towards).sum(axis=2) / np.maximum(apart**2, 1.0)
    told = np.clip((apart - _APART) / _APART, 0, 1)
    ink = told * np.clip(share * _FULL, 0, 1) + (1 - told) * np.clip(rough, 0, 1)
    return np.where(near > 0.25, ink, 0).astype(np.float32), filled, window
