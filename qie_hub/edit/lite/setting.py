"""Where a new string goes in its line, and what of the line makes room. Pure.

A string that stands on a plate keeps its place on the plate; a free one keeps what it shares with the lines above and
below it, or its outer side. What follows it in its line moves along; where there is no room, all gets smaller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from qie_hub.edit.lite import plate, style
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import HEIGHT
from qie_hub.edit.lite.layout import SQUEEZE, Arrangement, anchor_of, arrange
from qie_hub.edit.lite.line import Look, Spot

_ALIGNED: Final = 0.3
"""Line heights within which two lines begin, end or are centred at the same place."""
_OUTER: Final = 0.38
"""Share of the picture at each side in which a free string keeps its outer end and grows inwards."""
_SQUARE: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the new string goes, and where the neighbours go: scale, shift along the line, and the fixed row."""

    spot: Arrangement
    moves: tuple[tuple[float, float, float], ...]


def set_line(
    look: Look, old: style.Style, width: float, room: plate.Room, line: tuple[list[style.Style], str]
) -> Setting:
    """Arrange the whole line: the string, and what stands before and after it, all smaller if there is no room.

    ``line`` is its other pieces, and what of it stays in place where there is no plate.
    """
    pieces, free = line
    per = float(old.place[0, 0])
    own = _ends_of(old)
    if not pieces and _in_company(look):
        inner = (max(room.low, look.left + 1.0), min(room.high, look.right - 1.0))
        arrangement = arrange(own, width * per, inner if inner[1] > inner[0] else own, "centre")
        return Setting(_in_drawing(arrangement, old), ())
    spans = [_columns(piece) for piece in pieces]
    first, last = min([own[0], *(span[0] for span in spans)]), max([own[1], *(span[1] for span in spans)])
    limits = min(room.low, first), max(room.high, last)
    rest = (last - first) - (own[1] - own[0])
    squeeze = min(1.0, max(SQUEEZE, (limits[1] - limits[0] - rest) / (width * per)))
    fresh = width * per * squeeze
    anchor = free if room.plate is None else anchor_of((first, last), room.plate, 0.2 * (last - first))
    whole = arrange((first, last), rest + fresh, limits, anchor, squeeze=False)
    small = whole.down
    grown = fresh - (own[1] - own[0])
    row = float(old.place[1, 1]) * _middle(old) + float(old.place[1, 2])
    moves = tuple((small, whole.start - small * (first - (grown if span[0] > own[0] else 0.0)), row) for span in spans)
    start = whole.start + small * (own[0] - first)
    return Setting(_in_drawing(Arrangement(start, squeeze * small, small), old), moves)


def free_anchor(look: Look, old: style.Style, spot: Spot, size: tuple[int, int]) -> str:
    """What of a string without a plate stays where it is: what it shares with its neighbours, else its outer side."""
    start, stop = _ends_of(old)
    near = _ALIGNED * HEIGHT
    for polygon in spot.others:
        corners = np.asarray(polygon, np.float64) @ look.frame.matrix[:, :2].T + look.frame.matrix[:, 2]
        low, high = corners.min(axis=0), corners.max(axis=0)
        gap = max(float(low[1]) - look.frame.box[3], look.frame.box[1] - float(high[1]))
        if not -0.3 * HEIGHT < gap < 2.5 * HEIGHT:
            continue
        if abs(float(low[0] + high[0]) - start - stop) < 2 * near:
            return "centre"
        if abs(float(low[0]) - start) < near:
            return "left"
        if abs(float(high[0]) - stop) < near:
            return "right"
    middle = look.frame.points(np.array([[(start + stop) / 2, look.frame.height / 2]]))[0]
    level = abs(look.frame.matrix[0, 0]) > abs(look.frame.matrix[0, 1])
    share = middle[0] / size[0] if level else middle[1] / size[1]
    forward = look.frame.matrix[0, 0 if level else 1] > 0
    share = share if forward else 1 - share
    return "left" if share < _OUTER else "right" if share > 1 - _OUTER else "centre"


def own_width(old: style.Style, text: str, new: str) -> float:
    """How much of the old letters' width is undone: Chinese characters are square, whatever Latin ones were."""
    across = float(np.hypot(old.place[0, 0], old.place[1, 0]))
    ratio = across**2 / max(float(np.linalg.det(old.place[:, :2])), 1e-6)
    if bool(_SQUARE.search(text)) == bool(_SQUARE.search(new)):
        return 1.0
    return float(np.clip(1 / ratio, 0.6, 1.5))


def _ends_of(old: style.Style) -> tuple[float, float]:
    """First and last column of the old string's drawing in the view."""
    per, ends = float(old.place[0, 0]), _extent(old)
    return ends[0] * per + float(old.place[0, 2]), ends[1] * per + float(old.place[0, 2])


def _in_company(look: Look) -> bool:
    """Whether letters of the same line stand beside the string."""
    return look.left > look.first or look.right < look.last


def _in_drawing(spot: Arrangement, old: style.Style) -> Arrangement:
    """From view columns to the drawing's own units."""
    return Arrangement((spot.start - old.place[0, 2]) / float(old.place[0, 0]), spot.across, spot.down)


def _columns(piece: style.Style) -> tuple[float, float]:
    columns = np.flatnonzero((piece.ink > 0.3).any(axis=0))
    return float(columns[0]), float(columns[-1] + 1)


def _middle(old: style.Style) -> float:
    """Height of the old ink's middle over the baseline, in drawing pixels (negative is up)."""
    return (old.drawn.box[1] + old.drawn.box[3]) / 2 - old.drawn.origin[1]


def _extent(look: style.Style) -> tuple[float, float]:
    origin = look.drawn.origin[0]
    return look.drawn.box[0] - origin, look.drawn.box[2] - origin


def width_of(text: str, look: style.Style, book: FontBook) -> float:
    """Width of a string's ink in a style's face, in drawing pixels."""
    box = book.draw(text, look.kind, em=style.EM).box
    return float(box[2] - box[0])


def moves(move: tuple[float, float, float]) -> bool:
    """Whether a move can be seen."""
    return abs(move[0] - 1) > 0.004 or abs(move[1]) > 0.5
