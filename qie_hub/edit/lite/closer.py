"""Reading a text again, close up: laid flat, with room at both ends.

Detection sees a tilted or pale text in pieces, or in a box that is far too large. Upright and at letter size it is
read whole. Pure, given the reader.

Invariant: what comes back holds what was read before, or is None: a closer look never makes another text of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from qie_hub.edit import match
from qie_hub.edit.lite.frame import Frame
from qie_hub.edit.ocr import TextLine, TextReader
from qie_hub.ports import Picture

_ROOM: Final = 3.0
"""Line heights on each side that are looked at: half of a dozen letters may be missing at an end."""
_SURE: Final = 0.8
"""Score from which a reading may replace another."""
_CERTAIN: Final = 0.97
_RENDERINGS: Final = 2
"""Score from which no other rendering is tried, after so many: a piece of a text is read as surely as the whole."""
_ROW: Final = 0.55
"""Share of the lower of two boxes that must overlap across for both to be one row."""
_GAP: Final = 1.1
"""Widest gap, in line heights, between two pieces of one text."""
_SAME: Final = 70.0
"""Likeness (0..100) of the old reading to a part of the new one."""


def look(reader: TextReader, pictures: Sequence[Picture], line: TextLine) -> TextLine | None:
    """Read a line again in several renderings of the same picture.

    Args:
        reader: the pack's reader.
        pictures: the picture and versions of it in which pale text stands out, all of one size.
        line: what was read and where.

    Returns:
        The longest sure reading that holds the old one, in pixels of the picture; None if there is none.
    """
    frame = Frame.around(line.polygon, margin_x=_ROOM, margin_y=0.6)
    best: TextLine | None = None
    for number, picture in enumerate(pictures, start=1):
        view = frame.view(picture)
        pieces = [piece for piece in reader.read(view, min_score=0.4) if _on_row(piece.polygon, frame.box)]
        joined = reader.read_boxes(view, _joined(pieces)[None], min_score=0.0) if len(pieces) > 1 else ()
        held = [one for one in (*pieces, *joined, *([best] if best else [])) if _holds(one, line)]
        best = max(held, key=lambda one: len(one.text.strip()) * one.score, default=None)
        if number >= _RENDERINGS and best is not None and best.score >= _CERTAIN:
            break
    return (
        None
        if best is None
        else replace(best, polygon=frame.points(best.polygon.astype(np.float64)).astype(np.float32))
    )


def _holds(whole: TextLine, piece: TextLine) -> bool:
    """Whether a sure reading holds another one, a letter or two forgiven."""
    text, old = match.normalise(whole.text)[0], match.normalise(piece.text)[0]
    return whole.score >= _SURE and len(text) >= len(old) - 1 and fuzz.partial_ratio(old, text) >= _SAME


def _on_row(polygon: NDArray[Any], box: tuple[int, int, int, int]) -> bool:
    """Whether a piece lies on the row of the box."""
    low, high = float(polygon[:, 1].min()), float(polygon[:, 1].max())
    shared = min(high, box[3]) - max(low, box[1])
    return shared > _ROW * min(high - low, box[3] - box[1])


def _joined(pieces: Sequence[TextLine]) -> NDArray[np.float32]:
    """One quadrilateral around the pieces that follow each other without a wide gap, from the widest one on."""
    spans = [(one.polygon.min(axis=0), one.polygon.max(axis=0)) for one in pieces]
    low, high = max(spans, key=lambda span: float(span[1][0] - span[0][0]))
    for _ in spans:
        for first, last in spans:
            gap = _GAP * float(high[1] - low[1])
            if first[0] < high[0] + gap and last[0] > low[0] - gap:
                low, high = np.minimum(low, first), np.maximum(high, last)
    return np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
