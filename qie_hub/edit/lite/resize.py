"""Another size: cut out, scaled, padded; never stretched."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

LARGEST: Final = 120_000_000
_SAME: Final = 0.01


def resize(canvas: Canvas, width: int | None, height: int | None, *, crop: bool) -> dict[str, object]:
    """Bring the picture to a size; to the shape it has if one side is given, to a square if none is.

    Args:
        canvas: the picture.
        width: pixels, or None for what the height asks for.
        height: pixels, or None for what the width asks for.
        crop: cut what does not fit; otherwise white is added where the shapes differ, see-through for a cut-out.

    Raises:
        EditRefused: the size is larger than can be edited.
    """
    across, down = canvas.size
    width, height = _asked((across, down), width, height, crop=crop)
    if not 0 < width * height <= LARGEST:
        raise EditRefused(
            reason="too_hard", width=width, height=height, limit=LARGEST // 1_000_000, hint="REFUSED_SIZE"
        )
    scale = _scale((across, down), (width, height), crop=crop)
    size = (max(1, round(across * scale)), max(1, round(down * scale)))
    picture, alpha, mask = canvas.picture, canvas.alpha, canvas.mask
    if size != (across, down):
        picture = _scaled(picture, size, scale)
        alpha = None if alpha is None else _scaled(alpha, size, scale)
        mask = np.full(size[::-1], 255, np.uint8)
    at = ((width - size[0]) // 2, (height - size[1]) // 2)
    fitted = _placed(picture, (width, height), at, 255)
    clear = alpha is not None and bool((alpha < 255).any())
    outside = None if alpha is None else _placed(alpha, (width, height), at, 0 if clear else 255)
    canvas.replace(fitted, _placed(mask, (width, height), at, 255), outside, at if size == (across, down) else None)
    return {"width": width, "height": height}


def _asked(have: tuple[int, int], width: int | None, height: int | None, *, crop: bool) -> tuple[int, int]:
    if width is not None:
        return width, max(1, round(width * have[1] / have[0])) if height is None else height
    if height is not None:
        return max(1, round(height * have[0] / have[1])), height
    side = min(have) if crop else max(have)
    return side, side


def _scale(have: tuple[int, int], want: tuple[int, int], *, crop: bool) -> float:
    ratios = (want[0] / have[0], want[1] / have[1])
    if abs(ratios[0] / ratios[1] - 1) < _SAME:
        return max(ratios)
    return max(ratios) if crop else min(ratios)


def _scaled(values: Picture, size: tuple[int, int], scale: float) -> Picture:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(values, size, interpolation=method), np.uint8)


def _placed(values: Picture, size: tuple[int, int], at: tuple[int, int], ground: int) -> Picture:
    """``values`` on a ground of ``size`` with its corner at ``at``; what hangs over is cut."""
    out = np.full((size[1], size[0], *values.shape[2:]), ground, np.uint8)
    x0, y0 = max(at[0], 0), max(at[1], 0)
    x1, y1 = min(at[0] + values.shape[1], size[0]), min(at[1] + values.shape[0], size[1])
    out[y0:y1, x0:x1] = values[y0 - at[1] : y1 - at[1], x0 - at[0] : x1 - at[0]]
    return out
