"""Where in the picture an operation acts: recognised lines against the words of the sentence.

Pure, given the lines. Refuses what the picture does not hold; several equal texts become candidates to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from qie_hub.edit import match
from qie_hub.edit.lite.choose import chosen
from qie_hub.edit.lite.line import edge, part
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import Region

_SHOWN: Final = 12
_SIGN: Final = r"(?:[¥￥$€£]|(?<![A-Za-z])[Yy羊](?=\d))"
_SUM: Final = r"\d[\d,]*(?:\.\d+)?"
_KINDS: Final = {
    "price": (re.compile(rf"{_SIGN}\s?{_SUM}|{_SUM}\s?(?:元|块)"), re.compile(rf"(?<![\d:/-]){_SUM}(?![\d:/%-])")),
    "date": (
        re.compile(
            r"(?:\d{2,4}\s?[年./-]\s?)?\d{1,2}\s?[月./-]\s?\d{1,2}\s?[日号]?(?:\s?[-~至到]\s?(?:\d{1,2}\s?[月./-]\s?)?\d{1,2}\s?[日号]?)?"
        ),
        re.compile(r"\d{1,2}[:：]\d{2}(?:\s?[-~至到]\s?\d{1,2}[:：]\d{2})?"),
    ),
    "phone": (re.compile(r"\+?\d(?:[\d -]){6,16}\d"),),
}
"""What a kind of text looks like, the surest way first: a sum without a sign is a price only where none has one. The
yen sign is often read as a letter."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a named text turned out to be: the ``regions`` to change, or, if it is not clear, the ``candidates``."""

    regions: tuple[Region, ...]
    candidates: tuple[Region, ...] = ()


def find_text(
    wanted: str, which: str | None, lines: Sequence[TextLine], size: tuple[int, int], pick: int | None
) -> Found:
    """The regions of a named text.

    Args:
        wanted: the words of the sentence.
        which: ``all``, a selector of `choose.chosen`, or None.
        lines: what was read.
        size: width and height of the picture.
        pick: the candidate that a person chose, counted from 1.

    Raises:
        EditRefused: ``not_found`` with what was read; ``ambiguous`` when ``pick`` is no candidate's number.
    """
    found = match.find(wanted, [line.text for line in lines])
    if not found:
        seen = [line.text for line in lines][:_SHOWN]
        hint = "REFUSED_TEXT_NOT_FOUND" if seen else "REFUSED_NO_TEXT"
        raise EditRefused(reason="not_found", wanted=wanted, found=seen, hint=hint)
    return select(tuple(_region(lines[one.line], one) for one in found), wanted, which, size, pick)


def find_kind(
    kind: str, which: str | None, lines: Sequence[TextLine], size: tuple[int, int], pick: int | None
) -> Found:
    """The regions of texts that were named by what they are: a price, a date, a telephone number, the title.

    Args:
        kind: ``price``, ``date``, ``phone`` or ``title``.
        which: as for `find_text`; a title without one is the tallest line.
        lines: what was read.
        size: width and height of the picture.
        pick: the candidate that a person chose, counted from 1.

    Raises:
        EditRefused: as for `find_text`.
    """
    pieces: list[Region] = []
    for pattern in _KINDS.get(kind, ()):
        pieces = _pieces(pattern, lines)
        if pieces:
            break
    if kind == "title" and lines:
        tallest = max(lines, key=lambda line: float(np.linalg.norm(line.polygon[3] - line.polygon[0])))
        pieces = [_region(tallest, match.Match(0, 0, len(tallest.text), exact=True))]
    if not pieces:
        seen = [line.text for line in lines][:_SHOWN]
        hint = "REFUSED_TEXT_NOT_FOUND" if seen else "REFUSED_NO_TEXT"
        raise EditRefused(reason="not_found", wanted=kind, found=seen, hint=hint)
    return select(tuple(pieces), kind, which, size, pick)


def _pieces(pattern: re.Pattern[str], lines: Sequence[TextLine]) -> list[Region]:
    return [
        _region(line, match.Match(index, found.start(), found.end(), exact=True))
        for index, line in enumerate(lines)
        for found in pattern.finditer(line.text)
    ]


def select(
    regions: tuple[Region, ...], wanted: str, which: str | None, size: tuple[int, int], pick: int | None
) -> Found:
    """All, the chosen one, or, if it is not clear which, candidates."""
    if which == "all" or len(regions) == 1:
        return Found(regions)
    if pick is not None:
        if not 1 <= pick <= len(regions):
            raise EditRefused(reason="ambiguous", wanted=wanted, pick=pick, count=len(regions), hint="REFUSED_PICK")
        return Found((regions[pick - 1],))
    one = None if which is None else chosen(regions, which, size)
    return Found((), regions) if one is None else Found((one,))


def region_of(line: TextLine) -> Region:
    """A whole line as a region."""
    return _region(line, match.Match(0, 0, len(line.text), exact=True))


def polygon_of(region: Region) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A region's corners as numbers."""
    if region.polygon is not None:
        return np.array(region.polygon, np.float32)
    x, y, width, height = region.box
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def nearest_part(line: TextLine, wanted: str, corners: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Which characters of a line the region with these corners is; (0, 0) if the line does not hold ``wanted``."""
    middle = corners.mean(axis=0)

    def away(found: match.Match) -> float:
        place = part(line.polygon, edge(line, found.start), edge(line, found.stop)).mean(axis=0)
        return float(np.hypot(*(place - middle)))

    found = match.find(wanted, [line.text])
    best = min(found, key=away, default=None)
    return (0, 0) if best is None else (best.start, best.stop)


def holds(line: np.ndarray[Any, Any], piece: np.ndarray[Any, Any]) -> bool:
    """Whether the middle of ``piece`` lies in ``line``, or the other way round."""
    pairs = ((line, piece.mean(axis=0)), (piece, line.mean(axis=0)))
    return any(cv2.pointPolygonTest(area, (float(at[0]), float(at[1])), False) >= 0 for area, at in pairs)


def even(count: int) -> tuple[float, ...]:
    """Middles of ``count`` characters of equal width."""
    return tuple((index + 0.5) / count for index in range(count))


def _region(line: TextLine, found: match.Match) -> Region:
    corners = line.polygon
    if found.stop - found.start < len(line.text):
        corners = part(corners, edge(line, found.start), edge(line, found.stop))
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = int(low[0]), int(low[1])
    box = (x, y, max(1, int(np.ceil(high[0])) - x), max(1, int(np.ceil(high[1])) - y))
    polygon = tuple((round(float(a)), round(float(b))) for a, b in corners)
    text = line.text[found.start : found.stop]
    return Region(box, "text", text, round(1000 * line.score), polygon)
