"""Where the letters of a recognised text lie exactly: each character's drawing is moved to where the picture agrees.

Pure. Recognition says which characters stand there and roughly where; fonts differ, so every letter is placed on its
own, then all are brought to one baseline. Light and dark letters are tried alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.fonts import FontBook, Ink
from qie_hub.edit.lite.frame import Frame
from qie_hub.edit.ocr import TextLine
from qie_hub.ports import Picture

_SIZES: Final = (0.56, 0.63, 0.7, 0.78, 0.86)
"""Em as a share of the line's height: detection boxes stand off the letters by a tenth to a fifth."""
_SMALLER: Final = (0.36, 0.42, 0.49, 0.56, 0.65)
"""The same where the box was drawn too large around letters on texture."""
_TURNS: Final = (-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0)
"""Degrees by which such a box may be off."""
_WEIGHTS: Final = (0.0, 0.035)
"""Growth of strokes on each side as a share of the em: regular and bold."""
_EM: Final = 96
AGREES: Final = 0.22
"""Mean correlation of letters with the picture below which the text is not where it is said to be."""

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Coverage 0..1 on the view; ``sign`` 1 for letters lighter than their ground, -1 for darker; agreement 0..1."""

    cover: Ink
    sign: float
    fit: float


def frame_of(line: TextLine) -> Frame:
    """A view at about the picture's own resolution, so that letter edges stay where they are."""
    tall = float(np.linalg.norm(line.polygon[3] - line.polygon[0]))
    return Frame.around(line.polygon, margin_x=0.5, margin_y=0.3, height=int(np.clip(round(tall), 40, 160)))


def search(line: TextLine, picture: Picture, book: FontBook) -> tuple[Frame, Laid] | None:
    """Find the letters in the detected quadrilateral, or in it turned a little: texture misleads detection."""
    frame = frame_of(line)
    found = find(line, frame, frame.view(picture), book)
    if found is not None:
        return frame, found
    tries = []
    for turn in _TURNS:
        turned = _turned(line, turn)
        frame = frame_of(turned)
        found = find(turned, frame, frame.view(picture), book, _SMALLER)
        if found is not None:
            tries.append((frame, found))
    return max(tries, key=lambda one: one[1].fit, default=None)


def _turned(line: TextLine, degrees: float) -> TextLine:
    middle = line.polygon.mean(axis=0)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    return replace(line, polygon=((line.polygon - middle) @ turn.T + middle).astype(np.float32))


def find(line: TextLine, frame: Frame, view: Picture, book: FontBook, sizes: Sequence[float] = _SIZES) -> Laid | None:
    """Lay the text's drawing on the view in the face, size and weight that agree best; None if nothing agrees."""
    flat = evened(relief(view, 0.3 * tall(frame)), tall(frame))
    best: Laid | None = None
    for kind in book.kinds:
        if book.missing(line.text, kind):
            continue
        for size, bold in product(sizes, _WEIGHTS):
            laid = _laid(line, frame, flat, book, (kind, size * tall(frame), bold))
            if best is None or laid.fit > best.fit:
                best = laid
    return None if best is None or best.fit < AGREES else best


def relief(picture: Picture, reach: float) -> Float:
    """Lightness against its surroundings."""
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), reach), np.float32)


def evened(flat: Float, tall: float) -> Float:
    """Relief in units of its surroundings, strong edges cut: a pale text must not drown beside a dark outline."""
    spread = np.sqrt(cv2.GaussianBlur(flat**2, (0, 0), 0.6 * tall)) + 4.0
    return np.asarray(np.clip(flat / spread, -1.5, 1.5), np.float32)


def tall(frame: Frame) -> float:
    """The line's height in view pixels."""
    return float(frame.height - 2 * frame.margin_y)


def _laid(line: TextLine, frame: Frame, flat: Float, book: FontBook, face: tuple[str, float, float]) -> Laid:
    """Lay every character where the view agrees most with it."""
    kind, em, bold = face
    x0, y0, x1, y1 = frame.box
    pieces = []
    for character, centre in zip(line.text, line.centres, strict=True):
        if character.isspace():
            continue
        glyph, rise = _glyph(character, kind, em, bold, book)
        at = x0 + centre * (x1 - x0)
        pieces.append((glyph, rise, at))
    if not pieces:
        return Laid(np.zeros(flat.shape, np.float32), 1.0, 0.0)
    tries = [_settle(pieces, flat, sign, em, (y0 + y1) / 2) for sign in (1.0, -1.0)]
    return max(tries, key=lambda one: one.fit)


def _glyph(character: str, kind: str, em: float, bold: float, book: FontBook) -> tuple[Ink, float]:
    """A character's coverage cut to its ink, and how far its middle lies above the baseline."""
    drawn = book.draw(character, kind, em=_EM, bold=bold * _EM)
    x0, y0, x1, y1 = drawn.box
    scale = em / _EM
    size = (max(2, round((x1 - x0) * scale)), max(2, round((y1 - y0) * scale)))
    glyph = cv2.resize(np.ascontiguousarray(drawn.ink[y0:y1, x0:x1]), size, interpolation=cv2.INTER_AREA)
    return np.asarray(glyph, np.float32), (drawn.origin[1] - (y0 + y1) / 2) * scale


def _settle(pieces: list[tuple[Ink, float, float]], flat: Float, sign: float, em: float, middle: float) -> Laid:
    """Two passes: every letter on its own, then all on the common baseline, near where recognition saw them."""
    baseline, reach = middle + 0.33 * em, 0.3 * em
    spots = [_best(piece, sign * flat, baseline, (0.3 * em, reach)) for piece in pieces]
    sure = [(spot[2], spot[1] - piece[2]) for spot, piece in zip(spots, pieces, strict=True) if spot[0] > 0.2]
    if sure:
        baseline, aside = (float(value) for value in np.median(np.array(sure), axis=0))
        near = [(glyph, rise, at + aside) for glyph, rise, at in pieces]
        spots = [_best(piece, sign * flat, baseline, (0.14 * em, 0.05 * em + 1)) for piece in near]
    cover = np.zeros(flat.shape, np.float32)
    weight = total = 0.0
    for (glyph, rise, _), (score, x, base) in zip(pieces, spots, strict=True):
        area = float(glyph.sum())
        weight, total = weight + area, total + area * max(score, 0.0)
        _paste(cover, glyph, x, base - rise)
    return Laid(cover, sign, total / max(weight, 1e-6))


def _best(
    piece: tuple[Ink, float, float], flat: Float, baseline: float, reach: tuple[float, float]
) -> tuple[float, float, float]:
    """Where near its expected place a letter agrees most: score, middle x, baseline."""
    glyph, rise, at = piece
    high, wide = glyph.shape
    pad = 3
    template = cv2.copyMakeBorder(glyph, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    left, top = at - wide / 2 - pad - reach[0], baseline - rise - high / 2 - pad - reach[1]
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1 = min(flat.shape[1], round(left + 2 * reach[0]) + wide + 2 * pad)
    y1 = min(flat.shape[0], round(top + 2 * reach[1]) + high + 2 * pad)
    area = flat[y0:y1, x0:x1]
    if area.shape[0] < template.shape[0] or area.shape[1] < template.shape[1]:
        return 0.0, at, baseline
    answer = cv2.matchTemplate(np.ascontiguousarray(area), template, cv2.TM_CCOEFF_NORMED)
    _, score, _, (x, y) = cv2.minMaxLoc(answer)
    return float(score), x0 + x + pad + wide / 2, y0 + y + pad + high / 2 + rise


def _paste(cover: Ink, glyph: Ink, x: float, y: float) -> None:
    left, top = round(x - glyph.shape[1] / 2), round(y - glyph.shape[0] / 2)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + glyph.shape[1], cover.shape[1]), min(top + glyph.shape[0], cover.shape[0])
    if x1 > x0 and y1 > y0:
        part = glyph[y0 - top : y1 - top, x0 - left : x1 - left]
        cover[y0:y1, x0:x1] = np.maximum(cover[y0:y1, x0:x1], part)
