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
from qie_hub.edit.lite.frame import HEIGHT, Frame, trimmed
from qie_hub.edit.lite.layout import SQUEEZE, Arrangement, anchor_of, arrange
from qie_hub.edit.lite.line import Look, Spot, look_at
from qie_hub.errors import EditRefused

_CRISP: Final = 1.35
"""Steepening of moved letters' edges: two resamplings soften them by about that."""

_MOVABLE: Final = 0.6
"""Fit (0..1) from which a neighbour's ink is clean enough to be moved."""


def replace(canvas: Canvas, spot: Spot, new: str, book: FontBook) -> dict[str, object]:
    """Put ``new`` in place of a string; what follows it in its line moves along where it can be told from the ground.

    Returns:
        Facts: ``fit`` (0..1000, how well the old text was understood), ``fill``, ``scale`` (permille of the old size),
        ``box`` of the new text.

    Raises:
        EditRefused: no face of the pack has a glyph that ``new`` needs.
    """
    look = look_at(canvas.picture, spot)
    old = look.own_style(spot, book)
    old = _with_glyphs(old, new, book)
    room = plate.room(look.frame, look.view, _line_ink(look, old), canvas.picture.shape, spot.others)
    pieces = _neighbours(look, spot, book)
    setting = _set(look, old, _width(new, old, book), room, pieces)
    moved = [(piece, move) for piece, move in zip(pieces, setting.moves, strict=True) if _moves(move)]
    filled = _erase(canvas, spot, look.frame, [old, *(piece for piece, _ in moved)])
    for piece, move in moved:
        _shift(canvas, look.frame, piece, move)
    drawn = render.layers(new, old, look.frame, setting.spot, canvas.picture.shape, book)
    for layer in drawn:
        x0, y0, x1, y1 = layer.window
        canvas.put(layer.window, render.composite(canvas.picture[y0:y1, x0:x1], layer), layer.ink > 0.004)
    x0, y0, x1, y1 = drawn[0].window
    facts: dict[str, object] = {"fit": round(1000 * old.fit), "fill": filled, "box": [x0, y0, x1 - x0, y1 - y0]}
    return {**facts, "scale": round(1000 * setting.spot.down)}


def delete(canvas: Canvas, spot: Spot, book: FontBook) -> dict[str, object]:
    """Take a string away. Returns the same facts as `replace`, without the scale."""
    look = look_at(canvas.picture, spot)
    old = look.own_style(spot, book)
    return {"fit": round(1000 * old.fit), "fill": _erase(canvas, spot, look.frame, [old])}


def _line_ink(look: Look, old: style.Style) -> NDArray[Any]:
    """The line's extent as a mask: the measured ink, and the whole box of the letters beside it."""
    mask = old.ink > 0.3
    rows = np.flatnonzero(mask.any(axis=1))
    x0, x1 = look.first, look.last
    mask = mask.copy()
    if len(rows):
        inset = round(0.15 * HEIGHT)
        if look.left > x0:
            mask[rows[0] : rows[-1] + 1, x0 + inset : look.left] = True
        if look.right < x1:
            mask[rows[0] : rows[-1] + 1, look.right : x1 - inset] = True
    return mask


def _neighbours(look: Look, spot: Spot, book: FontBook) -> list[style.Style]:
    """What stands before and after the string in its line, where it can be measured; else nothing of the line moves."""
    x0, x1 = look.first, look.last
    before, after = spot.line.text[: spot.start], spot.line.text[spot.stop :]
    out = []
    for text, left, right in ((before, x0, look.left), (after, look.right, x1)):
        if text.strip():
            found = look.style_of(left, right, text.strip(), book)
            if found is None or found.fit < _MOVABLE:
                return []
            out.append(found)
    return out


@dataclass(frozen=True, slots=True)
class _Setting:
    """Where the new string goes, and where the neighbours go: scale, shift along the line, and the fixed row."""

    spot: Arrangement
    moves: tuple[tuple[float, float, float], ...]


def _set(look: Look, old: style.Style, width: float, room: plate.Room, pieces: list[style.Style]) -> _Setting:
    """Arrange the whole line: the string, and what stands before and after it, all smaller if there is no room."""
    per = float(old.place[0, 0])
    ends = _extent(old)
    own = (ends[0] * per + old.place[0, 2], ends[1] * per + old.place[0, 2])
    if not pieces and _in_company(look):
        inner = (max(room.low, look.left + 1.0), min(room.high, look.right - 1.0))
        arrangement = arrange(own, width * per, inner if inner[1] > inner[0] else own, "centre")
        return _Setting(_in_drawing(arrangement, old), ())
    spans = [_columns(piece) for piece in pieces]
    first, last = min([own[0], *(span[0] for span in spans)]), max([own[1], *(span[1] for span in spans)])
    limits = min(room.low, first), max(room.high, last)
    rest = (last - first) - (own[1] - own[0])
    squeeze = min(1.0, max(SQUEEZE, (limits[1] - limits[0] - rest) / (width * per)))
    fresh = width * per * squeeze
    anchor = "left" if pieces and room.plate is None else anchor_of((first, last), room.plate, 0.2 * (last - first))
    whole = arrange((first, last), rest + fresh, limits, anchor, squeeze=False)
    small = whole.down
    grown = fresh - (own[1] - own[0])
    row = float(old.place[1, 1]) * _middle(old) + float(old.place[1, 2])
    moves = tuple((small, whole.start - small * (first - (grown if span[0] > own[0] else 0.0)), row) for span in spans)
    start = whole.start + small * (own[0] - first)
    return _Setting(_in_drawing(Arrangement(start, squeeze * small, small), old), moves)


def _moves(move: tuple[float, float, float]) -> bool:
    return abs(move[0] - 1) > 0.004 or abs(move[1]) > 0.5


def _in_company(look: Look) -> bool:
    """Whether letters of the same line stand beside the string."""
    return look.left > look.first or look.right < look.last


def _in_drawing(spot: Arrangement, old: style.Style) -> Arrangement:
    """From view columns to the drawing's own units."""
    return Arrangement((spot.start - old.place[0, 2]) / float(old.place[0, 0]), spot.across, spot.down)


def _columns(piece: style.Style) -> tuple[float, float]:
    columns = np.flatnonzero((piece.ink > 0.3).any(axis=0))
    return float(columns[0]), float(columns[-1] + 1)


def _middle(old: style.Style) -> float:
    """Height of the old ink's middle over the baseline, in drawing pixels (negative is up)."""
    return (old.drawn.box[1] + old.drawn.box[3]) / 2 - old.drawn.origin[1]


def _shift(canvas: Canvas, frame: Frame, piece: style.Style, move_to: tuple[float, float, float]) -> None:
    """Lay a neighbour's own ink down again, moved along the line: its letters stay exactly what they were."""
    scale, by, row = move_to
    move = np.array([[scale, 0, by], [0, scale, (1 - scale) * row]], np.float64)
    ink = cv2.warpAffine(piece.ink, move, (piece.ink.shape[1], piece.ink.shape[0]), flags=cv2.INTER_LINEAR)
    laid, window = trimmed(*frame.to_picture(ink, canvas.picture.shape), 0.02)
    crisp = np.clip((laid - 0.5) * _CRISP + 0.5, 0, 1)
    layer = render.Layer(window, np.asarray(crisp, np.float32), piece.colour)
    x0, y0, x1, y1 = window
    canvas.put(window, render.composite(canvas.picture[y0:y1, x0:x1], layer), layer.ink > 0.02)


def _erase(canvas: Canvas, spot: Spot, frame: Frame, looks: Sequence[style.Style]) -> str:
    """Take the ink of these looks away; returns how the ground was continued."""
    solid = np.zeros((frame.height, frame.width), np.uint8)
    for look in looks:
        grow = 0.03 * HEIGHT + 1.5 * look.soft + 1.2 * frame.scale
        if look.outline is not None:
            grow += 1.15 * look.outline.width * float(np.sqrt(abs(np.linalg.det(look.place[:, :2]))))
        size = 2 * max(1, round(grow)) + 1
        round_brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        solid |= cv2.dilate((look.ink > 0.15).astype(np.uint8), round_brush)
    laid, window = trimmed(*frame.to_picture(solid.astype(np.float32), canvas.picture.shape), 0.25)
    hole = laid > 0.25
    avoid = _mask_of(spot.others, canvas.picture.shape)
    reach = max(8, round(0.8 * HEIGHT / frame.scale))
    filled = ground.fill(canvas.picture, window, hole, avoid, reach=reach)
    canvas.put(window, filled.patch, hole)
    return filled.method


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
