"""Super-resolution by the pack's nets, tile by tile.

Invariants: memory depends on the tile, not on the picture; tiles overlap by more than the net sees, so there are no
seams. The nets were trained on clean pictures: of one that was compressed hard they would also draw the blocks, so
there their answer is mixed with plain interpolation, the more the clearer the blocks stand out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.resize import LARGEST
from qie_hub.edit.lite.work import OVERLAP
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture, Session

FACTORS: Final = (2, 4)
_BLOCKS: Final = (1.03, 1.08)
"""Blockiness (see `blockiness`) from which the net's answer is mixed, and from which half of it is interpolation.

Clean photographs measure 0.97 to 1.03, JPEG of quality 80 1.06 to 1.25."""
_HALF: Final = 0.5
_CUT: Final = 12.0
_SEEN: Final = 2048
"""Pixels of each side that blockiness is measured on."""


@dataclass(frozen=True, slots=True)
class Net:
    """A super-resolution net and how many times it enlarges: ``image`` NCHW float32 RGB 0..1 in."""

    session: Session
    factor: int


def upscale(canvas: Canvas, factor: int, net: Net | None, tile: int, check: Callable[[], None]) -> dict[str, object]:
    """Enlarge with detail; without a net smoothly, which adds none.

    Args:
        canvas: the picture.
        factor: 2 or 4.
        net: for this factor, or for 2, to be used twice; None interpolates (Lanczos).
        tile: side of a tile in pixels of the picture.
        check: called between tiles.

    Returns:
        Facts: ``factor``, ``width``, ``height``, ``method``; with a net the ``tile`` and, where the picture was
        compressed hard, how many percent of the result are ``interpolated``.

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
    facts: dict[str, object] = {"factor": factor, "width": size[0], "height": size[1]}
    if net is None:
        check()
        picture = np.asarray(cv2.resize(canvas.picture, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)
        facts["method"] = "lanczos"
    else:
        share = _HALF * float(np.clip(np.interp(blockiness(canvas.picture), _BLOCKS, (0, 1)), 0, 1))
        picture = _enlarged(canvas.picture, factor, net, tile, check)
        if share > 0:
            smooth = cv2.resize(canvas.picture, size, interpolation=cv2.INTER_CUBIC)
            picture = np.asarray(cv2.addWeighted(picture, 1 - share, smooth, share, 0), np.uint8)
            facts["interpolated"] = round(100 * share)
        facts |= {"method": "net", "tile": tile}
    alpha = None
    if canvas.alpha is not None:
        alpha = np.asarray(cv2.resize(canvas.alpha, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    canvas.replace(picture, np.full(size[::-1], 255, np.uint8), alpha, None)
    return facts


def blockiness(picture: Picture) -> float:
    """How much more neighbours differ across the edges of 8x8 blocks than inside them; 1 where there are no blocks."""
    top, left = (max(0, (side - _SEEN) // 16 * 8) for side in picture.shape[:2])
    part = np.ascontiguousarray(picture[top : top + _SEEN, left : left + _SEEN])
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    ratios = []
    for values in (grey, grey.T):
        steps = np.minimum(np.abs(np.diff(values, axis=1)), _CUT)
        if steps.shape[1] < 16 or values.shape[0] < 16:
            return 1.0
        inside = np.concatenate([steps[:, 2::8], steps[:, 3::8], steps[:, 4::8]], axis=1)
        ratios.append(float(steps[:, 7::8].mean()) / max(float(inside.mean()), 0.05))
    return sum(ratios) / 2


def _enlarged(picture: Picture, factor: int, net: Net, tile: int, check: Callable[[], None]) -> Picture:
    done = 1
    while done < factor:
        picture = _pass(picture, net, tile, check)
        done *= net.factor
    return picture


def _pass(picture: Picture, net: Net, tile: int, check: Callable[[], None]) -> Picture:
    height, width = picture.shape[:2]
    times = net.factor
    out = np.empty((times * height, times * width, 3), np.uint8)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            check()
            y1, x1 = min(y + tile, height), min(x + tile, width)
            top, left = max(0, y - OVERLAP), max(0, x - OVERLAP)
            part = picture[top : min(y1 + OVERLAP, height), left : min(x1 + OVERLAP, width)]
            large = _run(part, net.session)
            inner = large[times * (y - top) : times * (y1 - top), times * (x - left) : times * (x1 - left)]
            out[times * y : times * y1, times * x : times * x1] = inner
    return out


def _run(part: Picture, session: Session) -> Picture:
    feed = np.ascontiguousarray(part.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    [answer] = session.run({session.input_names[0]: feed})
    return np.asarray(np.clip(np.rint(answer[0].transpose(1, 2, 0) * 255), 0, 255), np.uint8)
