"""Filling a hole with what lies around it.

Smooth ground (a backdrop, a wall, a sky) is continued by a membrane with grain; anything else is put together from
patches of the surroundings (PatchMatch at a bounded size, then at full size from the same places). PatchMatch has a
wheel for x86-64 Linux only; elsewhere OpenCV's Telea fills and the answer says so.

Invariants: only pixels of the hole change; nothing is copied from ``barred``; work and memory are bounded by
`WORKING` pixels and the crop around the hole, whatever the picture's size.

Example::

    done = fill(picture, hole, barred)
    canvas.put(done.window, done.patch, done.changed)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite import patches
from qie_hub.edit.lite.frame import Window
from qie_hub.edit.lite.ground import detail
from qie_hub.edit.lite.objects.smooth import continued, membrane
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture

WORKING: Final = 150_000
"""Pixels of the crop that PatchMatch gets: about a second on two cores, and its cost grows with the square root."""
_SMOOTH: Final = 2.0
"""Detail in grey levels below which ground counts as smooth: sensor noise and JPEG stay below it."""
_CREASE: Final = 14.0
"""Spread in grey levels about the membrane that smooth ground may have along the hole: more is an edge running in."""

LARGEST: Final[Mapping[str, float]] = {"smooth": 0.4, "patchmatch": 0.15, "telea_fallback": 0.02}
"""Share of the picture that a hole may take, by the way it is filled: measured, see `benchmarks.edits_objects`."""
STRAIN: Final = 0.7
"""Most of (share of the picture x how far the fill departs from its surroundings, in Lab units) that is delivered.

A copied tree on a wall departs by 20 and is seen from 3 % on; gravel departs by 3 and is not seen at 15 %."""
_STRAY: Final = 0.006
"""Part of the rim that may lie off a smooth surface: dust and grain."""
_NARROW: Final = 0.3
"""Part of the rim up to which what crosses smooth ground is a thing rather than another ground."""
_TOUCH: Final = 1.5
"""Pixels from a hole within which a thing runs into it."""
_FEW: Final = 4
"""Crossings up to which they are things; more are a pattern, like the joints of a pavement."""
_SMALL: Final = 0.01
"""Share of the picture below which patches continue what crosses a hole."""
_JUDGED_AT: Final = 224

Mask = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """New pixels: ``patch`` and ``changed`` have the size of ``window``; ``method`` says how they were made."""

    window: Window
    patch: Picture
    changed: NDArray[np.bool_]
    method: str


def fill(picture: Picture, hole: Mask, barred: Mask | None = None, *, seed: int = 0) -> Filled:
    """Replace the pixels of a hole by what surrounds it.

    Args:
        picture: HxWx3 uint8 RGB.
        hole: HxW, true where pixels are to be replaced; not empty.
        barred: HxW, true where nothing may be copied from, or None.
        seed: chooses among equally good fills.

    Raises:
        EditRefused: ``too_hard``: nothing is left to copy from, the hole is too large for what surrounds it, or the
            fill would be seen.
    """
    window = _surroundings(hole, barred)
    x0, y0, x1, y1 = window
    around = np.ascontiguousarray(picture[y0:y1, x0:x1])
    here = np.ascontiguousarray(hole[y0:y1, x0:x1]).astype(bool)
    usable = ~here if barred is None else ~here & ~barred[y0:y1, x0:x1].astype(bool)
    if int(usable.sum()) < max(256, int(here.sum()) // 4):
        raise EditRefused(reason="too_hard", hint="REFUSED_NO_SOURCE")
    share = np.count_nonzero(hole) / hole.size
    method = _method(around, here, usable, share)
    if share > LARGEST[method]:
        limit = round(100 * LARGEST[method])
        raise EditRefused(reason="too_hard", percent=round(100 * share), limit=limit, hint="REFUSED_HOLE_LARGE")
    patch = _PAINTERS[method](around, here, usable, seed)
    if method != "smooth" and share * departure(around, patch, here) > STRAIN:
        raise EditRefused(reason="too_hard", percent=round(100 * share), hint="REFUSED_HOLE_STRAINED")
    return Filled(window, patch, here, method)


def departure(around: Picture, patch: Picture, hole: Mask) -> float:
    """How far a fill is from a smooth transition between what surrounds it, in Lab units.

    Where one texture surrounds the hole, its colours hardly vary at the hole's scale; where different things meet,
    somebody has to decide where one ends, and patches decide badly.
    """
    scale = min(1.0, _JUDGED_AT / max(hole.shape))
    size = (max(8, round(hole.shape[1] * scale)), max(8, round(hole.shape[0] * scale)))
    known = cv2.resize(hole.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR) == 0
    if known.all() or not known.any():
        return 0.0
    before, after = (
        cv2.cvtColor(cv2.resize(one, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)
        for one in (around, patch)
    )
    wide = max(2.0, 0.12 * float(np.sqrt(np.count_nonzero(~known))))
    weight = known.astype(np.float32)
    total = np.maximum(cv2.GaussianBlur(weight, (0, 0), wide), 1e-3)[..., None]
    smooth = cv2.GaussianBlur(before * weight[..., None], (0, 0), wide) / total
    expected = membrane(smooth.astype(np.float32), known)
    away = np.linalg.norm(cv2.GaussianBlur(after, (0, 0), wide) - expected, axis=2)
    return float(away[~known].mean())


def _method(around: Picture, hole: Mask, usable: Mask, share: float) -> str:
    rim = rim_of(around, hole, usable)
    if rim.smooth:
        return "smooth"
    if rim.severed and share > _SMALL:
        raise EditRefused(reason="too_hard", hint="REFUSED_HOLE_SEVERS")
    return "patchmatch" if patches.available() else "telea_fallback"


@dataclass(frozen=True, slots=True)
class Rim:
    """The ground right around a hole.

    ``calm``: it has hardly any fine detail; ``off``: the part of it that lies off one smooth surface by an edge's
    step, ``far_off`` the part by a strong one that reaches the hole, in so many ``crossings``.
    """

    calm: bool
    off: float
    far_off: float
    crossings: int

    @property
    def smooth(self) -> bool:
        """Whether the ground is smooth, and no edge runs into it."""
        return self.calm and self.off < _STRAY

    @property
    def severed(self) -> bool:
        """Whether one narrow thing crosses smooth ground and ends at the hole: filling would cut it through."""
        return self.off < _NARROW and self.far_off > _STRAY and self.crossings <= _FEW


def rim_of(around: Picture, hole: Mask, usable: Mask) -> Rim:
    """Look at the ground right around a hole.

    Args:
        around: HxWx3 uint8 RGB.
        hole: true where pixels are to be replaced.
        usable: true where the ground may be looked at.
    """
    away = cv2.distanceTransform((~hole.astype(bool)).astype(np.uint8), cv2.DIST_L2, 3)
    reach = max(6.0, 0.12 * float(np.sqrt(np.count_nonzero(hole))))
    near = (away > 0) & (away <= reach) & usable.astype(bool)
    if np.count_nonzero(near) < 32:
        return Rim(calm=False, off=1.0, far_off=0.0, crossings=0)
    smooth = cv2.GaussianBlur(around, (0, 0), 1.5).astype(np.float32)
    y, x = np.nonzero(near)
    down, right = y / max(around.shape), x / max(around.shape)
    terms = np.stack([np.ones(len(y)), down, right, down * right, down**2, right**2], axis=1)
    values = smooth[near]
    kept = np.ones(len(y), np.bool_)
    step = np.zeros(len(y))
    for _ in range(4):
        fit, *_ = np.linalg.lstsq(terms[kept], values[kept], rcond=None)
        step = np.abs(values - terms @ fit).max(axis=1)
        kept = step <= max(_CREASE, float(np.quantile(step, 0.8)))
    calm = detail(around, near) < _SMOOTH
    strong = np.zeros(hole.shape, np.uint8)
    strong[y, x] = step >= 2 * _CREASE
    reaching, crossings = _reaching(strong, away)
    return Rim(calm, float((step >= _CREASE).mean()), reaching / len(y), crossings)


def _reaching(strong: Mask, away: Mask) -> tuple[int, int]:
    """Pixels and number of the things that run up to a hole; what only stands near it is not cut."""
    _, labels = cv2.connectedComponents(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    cut = np.setdiff1d(labels[(away > 0) & (away <= _TOUCH)], [0])
    return int(np.count_nonzero(np.isin(labels, cut) & (strong > 0))), len(cut)


def _surroundings(hole: Mask, barred: Mask | None) -> Window:
    """The window that PatchMatch sees: grown until it holds enough to copy from."""
    height, width = hole.shape
    y, x = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    top, bottom, left, right = int(y[0]), int(y[-1]) + 1, int(x[0]), int(x[-1]) + 1
    tall, wide = bottom - top, right - left
    margin = max(24, round(0.4 * max(tall, wide)), round(1.1 * min(tall, wide)))
    enough = 3 * int(np.count_nonzero(hole[top:bottom, left:right]))
    while True:
        window = (max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin))
        part = (slice(window[1], window[3]), slice(window[0], window[2]))
        free = ~hole[part].astype(bool) if barred is None else ~(hole[part].astype(bool) | barred[part].astype(bool))
        if np.count_nonzero(free) >= enough or window == (0, 0, width, height):
            return window
        margin = margin * 3 // 2


def _patched(around: Picture, hole: Mask, usable: Mask, seed: int) -> Picture:
    """Fill from patches: at a bounded size first, then from the same places at full size."""
    scale = min(1.0, (WORKING / hole.size) ** 0.5)
    out = patches.patched(around, hole, usable, scale=scale, seed=seed)
    return out if scale == 1 else _seam_closed(out, hole, min(6, round(0.6 / scale)))


def _seam_closed(picture: Picture, hole: Mask, width: int) -> Picture:
    """Bridge the hole's edge: small patches fit to a small pixel only, which is several of a large picture."""
    if width < 2:
        return picture
    inside = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    band = ((inside > 0) & (inside <= width)).astype(np.uint8)
    return np.asarray(cv2.inpaint(picture, band, 3, cv2.INPAINT_TELEA), np.uint8)


def _telea(around: Picture, hole: Mask, usable: Mask, seed: int) -> Picture:
    """OpenCV's method, where PatchMatch has no wheel."""
    del usable, seed
    return np.asarray(cv2.inpaint(around, hole.astype(np.uint8) * 255, 5, cv2.INPAINT_TELEA), np.uint8)


_PAINTERS: Final[Mapping[str, Callable[[Picture, Mask, Mask, int], Picture]]] = {
    "smooth": continued,
    "patchmatch": _patched,
    "telea_fallback": _telea,
}
