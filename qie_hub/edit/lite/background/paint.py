"""What a subject is put on: one colour, a gradient, its own background blurred, another picture, or nothing.

Invariants: grounds are made strip by strip, so a picture of any size needs one copy; only pixels that are not wholly
subject change.

Example::

    onto(canvas, matte, Plain((255, 255, 255)))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.background.matte import Matte
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.colour import RGB
from qie_hub.ports import Picture

Floats = NDArray[np.float32]

_WHOLE: Final = 0.985
"""Share of the subject from which a pixel is wholly subject and stays as it is."""
_BLUR: Final = (0.007, 0.014, 0.026)
"""Blur by strength, as a share of the longer side: a portrait lens a little, half and fully open."""
_BLURRED_AT: Final = 512
"""Longer side at which a blur is made: it holds no finer detail."""
_FINE: Final = 6.0
"""Sigma in pixels up to which a blur is made as it is."""


class Ground(Protocol):
    """Gives the rows of a background, Nx W x3 in 0..255."""

    def rows(self, top: int, bottom: int, size: tuple[int, int]) -> Floats:
        """Rows ``top`` to ``bottom`` of a background of width and height ``size``."""


@dataclass(frozen=True, slots=True)
class Plain:
    """One colour."""

    colour: RGB

    def rows(self, top: int, bottom: int, size: tuple[int, int]) -> Floats:
        """See `Ground`."""
        return np.broadcast_to(np.array(self.colour, np.float32), (bottom - top, size[0], 3))


@dataclass(frozen=True, slots=True)
class Gradient:
    """From one colour to another: ``down``, ``right`` or ``radial`` (from the middle outwards)."""

    colour: RGB
    to_colour: RGB
    direction: str = "down"

    def rows(self, top: int, bottom: int, size: tuple[int, int]) -> Floats:
        """See `Ground`. Dithered by less than a grey level, so that no bands show."""
        y = (np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5) / size[1]
        x = (np.arange(size[0], dtype=np.float32)[None] + 0.5) / size[0]
        if self.direction == "right":
            share = np.broadcast_to(x, (bottom - top, size[0]))
        elif self.direction == "radial":
            share = np.clip(np.hypot((x - 0.5) * 2, (y - 0.5) * 2) / np.sqrt(2), 0, 1)
        else:
            share = np.broadcast_to(y, (bottom - top, size[0]))
        first, last = np.array(self.colour, np.float32), np.array(self.to_colour, np.float32)
        noise = np.random.default_rng(top).uniform(-0.5, 0.5, share.shape).astype(np.float32)
        return np.asarray(first + (last - first) * share[..., None] + noise[..., None], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A small picture, enlarged smoothly: another picture cut to cover, or a blurred background."""

    picture: Picture

    def rows(self, top: int, bottom: int, size: tuple[int, int]) -> Floats:
        """See `Ground`."""
        across, down = self.picture.shape[1] / size[0], self.picture.shape[0] / size[1]
        matrix = np.array([[across, 0, across / 2 - 0.5], [0, down, (top + 0.5) * down - 0.5]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        strip = cv2.warpAffine(
            self.picture, matrix, (size[0], bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(strip, np.float32)


def onto(canvas: Canvas, matte: Matte, ground: Ground) -> None:
    """Put the canvas's subject on a ground."""
    for top, bottom, alpha, colours in matte.strips(canvas.picture):
        share = alpha[..., None]
        below = ground.rows(top, bottom, canvas.size)
        patch = np.clip(colours * share + below * (1 - share) + 0.5, 0, 255).astype(np.uint8)
        canvas.put((0, top, canvas.size[0], bottom), patch, alpha < _WHOLE)


def away(canvas: Canvas, matte: Matte) -> None:
    """Make everything but the subject transparent; what cannot be seen any more is white, so nothing is handed on."""
    new = np.empty(canvas.picture.shape[:2], np.uint8)
    for top, bottom, alpha, colours in matte.strips(canvas.picture):
        gone = alpha < 0.004
        patch = np.where(gone[..., None], 255, np.clip(colours + 0.5, 0, 255)).astype(np.uint8)
        canvas.put((0, top, canvas.size[0], bottom), patch, alpha < _WHOLE)
        new[top:bottom] = np.where(alpha >= _WHOLE, 255, np.rint(alpha * 255))
    canvas.alpha = new


def blurred(picture: Picture, matte: Matte, strength: int) -> Scaled:
    """The background out of focus: the subject's colours do not bleed into it."""
    scale = min(1.0, _BLURRED_AT / max(picture.shape[:2]))
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    inside = cv2.resize(matte.inside, size, interpolation=cv2.INTER_AREA)
    open_ = cv2.resize(matte.open, size, interpolation=cv2.INTER_AREA)
    weight = ((inside < 0.1) & (open_ < 0.5)).astype(np.float32)
    sigma = max(0.8, _BLUR[min(max(strength, 1), 3) - 1] * max(size))
    total, count = np.zeros_like(small), np.zeros_like(weight)
    for wide, trust in ((sigma, 1.0), (4 * sigma, 1e-3), (16 * sigma, 1e-6)):
        total += trust * _blurred(small * weight[..., None], wide)
        count += trust * _blurred(weight, wide)
    out = total / np.maximum(count, 1e-12)[..., None]
    return Scaled(np.clip(out + 0.5, 0, 255).astype(np.uint8))


def _blurred(values: Floats, sigma: float) -> Floats:
    """A Gaussian blur; a wide one is made at a smaller size, where it looks the same and costs nothing."""
    halves = max(0, int(np.log2(sigma / _FINE)))
    height, width = values.shape[:2]
    size = (max(4, width >> halves), max(4, height >> halves))
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA) if halves else values
    blurred = cv2.GaussianBlur(small, (0, 0), sigma * size[0] / width, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def cover(other: Picture, size: tuple[int, int]) -> Scaled:
    """Another picture cut to the proportions of ``size``, its middle kept, on white where it is transparent.

    Args:
        other: HxWx4 RGBA.
        size: width and height to be covered.
    """
    height, width = other.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    wide, tall = max(1, min(width, round(size[0] / scale))), max(1, min(height, round(size[1] / scale)))
    left, top = (width - wide) // 2, (height - tall) // 2
    part = other[top : top + tall, left : left + wide]
    if scale < 1:
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    if bool((part[:, :, 3] == 255).all()):
        return Scaled(np.ascontiguousarray(part[:, :, :3]))
    share = part[:, :, 3:].astype(np.uint16)
    flat = (part[:, :, :3] * share + 255 * (255 - share) + 127) // 255
    return Scaled(np.ascontiguousarray(flat.astype(np.uint8)))
