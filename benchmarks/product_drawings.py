"""Products drawn at four times their size: shading, highlights, labels, holes and thin parts, with exact alpha."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Rgba = NDArray[np.float32]
_OVER: Final = 4


def bottle() -> Rgba:
    """A green bottle with a white label and a thin highlight."""
    sheet = _Sheet(220, 520)
    outline = [
        (80, 10),
        (140, 10),
        (140, 110),
        (190, 190),
        (200, 500),
        (180, 515),
        (40, 515),
        (20, 500),
        (30, 190),
        (80, 110),
    ]
    sheet.polygon(outline, (40, 96, 62), round_=10)
    sheet.shade(across=0.55)
    sheet.inside([(26, 260), (194, 260), (198, 420), (22, 420)], (240, 236, 224))
    sheet.text("OLIVA", (52, 350), 1.25, (60, 70, 50))
    sheet.inside([(48, 200), (58, 196), (50, 250), (42, 250)], (205, 235, 215))
    return sheet.done()


def box() -> Rgba:
    """A cardboard box in perspective, three faces."""
    sheet = _Sheet(420, 360)
    sheet.polygon([(20, 110), (220, 30), (400, 90), (400, 280), (200, 350), (20, 270)], (188, 142, 92))
    sheet.inside([(20, 110), (220, 30), (400, 90), (200, 168)], (216, 174, 122))
    sheet.inside([(200, 168), (400, 90), (400, 280), (200, 350)], (158, 114, 70))
    sheet.inside([(104, 76), (126, 68), (312, 120), (290, 130)], (232, 214, 180))
    sheet.text("FRAGILE", (48, 220), 0.9, (90, 50, 30))
    return sheet.done()


def mug() -> Rgba:
    """A red mug whose handle has a hole."""
    sheet = _Sheet(400, 330)
    sheet.ring((300, 165), (84, 96), 26, (176, 34, 40))
    sheet.polygon([(30, 30), (290, 30), (270, 310), (50, 310)], (196, 40, 46), round_=16)
    sheet.shade(across=0.4)
    sheet.ellipse((160, 36), (128, 24), (236, 228, 220))
    sheet.ellipse((160, 40), (112, 16), (92, 52, 30))
    return sheet.done()


def shoe() -> Rgba:
    """A blue shoe with a white sole and laces."""
    sheet = _Sheet(560, 280)
    upper = [(30, 60), (130, 30), (190, 90), (330, 130), (470, 160), (530, 210), (530, 235), (30, 235)]
    sheet.polygon(upper, (44, 76, 150), round_=18)
    sheet.shade(down=0.35)
    sheet.polygon([(24, 228), (540, 224), (534, 262), (30, 266)], (238, 238, 234), round_=8)
    for x in (200, 235, 270, 305):
        sheet.line((x, 96 + (x - 200) // 3), (x - 26, 130 + (x - 200) // 3), 6, (245, 245, 245))
    sheet.inside([(60, 120), (150, 110), (240, 200), (80, 205)], (230, 180, 50))
    return sheet.done()


def ring() -> Rgba:
    """A gold ring, mostly hole, with a stone."""
    sheet = _Sheet(380, 420)
    sheet.ring((190, 250), (150, 150), 24, (206, 164, 66))
    sheet.shade(across=0.6)
    sheet.polygon([(150, 30), (230, 30), (260, 66), (190, 124), (120, 66)], (120, 190, 214))
    sheet.inside([(166, 40), (214, 40), (230, 64), (150, 64)], (206, 238, 246))
    return sheet.done()


def lamp() -> Rgba:
    """A desk lamp: a thin stem, a round foot, a shade."""
    sheet = _Sheet(360, 560)
    sheet.line((180, 150), (180, 520), 12, (48, 48, 52))
    sheet.ellipse((180, 525), (110, 24), (40, 40, 44))
    sheet.polygon([(110, 20), (250, 20), (330, 190), (30, 190)], (222, 120, 60), round_=8)
    sheet.shade(across=0.5)
    return sheet.done()


class _Sheet:
    """A transparent sheet to draw on, larger than it comes out."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._colours = np.zeros((height * _OVER, width * _OVER, 3), np.uint8)
        self._alpha = np.zeros((height * _OVER, width * _OVER), np.uint8)

    def polygon(self, points: Any, colour: tuple[int, int, int], round_: int = 0) -> None:
        """A filled polygon with rounded corners."""
        area = np.zeros_like(self._alpha)
        cv2.fillPoly(area, [np.array(points, np.int32) * _OVER], 255)
        if round_:
            brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round_ * _OVER + 1,) * 2)
            area = np.asarray(cv2.morphologyEx(area, cv2.MORPH_OPEN, brush), np.uint8)
        self._paint(area, colour)

    def ring(self, centre: tuple[int, int], axes: tuple[int, int], wide: int, colour: tuple[int, int, int]) -> None:
        """An ellipse's line."""
        area = np.zeros_like(self._alpha)
        middle, size = (centre[0] * _OVER, centre[1] * _OVER), (axes[0] * _OVER, axes[1] * _OVER)
        cv2.ellipse(area, middle, size, 0, 0, 360, 255, wide * _OVER)
        self._paint(area, colour)

    def ellipse(self, centre: tuple[int, int], axes: tuple[int, int], colour: tuple[int, int, int]) -> None:
        """A filled ellipse."""
        area = np.zeros_like(self._alpha)
        middle, size = (centre[0] * _OVER, centre[1] * _OVER), (axes[0] * _OVER, axes[1] * _OVER)
        cv2.ellipse(area, middle, size, 0, 0, 360, 255, cv2.FILLED)
        self._paint(area, colour)

    def line(self, one: tuple[int, int], other: tuple[int, int], wide: int, colour: tuple[int, int, int]) -> None:
        """A thick line."""
        area = np.zeros_like(self._alpha)
        ends = [(point[0] * _OVER, point[1] * _OVER) for point in (one, other)]
        cv2.line(area, ends[0], ends[1], 255, wide * _OVER)
        self._paint(area, colour)

    def inside(self, points: Any, colour: tuple[int, int, int]) -> None:
        """A polygon, only where something is drawn already."""
        area = np.zeros_like(self._alpha)
        cv2.fillPoly(area, [np.array(points, np.int32) * _OVER], 255)
        self._colours[(area > 0) & (self._alpha > 0)] = colour

    def text(self, words: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
        """Words, only where something is drawn already."""
        area = np.zeros_like(self._alpha)
        start = (at[0] * _OVER, at[1] * _OVER)
        cv2.putText(area, words, start, cv2.FONT_HERSHEY_DUPLEX, size * _OVER, 255, 2 * _OVER)
        self._colours[(area > 0) & (self._alpha > 0)] = colour

    def shade(self, across: float = 0.0, down: float = 0.0) -> None:
        """Light from the left, or from above, over all that is drawn, with grain."""
        height, width = self._alpha.shape
        x = np.linspace(-1, 1, width, dtype=np.float32)[None]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        light = 1 + across * (0.35 - np.abs(x + 0.3)) - down * y * 0.6
        self._colours = np.clip(self._colours * light[..., None], 0, 255).astype(np.uint8)

    def done(self) -> Rgba:
        """The drawing at its size: HxWx4, colours 0..255, alpha 0..1."""
        share = (self._alpha / np.float32(255))[..., None]
        small = cv2.resize(self._colours * share, self._size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(self._alpha / np.float32(255), self._size, interpolation=cv2.INTER_AREA)
        grain = np.random.default_rng(3).normal(0, 1.5, small.shape)
        colours = small / np.maximum(alpha, 0.02)[..., None] + grain
        return np.dstack([np.clip(colours, 0, 255), alpha]).astype(np.float32)

    def _paint(self, area: NDArray[np.uint8], colour: tuple[int, int, int]) -> None:
        self._colours[area > 0] = colour
        self._alpha = np.maximum(self._alpha, area)


DRAWINGS: Final[Mapping[str, Callable[[], Rgba]]] = {
    "bottle": bottle, "box": box, "mug": mug, "shoe": shoe, "ring": ring, "lamp": lamp,
}  # fmt: skip
