"""Super-resolution by the pack's x2 net, tile by tile.

Invariants: memory depends on the tile, not on the picture; tiles overlap by more than the net sees, so there are no
seams; four times is twice two times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.resize import LARGEST
from qie_hub.edit.lite.work import OVERLAP
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture, Session

FACTORS: Final = (2, 4)


def upscale(
    canvas: Canvas, factor: int, session: Session | None, tile: int, check: Callable[[], None]
) -> dict[str, object]:
    """Enlarge with detail; without a net smoothly, which adds none.

    Args:
        canvas: the picture.
        factor: 2 or 4.
        session: the net: ``image`` NCHW float32 RGB 0..1 in, twice the size out; None interpolates (Lanczos).
        tile: side of a tile in pixels of the picture.
        check: called between tiles.

    Raises:
        EditRefused: another factor, or the result would be larger than can be edited.
    """
    across, down = canvas.size
    if factor not in FACTORS:
        raise EditRefused(reason="too_hard", factor=factor, known=list(FACTORS), hint="REFUSED_FACTOR")
    if across * down * factor**2 > LARGEST:
        limit = LARGEST // 1_000_000
        raise EditRefused(
            reason="too_hard", width=across * factor, height=down * factor, limit=limit, hint="REFUSED_SIZE"
        )
    size = (across * factor, down * factor)
    if session is None:
        check()
        picture = np.asarray(cv2.resize(canvas.picture, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)
    else:
        picture = _enlarged(canvas.picture, factor, session, tile, check)
    alpha = None
    if canvas.alpha is not None:
        alpha = np.asarray(cv2.resize(canvas.alpha, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    canvas.replace(picture, np.full(size[::-1], 255, np.uint8), alpha, None)
    facts: dict[str, object] = {"factor": factor, "width": size[0], "height": size[1]}
    return {**facts, "method": "lanczos"} if session is None else {**facts, "method": "net", "tile": tile}


def _enlarged(picture: Picture, factor: int, session: Session, tile: int, check: Callable[[], None]) -> Picture:
    for _ in range(factor // 2):
        picture = _double(picture, session, tile, check)
    return picture


def _double(picture: Picture, session: Session, tile: int, check: Callable[[], None]) -> Picture:
    height, width = picture.shape[:2]
    out = np.empty((2 * height, 2 * width, 3), np.uint8)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            check()
            y1, x1 = min(y + tile, height), min(x + tile, width)
            top, left = max(0, y - OVERLAP), max(0, x - OVERLAP)
            part = picture[top : min(y1 + OVERLAP, height), left : min(x1 + OVERLAP, width)]
            large = _run(part, session)
            inner = large[2 * (y - top) : 2 * (y1 - top), 2 * (x - left) : 2 * (x1 - left)]
            out[2 * y : 2 * y1, 2 * x : 2 * x1] = inner
    return out


def _run(part: Picture, session: Session) -> Picture:
    feed = np.ascontiguousarray(part.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    [answer] = session.run({session.input_names[0]: feed})
    return np.asarray(np.clip(np.rint(answer[0].transpose(1, 2, 0) * 255), 0, 255), np.uint8)
