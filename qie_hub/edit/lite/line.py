"""A place in a line of text: the line laid flat, and the columns where the wanted characters begin and end.

Recognition says where letters are to a tenth of a line height, detection where the line ends to half of one; both are
corrected by what the columns of the picture hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import letters, style
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import HEIGHT, Frame
from qie_hub.edit.ocr import TextLine
from qie_hub.ports import Picture

_ROOM: Final = 9.0
"""Line heights on each side in which growth is considered."""

_SNAP: Final = 0.2
"""How far, in line heights, a boundary between letters may be from where recognition puts it."""

_OVERHANG: Final = 0.14
"""How far, in line heights, letters may stand out of the detected quadrilateral at its ends."""

_BESIDE: Final = 0.5
"""Line heights of the picture on each side that the search for letters sees."""
DOUBTFUL: Final = 0.7
"""Fit (0..1) below which colours did not tell the ink: wrong ones measured up to 0.6, right ones from 0.85."""
_BEYOND: Final = 0.9
"""How far, in line heights, the detected quadrilateral may end before the letters do."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Characters ``start`` to ``stop`` of a recognised line, and the quadrilaterals of the other texts."""

    line: TextLine
    start: int
    stop: int
    others: tuple[NDArray[np.float32], ...] = ()

    @property
    def text(self) -> str:
        """What stands there."""
        return self.line.text[self.start : self.stop]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A line laid flat: the columns where it begins and ends, and where the wanted characters do."""

    frame: Frame
    view: NDArray[np.uint8]
    first: int
    last: int
    left: int
    right: int

    def box(self, left: int, right: int) -> tuple[int, int, int, int]:
        """The line's height between two columns, with a little slack above and below."""
        _, y0, _, y1 = self.frame.box
        slack = round(0.03 * HEIGHT)
        return left, y0 - slack, right, y1 + slack

    def style_of(
        self, left: int, right: int, text: str, book: FontBook, hint: NDArray[np.bool_] | None = None
    ) -> style.Style | None:
        """The look of the text between two columns, None where it cannot be measured."""
        if not text.strip() or right - left < 8:
            return None
        return style.measure(self.view, self.box(left, right), text, book, self.frame.scale, hint)

    def own_style(self, spot: Spot, book: FontBook) -> style.Style:
        """The look of the spot's string.

        Where colours do not tell it, because it runs over very different grounds, its letters are looked for one by
        one and tell the colour; where that fails too, the whole box counts as ink.
        """
        found = self.style_of(self.left, self.right, spot.text, book)
        if found is None or found.fit < DOUBTFUL:
            told = self.style_of(self.left, self.right, spot.text, book, self._letters(spot, book))
            if told is not None and told.fit > (found.fit if found else 0.0):
                found = told
        return found or style.plain(self.view, self.box(self.left, self.right), spot.text, book)

    def _letters(self, spot: Spot, book: FontBook) -> NDArray[np.bool_]:
        """Where the letters of the spot are found one by one, as a mask of this view."""
        line, margin = spot.line, round(_BESIDE * HEIGHT)
        start, stop = edge(line, spot.start), edge(line, spot.stop)
        centres = tuple((centre - start) / max(stop - start, 1e-6) for centre in line.centres[spot.start : spot.stop])
        x0, _, x1, _ = self.frame.box
        low, high = x0 + round((x1 - x0) * start) - margin, x0 + round((x1 - x0) * stop) + margin
        part_view = np.ascontiguousarray(self.view[:, low:high])
        frame = replace(self.frame, width=high - low, margin_x=margin)
        found = letters.find(replace(line, text=spot.text, centres=centres), frame, part_view, book)
        mask = np.zeros(self.view.shape[:2], bool)
        if found is not None:
            mask[:, low:high] = found.cover > 0.5
        return mask


def part(polygon: NDArray[np.float32], start: float, stop: float) -> NDArray[np.float32]:
    """The part of a line's quadrilateral between two shares of its length."""
    top, bottom = polygon[1] - polygon[0], polygon[2] - polygon[3]
    corners = [
        polygon[0] + top * start,
        polygon[0] + top * stop,
        polygon[3] + bottom * stop,
        polygon[3] + bottom * start,
    ]
    return np.array(corners, np.float32)


def look_at(picture: Picture, spot: Spot) -> Look:
    """Lay the line of a spot flat and find its columns."""
    frame = Frame.around(spot.line.polygon, margin_x=_ROOM)
    view = frame.view(picture)
    x0, y0, x1, y1 = frame.box
    left = x0 + round((x1 - x0) * edge(spot.line, spot.start))
    right = x0 + round((x1 - x0) * edge(spot.line, spot.stop))
    busy = _activity(view[y0:y1])
    first, last = _ends(busy, x0, x1)
    if spot.start == 0:
        left = first
    if spot.stop == len(spot.line.text):
        right = last
    if spot.start > 0:
        left = _snap(busy, left)
    if spot.stop < len(spot.line.text):
        right = _snap(busy, right)
    return Look(frame, view, first, last, left, max(right, left + 4))


def edge(line: TextLine, index: int) -> float:
    """Where along a line (0..1) the gap before character ``index`` lies."""
    if index <= 0:
        return 0.0
    if index >= len(line.text):
        return 1.0
    return (line.centres[index - 1] + line.centres[index]) / 2


def _activity(band: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much each column of a band holds: gaps between letters are quiet."""
    grey = cv2.cvtColor(band, cv2.COLOR_RGB2GRAY).astype(np.float32)
    change = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    return np.asarray(cv2.GaussianBlur(change.mean(axis=0)[None], (0, 0), 1.2)[0], np.float32)


def _ends(busy: NDArray[np.float32], first: int, last: int) -> tuple[int, int]:
    """The line's ends: a little outside the detected box, and further while letters go on without a gap.

    Only ground that is quiet between letters can tell; on texture the little margin stands.
    """
    margin, reach, gap = round(_OVERHANG * HEIGHT), round(_BEYOND * HEIGHT), round(0.16 * HEIGHT)
    inside = busy[first:last]
    quiet = float(np.quantile(inside, 0.04)) + 0.12 * float(inside.mean())
    if quiet > 0.4 * float(inside.mean()):
        return first - margin, last + margin

    def walk(columns: NDArray[np.float32]) -> int:
        still = 0
        for step, value in enumerate(columns):
            still = still + 1 if value < quiet else 0
            if still >= gap:
                return step - gap
        return 0

    left, right = walk(busy[first - reach : first][::-1]), walk(busy[last : last + reach])
    return first - max(margin, left + margin // 2), last + max(margin, right + margin // 2)


def _snap(busy: NDArray[np.float32], column: int) -> int:
    """Move a boundary to the quietest column nearby; recognition says where letters are to a tenth of a height."""
    reach = round(_SNAP * HEIGHT)
    low, high = max(0, column - reach), min(len(busy), column + reach + 1)
    window = busy[low:high]
    far = np.abs(np.arange(low, high) - column) / reach
    return low + int(np.argmin(window + 0.35 * float(window.max(initial=0.0)) * far**2))
