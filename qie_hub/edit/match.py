"""Which part of which recognised line is the text that a sentence names.

Pure. Invariants: digits and signs of money never match others (``¥199`` is not ``¥189``), a number never matches
inside a longer number, and a wanted text longer than three characters may differ from what was read by OCR's usual
confusions only.

Example::

    find("¥199", [line])      # [Match(line=0, start=2, stop=6, exact=True)] for a line "现价￥199"
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

FUZZY_FLOOR: Final = 85.0
"""Below this ratio (0..100) two texts are different ones; one lost character in four stays above it."""

# The character for one is a dash to a reader of print, and the other way round.
_CONFUSED: Final = str.maketrans(
    {
        "￥": "¥", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "一": "-", "ー": "-",
        "丨": "1", "·": ".", "•": ".", "×": "x", "✕": "x", "，": ",", "。": ".", "〇": "0",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """Characters ``start`` to ``stop`` of line number ``line``; ``exact`` when nothing had to be forgiven."""

    line: int
    start: int
    stop: int
    exact: bool
    ratio: float = 100.0


def normalise(text: str) -> tuple[str, tuple[int, ...]]:
    """Fold width, case and look-alikes and drop spaces; also return where each kept character stood."""
    kept: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        for folded in unicodedata.normalize("NFKC", character).translate(_CONFUSED).casefold():
            if not folded.isspace() and unicodedata.category(folded) != "Cf":
                kept.append(folded)
                places.append(index)
    return "".join(kept), tuple(places)


def find(wanted: str, lines: Sequence[str]) -> tuple[Match, ...]:
    """Every place where ``wanted`` stands, exact ones alone if there is one, else the best forgiving one."""
    goal, _ = normalise(wanted)
    if not goal:
        return ()
    exact = tuple(match for index, line in enumerate(lines) for match in _exact(goal, index, line))
    if exact:
        return exact
    near = [match for index, line in enumerate(lines) for match in _near(goal, index, line)]
    if not near:
        return ()
    best = max(match.ratio for match in near)
    return tuple(match for match in near if match.ratio == best)


def _exact(goal: str, index: int, line: str) -> list[Match]:
    text, places = normalise(line)
    found: list[Match] = []
    at = text.find(goal)
    while at >= 0:
        end = at + len(goal)
        if _whole(text, places, at, end):
            found.append(Match(index, places[at], places[end - 1] + 1, exact=True))
        at = text.find(goal, max(end, at + 1))
    return found


def _whole(text: str, places: Sequence[int], start: int, stop: int) -> bool:
    """A number or a Latin word must not continue on either side; a space in the line ends both."""
    goes_back = start > 0 and places[start] - places[start - 1] <= 1 and _joined(text[start - 1], text[start])
    goes_on = stop < len(text) and places[stop] - places[stop - 1] <= 1 and _joined(text[stop - 1], text[stop])
    return not goes_back and not goes_on


def _joined(left: str, right: str) -> bool:
    if left.isdigit() and right.isdigit():
        return True
    return left.isascii() and right.isascii() and left.isalpha() and right.isalpha()


def _near(goal: str, index: int, line: str) -> list[Match]:
    text, places = normalise(line)
    if _currency_slip(goal, text, places):
        at = text.find(goal[1:])
        return [Match(index, places[at - 1], places[at + len(goal) - 2] + 1, exact=False, ratio=99.0)]
    if len(goal) < 4 or len(text) < len(goal) - 1:
        return []
    found = fuzz.partial_ratio_alignment(goal, text, score_cutoff=FUZZY_FLOOR - 8)
    if found is None or found.dest_end <= found.dest_start:
        return []
    start, stop, ratio = _trimmed(goal, text, places, found.dest_start, found.dest_end)
    if ratio < FUZZY_FLOOR or _exactly(text[start:stop]) != _exactly(goal):
        return []
    return [Match(index, places[start], places[stop - 1] + 1, exact=False, ratio=ratio)]


def _trimmed(goal: str, text: str, places: Sequence[int], start: int, stop: int) -> tuple[int, int, float]:
    """The piece around an alignment that is most like ``goal`` and ends where words end: a missing letter shifts it."""
    best = (start, stop, 0.0)
    for first in range(max(0, start - 2), min(len(text), start + 3)):
        for last in range(max(first + 1, stop - 2), min(len(text), stop + 2) + 1):
            ratio = fuzz.ratio(goal, text[first:last])
            if ratio > best[2] and _whole(text, places, first, last):
                best = (first, last, ratio)
    return best


def _currency_slip(goal: str, text: str, places: Sequence[int]) -> bool:
    """OCR reads the yen sign as a letter or a similar character: ``Y199``, ``羊199``."""
    if not goal.startswith("¥") or not goal[1:2].isdigit():
        return False
    at = text.find(goal[1:])
    return at > 0 and text[at - 1] in "y羊半并*v" and _whole(text, places, at, at + len(goal) - 1)


def _exactly(text: str) -> str:
    """What must not differ at all: digits and signs of money."""
    return "".join(character for character in text if character.isdigit() or character in "¥$€£%")
