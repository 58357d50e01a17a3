"""Replacing, deleting and adding lines of text.

A replacement takes the old ink away, continues the ground behind it, and lays the new string in the old one's
measured style, as far as its room allows. Every write goes through the canvas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as changed
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit import match
from qie_hub.edit.lite import ground, plate, render, setting, style
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.colour import RGB
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import HEIGHT, Frame, trimmed
from qie_hub.edit.lite.line import DOUBTFUL, Look, Spot, look_at
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

Nearer: TypeAlias = Callable[[TextLine], TextLine | None]
"""Reads a line again, close up (`closer.look`)."""

_CRISP: Final = 1.35
"""Steepening of moved letters' edges: two resamplings soften them by about that."""


_DOUBTLESS: Final = 0.8
_SURER: Final = 0.06
_SIZE: Final = 0.12
_HUE: Final = 45.0
"""Fit from which a string is its own model; else how much surer (fit), and how close in size (share) and colour (RGB
distance), a neighbour must be to be one."""
_MOVABLE: Final = 0.6
"""Fit (0..1) from which a neighbour's ink is clean enough to be moved."""


def replace(
    canvas: Canvas, spot: Spot, new: str, book: FontBook, *, colour: RGB | None = None, nearer: Nearer | None = None
) -> dict[str, object]:
    """Put ``new`` in place of a string; what follows it in its line moves along where it can be told from the ground.

    Args:
        canvas: the picture.
        spot: where the old string stands.
        new: the new one.
        book: the faces.
        colour: of the new string; None for the old one's.
        nearer: reads a line again close up, for when its box turns out to be wrong.

    Returns:
        Facts: ``fit`` (0..1000, how well the old text was understood), ``fill``, ``scale`` (permille of the old size),
        ``box`` of the new text.

    Raises:
        EditRefused: no face of the pack has a glyph that ``new`` needs, or the letters cannot be told from the picture.
    """
    spot, look, old = measured(canvas.picture, spot, book, nearer)
    old = _with_glyphs(old, new, book)
    room = plate.room(look.frame, look.view, _line_ink(look, old), canvas.picture.shape, spot.others)
    pieces = _neighbours(look, spot, book)
    old = _in_keeping(old, pieces)
    wider = setting.own_width(old, spot.text, new)
    laid = setting.set_line(
        look,
        old,
        wider * setting.width_of(new, old, book),
        room,
        (pieces, setting.free_anchor(look, old, spot, canvas.size)),
    )
    moved = [(piece, move) for piece, move in zip(pieces, laid.moves, strict=True) if setting.moves(move)]
    filled = _erase(canvas, spot, look.frame, [old, *(piece for piece, _ in moved)])
    for piece, move in moved:
        _shift(canvas, look.frame, piece, move)
    inked = old if colour is None else changed(old, colour=colour)
    arrangement = changed(laid.spot, across=laid.spot.across * wider)
    drawn = render.layers(new, inked, look.frame, arrangement, canvas.picture.shape, book)
    for layer in drawn:
        x0, y0, x1, y1 = layer.window
        canvas.put(layer.window, render.composite(canvas.picture[y0:y1, x0:x1], layer), layer.ink > 0.004)
    x0, y0, x1, y1 = drawn[0].window
    facts: dict[str, object] = {"fit": round(1000 * old.fit), "fill": filled, "box": [x0, y0, x1 - x0, y1 - y0]}
    return {**facts, "scale": round(1000 * laid.spot.down)}


def delete(canvas: Canvas, spot: Spot, book: FontBook, *, nearer: Nearer | None = None) -> dict[str, object]:
    """Take a string away. Returns the same facts as `replace`, without the scale."""
    spot, look, old = measured(canvas.picture, spot, book, nearer)
    return {"fit": round(1000 * old.fit), "fill": _erase(canvas, spot, look.frame, [old])}


def measured(
    picture: Picture, spot: Spot, book: FontBook, nearer: Nearer | None = None
) -> tuple[Spot, Look, style.Style]:
    """Where the string stands and how it looks.

    Where that cannot be told, the line is read again close up: on texture its box may be far too large.

    Raises:
        EditRefused: it cannot be told then either, and the ground is no plain one, where a guess would not show.
    """
    look = look_at(picture, spot)
    old = look.own_style(spot, book)
    if old.fit < DOUBTFUL and nearer is not None:
        closer = nearer(spot.line)
        found = () if closer is None else match.find(spot.text, [closer.text])
        if closer is not None and found:
            again = changed(spot, line=closer, start=found[0].start, stop=found[0].stop)
            look_again = look_at(picture, again)
            other = look_again.own_style(again, book)
            if other.fit > old.fit:
                spot, look, old = again, look_again, other
    if old.fit == 0 and not _on_plain_ground(look):
        raise EditRefused(reason="too_hard", text=spot.text, hint="REFUSED_TEXT_HARD")
    return spot, look, old


def _in_keeping(old: style.Style, pieces: Sequence[style.Style]) -> style.Style:
    """The weight and colour of the rest of its line, where that was told more surely and looks the same in size."""
    best = max(pieces, key=lambda piece: piece.fit, default=old)
    if old.fit > _DOUBTLESS or best.fit < old.fit + _SURER:
        return old
    sizes = [float(np.sqrt(abs(np.linalg.det(one.place[:, :2])))) for one in (best, old)]
    apart = float(np.linalg.norm(np.subtract(best.colour, old.colour)))
    if abs(sizes[0] / sizes[1] - 1) > _SIZE or apart > _HUE:
        return old
    return changed(old, bold=best.bold, colour=best.colour, soft=best.soft)


def _on_plain_ground(look: Look) -> bool:
    """Whether a whole box can be filled without a trace."""
    x0, y0, x1, y1 = look.box(look.left, look.right)
    around = np.zeros(look.view.shape[:2], bool)
    reach = round(0.2 * HEIGHT)
    around[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach] = True
    around[y0:y1, x0:x1] = False
    return ground.is_plain(look.view, around)


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
    for kind in (look.kind, *book.kinds):
        if not book.missing(text, kind):
            return changed(look, kind=kind)
    lacking = book.missing(text, look.kind)
    raise EditRefused(reason="too_hard", hint="REFUSED_GLYPHS", characters=list(lacking))
