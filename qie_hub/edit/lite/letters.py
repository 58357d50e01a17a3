"""Where the letters of a recognised text lie exactly: each character's drawing is moved to where the picture agrees.

Pure. Recognition says which characters stand there and roughly where; fonts differ, so every letter is placed on its
own, then all are brought to one baseline. Light and dark letters are tried alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final, TypeAlias

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
_SPACE: Final = 0.26
_STRETCH: Final = (0.8, 1.45)
"""How much wider than its face sets it a line may be: other faces, and room between letters."""
_LOOSE: Final = 0.07
"""How far, in em, letters of another face stand from where this one sets them."""
_AGREED: Final = 0.45
"""Share of the letters (by area and agreement) that must stand where the line has them."""
_TILT: Final = 0.06
_LEVEL: Final = 0.008
"""Slope below which a line counts as level: a pixel over a dozen letters."""
_LEVELLINGS: Final = 2
_SHAPES: Final = ((1.0, 0.035), (0.88, 0.0), (0.88, 0.035), (1.14, 0.0), (1.14, 0.035), (1.28, 0.035))
"""Letters of other faces: the M of one is a quarter wider than the M of the next."""
_CLEARLY: Final = 0.02
_NEARBY: Final = (0.95, 1.0, 1.05)
AGREES: Final = 0.22
"""Mean correlation of letters with the picture below which the text is not where it is said to be."""

Float = NDArray[np.float32]
Face: TypeAlias = tuple[str, float, float]
"""Kind, em in view pixels, growth of strokes as a share of the em."""
Shape: TypeAlias = tuple[float, float]
"""How much wider a letter is than its face has it, and how much bolder (share of the em)."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Coverage 0..1 on the view; ``sign`` 1 for letters lighter than their ground, -1 for darker; agreement 0..1.

    ``tilt`` is the slope of the letters' baseline on the view, ``face`` the kind, em and weight that agreed best.
    """

    cover: Ink
    sign: float
    fit: float
    tilt: float = 0.0
    face: Face = ("", 0.0, 0.0)


_Seen: TypeAlias = tuple[Frame, Laid, TextLine]


def frame_of(line: TextLine) -> Frame:
    """A view at about the picture's own resolution, so that letter edges stay where they are."""
    tall = float(np.linalg.norm(line.polygon[3] - line.polygon[0]))
    return Frame.around(line.polygon, margin_x=0.5, margin_y=0.3, height=int(np.clip(round(tall), 40, 160)))


def search(line: TextLine, picture: Picture, book: FontBook) -> tuple[Frame, Laid] | None:
    """Find the letters in the detected quadrilateral, or in it turned a little: texture misleads detection."""
    found = _found_in(line, picture, book, _SIZES)
    if found is None:
        turned = (_found_in(_turned(line, turn), picture, book, _SMALLER) for turn in _TURNS)
        found = max((one for one in turned if one is not None), key=lambda one: one[1].fit, default=None)
        return None if found is None else found[:2]
    frame, laid, line = _levelled(picture, book, found)
    flat = evened(relief(frame.view(picture), 0.3 * tall(frame)), tall(frame))
    return frame, max(laid, _laid(line, frame, flat, book, laid.face, _SHAPES), key=lambda one: one.fit)


def _found_in(line: TextLine, picture: Picture, book: FontBook, sizes: Sequence[float]) -> _Seen | None:
    frame = frame_of(line)
    found = find(line, frame, frame.view(picture), book, sizes)
    return None if found is None else (frame, found, line)


def _levelled(picture: Picture, book: FontBook, best: _Seen) -> _Seen:
    """Once more in a view that the letters' own baseline made level: the quadrilateral is a degree or two off."""
    for _ in range(_LEVELLINGS):
        frame, laid, line = best
        if abs(laid.tilt) < _LEVEL:
            return best
        line = _turned(line, float(np.degrees(np.arctan(laid.tilt))))
        frame = frame_of(line)
        flat = evened(relief(frame.view(picture), 0.3 * tall(frame)), tall(frame))
        kind, em, bold = laid.face
        tries = [_laid(line, frame, flat, book, (kind, size * em, bold)) for size in _NEARBY]
        again = max(tries, key=lambda one: one.fit)
        if again.fit <= laid.fit:
            return best
        best = frame, again, line
    return best


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
    if best is None or best.fit < AGREES:
        return None
    kind, em, bold = best.face
    finer = [_laid(line, frame, flat, book, (kind, size * em, bold)) for size in _NEARBY if size != 1]
    return max([best, *finer], key=lambda one: one.fit)


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


def _laid(line: TextLine, frame: Frame, flat: Float, book: FontBook, face: Face, shapes: Sequence[Shape] = ()) -> Laid:
    """Lay every character where the view agrees most with it; in one of ``shapes``, where that agrees better."""
    pieces = _pieces(line, frame, book, face)
    if not pieces:
        return Laid(np.zeros(flat.shape, np.float32), 1.0, 0.0)
    _, y0, _, y1 = frame.box
    others = [_pieces(line, frame, book, face, shape) for shape in shapes]
    tries = [_settle(pieces, sign * flat, face[1], (y0 + y1) / 2, others) for sign in (1.0, -1.0)]
    best = int(np.argmax([one.fit for one in tries]))
    return replace(tries[best], sign=(1.0, -1.0)[best], face=face)


def _pieces(line: TextLine, frame: Frame, book: FontBook, face: Face, shape: Shape = (1.0, 0.0)) -> list[_Piece]:
    kind, em, bold = face
    wider, bolder = shape
    x0, _, x1, _ = frame.box
    out, pen = [], 0.0
    for character, centre in zip(line.text, line.centres, strict=True):
        if character.isspace():
            pen += _SPACE * em
            continue
        glyph, rise, aside, wide = _glyph(character, kind, em, bold + bolder, book)
        if wider != 1:
            glyph = cv2.resize(glyph, (max(2, round(glyph.shape[1] * wider)), glyph.shape[0]))
        out.append(_Piece(glyph, rise, x0 + centre * (x1 - x0), pen + aside))
        pen += wide
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A character: its coverage, and how far its middle lies above the baseline.

    ``at`` is where recognition saw it on the view, ``set_at`` where it stands in the line as the face sets it.
    """

    glyph: Ink
    rise: float
    at: float
    set_at: float


def _glyph(character: str, kind: str, em: float, bold: float, book: FontBook) -> tuple[Ink, float, float, float]:
    """A character's coverage cut to its ink, the place of its middle over the baseline and the pen, its advance."""
    drawn = book.draw(character, kind, em=_EM, bold=bold * _EM)
    x0, y0, x1, y1 = drawn.box
    scale = em / _EM
    size = (max(2, round((x1 - x0) * scale)), max(2, round((y1 - y0) * scale)))
    glyph = cv2.resize(np.ascontiguousarray(drawn.ink[y0:y1, x0:x1]), size, interpolation=cv2.INTER_AREA)
    aside = ((x0 + x1) / 2 - drawn.origin[0]) * scale
    return np.asarray(glyph, np.float32), (drawn.origin[1] - (y0 + y1) / 2) * scale, aside, drawn.advance * scale


def _settle(pieces: list[_Piece], flat: Float, em: float, middle: float, others: Sequence[list[_Piece]] = ()) -> Laid:
    """Two passes: every letter on its own, then all near where a line set in this face would have them.

    ``others`` are the same letters in other shapes; each letter takes the shape that agrees clearly better.
    """
    baseline = middle + 0.33 * em
    spots = [_best(piece, flat, (piece.at, baseline), (0.3 * em, 0.3 * em)) for piece in pieces]
    near = _in_line(pieces, spots, em) or _on_baseline(pieces, spots, baseline)
    run = near[-1][0] - near[0][0]
    tilt = (near[-1][1] - near[0][1]) / run if run > 2 * em else 0.0
    reach = (0.14 * em, 0.05 * em + 1)
    cover = np.zeros(flat.shape, np.float32)
    weight = total = 0.0
    for index, place in enumerate(near):
        piece, spot = pieces[index], _best(pieces[index], flat, place, reach)
        for shaped in others:
            again = _best(shaped[index], flat, place, reach)
            if again[0] > spot[0] + _CLEARLY:
                piece, spot = shaped[index], again
        score, x, base = spot
        area = float(piece.glyph.sum())
        weight, total = weight + area, total + area * max(score, 0.0)
        _paste(cover, piece.glyph, x, base - piece.rise)
    return Laid(cover, 1.0, total / max(weight, 1e-6), tilt)


def _in_line(
    pieces: list[_Piece], spots: list[tuple[float, float, float]], em: float
) -> list[tuple[float, float]] | None:
    """Where all letters belong if the surest of them stand right: a line as the face sets it, stretched a little.

    Letters on texture are drawn to chance edges; what most of them agree on is where the line is.
    """
    set_at = np.array([piece.set_at for piece in pieces])
    score, x, base = np.maximum(np.array(spots), 0.0).T
    weight = score * np.array([float(piece.glyph.sum()) for piece in pieces])
    best: tuple[float, float, float] | None = None
    for one, other in combinations(range(len(pieces)), 2):
        if abs(set_at[other] - set_at[one]) < 1.2 * em:
            continue
        stretch = (x[other] - x[one]) / (set_at[other] - set_at[one])
        start = x[one] - stretch * set_at[one]
        if not _STRETCH[0] < stretch < _STRETCH[1]:
            continue
        support = float((weight * np.exp(-(((x - start - stretch * set_at) / (_LOOSE * em)) ** 2) / 2)).sum())
        if best is None or support > best[0]:
            best = support, start, stretch
    if best is None or best[0] < _AGREED * weight.sum():
        return None
    _, start, stretch = best
    places = start + stretch * set_at
    inlier = weight * (np.abs(x - places) < 2 * _LOOSE * em)
    level = float(np.median(base[inlier > 0]))
    inlier = inlier * (np.abs(base - level) < 0.2 * em)
    slope, offset = np.polyfit(places - places.mean(), base - level, 1, w=np.sqrt(inlier + 1e-6))
    slope = float(np.clip(slope, -_TILT, _TILT))
    return [(float(at), float(level + offset + slope * (at - places.mean()))) for at in places]


def _on_baseline(
    pieces: list[_Piece], spots: list[tuple[float, float, float]], baseline: float
) -> list[tuple[float, float]]:
    """The common baseline, and where recognition saw each letter, moved by what most were off."""
    sure = [(spot[2], spot[1] - piece.at) for spot, piece in zip(spots, pieces, strict=True) if spot[0] > 0.2]
    aside = 0.0
    if sure:
        baseline, aside = (float(value) for value in np.median(np.array(sure), axis=0))
    return [(piece.at + aside, baseline) for piece in pieces]


def _best(
    piece: _Piece, flat: Float, near: tuple[float, float], reach: tuple[float, float]
) -> tuple[float, float, float]:
    """Where near its expected place (middle, baseline) a letter agrees most: score, middle, baseline."""
    glyph, rise = piece.glyph, piece.rise
    at, baseline = near
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
