"""Text watermarks: which of the recognised texts are one, and taking them off.

A watermark is pale, tilted, repeated or a signature in a corner; a headline is none. What was put on half transparent
still shows the ground through: where the mixing can be measured it is undone, and only the letters' edges are filled.

Invariants: `choose` is pure; when nothing looks like a watermark nothing is removed: the caller refuses and lists
what was read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from qie_hub.edit import match
from qie_hub.edit.lite import copies, ground, letters, text, unblend
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import Frame, trimmed
from qie_hub.edit.lite.line import Spot, look_at, part
from qie_hub.edit.ocr import TextLine, TextReader
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

SURE: Final = 1.0
"""Sum of signs from which a text counts as a watermark."""

_CLEAR: Final = 0.6
"""Fit (0..1) of an opaque text's letters below which erasing them would do more harm than good."""
_LEGIBLE: Final = 0.7
"""Below this score a word is a guess on texture, and a guess is no sign."""
MIN_SCORE: Final = 0.45
_TRADE: Final = ("watermark", "copyright", "sample", "preview", "shutterstock")
_WORDS: Final = re.compile(
    r"water\s*mark|水印|©|\(c\)|copyright|版权|www\.|\.com|\.cn|\.net|@|sample|样[图张稿]|preview|预览|shutterstock|getty"
    r"|istock|alamy|adobe\s*stock|视觉中国|图虫|摄图|千图|站酷|小红书|微博|抖音|淘宝|盗图|禁止|所有权|photo\s*by|studio|photograph|摄影",
    re.IGNORECASE,
)


def read_faint(reader: TextReader, picture: Picture) -> tuple[TextLine, ...]:
    """Read the picture as it is; if nothing in it is a watermark, also with its local contrast raised.

    Each text once, the surer reading; a misread word of the trade is set right, so that its letters can be found.
    """
    lines = [_mended(line) for line in reader.read(picture, min_score=MIN_SCORE)]
    if choose(lines, picture):
        return tuple(lines)
    for enhanced in (_equalised(picture), _flattened(picture)):
        for line in reader.read(enhanced, min_score=MIN_SCORE + 0.15):
            if len(match.normalise(line.text)[0]) >= 3 and not any(_same_place(line, other) for other in lines):
                lines.append(_mended(line))
    return tuple(lines)


def choose(lines: Sequence[TextLine], picture: Picture) -> tuple[int, ...]:
    """Numbers of the lines that are watermarks."""
    return tuple(index for index in range(len(lines)) if _signs(index, lines, picture) >= SURE)


def _mended(line: TextLine) -> TextLine:
    """A line that is one of the trade's words but for a letter or two (``NATERMARK``, ``ATERMARK``) as that word.

    Letters that were not seen at an end are added with their room, so that they are looked for too.
    """
    text = line.text.strip().lower()
    for word in _TRADE:
        if text == word or len(text) < 4:
            continue
        shown = word.upper() if line.text.isupper() else word
        if len(word) == len(text) and fuzz.ratio(text, word) >= 75:
            return replace(line, text=shown)
        if len(word) > len(text) and (word.startswith(text) or word.endswith(text)):
            return _lengthened(line, shown, len(word) - len(text), at_end=word.startswith(text))
    return line


def _lengthened(line: TextLine, text: str, missing: int, *, at_end: bool) -> TextLine:
    """The line with room for ``missing`` more letters of its usual width."""
    share = missing / max(len(line.centres), 1)
    low, high = (0.0, 1.0 + share) if at_end else (-share, 1.0)
    extra = [1 + (index + 0.5) * share / missing for index in range(missing)]
    if not at_end:
        extra = [-(missing - index - 0.5) * share / missing for index in range(missing)]
    centres = [*line.centres, *extra] if at_end else [*extra, *line.centres]
    scaled = tuple((centre - low) / (high - low) for centre in centres)
    return replace(line, text=text, polygon=part(line.polygon, low, high), centres=scaled)


def _signs(index: int, lines: Sequence[TextLine], picture: Picture) -> float:
    """Evidence, in units of which one is enough: words, paleness, tilt, repetition, a corner."""
    line = lines[index]
    pale = _pale(line, picture)
    twins = sum(1 for other in lines if other is not line and _alike(line.text, other.text))
    tilt = abs(_tilt(line.polygon)) > 12
    signs = 1.0 if _WORDS.search(line.text) and line.score > _LEGIBLE else 0.0
    signs += 0.8 * pale
    signs += 0.5 if twins else 0.0
    signs += 0.35 if twins >= 2 else 0.0
    signs += 0.35 if tilt else 0.0
    signs += 0.35 if _in_corner(line, picture.shape) else 0.0
    return signs


def _pale(line: TextLine, picture: Picture) -> float:
    """How little the text differs from its ground, 0 (black on white) to 1 (hardly there)."""
    frame = Frame.around(line.polygon, margin_x=0.1, margin_y=0.1, height=48)
    grey = cv2.cvtColor(frame.view(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 16)
    spread = float(np.quantile(detail, 0.95) - np.quantile(detail, 0.05))
    return float(np.clip((150 - spread) / 90, 0, 1))


def _tilt(polygon: NDArray[Any]) -> float:
    along = polygon[1] - polygon[0]
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    return (angle + 90) % 180 - 90


def _in_corner(line: TextLine, shape: tuple[int, ...]) -> bool:
    middle = line.polygon.mean(axis=0) / (shape[1], shape[0])
    tall = float(np.linalg.norm(line.polygon[3] - line.polygon[0])) / min(shape[:2])
    at_side = middle[0] < 0.3 or middle[0] > 0.7
    return bool(tall < 0.09 and (middle[1] > 0.86 or middle[1] < 0.12) and at_side)


def _alike(one: str, other: str) -> bool:
    first, second = match.normalise(one)[0], match.normalise(other)[0]
    return len(first) >= 3 and fuzz.ratio(first, second) >= 75


def _same_place(one: TextLine, other: TextLine) -> bool:
    area, _ = cv2.intersectConvexConvex(one.polygon.astype(np.float32), other.polygon.astype(np.float32))
    smaller = min(cv2.contourArea(one.polygon), cv2.contourArea(other.polygon))
    return bool(area > 0.3 * max(smaller, 1.0))


def _equalised(picture: Picture) -> Picture:
    """Local contrast of lightness raised (CLAHE)."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(lab[:, :, 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def _flattened(picture: Picture) -> Picture:
    """What is brighter or darker than its surroundings, enlarged: pale letters stand out, broad shapes go."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sigma = max(6.0, 0.02 * min(picture.shape[:2]))
    flat = cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), sigma)
    out = np.clip(128 + 3.2 * flat, 0, 255).astype(np.uint8)
    return np.repeat(out[:, :, None], 3, axis=2)


@dataclass(frozen=True, slots=True, eq=False)
class _Hidden:
    """A line that was not mixed in, with its letters if they were found."""

    line: TextLine
    found: tuple[Frame, letters.Laid] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Understood:
    """A line whose mixing was found."""

    line: TextLine
    frame: Frame
    blend: unblend.Blend


def _surest(known: Sequence[_Understood]) -> _Understood | None:
    """The copy whose reading most others share, then the one that was read most surely: its letters are right."""
    texts = [match.normalise(one.line.text)[0] for one in known]
    order = [(texts.count(text), one.line.score, one.blend.fit) for text, one in zip(texts, known, strict=True)]
    return known[order.index(max(order))] if known else None


def remove(canvas: Canvas, lines: Sequence[TextLine], book: FontBook) -> dict[str, object]:
    """Take watermark texts off.

    A text that was mixed in is undone; copies of a repeated one are looked for in the whole picture, since
    recognition misses some; a text that hides what is below is erased like any other.

    Returns:
        Facts: how many texts were ``undone`` and ``erased``, how many ``copies`` were found beside the recognised
        ones, the ``opacity`` in percent, and how many were ``left`` as they were, since their letters could not be told
        from the picture.

    Raises:
        EditRefused: all were left.
    """
    known: list[_Understood] = []
    hidden: list[_Hidden] = []
    for line in lines:
        found = letters.search(line, canvas.picture, book)
        blend = None if found is None else unblend.explain(found[0].view(canvas.picture), *found)
        if found is None or blend is None:
            hidden.append(_Hidden(line, found))
        else:
            known.append(_Understood(line, found[0], blend))
    best = _surest(known)
    family = [] if best is None else [line for line in lines if _alike(line.text, best.line.text)]
    done: list[Frame] = []
    if best is not None and len(family) > 1:
        done = _undo_copies(canvas, best, [one for one in known if one.line in family])
    rest = [one for one in known if not any(_covers(frame, one.line) for frame in done)]
    for one in rest:
        _apply(canvas, one.frame, one.blend)
    erased = [_erase(canvas, one, book) for one in hidden if not any(_covers(frame, one.line) for frame in done)]
    shares = [one.blend.share for one in known]
    opacity = round(100 * float(np.median(shares))) if shares else None
    more = max(0, len(rest) + len(done) + len(erased) - len(lines))
    facts = {"undone": len(rest) + len(done), "erased": sum(erased), "copies": more, "opacity": opacity}
    if not facts["undone"] and not facts["erased"]:
        raise EditRefused(reason="too_hard", found=[line.text for line in lines], hint="REFUSED_WATERMARK_HARD")
    return {**facts, "left": len(erased) - sum(erased)}


def _erase(canvas: Canvas, hidden: _Hidden, book: FontBook) -> bool:
    """Take an opaque text away, where its letters are; False, and nothing done, if they cannot be told."""
    if hidden.found is not None:
        frame, laid = hidden.found
        size = 2 * max(1, round(0.04 * letters.tall(frame))) + 1
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        solid = cv2.dilate((laid.cover > 0.3).astype(np.float32), brush)
        cover, window = trimmed(*frame.to_picture(solid, canvas.picture.shape), 0.25)
        filled = ground.fill(canvas.picture, window, cover > 0.25, reach=round(letters.tall(frame) / frame.scale))
        canvas.put(window, filled.patch, cover > 0.25)
        return True
    look = look_at(canvas.picture, Spot(hidden.line, 0, len(hidden.line.text)))
    found = look.style_of(look.left, look.right, hidden.line.text, book)
    if found is None or found.fit < _CLEAR:
        return False
    text.delete(canvas, Spot(hidden.line, 0, len(hidden.line.text)), book)
    return True


def _undo_copies(canvas: Canvas, best: _Understood, family: Sequence[_Understood]) -> list[Frame]:
    """Undo every copy of the best-understood text with what all of them tell about its mixing; returns their views."""
    share = float(np.median([one.blend.share for one in family]))
    template, _ = copies.upright(canvas.picture, best.frame, best.blend.drawn)
    tall = letters.tall(best.frame) / best.frame.scale
    sign = 1.0 if float(best.blend.ink.mean()) > 127 else -1.0
    margin = max(4, round(0.3 * tall))
    found = copies.places(canvas.picture, template, sign, tall)
    views = [copies.frame_at(place, template, margin) for place in found]
    prior = cv2.copyMakeBorder(template, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    before = canvas.picture.copy() if len(views) > 1 else canvas.picture
    done: list[Frame] = []
    for frame in views:
        view = frame.view(before)
        here = unblend.share_at(view, prior, sign, tall)
        if here is None or not 0.55 * share < here < 1.6 * share:
            continue
        done.append(frame)
        blend = unblend.mixing(view, prior, sign, best.blend.fit, tall, known=(share, best.blend.ink))
        if blend is not None:
            _apply(canvas, frame, blend)
    return done


def _covers(frame: Frame, line: TextLine) -> bool:
    """Whether a copy's view holds the middle of a line."""
    x, y = frame.matrix[:, :2] @ line.polygon.mean(axis=0) + frame.matrix[:, 2]
    return bool(0 <= x < frame.width and 0 <= y < frame.height)


def _apply(canvas: Canvas, frame: Frame, blend: unblend.Blend) -> None:
    done = unblend.restore(canvas.picture, frame, blend)
    canvas.put(done.window, done.patch, done.changed)
