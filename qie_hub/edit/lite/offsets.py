"""Where a filled pixel was copied from: turns a small fill into a sharp one of full size.

PatchMatch runs at a bounded size, so its fill is blurred when it is enlarged. Its pixels come from patches of the
small picture; once those are found again, the same places of the full-size picture give the fine detail.

Invariant: nothing is taken from a pixel that is not usable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.ports import Picture

_RADIUS: Final = 3
_ROUNDS: Final = 4
_STEPS: Final = (8, 4, 2, 1)

Mask = NDArray[Any]
Whole = NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Sources:
    """For each hole pixel (``y``, ``x``) of the small picture the pixel (``from_y``, ``from_x``) that it resembles.

    Found by PatchMatch's own scheme: neighbours propose their offsets, then ever smaller random steps.
    """

    done: Picture
    hole: Mask
    usable: Mask
    seed: int = 0
    y: Whole = field(init=False)
    x: Whole = field(init=False)
    from_y: Whole = field(init=False)
    from_x: Whole = field(init=False)
    _windows: NDArray[np.int16] = field(init=False)
    _wanted: NDArray[np.int16] = field(init=False)
    _cost: Whole = field(init=False)

    def __post_init__(self) -> None:
        side = 2 * _RADIUS + 1
        border = cv2.copyMakeBorder(self.done, _RADIUS, _RADIUS, _RADIUS, _RADIUS, cv2.BORDER_REPLICATE)
        windows = np.lib.stride_tricks.sliding_window_view(border.astype(np.int16), (side, side), axis=(0, 1))
        # Every other pixel of a patch tells as much and costs a third.
        self._windows = windows[:, :, :, ::2, ::2]
        self.y, self.x = np.nonzero(self.hole)
        self._wanted = self._patches(self.y, self.x)
        at_y, at_x = np.nonzero(self.usable)
        pick = np.random.default_rng(self.seed).integers(0, len(at_y), len(self.y))
        self.from_y, self.from_x = at_y[pick], at_x[pick]
        self._cost = np.abs(self._patches(self.from_y, self.from_x) - self._wanted).sum(axis=1, dtype=np.int64)

    def search(self) -> None:
        """Find the sources."""
        random = np.random.default_rng(self.seed + 1)
        height, width = self.hole.shape
        number = np.full(self.hole.shape, -1)
        number[self.y, self.x] = np.arange(len(self.y))
        for _ in range(_ROUNDS):
            for step in _STEPS:
                for down, right in ((0, step), (step, 0), (0, -step), (-step, 0)):
                    self._ask_neighbour(number, down, right)
            reach = max(height, width)
            while reach >= 1:
                jump = random.integers(-reach, reach + 1, (2, len(self.y)))
                self._try(self.from_y + jump[0], self.from_x + jump[1])
                reach //= 2

    def offset_map(self) -> NDArray[np.float32]:
        """HxWx2: how far (down, right) the source of each hole pixel lies; 0 elsewhere."""
        out = np.zeros((*self.hole.shape, 2), np.float32)
        out[self.y, self.x, 0] = self.from_y - self.y
        out[self.y, self.x, 1] = self.from_x - self.x
        return out

    def _patches(self, y: Whole, x: Whole) -> NDArray[np.int16]:
        return self._windows[y, x].reshape(len(y), -1)

    def _ask_neighbour(self, number: Whole, down: int, right: int) -> None:
        height, width = self.hole.shape
        y, x = self.y + down, self.x + right
        inside = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        other = np.where(inside, number[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], -1)
        there = other >= 0
        self._try(np.where(there, self.from_y[other] - down, -1), np.where(there, self.from_x[other] - right, -1))

    def _try(self, y: Whole, x: Whole) -> None:
        height, width = self.hole.shape
        fits = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        fits[fits] = self.usable[y[fits], x[fits]]
        which = np.flatnonzero(fits)
        cost = np.abs(self._patches(y[which], x[which]) - self._wanted[which]).sum(axis=1, dtype=np.int64)
        better = cost < self._cost[which]
        chosen = which[better]
        self.from_y[chosen], self.from_x[chosen], self._cost[chosen] = y[chosen], x[chosen], cost[better]


def enlarged(picture: Picture, hole: Mask, sources: Sources) -> NDArray[np.float32]:
    """The fill at full size.

    Args:
        picture: the full-size picture, HxWx3.
        hole: HxW, true where it is filled.
        sources: of the small picture; must have been searched.

    Returns:
        Nx3 colours of the hole's pixels in the order of ``np.nonzero(hole)``. Where neighbouring sources disagree
        they are blended, so that seams are soft.
    """
    height, width = hole.shape
    offsets, small = sources.offset_map(), sources.hole.astype(bool)
    down, across = small.shape[0] / height, small.shape[1] / width
    y, x = np.nonzero(hole)
    at_y, at_x = (y + 0.5) * down - 0.5, (x + 0.5) * across - 0.5
    low_y, low_x = np.floor(at_y).astype(np.int64), np.floor(at_x).astype(np.int64)
    total = np.zeros((len(y), 3), np.float32)
    weights = np.full((len(y), 1), 1e-6, np.float32)
    for step_y, step_x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        near_y, near_x = np.clip(low_y + step_y, 0, small.shape[0] - 1), np.clip(low_x + step_x, 0, small.shape[1] - 1)
        share = (1 - np.abs(at_y - low_y - step_y)) * (1 - np.abs(at_x - low_x - step_x)) * small[near_y, near_x]
        source_y = np.clip(np.rint(y + offsets[near_y, near_x, 0] / down), 0, height - 1).astype(np.int64)
        source_x = np.clip(np.rint(x + offsets[near_y, near_x, 1] / across), 0, width - 1).astype(np.int64)
        total += share[:, None] * picture[source_y, source_x]
        weights += share[:, None]
    return np.asarray(total / weights, np.float32)
