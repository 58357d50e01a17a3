"""Text watermarks: which of the recognised texts are one, and taking them off.

A watermark is pale, tilted, repeated or a signature in a corner; a headline is none. What was put on half transparent
still shows the ground through: where the mixing can be measured it is undone, and only the letters' edges are filled.

Invariants: `choose` is pure; when nothing looks like a watermark nothing is removed: the caller refuses and lists
what was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from qie_hub.edit import match
from qie_hub.edit.lite import copies, ground, letters, text, trade, unblend
from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.closer import look as look_closer
from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.frame import Frame, trimmed
from qie_hub.edit.lite.line import Spot, look_at
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
_LARGEST: Final = 2048
"""Longer side, in pixels, at which faint text is looked for; reading is done at about half of that."""
_FAMILY: Final = 2
"""Copies of a repeated watermark that are looked at one by one; the others are found by their likeness to these."""
_CLOSER: Final = 4
"""How many likely watermarks are read close up, the surest first; a repeated one is then found by its likeness."""


def read_faint(reader: TextReader, picture: Picture, lines: Sequence[TextLine] | None = None) -> tuple[TextLine, ...]:
    """Read the picture as it is; if nothing in it is a watermark, also with its local contrast raised.

    Each text once, the surer reading; a misread word of the trade is set right, so that its letters can be found.
    What looks like a watermark is read again close up, since a tilted or pale one is seen in pieces. ``lines`` is what
    was read in the picture as it is, if it was.
    """
    lines = list(reader.read(picture, min_score=MIN_SCORE) if lines is None else lines)
    scale = _LARGEST / max(picture.shape[:2])
    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        across = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0]], np.float32)
        found = read_faint(reader, small, [replace(line, polygon=line.polygon * across) for line in lines])
        return tuple(replace(line, polygon=line.polygon / across) for line in found)
    views = (picture, _flattened(picture), _equalised(picture))
    if not choose([trade.mended(line) for line in lines], picture):
        for enhanced in views[1:]:
            for line in reader.read(enhanced, min_score=MIN_SCORE + 0.15):
                if len(match.normalise(line.text)[0]) >= 3 and not any(_same_place(line, other) for other in lines):
                    lines.append(line)
    return tuple(_whole(reader, views, lines))


def _whole(reader: TextReader, views: Sequence[Picture], lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines with those that look like a watermark read close up; pieces that such a reading holds are dropped."""
    mended = [trade.mended(line) for line in lines]
    likely = sorted(choose(mended, views[0]), key=lambda index: -mended[index].score)[:_CLOSER]
    out: dict[int, TextLine] = dict(enumerate(mended))
    done: list[TextLine] = []
    for index in likely:
        if any(_holds(one, lines[index]) for one in done):
            del out[index]
            continue
        if sum(_alike(one.text, mended[index].text) for one in done) >= _FAMILY:
            continue
        closer = next(
            (one for text in (lines[index], mended[index]) if (one := look_closer(reader, views, text)) is not None),
            None,
        )
        closer = None if closer is None else trade.mended(closer)
        if closer is not None and (trade.WORDS.search(closer.text) or not trade.WORDS.search(mended[index].text)):
            out[index] = closer
            done.append(out[index])
    return [line for index, line in out.items() if index in likely or not any(_holds(one, line) for one in done)]


def _holds(whole: TextLine, piece: TextLine) -> bool:
    """Whether the middle of a piece lies in a line."""
    x, y = piece.polygon.mean(axis=0)
    return cv2.pointPolygonTest(whole.polygon, (float(x), float(y)), False) >= 0


def choose(lines: Sequence[TextLine], picture: Picture) -> tuple[int, ...]:
    """Numbers of the lines that are watermarks."""
    return tuple(index for index in range(len(lines)) if _signs(index, lines, picture) >= SURE)


def _signs(index: int, lines: Sequence[TextLine], picture: Picture) -> float:
    """Evidence, in units of which one is enough: words, paleness, tilt, repetition, a corner."""
    line = lines[index]
    pale = _pale(line, picture)
    twins = sum(1 for other in lines if other is not line and _alike(line.text, other.text))
    tilt = abs(_tilt(line.polygon)) > 12
    signs = 1.0 if trade.WORDS.search(line.text) and line.score > _LEGIBLE else 0.0
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
    """The copy whose reading most others resemble, the longest of these, then the one that was read most surely."""
    alike = [sum(_alike(one.line.text, other.line.text) for other in known) for one in known]
    order = [
        (count, len(match.normalise(one.line.text)[0]), one.line.score) for count, one in zip(alike, known, strict=True)
    ]
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
    later: list[TextLine] = []
    for line in sorted(lines, key=lambda line: -line.score):
        if sum(_alike(one.line.text, line.text) for one in known) >= _FAMILY:
            later.append(line)
        else:
            _understand(canvas.picture, line, book, known, hidden)
    best = _surest(known)
    family = [] if best is None else [line for line in lines if _alike(line.text, best.line.text)]
    done: list[Frame] = []
    if best is not None and len(family) > 1:
        done = _undo_copies(canvas, best, [one for one in known if one.line in family])
    for line in later:
        if not any(_covers(frame, line) for frame in done):
            _understand(canvas.picture, line, book, known, hidden)
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


def _understand(
    picture: Picture, line: TextLine, book: FontBook, known: list[_Understood], hidden: list[_Hidden]
) -> None:
    """Find a line's letters and how they were mixed in; sorts it to the ``known`` or the ``hidden`` ones."""
    found = letters.search(line, picture, book)
    blend = None if found is None else unblend.explain(found[0].view(picture), *found)
    if found is None or blend is None:
        hidden.append(_Hidden(line, found))
    else:
        known.append(_Understood(line, found[0], blend))


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
