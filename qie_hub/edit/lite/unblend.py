"""Undoing a half transparent text: what lies under it is measured back, not invented.

A pixel of such a text is ``(1 - a) * ground + a * ink`` with one ``a`` and one ink colour for the whole line. The
letters are found by laying the drawing of every recognised character where the picture agrees with it; ``a`` and the
ink come from comparing both sides of the letters' edges; then the mixing is undone. Only a thin band along the edges,
where drawing and picture may differ by a pixel, is filled from its sides.

Invariants: pure, deterministic; it says how much of the text's trace is left, and the caller decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import letters
from qie_hub.edit.lite.fonts import Ink
from qie_hub.edit.lite.frame import Frame, Window
from qie_hub.ports import Picture

_OPAQUE: Final = 0.88
_FAINTEST: Final = 0.06
_ROUNDS: Final = 5

_PRIOR: Final = 3000.0
_TEXTURE: Final = 4.0
"""How far (squared colour distance) the drawing is believed against the picture: 20 grey levels per channel,
and more where the ground itself varies (times its variance)."""
_FREER: Final = 0.85
"""A grey ink is believed only if it explains the picture this much better than pure white or black."""
_PLAY: Final = 2.2
"""Standard deviations of the ground's detail within which an undone pixel is believed."""
_PLAY_BESIDE: Final = 1.0
"""The same for pixels beside a letter's edge."""
_HALO: Final = np.ones((3, 3), np.uint8)
_BAND: Final = 0.06
_BROAD: Final = 5.0
_EVEN: Final = 8.0
"""Coarse variation (grey levels) of ground that still is even: there a filled hole is right and ghosts would show."""
_FREE: Final = 4.0
_BEYOND: Final = 16.0
"""Grey levels beyond the darkest and the lightest of the surroundings that an undone pixel may be."""
_RING: Final = np.ones((5, 5), np.uint8)

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """How a text was mixed in.

    ``cover`` is 0..1 on the view, ``drawn`` what it was before the picture corrected it; ``ink`` the colour put on;
    ``share`` its opacity; ``fit`` the drawing's agreement with the picture.
    """

    cover: Ink
    drawn: Ink
    ink: Float
    share: float
    fit: float


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """The window without its text: new pixels, where they are new, and the opacity that was undone (0..1)."""

    window: Window
    patch: Picture
    changed: NDArray[Any]
    share: float


def explain(view: Picture, frame: Frame, laid: letters.Laid) -> Blend | None:
    """Find how a text was mixed in; None if it was not: it hides what is below, or can hardly be seen."""
    return mixing(view, laid.cover, laid.sign, laid.fit, letters.tall(frame))


def share_at(picture: Picture, cover: Ink, sign: float, tall: float) -> float | None:
    """The opacity that a drawing would have had at this very place, None where the picture does not tell."""
    found = _regress(picture.astype(np.float32), (cover > 0.5).astype(np.float32), cover, tall, sign)
    return None if found is None else found[0]


def restore(picture: Picture, frame: Frame, blend: Blend) -> Restored:
    """Undo the mixing in the picture's own pixels.

    What is undone may differ from the continued ground only as far as the ground around varies: on a clear sky that
    is nothing, and no ghost of a letter's edge stays; on fur it is all that was measured back.
    """
    laid, window = frame.to_picture(blend.cover, picture.shape)
    x0, y0, x1, y1 = window
    tall = letters.tall(frame) / frame.scale
    base = picture[y0:y1, x0:x1].astype(np.float32)
    cover = np.clip(laid, 0, 1).astype(np.float32)
    share = np.minimum(blend.share * cover, 0.97)[..., None]
    undone = (base - share * blend.ink) / (1 - share)
    size = 2 * max(2, round(0.05 * tall)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    hole = cv2.dilate((cover > 0.1).astype(np.uint8), brush)
    known = hole == 0
    edge = _unlikely(undone, base, known, tall) | cv2.dilate(
        ((cover > 0.12) & (cover < 0.88)).astype(np.uint8), np.ones((2, 2), np.uint8)
    )
    plain = np.asarray(cv2.inpaint(picture[y0:y1, x0:x1], hole * 255, 3, cv2.INPAINT_TELEA), np.float32)
    detail = _variation(base, known, tall)
    healed = _healed(undone, edge, detail)
    broad = np.maximum(_variation(base, known, tall, _BROAD) - _EVEN, 0)
    play = (_PLAY * detail + _FREE * broad)[..., None]
    out = plain + np.clip(healed - plain, -play, play)
    patch = np.clip(np.rint(out), 0, 255).astype(np.uint8)
    return Restored(window, patch, hole > 0, blend.share)


def _healed(undone: Float, edge: NDArray[np.uint8], detail: Float) -> Float:
    """What was undone, filled along the letters' edges; beside these as far as the ground's detail does not tell.

    JPEG leaves halos beside an edge, which stay when the text is gone: letters in outline. They are no larger than the
    detail of fur or brick, where filling would cost more than it mends, and the only thing to see on a clear sky.
    """
    seen = np.clip(np.rint(undone), 0, 255).astype(np.uint8)
    narrow, broad = (
        np.asarray(cv2.inpaint(seen, hole * 255, 2, cv2.INPAINT_TELEA), np.float32)
        for hole in (edge, cv2.dilate(edge, _HALO))
    )
    play = (_PLAY_BESIDE * detail)[..., None]
    return np.asarray(broad + np.clip(narrow - broad, -play, play), np.float32)


def _unlikely(undone: Float, base: Float, known: NDArray[Any], tall: float) -> NDArray[np.uint8]:
    """Undone pixels darker or lighter than anything around: there was no ink, or less; they are filled instead."""
    size = 2 * max(3, round(0.35 * tall)) + 1
    brush = np.ones((size, size), np.uint8)
    grey, light = undone.mean(axis=2), cv2.blur(base.mean(axis=2), (3, 3))
    low = cv2.erode(np.where(known, light, 255).astype(np.float32), brush)
    high = cv2.dilate(np.where(known, light, 0).astype(np.float32), brush)
    return np.asarray(((grey < low - _BEYOND) | (grey > high + _BEYOND)) & (low <= high) & ~known, np.uint8)


def _variation(base: Float, known: NDArray[Any], tall: float, scale: float = 1.0) -> Float:
    """How far the ground's detail goes, in grey levels, per pixel, from the known pixels around.

    ``scale`` 1 sees fine detail only, more also what is coarser: the rim of a cup behind the letters.
    """
    weight = known.astype(np.float32)
    grey = base.mean(axis=2)
    fine = max(1.5, 0.12 * scale * tall)
    smooth = cv2.GaussianBlur(grey * weight, (0, 0), fine) / (cv2.GaussianBlur(weight, (0, 0), fine) + 1e-3)
    size = 2 * max(3, round(0.3 * min(scale, 2.0) * tall)) + 1
    spread = cv2.boxFilter(((grey - smooth) ** 2) * weight, -1, (size, size))
    total = cv2.boxFilter(weight, -1, (size, size))
    return np.asarray(np.sqrt(np.maximum(spread, 0) / np.maximum(total, 1e-3)), np.float32)


def mixing(
    picture: Picture, cover: Ink, sign: float, fit: float, tall: float, known: tuple[float, Float] | None = None
) -> Blend | None:
    """Opacity and ink colour, and the coverage corrected by what the picture shows.

    Args:
        picture: the view.
        cover: where the text's drawing lies on it, 0..1.
        sign: 1 for ink lighter than the ground, -1 for darker.
        fit: how well the drawing agrees, handed through.
        tall: height of the line in view pixels.
        known: opacity and ink, where another copy of the same text told them.
    """
    view = picture.astype(np.float32)
    band_size = 2 * max(2, round(_BAND * tall)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (band_size, band_size))
    band = cv2.dilate((cover > 0.3).astype(np.uint8), brush)
    ground = np.asarray(cv2.inpaint(view.astype(np.uint8), band * 255, 4, cv2.INPAINT_TELEA), np.float32)
    label = (cover > 0.5).astype(np.float32)
    trust = _PRIOR + _TEXTURE * _variation(view, band == 0, tall) ** 2
    share, ink = known or (0.0, np.full(3, 255.0 if sign > 0 else 0.0, np.float32))
    for _ in range(_ROUNDS):
        if known is None:
            measured = _regress(view, label * (cover > 0.5), cover, tall, sign)
            if measured is None and share == 0:
                return None
            share, ink = measured or (share, ink)
        undone = np.asarray((view - share * ink) / (1 - share), np.float32)
        label = _labels(view, (1 - share) * ground + share * ink, ground, band, cover, trust)
        if label.sum() < 20:
            return None
        band = band | cv2.dilate(label.astype(np.uint8), _RING)
        ground = _ground(view, undone, label, band)
    return Blend(np.asarray(cv2.GaussianBlur(label, (0, 0), 0.6), np.float32), cover, ink, share, fit)


def _regress(view: Float, label: Float, cover: Ink, tall: float, sign: float) -> tuple[float, Float] | None:
    """``inside = (1 - a) * outside + a * ink`` over places where both sides of an edge are near."""
    size = 2 * max(2, round(0.09 * tall)) + 1
    solid = (label > 0.5).astype(np.uint8)
    core = _core(solid)
    apart = cv2.dilate(solid | (cover > 0.3).astype(np.uint8), np.ones((3, 3), np.uint8))
    inside, some_in = _mean(view, core, size)
    outside, some_out = _mean(view, (1 - apart).astype(np.float32), size)
    both = (some_in > 0.06) & (some_out > 0.06)
    if both.sum() < 60:
        return None
    x, y = outside[both].reshape(-1), inside[both].reshape(-1)
    pure = 255.0 if sign > 0 else 0.0
    share, wrong = _share_of(x, y, pure)
    ink = pure
    slope, offset = _line_fit(x, y)
    free = 1 - slope
    if _FAINTEST < free < _OPAQUE and 0 <= offset / free <= 255:
        better = float(np.median(np.abs(y - slope * x - offset)))
        if better < _FREER * wrong and abs(free - share) < 0.2:
            share, ink = free, offset / free
    if not _FAINTEST < share < _OPAQUE:
        return None
    return share, np.full(3, ink, np.float32)


def _core(solid: NDArray[np.uint8]) -> Float:
    """Pixels that are wholly ink: off every edge where strokes are wide enough, else off two sides."""
    inner = cv2.erode(solid, np.ones((3, 3), np.uint8))
    if inner.sum() < 0.15 * solid.sum():
        inner = cv2.erode(solid, np.ones((2, 2), np.uint8))
    return np.asarray(inner, np.float32)


def _share_of(x: NDArray[Any], y: NDArray[Any], ink: float) -> tuple[float, float]:
    """The opacity of an ink of known colour by least squares (contrasty places count more), and the median miss."""
    keep = np.ones(len(x), bool)
    share = 0.0
    wrong = np.abs(y - x)
    for _ in range(4):
        towards = ink - x[keep]
        share = float((towards * (y[keep] - x[keep])).sum() / max(float((towards**2).sum()), 1.0))
        wrong = np.abs(y - x - share * (ink - x))
        keep = wrong <= np.quantile(wrong, 0.67)
    return share, float(np.median(wrong))


def _line_fit(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    """A straight line by least squares, the worst third of the points dropped three times."""
    keep = np.ones(len(x), bool)
    slope, offset = 1.0, 0.0
    for _ in range(3):
        slope, offset = np.polyfit(x[keep], y[keep], 1)
        wrong = np.abs(y - slope * x - offset)
        keep = wrong <= np.quantile(wrong, 0.67)
    return float(slope), float(offset)


def _mean(values: Float, weight: Float, size: int) -> tuple[Float, Float]:
    total = cv2.boxFilter(weight, -1, (size, size))
    mean = cv2.boxFilter(values * weight[..., None], -1, (size, size)) / np.maximum(total, 1e-4)[..., None]
    return np.asarray(mean, np.float32), np.asarray(total, np.float32)


def _labels(view: Float, mixed: Float, ground: Float, band: NDArray[Any], cover: Ink, trust: Float) -> Float:
    """Ink or not, per pixel of the band: whether the ground with ink on it or without is nearer to what is seen."""
    as_ink = cv2.boxFilter(((view - mixed) ** 2).sum(axis=2), -1, (3, 3))
    as_ground = cv2.boxFilter(((view - ground) ** 2).sum(axis=2), -1, (3, 3))
    prior = trust * (cv2.GaussianBlur(cover, (0, 0), 1.2) - 0.5)
    return np.asarray((as_ink < as_ground + prior) & (band > 0), np.float32)


def _ground(view: Float, undone: Float, label: Float, band: NDArray[Any]) -> Float:
    """The ground as now believed: undone inside, as seen outside, filled along the letters' edges."""
    solid = (label > 0.5).astype(np.uint8)
    mixed = np.where(solid[..., None] > 0, undone, view)
    edge = cv2.dilate(solid, np.ones((3, 3), np.uint8)) - cv2.erode(solid, np.ones((3, 3), np.uint8))
    filled = cv2.inpaint(np.clip(mixed, 0, 255).astype(np.uint8), edge * 255, 3, cv2.INPAINT_TELEA)
    smooth = np.asarray(cv2.GaussianBlur(filled.astype(np.float32), (0, 0), 1.5), np.float32)
    smooth[band == 0] = view[band == 0]
    return smooth
