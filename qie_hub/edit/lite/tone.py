"""Light, warmth, contrast, colour, sharpness and a few named moods.

Invariants: black stays black and white stays white under brightness and contrast; nothing clips that was not clipped;
amounts are percent, -100..100; rows are done in bands, so memory does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.ports import Picture

_BAND: Final = 256
_ROOTS: Final = 4096
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """Amounts in percent, -100..100; ``fade`` lifts blacks, ``vignette`` darkens corners, ``grey`` drops colour."""

    brightness: float = 0
    contrast: float = 0
    warmth: float = 0
    saturation: float = 0
    fade: float = 0
    vignette: float = 0
    grey: float = 0


MOODS: Final[Mapping[str, Look]] = {
    "black_white": Look(contrast=22, grey=100),
    "vintage": Look(contrast=-8, warmth=30, saturation=-20, fade=18, vignette=16),
    "fresh": Look(brightness=26, contrast=-8, warmth=-12, saturation=8, fade=6),
}
"""Chosen by eye on ten photographs; nothing here pretends to be paint or film grain."""


def adjust(canvas: Canvas, slots: Mapping[str, Any], check: Callable[[], None]) -> dict[str, object]:
    """Apply the amounts of a sentence. Everything counts as changed."""
    picture = canvas.picture
    mood = slots.get("mood")
    if mood == "auto":
        picture = _automatic(picture)
    look = _combined(MOODS.get(str(mood), Look()), slots)
    if look != Look():
        picture = _graded(picture, look, check)
    if slots.get("denoise"):
        picture = _denoised(picture, float(slots["denoise"]))
    if slots.get("sharpness"):
        picture = _sharpened(picture, float(slots["sharpness"]))
    canvas.replace_all(picture)
    return {"tone": {key: value for key, value in slots.items() if value is not None}}


def _combined(base: Look, slots: Mapping[str, Any]) -> Look:
    given = {name: float(slots.get(name) or 0) for name in ("brightness", "contrast", "warmth", "saturation")}
    return Look(
        brightness=base.brightness + given["brightness"], contrast=base.contrast + given["contrast"],
        warmth=base.warmth + given["warmth"], saturation=base.saturation + given["saturation"],
        fade=base.fade, vignette=base.vignette, grey=base.grey,
    )  # fmt: skip


def _graded(picture: Picture, look: Look, check: Callable[[], None]) -> Picture:
    out = np.empty_like(picture)
    tables = _tables(look)
    height, width = picture.shape[:2]
    fall = None if look.vignette == 0 else (np.linspace(-1, 1, width, dtype=np.float32) ** 2)
    for top in range(0, height, _BAND):
        check()
        band = _coloured(_bent(picture[top : top + _BAND], tables), look)
        if fall is not None:
            rows = (np.arange(top, top + len(band), dtype=np.float32) / max(height - 1, 1) * 2 - 1) ** 2
            far = np.clip((rows[:, None] + fall[None]) / 2, 0, 1) ** 1.5
            band *= (1 - look.vignette / 100 * far)[..., None]
        out[top : top + _BAND] = np.clip(np.rint(band * 255), 0, 255).astype(np.uint8)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """Curve and warmth as tables: of the 256 values of a channel; and, with warmth, of square roots of linear light."""

    curve: Float
    gains: Float | None
    linear: Float
    back: Float


def _tables(look: Look) -> _Tables:
    curve, gains = _curve(look), _gains(look.warmth)
    spread = np.linspace(0, 1, len(curve))
    values = np.arange(256) / 255
    root = np.linspace(0, 1, _ROOTS) ** 2
    return _Tables(
        np.interp(values, spread, curve).astype(np.float32), None if np.allclose(gains, 1) else gains,
        (values**2.2).astype(np.float32), np.interp(root ** (1 / 2.2), spread, curve).astype(np.float32),
    )  # fmt: skip


def _bent(band: Picture, tables: _Tables) -> Float:
    """Warmth in linear light, then the curve; 0..1."""
    if tables.gains is None:
        return np.asarray(cv2.LUT(np.ascontiguousarray(band), tables.curve), np.float32)
    linear = cv2.LUT(np.ascontiguousarray(band), tables.linear) * tables.gains
    over = np.maximum(linear.max(axis=2, keepdims=True), 1.0)
    # A channel beyond white would shift the hue: the pixel is dimmed to white's edge and mixed towards its own grey.
    places = cv2.sqrt(np.ascontiguousarray(linear / over, np.float32)) * (_ROOTS - 1)
    return np.asarray(tables.back[np.minimum(places, _ROOTS - 1).astype(np.int32)], np.float32)


def _curve(look: Look) -> NDArray[np.float64]:
    """Brightness as a bend that leaves both ends, contrast as a smooth S around the middle, fade as lifted blacks."""
    x = np.linspace(0, 1, 1024)
    y = x ** (2.0 ** (-look.brightness / 62))
    if look.brightness > 0:
        # A gamma alone lifts the deepest shadows most and the picture turns milky; a shoulder lifts them least.
        shoulder = 1 - (1 - x) ** (np.log(1 - 0.5 ** (2.0 ** (-look.brightness / 62))) / np.log(0.5))
        y = 0.25 * y + 0.75 * shoulder
    bend = look.contrast / 100
    if bend > 0:
        smooth = y * y * (3 - 2 * y)
        y = y + (smooth - y) * min(1.0, 1.6 * bend)
    elif bend < 0:
        y = y + (0.5 + (y - 0.5) * 0.6 - y) * min(1.0, -1.2 * bend) * (4 * y * (1 - y))
    return np.asarray(y + look.fade / 100 * 0.32 * (1 - y) ** 2, np.float64)


def _gains(warmth: float) -> Float:
    """Channel gains in linear light of a move along the daylight line; their luminance is one."""
    t = warmth / 100
    gains = np.array([2.0 ** (0.42 * t), 2.0 ** (0.02 * t), 2.0 ** (-0.62 * t)], np.float32)
    return np.asarray(gains / float(gains @ _LUMA), np.float32)


def _coloured(band: Float, look: Look) -> Float:
    """Saturation around luma; what is already vivid moves less, so that skin and reds do not burn."""
    factor = (1 + look.saturation / 100 * 1.3 + max(look.brightness, 0) / 100 * 0.28) * (1 - look.grey / 100)
    if abs(factor - 1) < 1e-3:
        return band
    luma = (band @ _LUMA)[..., None]
    if factor > 1:
        vivid = band.max(axis=2, keepdims=True) - band.min(axis=2, keepdims=True)
        return np.asarray(luma + (band - luma) * (1 + (factor - 1) * (1 - 0.6 * vivid)), np.float32)
    return np.asarray(luma + (band - luma) * factor, np.float32)


def _automatic(picture: Picture) -> Picture:
    """Stretch the lightness to its own ends and take most of a slight colour cast away."""
    step = max(1, int((picture.shape[0] * picture.shape[1] / 400_000) ** 0.5))
    sample = picture[::step, ::step].astype(np.float32)
    light = sample @ _LUMA
    low, high = np.quantile(light, (0.004, 0.996))
    low, high = min(float(low), 60.0), max(float(high), 190.0)
    gain = _neutral_gain(sample, light)
    levels = np.arange(256, dtype=np.float32)[:, None] * gain[None]
    table = np.clip((levels - low) / max(high - low, 1) * 255, 0, 255)
    middle = float(np.quantile(light, 0.5))
    gamma = float(np.clip(np.log(0.46) / np.log(np.clip((middle - low) / max(high - low, 1), 0.05, 0.95)), 0.75, 1.2))
    table = np.rint(255 * (table / 255) ** gamma).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)


def _neutral_gain(sample: Float, light: Float) -> Float:
    """Channel gains that make what is nearly grey grey; a picture without such pixels keeps its colours."""
    chroma = sample.max(axis=2) - sample.min(axis=2)
    grey = sample[(light > 90) & (light < 245) & (chroma < 0.22 * light)]
    if len(grey) < 0.02 * light.size:
        return np.ones(3, np.float32)
    cast = np.median(grey, axis=0)
    return np.asarray(np.clip((float(cast.mean()) / np.maximum(cast, 1)) ** 0.7, 0.92, 1.08), np.float32)


def _denoised(picture: Picture, amount: float) -> Picture:
    """Non-local means up to two megapixels; beyond, noise is finer than what is looked at, and a bilateral will do."""
    strength = 3 + 6 * amount / 50
    if picture.shape[0] * picture.shape[1] <= 2_000_000:
        done = cv2.fastNlMeansDenoisingColored(picture, None, strength * 0.8, strength, 5, 15)
    else:
        done = cv2.bilateralFilter(picture, 5, 5 * strength, 3)
    return np.asarray(done, np.uint8)


def _sharpened(picture: Picture, amount: float) -> Picture:
    """Unsharp mask on all channels alike, in bands; a small threshold keeps noise as it is."""
    gain, reach = 1.8 * amount / 50, 8
    out = np.empty_like(picture)
    for top in range(0, picture.shape[0], _BAND):
        low, high = max(0, top - reach), min(picture.shape[0], top + _BAND + reach)
        part = np.ascontiguousarray(picture[low:high])
        soft = cv2.GaussianBlur(part, (0, 0), 1.4)
        keen = cv2.addWeighted(part, 1 + gain, soft, -gain, 0)
        quiet = cv2.absdiff(part, soft).max(axis=2) < 3
        keen[quiet] = part[quiet]
        out[top : top + _BAND] = keen[top - low : top - low + _BAND]
    return out
