"""Laying a string into the picture in a measured style.

Invariants: letters are drawn at twice the picture's resolution and area-averaged; the result is a coverage map per
layer (outline below, letters above), so callers composite and mask from one source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite.fonts import FontBook, Ink
from qie_hub.edit.lite.frame import Frame, Matrix, Window, compose
from qie_hub.edit.lite.layout import Arrangement
from qie_hub.edit.lite.style import EM, Style
from qie_hub.ports import Picture

_OVER: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Coverage 0..1 on a window of the picture, in one colour."""

    window: Window
    ink: Ink
    colour: tuple[int, int, int]


def layers(
    text: str, style: Style, frame: Frame, spot: Arrangement, shape: tuple[int, ...], book: FontBook
) -> list[Layer]:
    """Draw ``text`` in ``style`` at ``spot`` (drawing coordinates, see `style.Style.place`)."""
    out = []
    if style.outline is not None:
        grow = style.bold + style.outline.width
        out.append(_layer(text, style, frame, spot, shape, book, (style.outline.colour, grow)))
    out.append(_layer(text, style, frame, spot, shape, book, (style.colour, style.bold)))
    return out


def composite(base: Picture, layer: Layer) -> Picture:
    """The layer over the window's pixels."""
    share = layer.ink[..., None]
    mixed = base * (1 - share) + np.array(layer.colour, np.float32) * share
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def middle_shift(style: Style, down: float) -> float:
    """How far a smaller string moves up so that its middle stays where the old one's was (drawing pixels)."""
    top, bottom = style.drawn.box[1] - style.drawn.origin[1], style.drawn.box[3] - style.drawn.origin[1]
    return (1 - down) * (top + bottom) / 2


def _layer(
    text: str,
    style: Style,
    frame: Frame,
    spot: Arrangement,
    shape: tuple[int, ...],
    book: FontBook,
    look: tuple[tuple[int, int, int], float],
) -> Layer:
    colour, bold = look
    pixels = float(np.sqrt(abs(np.linalg.det(style.place[:, :2])))) / frame.scale
    em = int(np.clip(round(EM * pixels * spot.down * _OVER), 16, 1600))
    ratio = em / EM
    drawn = book.draw(text, style.kind, em=em, bold=bold * ratio)
    plain = drawn if bold <= 0 else book.draw(text, style.kind, em=em)
    begin = plain.box[0] - drawn.origin[0]
    local = np.array([
        [spot.across / ratio, 0, spot.start - (drawn.origin[0] + begin) * spot.across / ratio],
        [0, spot.down / ratio, middle_shift(style, spot.down) - drawn.origin[1] * spot.down / ratio],
    ])  # fmt: skip
    matrix = compose(frame.back, compose(style.place, local))
    window = _window(drawn.ink.shape, matrix, shape)
    ink = _warp(drawn.ink, matrix, window)
    sigma = style.soft / frame.scale
    if sigma > 0.2:
        ink = cv2.GaussianBlur(ink, (0, 0), min(sigma, 4.0))
    return Layer(window, np.asarray(ink, np.float32), colour)


def _window(drawing: tuple[int, ...], matrix: Matrix, shape: tuple[int, ...]) -> Window:
    height, width = drawing[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    spots = corners @ matrix[:, :2].T + matrix[:, 2]
    low, high = np.floor(spots.min(axis=0)).astype(int) - 2, np.ceil(spots.max(axis=0)).astype(int) + 3
    x0, y0 = int(np.clip(low[0], 0, shape[1] - 1)), int(np.clip(low[1], 0, shape[0] - 1))
    x1, y1 = int(np.clip(high[0], x0 + 1, shape[1])), int(np.clip(high[1], y0 + 1, shape[0]))
    return x0, y0, x1, y1


def _warp(ink: Ink, matrix: Matrix, window: Window) -> Ink:
    """Lay the drawing on the window, at twice its size, then average."""
    x0, y0, x1, y1 = window
    grown = matrix.copy()
    grown[:, 2] -= (x0, y0)
    grown = compose(np.array([[_OVER, 0, (_OVER - 1) / 2], [0, _OVER, (_OVER - 1) / 2]]), grown)
    size = (x1 - x0, y1 - y0)
    large = cv2.warpAffine(ink, grown, (size[0] * _OVER, size[1] * _OVER), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.float32)
