"""A logo from a file on the picture: in a corner, or in the place of an old one.

Invariants: the logo keeps its proportions and its transparency; it is never larger than the place that it is given;
empty (fully transparent) borders of the file do not count; only pixels that the logo touches change.

Example::

    add(canvas, rgba, "bottom_right", None)          # the usual size, with a margin
    put_into(canvas, rgba, corners)                          # upright in a tilted quadrilateral: tilted with it
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.canvas import SMALLEST, Canvas
from qie_hub.edit.lite.place import corner_of, quiet_corner
from qie_hub.edit.lite.standing import NOTHING, Standing
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

_SIZE: Final = 0.2
"""Side of a square of the logo's area as a share of the picture's short side: seen at once, smaller than a product."""
_WIDEST: Final = 0.4
_TALLEST: Final = 0.25
_MARGIN: Final = 0.035
_ORDER: Final = ("top_left", "bottom_right", "top_right", "bottom_left")
_OVER: Final = 1.25
"""How much taller than the old letters a logo may be: letters leave air above and below."""

Rgba = NDArray[np.uint8]
Floats = NDArray[np.float32]


def add(
    canvas: Canvas, logo: Rgba, position: str | None, permille: int | None, standing: Standing = NOTHING
) -> dict[str, object]:
    """Put a logo on the picture.

    Args:
        canvas: the picture.
        logo: HxWx4.
        position: a corner, an edge or the centre; None for a free and calm corner.
        permille: its width as a share of the picture's, None for the usual size.
        standing: what a logo without a named place stays clear of.

    Returns:
        Facts: ``logo`` (the place), ``box``.

    Raises:
        EditRefused: the picture is too small, or the logo's file shows nothing.
    """
    if min(canvas.size) < SMALLEST:
        width, height = canvas.size
        raise EditRefused(reason="too_hard", width=width, height=height, limit=SMALLEST, hint="REFUSED_TOO_SMALL")
    logo = _trimmed(logo)
    size = _size((logo.shape[1], logo.shape[0]), canvas.size, permille)
    margin = _MARGIN * min(canvas.size)
    place = None if position is None else position.replace("-", "_")
    place = place or quiet_corner(canvas.picture, size, standing, order=_ORDER, margin=margin)
    x, y = corner_of(place, size, canvas.size, margin)
    _lay(canvas, _scaled(logo, size), (x, y))
    return {"logo": place, "box": [x, y, *size]}


def put_into(canvas: Canvas, logo: Rgba, corners: NDArray[Any]) -> dict[str, object]:
    """Put a logo into a quadrilateral, centred, as large as fits, turned like it.

    Args:
        canvas: the picture.
        logo: HxWx4.
        corners: 4x2, clockwise from the corner where reading starts.

    Returns:
        Facts: ``box`` around it.
    """
    logo = _trimmed(logo)
    quad = np.asarray(corners, np.float64)
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    room = (float(np.hypot(*along)), float(np.hypot(*down)) * _OVER)
    scale = min(room[0] / logo.shape[1], room[1] / logo.shape[0])
    size = (max(1, round(logo.shape[1] * scale)), max(1, round(logo.shape[0] * scale)))
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    layer = _turned(_scaled(logo, size), angle)
    middle = quad.mean(axis=0)
    at = (round(float(middle[0]) - layer.shape[1] / 2), round(float(middle[1]) - layer.shape[0] / 2))
    _lay(canvas, layer, at)
    return {"box": [at[0], at[1], layer.shape[1], layer.shape[0]]}


def _trimmed(logo: Rgba) -> Rgba:
    """The part of the file that shows something."""
    rows, columns = np.flatnonzero((logo[:, :, 3] > 8).any(axis=1)), np.flatnonzero((logo[:, :, 3] > 8).any(axis=0))
    if len(rows) == 0:
        raise EditRefused(reason="too_hard", hint="REFUSED_EMPTY_LOGO")
    return logo[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _size(logo: tuple[int, int], canvas: tuple[int, int], permille: int | None) -> tuple[int, int]:
    """Width and height in pixels of the picture."""
    if permille is not None:
        scale = canvas[0] * permille / 1000 / logo[0]
        scale = min(scale, canvas[0] / logo[0], canvas[1] / logo[1])
    else:
        scale = _SIZE * min(canvas) / float(np.sqrt(logo[0] * logo[1]))
        scale = min(scale, _WIDEST * canvas[0] / logo[0], _TALLEST * canvas[1] / logo[1])
    return max(1, round(logo[0] * scale)), max(1, round(logo[1] * scale))


def _scaled(logo: Rgba, size: tuple[int, int]) -> Floats:
    """Premultiplied, so that the colour of transparent pixels never shows at the edges; HxWx4, colour 0..255."""
    values = logo.astype(np.float32)
    values[:, :, 3] /= 255
    values[:, :, :3] *= values[:, :, 3:]
    method = cv2.INTER_AREA if size[0] < logo.shape[1] else cv2.INTER_CUBIC
    out = np.asarray(cv2.resize(values, size, interpolation=method), np.float32).reshape(size[1], size[0], 4)
    out[:, :, 3] = np.clip(out[:, :, 3], 0, 1)
    return out


def _turned(layer: Floats, angle: float) -> Floats:
    if abs(angle) < 0.3:
        return layer
    height, width = layer.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    across = int(np.ceil(height * abs(turn[0, 1]) + width * abs(turn[0, 0])))
    tall = int(np.ceil(height * abs(turn[0, 0]) + width * abs(turn[0, 1])))
    turn[:, 2] += ((across - width) / 2, (tall - height) / 2)
    return np.asarray(cv2.warpAffine(layer, turn, (across, tall), flags=cv2.INTER_LINEAR), np.float32)


def _lay(canvas: Canvas, layer: Floats, at: tuple[int, int]) -> None:
    """Composite a premultiplied layer, cut at the picture's edge."""
    x0, y0 = max(0, at[0]), max(0, at[1])
    x1, y1 = min(canvas.size[0], at[0] + layer.shape[1]), min(canvas.size[1], at[1] + layer.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = layer[y0 - at[1] : y1 - at[1], x0 - at[0] : x1 - at[0]]
    base: Picture = canvas.picture[y0:y1, x0:x1]
    ground = base.astype(np.float32)
    if canvas.alpha is not None:
        ground *= canvas.alpha[y0:y1, x0:x1, None].astype(np.float32) / 255
        ground += 255 * (1 - canvas.alpha[y0:y1, x0:x1, None].astype(np.float32) / 255)
    patch = np.clip(np.rint(ground * (1 - part[:, :, 3:]) + part[:, :, :3]), 0, 255).astype(np.uint8)
    canvas.put((x0, y0, x1, y1), patch, part[:, :, 3] > 1 / 512)
