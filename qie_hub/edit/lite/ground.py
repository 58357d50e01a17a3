"""Taking ink away: the ground behind strokes, continued over them.

Telea's method continues smooth ground over a stroke's width and smears texture; PatchMatch copies texture from the
neighbourhood and is not needed on smooth ground. The ground itself decides. Other texts and the ink are never copied
from. PatchMatch has a wheel for x86-64 Linux only; elsewhere Telea does all and the answer says so.

Example::

    filled = fill(picture, window, hole, avoid)
    filled.method     # "patchmatch", "telea" or "telea_fallback"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import patches
from qie_hub.edit.lite.frame import Window
from qie_hub.ports import Picture

TEXTURED: Final = 3.0
"""Detail (grey levels) above which ground counts as textured: paper and plates lie near 1, stone at 8."""

SMOOTH: Final = "telea"
"""Method for even ground: what is filled there is what was there."""

_PLATE: Final = 12.0
"""Deviation (grey levels) within which pixels of a plate in one colour stay, JPEG noise included."""
_MOST: Final = 0.86
"""Share of the ground that has to; the rest may be other letters and the plate's edge."""
_INK: Final = 60.0
_INK_GROW: Final = 7
"""Grey levels by which ink differs from its ground, and pixels that its soft edges reach beyond it: a rough guess."""
_LARGEST: Final = 6_000
"""Pixels of a hole up to which patches are looked for at full size: about half a second on one thread."""

Mask = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """The window's new pixels, and how they were made."""

    patch: Picture
    method: str


def fill(picture: Picture, window: Window, hole: Mask, avoid: Mask | None = None, *, reach: int = 48) -> Filled:
    """Continue the ground over a hole.

    Args:
        picture: HxWx3 uint8 RGB.
        window: where ``hole`` lies.
        hole: of the window's size, true where pixels are to be replaced.
        avoid: HxW of the picture, true where nothing may be copied from, or None.
        reach: pixels around the window to copy from; a third of it around the hole decides how.
    """
    x0, y0, x1, y1 = window
    height, width = picture.shape[:2]
    left, top = max(0, x0 - reach), max(0, y0 - reach)
    right, bottom = min(width, x1 + reach), min(height, y1 + reach)
    around = np.ascontiguousarray(picture[top:bottom, left:right])
    mask = np.zeros(around.shape[:2], np.uint8)
    inner = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    mask[inner][hole.astype(bool)] = 255
    barred = None if avoid is None else avoid[top:bottom, left:right].astype(bool) & (mask == 0)
    method = _method(around, mask, barred, max(3, reach // 3))
    done = _patchmatch(around, mask, barred) if method == "patchmatch" else _telea(around, mask)
    return Filled(np.ascontiguousarray(done[inner]), method)


def detail(picture: Picture, known: Mask) -> float:
    """Usual fine detail in grey levels over the known pixels; 0 on smooth ground.

    Usual is the 60th percentile: a neighbouring letter or the edge of a plate is no texture.
    """
    if not known.any():
        return 0.0
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), 3.0) + 1e-3
    low = cv2.GaussianBlur(grey * weight, (0, 0), 3.0) / total
    return float(np.quantile(np.abs(grey - low)[known], 0.6))


def is_plain(picture: Picture, known: Mask) -> bool:
    """Whether the ground is so even that a filled box would not show on it."""
    return _one_colour(picture, known) and detail(picture, known) < TEXTURED


def is_rough(around: Picture, corners: NDArray[Any], radius: int) -> bool:
    """Whether patches will have to be copied where a text stands, judged by what surrounds it.

    Args:
        around: a cut-out of the picture, HxWx3 uint8 RGB.
        corners: 4x2, of the text, in pixels of the cut-out.
        radius: pixels around the text to look at.
    """
    box = np.zeros(around.shape[:2], np.uint8)
    cv2.fillPoly(box, [np.asarray(corners, np.int32)], 255)
    if not box.any():
        return False
    # The ground between letters counts as well, and is most of a box: what differs from it is taken for ink.
    usual = np.median(around[box > 0], axis=0)
    ink = (box > 0) & (np.abs(around - usual).max(axis=2) > _INK)
    mask = cv2.dilate(ink.astype(np.uint8) * 255, np.ones((_INK_GROW, _INK_GROW), np.uint8))
    hole = mask if mask.any() else box
    return _method(np.ascontiguousarray(around), hole, None, radius) != SMOOTH


def _one_colour(picture: Picture, known: Mask) -> bool:
    """Whether most of the ground is a single colour: a plate, with other letters and its edge not far away."""
    if not known.any():
        return False
    pixels = picture[known].astype(np.float32)
    away = np.abs(pixels - np.median(pixels, axis=0)).max(axis=1)
    return float((away < _PLATE).mean()) > _MOST


def _method(around: Picture, mask: Picture, barred: Mask | None, radius: int) -> str:
    near = cv2.distanceTransform(255 - mask, cv2.DIST_L2, 3)
    known = (near > 1) & (near <= radius)
    if barred is not None:
        known &= ~barred
    if _one_colour(around, known & (near <= max(3, radius // 2))) or detail(around, known) < TEXTURED:
        return SMOOTH
    return "patchmatch" if patches.available() else "telea_fallback"


def _telea(around: Picture, mask: Picture) -> Picture:
    return np.asarray(cv2.inpaint(around, mask, 4, cv2.INPAINT_TELEA), np.uint8)


def _patchmatch(around: Picture, mask: Picture, barred: Mask | None) -> Picture:
    hole = mask > 0
    usable = ~hole
    if barred is not None and barred.mean() < 0.6:
        usable &= ~barred
    return patches.patched(around, hole, usable, scale=patches.scale_for(hole, most=_LARGEST))
