"""Further copies of one text in the picture: a repeated watermark is the same drawing over and over.

Pure. The coverage of the best-understood copy is the template; a copy is where the picture's relief agrees with it.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.fonts import Ink
from qie_hub.edit.lite.frame import Frame
from qie_hub.edit.lite.letters import evened, relief
from qie_hub.ports import Picture

_SEARCHED: Final = 900
"""Longer side, in pixels, at which copies are searched for; their places are then refined at full size."""
_AGREES: Final = 0.24
_OF_BEST: Final = 0.45
_MOST: Final = 200


def upright(picture: Picture, frame: Frame, cover: Ink) -> tuple[Ink, tuple[int, int]]:
    """The coverage as it lies in the picture, cut to what it covers, and where its corner is."""
    laid, window = frame.to_picture(cover, picture.shape)
    rows, columns = np.flatnonzero(laid.max(axis=1) > 0.3), np.flatnonzero(laid.max(axis=0) > 0.3)
    y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return np.ascontiguousarray(laid[y0:y1, x0:x1], np.float32), (window[0] + int(x0), window[1] + int(y0))


def places(picture: Picture, template: Ink, sign: float, tall: float) -> list[tuple[int, int]]:
    """Corners (x, y) of every place where the template's text stands, the surest first."""
    height, width = picture.shape[:2]
    flat = evened(sign * relief(picture, 0.15 * tall), tall)
    scale = min(1.0, _SEARCHED / max(height, width))
    size = (max(8, round(template.shape[1] * scale)), max(8, round(template.shape[0] * scale)))
    small = cv2.resize(flat, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    mark = cv2.resize(template, size, interpolation=cv2.INTER_AREA)
    if small.shape[0] < mark.shape[0] or small.shape[1] < mark.shape[1]:
        return []
    answer = _agreement(small, mark, tall * scale)
    return [_refined(flat, template, (x / scale, y / scale), (tall, 2 / scale)) for x, y in _peaks(answer, size)]


def frame_at(place: tuple[int, int], template: Ink, margin: int) -> Frame:
    """An unturned view of the picture around a place."""
    matrix = np.array([[1.0, 0, margin - place[0]], [0, 1.0, margin - place[1]]])
    size = (template.shape[1] + 2 * margin, template.shape[0] + 2 * margin)
    return Frame(matrix, size[0], size[1], margin, margin, 1.0)


def _peaks(answer: NDArray[np.float32], size: tuple[int, int]) -> list[tuple[int, int]]:
    answer = answer.copy()
    best = float(answer.max(initial=0.0))
    found: list[tuple[int, int]] = []
    while len(found) < _MOST:
        _, score, _, (x, y) = cv2.minMaxLoc(answer)
        if score < max(_AGREES, _OF_BEST * best):
            break
        found.append((x, y))
        left, top = max(0, x - size[0] // 2), max(0, y - size[1] // 2)
        answer[top : y + size[1] // 2 + 1, left : x + size[0] // 2 + 1] = -1
    return found


def _agreement(flat: NDArray[np.float32], template: Ink, tall: float) -> NDArray[np.float32]:
    """Correlation at every place, counted only on and close to the letters: between them the picture is its own."""
    size = 2 * max(1, round(0.12 * tall)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = cv2.dilate((template > 0.3).astype(np.uint8), brush).astype(np.float32)
    answer = cv2.matchTemplate(flat, template, cv2.TM_CCOEFF_NORMED, mask=near)
    return np.asarray(np.nan_to_num(answer, nan=-1.0, posinf=-1.0, neginf=-1.0), np.float32)


def _refined(
    flat: NDArray[np.float32], template: Ink, at: tuple[float, float], size: tuple[float, float]
) -> tuple[int, int]:
    """The best place within a few pixels of ``at``; ``size`` is the line's height and how far to look."""
    (x, y), (tall, reach) = at, size
    pad = int(np.ceil(reach)) + 1
    x0, y0 = max(0, round(x) - pad), max(0, round(y) - pad)
    x1 = min(flat.shape[1], round(x) + template.shape[1] + pad)
    y1 = min(flat.shape[0], round(y) + template.shape[0] + pad)
    area = np.ascontiguousarray(flat[y0:y1, x0:x1])
    if area.shape[0] < template.shape[0] or area.shape[1] < template.shape[1]:
        return round(x), round(y)
    _, _, _, (dx, dy) = cv2.minMaxLoc(_agreement(area, template, tall))
    return x0 + dx, y0 + dy
