"""A new line of text on the picture, where none was: readable on whatever lies below.

Invariants: the line stays inside the picture with a margin; a place that was not named avoids existing text, and
things if it can.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.canvas import SMALLEST, Canvas
from qie_hub.edit.lite.colour import RGB, contrast, rgb_of
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.place import corner_of, free_places
from qie_hub.edit.lite.standing import NOTHING, Standing
from qie_hub.errors import EditRefused

_SIZE: Final = 0.062
"""Height of the letters' em as a share of the short side."""
_MARGIN: Final = 0.045
_OVER: Final = 2
_OUTLINE: Final = 0.07
"""Width of an outline in em."""
_PLACES: Final = ("bottom", "top", "centre")
_LIGHT: Final[RGB] = (255, 255, 255)
_DARK: Final[RGB] = (24, 24, 24)


def add(
    canvas: Canvas, text: str, position: str | None, colour: str | None, book: FontBook, standing: Standing = NOTHING
) -> dict[str, object]:
    """Set a line of text.

    Args:
        canvas: the picture.
        text: one line.
        position: a corner, an edge or the centre; None for the first free place.
        colour: ``#rrggbb``, None for what can be read best.
        book: the faces.
        standing: what a text without a named place stays clear of.

    Raises:
        EditRefused: no face has the characters, or the picture is too small for letters.
    """
    if min(canvas.size) < SMALLEST:
        width, height = canvas.size
        raise EditRefused(reason="too_hard", width=width, height=height, limit=SMALLEST, hint="REFUSED_TOO_SMALL")
    kind = next((one for one in book.kinds if not book.missing(text, one)), None)
    if kind is None:
        lacking = list(book.missing(text, book.kinds[0]))
        raise EditRefused(reason="too_hard", hint="REFUSED_GLYPHS", characters=lacking)
    unit = min(canvas.size)
    em = _em(text, kind, book, canvas.size)
    drawn = book.draw(text, kind, em=em * _OVER, bold=0.012 * em * _OVER)
    x0, y0, x1, y1 = drawn.box
    size = (max(1, -(-(x1 - x0) // _OVER)), max(1, -(-(y1 - y0) // _OVER)))
    place = position or free_places(_PLACES, size, canvas.size, standing, unit * _MARGIN)[0]
    at = corner_of(place, size, canvas.size, unit * _MARGIN)
    pad = max(3, round(0.3 * em))
    large = np.zeros(((size[1] + 2 * pad) * _OVER, (size[0] + 2 * pad) * _OVER), np.float32)
    large[pad * _OVER : pad * _OVER + y1 - y0, pad * _OVER : pad * _OVER + x1 - x0] = drawn.ink[y0:y1, x0:x1]
    ink = cv2.resize(large, (size[0] + 2 * pad, size[1] + 2 * pad), interpolation=cv2.INTER_AREA)
    _lay(
        canvas, (at[0] - pad, at[1] - pad), np.asarray(ink, np.float32), None if colour is None else rgb_of(colour), em
    )
    return {"added": place, "box": [at[0], at[1], size[0], size[1]]}


def _em(text: str, kind: str, book: FontBook, canvas: tuple[int, int]) -> int:
    probe = book.draw(text, kind, em=100)
    widest = canvas[0] * (1 - 2 * _MARGIN) / max(probe.box[2] - probe.box[0], 1) * 100
    return max(8, round(min(min(canvas) * _SIZE, widest)))


def _lay(canvas: Canvas, at: tuple[int, int], ink: NDArray[np.float32], colour: RGB | None, em: int) -> None:
    x0, y0 = max(0, at[0]), max(0, at[1])
    x1, y1 = min(canvas.size[0], at[0] + ink.shape[1]), min(canvas.size[1], at[1] + ink.shape[0])
    ink = ink[y0 - at[1] : y1 - at[1], x0 - at[0] : x1 - at[0]]
    base = canvas.picture[y0:y1, x0:x1].astype(np.float32)
    ground = base.reshape(-1, 3)
    middle = np.median(ground, axis=0)
    below: RGB = (int(middle[0]), int(middle[1]), int(middle[2]))
    if colour is None:
        colour = _LIGHT if contrast(_LIGHT, below) >= 2.2 else _DARK
    busy = float(ground.std(axis=0).mean())
    out = base
    if busy > 12 or contrast(colour, below) < 3:
        behind = _DARK if contrast(colour, _DARK) > 8 else _LIGHT
        out = _set_off(out, ink, np.array(behind, np.float32), em, outlined=behind == _LIGHT)
    out = out * (1 - ink[..., None]) + np.array(colour, np.float32) * ink[..., None]
    patch = np.clip(np.rint(out), 0, 255).astype(np.uint8)
    canvas.put((x0, y0, x1, y1), patch, (patch != base.astype(np.uint8)).any(axis=2))


def _set_off(
    base: NDArray[np.float32], ink: NDArray[np.float32], behind: NDArray[np.float32], em: int, *, outlined: bool
) -> NDArray[np.float32]:
    """Darken or lighten around the letters; a coloured text also gets an outline, or red could not be read on red."""
    halo = np.clip(cv2.GaussianBlur(ink, (0, 0), 0.11 * em) * 1.5, 0, 1)[..., None] * (0.55 if outlined else 0.62)
    out = base * (1 - halo) + behind * halo
    if outlined:
        size = 2 * max(1, round(_OUTLINE * em)) + 1
        rim = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        rim = cv2.GaussianBlur(rim, (0, 0), 0.6)[..., None]
        out = out * (1 - rim) + behind * rim
    return np.asarray(out, np.float32)
