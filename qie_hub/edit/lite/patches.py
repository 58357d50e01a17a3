"""The only door to PatchMatch: a hole filled with patches of its surroundings.

The library's time grows with the pixels of the hole and it works on one thread. So the hole of a text is cut between
letters and filled on two threads at once, and a large hole is filled at a smaller size first; then the same places of
the full-size picture give the fine detail (`offsets`).

PatchMatch has a wheel for x86-64 Linux only; `available` says whether it is here.

Invariants: only pixels of the hole change; nothing is copied from a pixel that is not usable; the same input gives the
same picture, however busy the device is.

Example::

    out = patched(around, hole, usable, scale=scale_for(hole, most=8_000))
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.offsets import Sources, enlarged
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

RADIUS: Final = 3
"""Radius of a patch in pixels."""
_WORTH: Final = 1000
"""Pixels of a hole from which two threads are worth it."""
_LEAST: Final = 0.35
"""Smallest share of a hole that one of its two parts may have."""
_NECK: Final = 0.5
"""Share of its height up to which a hole is narrow: letters that touch; a blob is filled as a whole."""

Mask = NDArray[Any]


@cache
def available() -> bool:
    """Whether the PatchMatch library is installed and its native part loads."""
    try:
        import patchmatch
    except ImportError:
        return False
    return bool(patchmatch.patchmatch_available)


def scale_for(hole: Mask, *, most: int) -> float:
    """The size, as a share of the full one, at which a hole has at most so many pixels."""
    return float(min(1.0, (most / max(1, int(np.count_nonzero(hole)))) ** 0.5))


def patched(around: Picture, hole: Mask, usable: Mask, *, scale: float = 1.0, seed: int = 0) -> Picture:
    """Fill a hole from patches.

    Args:
        around: HxWx3 uint8 RGB.
        hole: HxW, true where pixels are to be replaced.
        usable: HxW, true where they may be copied from.
        scale: the size, as a share of the full one, at which places to copy from are looked for.
        seed: chooses among equally good places, where ``scale`` is below 1.

    Raises:
        EditRefused: ``too_hard``: nothing is left to copy from.
    """
    small, small_hole, small_usable = _at(scale, around, hole.astype(bool), usable.astype(bool))
    done = _inpainted(small, small_hole, small_usable)
    out = around.copy()
    if scale == 1:
        out[small_hole] = done[small_hole]
        return out
    sources = Sources(done, small_hole, _inner(small_usable), seed)
    sources.search()
    out[hole.astype(bool)] = np.clip(enlarged(around, hole, sources) + 0.5, 0, 255).astype(np.uint8)
    return out


def _at(scale: float, around: Picture, hole: Mask, usable: Mask) -> tuple[Picture, Mask, Mask]:
    """All of it at a smaller size; a pixel is of the hole if any part of it is, and usable if all of it is."""
    if scale == 1:
        return around, hole, usable & ~hole
    size = (max(16, round(hole.shape[1] * scale)), max(16, round(hole.shape[0] * scale)))
    picture, part, whole = (
        cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
        for layer in (around, hole.astype(np.uint8) * 255, usable.astype(np.uint8) * 255)
    )
    return np.asarray(picture, np.uint8), part > 0, (whole == 255) & (part == 0)


def _inpainted(picture: Picture, hole: Mask, usable: Mask) -> Picture:
    """The picture with its hole filled, part by part; each part sees a rough guess of the others, never their ink."""
    import patchmatch

    parts = halves(hole)
    guess = picture if len(parts) == 1 else cv2.inpaint(picture, hole.astype(np.uint8), 4, cv2.INPAINT_TELEA)

    def fill(part: Mask) -> Picture:
        barred = (~usable & ~part).astype(np.uint8) * 255
        done = patchmatch.inpaint(guess, part.astype(np.uint8) * 255, global_mask=barred, patch_size=RADIUS)
        return np.asarray(done, np.uint8)

    out = picture.copy()
    # The first part is filled in this thread: a new one has to fetch its memory from the system.
    with ThreadPoolExecutor(max(1, len(parts) - 1)) as pool:
        others = [pool.submit(fill, part) for part in parts[1:]]
        for part, done in zip(parts, [fill(parts[0]), *(other.result() for other in others)], strict=True):
            out[part] = done[part]
    return out


def halves(hole: Mask) -> list[Mask]:
    """The hole, cut in two of about the same size where it is narrow, between letters; whole if it is so nowhere."""
    count = np.count_nonzero(hole)
    if count < _WORTH:
        return [hole]
    y, x = np.nonzero(hole)
    axis = int(np.ptp(x) > np.ptp(y))
    along = np.bincount((y, x)[axis], minlength=hole.shape[axis])
    share = np.cumsum(along) / count
    middle = np.flatnonzero((share > _LEAST) & (share < 1 - _LEAST))
    if not len(middle) or along[middle].min() > _NECK * (np.ptp((x, y)[axis]) + 1):
        return [hole]
    cut = int(middle[np.argmin(along[middle])])
    before = np.arange(hole.shape[axis]) < cut
    first = hole & (before[None] if axis else before[:, None])
    return [first, hole & ~first]


def _inner(usable: Mask) -> Mask:
    """Pixels whose whole patch is usable, or as much of it as can be had: rounding should stay inside."""
    for radius in (RADIUS, 1):
        brush = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
        inner = np.asarray(cv2.erode(usable.astype(np.uint8), brush, borderValue=0), np.bool_)
        if np.count_nonzero(inner) >= 64:
            return inner
    if not usable.any():
        raise EditRefused(reason="too_hard", hint="REFUSED_NO_SOURCE")
    return usable
