"""Replacing, deleting and adding lines of text.

A replacement takes the old ink away, continues the ground behind it, and lays the new string in the old one's
measured style, as far as its room allows. Every write goes through the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import ground, plate, render, style
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import HEIGHT, Frame
from qie_hub.edit.lite.layout import anchor_of, arrange
from qie_hub.errors import EditRefused

_ROOM: Final = 9.0
"""Line heights on each side in which growth is considered."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A string in the picture: what was read there, its quadrilateral, and the quadrilaterals of the other texts."""

    text: str
    polygon: NDArray[np.float32]
    others: tuple[NDArray[np.float32], ...] = ()


def replace(canvas: Canvas, spot: Spot, new: str, book: FontBook) -> dict[str, object]:
    """Put ``new`` in place of a string.

    Returns:
        Facts: ``fit`` (0..1000, how well the old text was understood), ``fill``, ``scale`` (permille of the old size).

    Raises:
        EditRefused: no face of the pack has a glyph that ``new`` needs.
    """
    frame, view, box = _look(canvas, spot)
    look = style.measure(view, box, spot.text, book) or style.plain(view, box, spot.text, book)
    look = _with_glyphs(look, new, book)
    facts = _erase(canvas, spot, frame, look)
    old, width = _extent(look), _width(new, look, book)
    space = plate.room(frame, view, look.ink > 0.3, canvas.picture.shape, spot.others)
    limits = _along(look, space.low), _along(look, space.high)
    edges = None if space.plate is None else (_along(look, space.plate[0]), _along(look, space.plate[1]))
    near = 0.2 * (old[1] - old[0])
    arrangement = arrange(old, width, limits, anchor_of(old, edges, near))
    for layer in render.layers(new, look, frame, arrangement, canvas.picture.shape, book):
        x0, y0, x1, y1 = layer.window
        base = canvas.picture[y0:y1, x0:x1]
        canvas.put(layer.window, render.composite(base, layer), layer.ink > 0.004)
    return {**facts, "scale": round(1000 * arrangement.down)}


def delete(canvas: Canvas, spot: Spot, book: FontBook) -> dict[str, object]:
    """Take a string away. Returns the same facts as `replace`, without the scale."""
    frame, view, box = _look(canvas, spot)
    look = style.measure(view, box, spot.text, book) or style.plain(view, box, spot.text, book)
    return _erase(canvas, spot, frame, look)


def part(polygon: NDArray[np.float32], start: float, stop: float) -> NDArray[np.float32]:
    """The part of a line's quadrilateral between two shares of its length."""
    top, bottom = polygon[1] - polygon[0], polygon[2] - polygon[3]
    corners = [
        polygon[0] + top * start,
        polygon[0] + top * stop,
        polygon[3] + bottom * stop,
        polygon[3] + bottom * start,
    ]
    return np.array(corners, np.float32)


def _look(canvas: Canvas, spot: Spot) -> tuple[Frame, NDArray[np.uint8], tuple[int, int, int, int]]:
    frame = Frame.around(spot.polygon, margin_x=_ROOM)
    x0, y0, x1, y1 = frame.box
    slack = round(0.08 * HEIGHT)
    return frame, frame.view(canvas.picture), (x0, y0 - slack, x1, y1 + slack)


def _erase(canvas: Canvas, spot: Spot, frame: Frame, look: style.Style) -> dict[str, object]:
    grow = 0.03 * HEIGHT + look.soft + 1.2 * frame.scale
    if look.outline is not None:
        grow += 1.15 * look.outline.width * float(np.sqrt(abs(np.linalg.det(look.place[:, :2]))))
    size = 2 * max(1, round(grow)) + 1
    solid = cv2.dilate((look.ink > 0.15).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    laid, window = frame.to_picture(solid.astype(np.float32), canvas.picture.shape)
    hole = laid > 0.25
    avoid = _mask_of(spot.others, canvas.picture.shape)
    reach = max(8, round(0.8 * HEIGHT / frame.scale))
    filled = ground.fill(canvas.picture, window, hole, avoid, reach=reach)
    canvas.put(window, filled.patch, hole)
    return {"fit": round(1000 * look.fit), "fill": filled.method}


def _mask_of(polygons: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    mask = np.zeros(shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.asarray(polygon, np.int32)], 255)
    return mask


def _with_glyphs(look: style.Style, text: str, book: FontBook) -> style.Style:
    """The style in a face that has every glyph of ``text``."""
    from dataclasses import replace as changed

    for kind in (look.kind, *book.kinds):
        if not book.missing(text, kind):
            return changed(look, kind=kind)
    lacking = book.missing(text, look.kind)
    raise EditRefused(reason="too_hard", hint="REFUSED_GLYPHS", characters=list(lacking))


def _extent(look: style.Style) -> tuple[float, float]:
    origin = look.drawn.origin[0]
    return look.drawn.box[0] - origin, look.drawn.box[2] - origin


def _width(text: str, look: style.Style, book: FontBook) -> float:
    box = book.draw(text, look.kind, em=style.EM).box
    return float(box[2] - box[0])


def _along(look: style.Style, column: float) -> float:
    return float((column - look.place[0, 2]) / look.place[0, 0])
