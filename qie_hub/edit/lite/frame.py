"""A line of text laid flat: the upright, evenly scaled view of a tilted line, and the way back.

Invariants: a frame is a similarity (turn, scale, shift), so nothing is stretched; ``height`` frame pixels are the
line's height; the line's own box begins at (``margin_x``, ``margin_y``) inside the view.

Example::

    frame = Frame.around(line.polygon)
    view = frame.view(picture)                     # upright crop
    where = frame.to_picture(mask, picture.shape)  # the mask back in the picture, with its window
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]
Window: TypeAlias = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the picture, half-open."""

HEIGHT: Final = 72
"""Frame pixels per line height: enough for stroke widths to a tenth of a stroke, small enough to be quick."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The view of one line. ``matrix`` is 2x3 and maps picture to frame."""

    matrix: Matrix
    width: int
    height: int
    margin_x: int
    margin_y: int
    scale: float

    @classmethod
    def around(
        cls, polygon: NDArray[Any], *, margin_x: float = 0.5, margin_y: float = 0.35, height: int = HEIGHT
    ) -> Frame:
        """Lay a quadrilateral flat, with margins in line heights on each side.

        Args:
            polygon: 4x2, clockwise from the corner where reading starts.
            margin_x: margin left and right, in line heights.
            margin_y: margin above and below, in line heights.
            height: frame pixels of the line's own height.
        """
        corners = np.asarray(polygon, np.float64)
        along = (corners[1] - corners[0]) + (corners[2] - corners[3])
        length = float(np.linalg.norm(along)) / 2
        unit = along / max(2 * length, 1e-6)
        normal = np.array([-unit[1], unit[0]])
        tall = max(float((corners[3] + corners[2] - corners[0] - corners[1]) @ normal) / 2, 1.0)
        scale = height / tall
        left, top = round(margin_x * height), round(margin_y * height)
        centre = corners.mean(axis=0)
        origin = centre - unit * length / 2 - normal * tall / 2
        turn = np.stack([unit, normal]) * scale
        shift = -turn @ origin + np.array([left, top])
        wide = max(round(length * scale), 1)
        return cls(np.column_stack([turn, shift]), wide + 2 * left, height + 2 * top, left, top, scale)

    @property
    def box(self) -> Window:
        """The line's own box inside the view."""
        return self.margin_x, self.margin_y, self.width - self.margin_x, self.height - self.margin_y

    @property
    def back(self) -> Matrix:
        """2x3, frame to picture."""
        return np.asarray(cv2.invertAffineTransform(self.matrix), np.float64)

    def view(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The upright crop. A large line is reduced with care: the picture's window is shrunk first."""
        matrix = self.matrix
        if self.scale < 0.5:
            x0, y0, x1, y1 = self.window(picture.shape)
            factor = 2 * self.scale
            window = picture[y0:y1, x0:x1]
            size = (max(1, round((x1 - x0) * factor)), max(1, round((y1 - y0) * factor)))
            picture = np.asarray(cv2.resize(window, size, interpolation=cv2.INTER_AREA), np.uint8)
            grow = np.array([[(x1 - x0) / size[0], 0, x0], [0, (y1 - y0) / size[1], y0]])
            matrix = compose(self.matrix, grow)
        flags = cv2.INTER_CUBIC if self.scale > 1 else cv2.INTER_LINEAR
        out = cv2.warpAffine(picture, matrix, (self.width, self.height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.uint8)

    def window(self, shape: tuple[int, ...], box: tuple[float, float, float, float] | None = None) -> Window:
        """The picture's window around the view (or a box of it), cut at the picture's edge."""
        x0, y0, x1, y1 = box or (0, 0, self.width, self.height)
        corners = self.points(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64))
        low = np.floor(corners.min(axis=0)).astype(int) - 1
        high = np.ceil(corners.max(axis=0)).astype(int) + 2
        return (
            int(np.clip(low[0], 0, shape[1])), int(np.clip(low[1], 0, shape[0])),
            int(np.clip(high[0], 0, shape[1])), int(np.clip(high[1], 0, shape[0])),
        )  # fmt: skip

    def points(self, places: Matrix) -> Matrix:
        """Frame coordinates to picture coordinates."""
        back = self.back
        return np.asarray(places @ back[:, :2].T + back[:, 2], np.float64)

    def to_picture(
        self, layer: NDArray[Any], shape: tuple[int, ...], *, clip: bool = True
    ) -> tuple[NDArray[Any], Window]:
        """Lay a layer of this view back; returns it on the picture's window.

        Args:
            layer: height x width (x channels), any type that OpenCV warps.
            shape: the picture's shape.
            clip: unused corners become zero.
        """
        window = self.window(shape)
        x0, y0, x1, y1 = window
        matrix = self.back.copy()
        matrix[:, 2] -= (x0, y0)
        border = cv2.BORDER_CONSTANT if clip else cv2.BORDER_REPLICATE
        out = cv2.warpAffine(
            layer, matrix, (max(x1 - x0, 1), max(y1 - y0, 1)), flags=cv2.INTER_LINEAR, borderMode=border
        )
        return np.asarray(out), window


def trimmed(layer: NDArray[Any], window: Window, floor: float) -> tuple[NDArray[Any], Window]:
    """The part of a layer that holds everything above ``floor``, with its own window."""
    rows, columns = np.flatnonzero((layer > floor).any(axis=1)), np.flatnonzero((layer > floor).any(axis=0))
    if len(rows) == 0:
        return layer[:1, :1], (window[0], window[1], window[0] + 1, window[1] + 1)
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return layer[y0:y1, x0:x1], (window[0] + x0, window[1] + y0, window[0] + x1, window[1] + y1)


def compose(second: Matrix, first: Matrix) -> Matrix:
    """The 2x3 map that does ``first`` and then ``second``."""
    both = np.vstack([second, [0, 0, 1]]) @ np.vstack([first, [0, 0, 1]])
    return np.asarray(both[:2], np.float64)
