"""A shop badge: a coloured shape with a line of bold text in a corner of the picture.

Invariants: sizes follow the picture's short side, so that a row of products looks alike; what the badge covers is in
the mask; a badge whose place was not named avoids text, then things, then busy corners.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import shapes
from qie_hub.edit.lite.canvas import SMALLEST, Canvas
from qie_hub.edit.lite.colour import RGB, luminance, readable_on, rgb_of, shade
from qie_hub.edit.lite.fonts import Drawn, FontBook, Ink
from qie_hub.edit.lite.place import CORNERS, corner_of, quiet_corner
from qie_hub.edit.lite.standing import NOTHING, Standing
from qie_hub.errors import EditRefused

RED: Final[RGB] = (222, 24, 36)
CREAM: Final[RGB] = (255, 246, 222)
SHAPES: Final = ("tag", "circle", "burst", "ribbon", "rectangle")
_HEIGHT: Final = 0.115
"""Height of a tag as a share of the short side; a third of it is above the letters."""
_ROUND: Final = 0.25
_OVER: Final = 2
_LEADING: Final = 0.14
"""Gap between two rows of a round badge, in em."""
_STACKED: Final = 1.34
"""How much higher two rows may stand than one: their corners stay inside the circle."""
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]{4,8}")

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence says of a badge; None where it says nothing."""

    text: str
    position: str | None = None
    colour: str | None = None
    shape: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """A badge on its own small field, ``pad`` pixels larger on each side: its shape, and where its text stands."""

    distance: Field
    text_box: tuple[float, float, float, float]
    pad: int
    angle: float = 0.0
    round: bool = False


def add(canvas: Canvas, wish: Wish, book: FontBook, standing: Standing = NOTHING) -> dict[str, object]:
    """Put a badge on the picture.

    Args:
        canvas: the picture.
        wish: what was asked for.
        book: the faces.
        standing: what a badge without a named place stays clear of.

    Raises:
        EditRefused: no face has the characters, or the picture is too small for letters.
    """
    if min(canvas.size) < SMALLEST:
        width, height = canvas.size
        raise EditRefused(reason="too_hard", width=width, height=height, limit=SMALLEST, hint="REFUSED_TOO_SMALL")
    kind = _face(wish.text, book)
    shape = wish.shape or "tag"
    unit = float(min(canvas.size))
    size = _size(wish.text, shape, unit, kind, book)
    position = wish.position or quiet_corner(canvas.picture, size, standing)
    if shape == "ribbon" and position not in CORNERS:
        shape = "rectangle"
    x0, y0 = corner_of(
        position, size, canvas.size, 0 if shape in ("tag", "ribbon") and position in CORNERS else unit * 0.03
    )
    width, height = min(size[0], canvas.size[0]), min(size[1], canvas.size[1])
    drawing = _draw(shape, position, (width, height))
    ground = RED if wish.colour is None else rgb_of(wish.colour)
    ink = _text_ink(wish.text, kind, drawing, book)
    _lay(canvas, (x0, y0), drawing, ground, ink)
    return {"badge": position, "shape": shape, "box": [x0, y0, width, height]}


def _face(text: str, book: FontBook) -> str:
    for kind in book.kinds:
        if not book.missing(text, kind):
            return kind
    raise EditRefused(reason="too_hard", hint="REFUSED_GLYPHS", characters=list(book.missing(text, book.kinds[0])))


def _size(text: str, shape: str, unit: float, kind: str, book: FontBook) -> tuple[int, int]:
    if shape in ("circle", "burst"):
        side = round(unit * _ROUND)
        return side, side
    if shape == "ribbon":
        side = round(unit * 0.34)
        return side, side
    height = unit * _HEIGHT
    drawn = book.draw(text, kind, em=100)
    ratio = (drawn.box[2] - drawn.box[0]) / max(drawn.box[3] - drawn.box[1], 1)
    wide = min(height * (0.52 * min(ratio, 9) + 0.85), unit * 0.9)
    return round(max(wide, height * 1.4)), round(height)


def _draw(shape: str, position: str, size: tuple[int, int]) -> _Drawing:
    """The shape's distance field on a field with room for its shadow, and the box of its text."""
    pad = _pad(size)
    width, height = size
    x, y = shapes.grid(width + 2 * pad, height + 2 * pad)
    box = (float(pad), float(pad), float(pad + width), float(pad + height))
    middle = (pad + width / 2, pad + height / 2)
    if shape == "circle":
        return _Drawing(shapes.circle(x, y, middle, width / 2), _inner(box, 0.16, 0.3), pad, round=True)
    if shape == "burst":
        return _Drawing(shapes.burst(x, y, middle, width / 2), _inner(box, 0.2, 0.32), pad, round=True)
    if shape == "ribbon":
        return _ribbon(x, y, box, position)
    distance = shapes.round_box(x, y, box, _radii(shape, position, height))
    return _Drawing(distance, _inner(box, 0.36 * height / width, 0.22), pad)


def _radii(shape: str, position: str, height: int) -> tuple[float, float, float, float]:
    """Top left, top right, bottom right, bottom left. A tag in a corner is square there and round at the far end."""
    if shape == "rectangle":
        return (0.12 * height,) * 4
    small, large = 0.0, 0.46 * height
    if position not in CORNERS:
        return (large,) * 4
    far = {"top_left": 2, "top_right": 3, "bottom_left": 1, "bottom_right": 0}[position]
    radii = [small] * 4
    radii[far] = large
    return radii[0], radii[1], radii[2], radii[3]


def _ribbon(x: Field, y: Field, box: tuple[float, float, float, float], position: str) -> _Drawing:
    side = box[2] - box[0]
    left, top = "left" in position, "top" in position
    corner = (box[0] if left else box[2], box[1] if top else box[3])
    reach = 0.33 * side
    through = (corner[0] + (reach if left else -reach), corner[1] + (reach if top else -reach))
    angle = -45.0 if left == top else 45.0
    half = 0.125 * side
    distance = np.maximum(shapes.band(x, y, through, angle, half), shapes.round_box(x, y, box, (0, 0, 0, 0)))
    text = (through[0] - 0.4 * side, through[1] - 0.62 * half, through[0] + 0.4 * side, through[1] + 0.62 * half)
    return _Drawing(distance, text, int(box[0]), angle)


def _inner(box: tuple[float, float, float, float], across: float, down: float) -> tuple[float, float, float, float]:
    width, height = box[2] - box[0], box[3] - box[1]
    return box[0] + across * width, box[1] + down * height, box[2] - across * width, box[3] - down * height


def _pad(size: tuple[int, int]) -> int:
    return max(4, round(0.09 * min(size)))


def _text_ink(text: str, kind: str, drawing: _Drawing, book: FontBook) -> Ink:
    """The text as large as its box allows, bold, turned with the badge; coverage on the badge's field."""
    x0, y0, x1, y1 = drawing.text_box
    em = max(12, round((y1 - y0) * _OVER * 1.15))
    parts = _stacked(text) if drawing.round else (text,)
    ink = _block([book.draw(part, kind, em=em, bold=0.026 * em) for part in parts], round(_LEADING * em))
    high, wide = ink.shape
    scale = min((x1 - x0) / wide, (y1 - y0) / high) * (_STACKED if len(parts) > 1 else 1.0)
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), -drawing.angle, scale)
    turn[:, 2] += ((x0 + x1) / 2 - wide / 2, (y0 + y1) / 2 - high / 2)
    height, width = drawing.distance.shape
    grown = turn * _OVER
    grown[:, 2] += (_OVER - 1) / 2
    large = cv2.warpAffine(ink, grown, (width * _OVER, height * _OVER), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _stacked(text: str) -> tuple[str, ...]:
    """Four to eight Chinese characters fill a round badge better in two rows."""
    middle = (len(text) + 1) // 2
    return (text[:middle], text[middle:]) if _CHINESE.fullmatch(text) else (text,)


def _block(rows: Sequence[Drawn], gap: int) -> Ink:
    """Rows of text below each other, centred, cut to their ink."""
    cut = [row.ink[row.box[1] : row.box[3], row.box[0] : row.box[2]] for row in rows]
    wide = max(one.shape[1] for one in cut)
    block = np.zeros((sum(one.shape[0] for one in cut) + gap * (len(cut) - 1), wide), np.float32)
    top = 0
    for one in cut:
        left = (wide - one.shape[1]) // 2
        block[top : top + one.shape[0], left : left + one.shape[1]] = one
        top += one.shape[0] + gap
    return block


def _lay(canvas: Canvas, at: tuple[int, int], drawing: _Drawing, ground: RGB, ink: Ink) -> None:
    """Composite shadow, shape with its sheen and rim, and text; the field is cut at the picture's edge."""
    height, width = drawing.distance.shape
    pad = drawing.pad
    x0, y0 = at[0] - pad, at[1] - pad
    cut = (slice(max(0, -y0), min(height, canvas.size[1] - y0)), slice(max(0, -x0), min(width, canvas.size[0] - x0)))
    window = (x0 + cut[1].start, y0 + cut[0].start, x0 + cut[1].stop, y0 + cut[0].stop)
    base = canvas.picture[window[1] : window[3], window[0] : window[2]].astype(np.float32)
    offset = max(1, round(0.35 * pad))
    cast = np.roll(drawing.distance, (offset, offset // 2), axis=(0, 1))
    dark = 0.38 * shapes.shadow(cast, pad * 0.75)
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, low = np.array(shade(ground, 0.1), np.float32), np.array(shade(ground, -0.14), np.float32)
    body = top * (1 - fall) + low * fall
    letters = np.array(CREAM if luminance(ground) < 0.3 else readable_on(ground), np.float32)
    out = base * (1 - dark[cut][..., None])
    for colour, share in (
        (body[cut[0]], shapes.cover(drawing.distance)[cut]),
        (letters, 0.55 * shapes.rim(drawing.distance, 0.5 * pad + 1, max(1.0, 0.11 * pad))[cut]),
        (letters, ink[cut]),
    ):
        out = out * (1 - share[..., None]) + colour * share[..., None]
    patch = np.clip(np.rint(out), 0, 255).astype(np.uint8)
    canvas.put(window, patch, (patch != base.astype(np.uint8)).any(axis=2) | (shapes.cover(drawing.distance)[cut] > 0))
