"""How a line of text looks: colour, size, slant, weight, serif or sans, outline, softness.

The measuring stick is a rendering of the string that was read. Colour clusters of the line's pixels are scored by
their correlation with it, which tells ink from ground whatever their colours; then an affine fit of the rendering to
the ink gives size, width, turn and slant at once, and the ratio of the ink's areas gives the weight.

Invariants: everything is in pixels of one upright view (see `frame`); ``place`` maps the drawing of *any* string in
the same face and size to the view, so new text laid by it has the old one's size, slope and baseline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.fonts import Drawn, FontBook, Ink
from qie_hub.edit.lite.frame import Matrix, compose
from qie_hub.edit.lite.segment import Segmented, segment

EM: Final = 72
"""Font size of the drawings that styles are measured with, in pixels."""

_ASIDE: Final = 12
"""View pixels beside the box that the measurement sees: the ground there tells ink from ground."""

_FINE: Final = 1.0
"""Blur, in view pixels, at which two faces are told apart: serifs are about two pixels wide there."""
_VIEW_BLUR: Final = 0.8
_PIXEL_BLUR: Final = 0.4
_ITALIC: Final = 0.2
"""Slant of the drawings that are tried where upright ones do not agree."""
_LEANS: Final = 0.04
"""What a slant must gain: italics measure 0.1 and more, upright digits of another face up to 0.03."""
TRUSTED: Final = 0.35
"""Correlation (0..1) below which ink and rendering do not belong together; chosen on the development half."""

Colour: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A rim around the letters: its colour and its width in drawing pixels (at `EM`)."""

    colour: Colour
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """The look of a line.

    ``place`` is 2x3 and maps drawing pixels (origin at the pen's start on the baseline) to view pixels. ``bold`` is
    the growth of strokes in drawing pixels. ``soft`` is the edges' blur in view pixels (see `_softness`).
    ``fit`` is the correlation of the ink with the rendering, 0..1. ``ink`` is the view's coverage map.
    """

    kind: str
    colour: Colour
    place: Matrix
    bold: float
    soft: float
    outline: Outline | None
    fit: float
    ink: Ink
    drawn: Drawn


def measure(
    view: NDArray[np.uint8],
    box: tuple[int, int, int, int],
    text: str,
    book: FontBook,
    scale: float,
    hint: NDArray[Any] | None = None,
) -> Style | None:
    """Measure the look of ``text`` inside ``box`` of an upright view that has ``scale`` pixels per picture pixel.

    ``hint`` is a mask of the view where its letters were found by other means.

    Returns:
        None when no colours of the view resemble the string: then there is nothing to imitate.
    """
    drawings = {kind: book.draw(text, kind, em=EM) for kind in book.kinds if not book.missing(text, kind)}
    left, right = max(0, box[0] - _ASIDE), min(view.shape[1], box[2] + _ASIDE)
    near = np.ascontiguousarray(view[:, left:right])
    told = None if hint is None else np.ascontiguousarray(hint[:, left:right])
    inner = (box[0] - left, box[1], box[2] - left, box[3])
    found = segment(near, inner, drawings, scale, told)
    if found is None or found.score < TRUSTED:
        found = _segment_leaning(near, inner, drawings, scale, told)
    if found is None or found.score < TRUSTED:
        return None
    fits = {kind: _refine(found, drawn, kind) for kind, drawn in drawings.items()}
    kind = _choose({kind: _weighted_fit(found, kind, text, book, place) for kind, (place, _) in fits.items()})
    place, fit = fits[kind]
    drawn = drawings[kind]
    laid = _lay(drawn, place, found.ink.shape)
    soft = _softness(near, found, scale)
    found = _full_strength(found, laid, soft)
    ink = np.zeros(view.shape[:2], np.float32)
    ink[:, left:right] = found.ink
    return Style(
        kind=kind, colour=found.colour, place=_from_origin(place, drawn, left), bold=_weight(found.ink, laid, place),
        soft=soft, outline=_outline(found, place), fit=fit, ink=ink, drawn=drawn,
    )  # fmt: skip


def _segment_leaning(
    near: NDArray[np.uint8],
    box: tuple[int, int, int, int],
    drawings: dict[str, Drawn],
    scale: float,
    hint: NDArray[Any] | None,
) -> Segmented | None:
    """The same for italics: compared with drawings that lean; the places are those of the upright ones."""
    lean = {
        kind: np.array([[1.0, -_ITALIC, _ITALIC * drawn.origin[1]], [0, 1.0, 0]]) for kind, drawn in drawings.items()
    }
    leaning = {kind: drawn.moved(lean[kind]) for kind, drawn in drawings.items()}
    found = segment(near, box, leaning, scale, hint)
    if found is None:
        return None
    return replace(found, places={kind: compose(place, lean[kind]) for kind, place in found.places.items()})


def _full_strength(found: Segmented, laid: Ink, soft: float) -> Segmented:
    """Undo what blur takes from thin strokes: their cores never reach the ink's colour and they look wider.

    The measured coverage then exceeds the drawing's; the colour is carried on, away from the ground, until both have
    the same mass, as far as colours go. Strokes much wider than their blur keep their colour: they are bold.
    """
    area, have = float(found.ink.sum()), float(laid.sum())
    if have < 1 or area <= have or _edge_length(laid) < 1 or soft < 0.12 * 2 * have / _edge_length(laid):
        return found
    ground = np.median(found.ground[found.inside], axis=0)
    away = np.array(found.colour, np.float64) - ground
    limits = [(255 - g) / a if a > 0 else g / -a for g, a in zip(ground, away, strict=True) if abs(a) > 1]
    gain = min([area / have, 2.0, *limits])
    if gain <= 1:
        return found
    colour = np.clip(np.rint(ground + gain * away), 0, 255).astype(int)
    return replace(found, ink=found.ink / np.float32(gain), colour=(int(colour[0]), int(colour[1]), int(colour[2])))


def _edge_length(ink: Ink) -> float:
    contours, _ = cv2.findContours((ink > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return float(sum(cv2.arcLength(contour, True) for contour in contours))


def _weighted_fit(found: Segmented, kind: str, text: str, book: FontBook, place: Matrix) -> float:
    """Correlation of the ink with the drawing in the ink's own weight: bold letters tell serifs only then."""
    plain = book.draw(text, kind, em=EM)
    bold = _weight(found.ink, _lay(plain, place, found.ink.shape), place)
    drawn = book.draw(text, kind, em=EM, bold=bold)
    return _correlation(found.ink, _lay(drawn, place, found.ink.shape), found.inside, _FINE)


def _choose(fits: dict[str, float]) -> str:
    """Sans unless the serif face fits clearly better: a wrong serif is more visible than a wrong sans."""
    best = max(fits, key=lambda kind: fits[kind])
    if best != "sans" and "sans" in fits and fits[best] < fits["sans"] + 0.012:
        return "sans"
    return best


def _refine(found: Segmented, drawn: Drawn, kind: str) -> tuple[Matrix, float]:
    """Fit the drawing to the ink: size, width, turn and slant, as long as they stay plausible."""
    start = found.places[kind]
    before = _correlation(found.ink, _lay(drawn, start, found.ink.shape), found.inside)
    warp = np.asarray(cv2.invertAffineTransform(start), np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    target = np.where(found.inside, found.ink, 0).astype(np.float32)
    try:
        _, warp = cv2.findTransformECC(target, drawn.ink, warp, cv2.MOTION_AFFINE, criteria, None, 5)
    except cv2.error:  # the fit diverged: ink and drawing have nothing in common
        return start, before
    place = _plausible(np.asarray(cv2.invertAffineTransform(warp), np.float64), start)
    place = _upright_unless_clear(place, drawn, found)
    after = _correlation(found.ink, _lay(drawn, place, found.ink.shape), found.inside)
    return (place, after) if after >= before else (start, before)


def _plausible(place: Matrix, start: Matrix) -> Matrix:
    """Drop a slant or turn too small to mean anything, and refuse a size far from the first estimate."""
    across = float(np.hypot(place[0, 0], place[1, 0]))
    turn = float(np.arctan2(place[1, 0], place[0, 0]))
    up = float(np.linalg.det(place[:, :2])) / max(across, 1e-6)
    slant = float((place[0, 0] * place[0, 1] + place[1, 0] * place[1, 1]) / max(across * up, 1e-6))
    ok = 0.7 < across / start[0, 0] < 1.4 and 0.7 < up / start[1, 1] < 1.4 and abs(turn) < 0.14 and abs(slant) < 0.5
    if not ok:
        return start
    if abs(slant) < 0.1:
        slant = 0.0
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([rotate @ np.array([[across, slant * up], [0, up]]), place[:, 2]])


def _upright_unless_clear(place: Matrix, drawn: Drawn, found: Segmented) -> Matrix:
    """Take a slant back that hardly improves the fit: another face's digits lean that much against these."""
    across = float(np.hypot(place[0, 0], place[1, 0]))
    up = float(np.linalg.det(place[:, :2])) / across
    slant = float((place[0, 0] * place[0, 1] + place[1, 0] * place[1, 1]) / (across * up))
    if slant == 0:
        return place
    unit = place[:, 0] / across
    upright = np.column_stack([place[:, 0], up * np.array([-unit[1], unit[0]]), place[:, 2]])
    x0, y0, x1, y1 = drawn.box
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    upright[:, 2] += (place[:, :2] - upright[:, :2]) @ middle
    shape, inside = found.ink.shape, found.inside
    gain = _correlation(found.ink, _lay(drawn, place, shape), inside, _FINE)
    gain -= _correlation(found.ink, _lay(drawn, upright, shape), inside, _FINE)
    return upright if gain < _LEANS else place


def _from_origin(place: Matrix, drawn: Drawn, left: int = 0) -> Matrix:
    """The same map from the pen's origin instead of the drawing's corner, for a view that begins ``left`` earlier."""
    moved = place.copy()
    moved[:, 2] = place[:, :2] @ np.array(drawn.origin) + place[:, 2] + (left, 0)
    return moved


def _lay(drawn: Drawn, place: Matrix, shape: tuple[int, ...]) -> Ink:
    return np.asarray(cv2.warpAffine(drawn.ink, place, (shape[1], shape[0]), flags=cv2.INTER_AREA), np.float32)


def _correlation(one: Ink, other: Ink, inside: NDArray[Any], blur: float = 2.0) -> float:
    first, second = (cv2.GaussianBlur(layer, (0, 0), blur)[inside] for layer in (one, other))
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / norm if norm > 1e-9 else 0.0


def _weight(ink: Ink, laid: Ink, place: Matrix) -> float:
    """Growth of strokes, in drawing pixels, that turns the regular face's ink area into the measured one.

    A stroke of width w and length l has area w*l and edge 2*l, so growing every side by d adds d times the edge.
    """
    area, have = float(ink.sum()), float(laid.sum())
    edge = _edge_length(laid)
    if edge < 1 or have < 1:
        return 0.0
    grow = (area - have) / edge
    stroke = 2 * have / edge
    grow = float(np.clip(grow, -0.22 * stroke, 0.6 * stroke))
    return grow / float(np.sqrt(abs(np.linalg.det(place[:, :2]))))


def _softness(view: NDArray[np.uint8], found: Segmented, scale: float) -> float:
    """Blur of the edges, as a Gaussian's sigma in view pixels, beyond what any drawn edge has in this view.

    An edge of height 1 has a steepest slope of 1 / (sigma * 2.507). A sharp edge, area-averaged onto the picture and
    seen through a view, measures `_VIEW_BLUR` and `_PIXEL_BLUR` per view pixel of the picture (measured at six sizes).
    """
    towards = np.array(found.colour, np.float32) - np.median(found.ground[found.inside], axis=0)
    height = float(np.linalg.norm(towards))
    if height < 20:
        return 0.0
    along = (view.astype(np.float32) @ (towards / height)) / height
    slope = np.hypot(cv2.Sobel(along, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(along, cv2.CV_32F, 0, 1, scale=0.125))
    hard = (found.ink > 0.5).astype(np.uint8)
    edge = (cv2.dilate(hard, np.ones((3, 3))) - cv2.erode(hard, np.ones((3, 3)))) > 0
    if edge.sum() < 20:
        return 0.0
    steepest = float(np.quantile(slope[edge], 0.75))
    seen = 1 / (max(steepest, 0.02) * 2.507)
    own = np.hypot(_VIEW_BLUR, _PIXEL_BLUR * scale)
    return float(np.sqrt(np.clip(seen**2 - own**2, 0, 36)))


def _outline(found: Segmented, place: Matrix) -> Outline | None:
    if found.rim is None:
        return None
    colour, width = found.rim
    return Outline(colour, width / float(np.sqrt(abs(np.linalg.det(place[:, :2])))))


def plain(view: NDArray[np.uint8], box: tuple[int, int, int, int], text: str, book: FontBook) -> Style:
    """A style for text whose ink could not be told from the ground: the whole box is ink, in its extreme colour."""
    x0, y0, x1, y1 = box
    pixels = view[y0:y1, x0:x1].reshape(-1, 3)
    light = pixels.astype(np.int32).sum(axis=1)
    middle = float(np.median(light))
    dark_side = middle - np.quantile(light, 0.04) > np.quantile(light, 0.96) - middle
    edge = light <= np.quantile(light, 0.06) if dark_side else light >= np.quantile(light, 0.94)
    colour = np.round(np.median(pixels[edge], axis=0)).astype(int)
    kind = next((kind for kind in book.kinds if not book.missing(text, kind)), book.kinds[0])
    drawn = book.draw(text, kind, em=EM)
    inset = 0.14 * (y1 - y0)
    down = (y1 - y0 - 2 * inset) / max(drawn.box[3] - drawn.box[1], 1)
    across = (x1 - x0 - 2 * inset) / max(drawn.box[2] - drawn.box[0], 1)
    place = np.array([[across, 0, x0 + inset - drawn.box[0] * across], [0, down, y0 + inset - drawn.box[1] * down]])
    ink = np.zeros(view.shape[:2], np.float32)
    ink[y0:y1, x0:x1] = 1
    rgb = (int(colour[0]), int(colour[1]), int(colour[2]))
    return Style(kind, rgb, _from_origin(place, drawn), 0.0, 0.0, None, 0.0, ink, drawn)
