"""Continuing smooth ground over a hole: a membrane stretched between its edges, with the surroundings' grain on it.

A backdrop, a wall or a sky has a gradient and some grain; copied patches would show as bands there.

Invariant: known pixels keep their values.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.ports import Picture

_ROUNDS: Final = 24
"""Relaxations per level: errors that reach further are taken care of by the coarser level."""
_GRAIN: Final = 1.6
"""Sigma in pixels below which structure of smooth ground counts as grain."""

Values = NDArray[np.float32]
Mask = NDArray[Any]


def membrane(values: Values, known: Mask) -> Values:
    """Solve Laplace's equation over the unknown pixels, coarse to fine.

    Args:
        values: HxWxC float32; unknown pixels may hold anything.
        known: HxW, true where ``values`` hold.
    """
    height, width = known.shape
    out = np.where(known[..., None], values, 0).astype(np.float32)
    if known.all() or not known.any():
        return out
    if min(height, width) > 4:
        size = ((width + 1) // 2, (height + 1) // 2)
        weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        coarse = _area(out, size) / np.maximum(weight, 1e-6)[..., None]
        below = membrane(coarse.astype(np.float32), weight > 1e-3)
        guess = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    else:
        guess = np.broadcast_to(out[known.astype(bool)].mean(axis=0), values.shape)
    out = np.where(known[..., None], out, guess).astype(np.float32)
    return _relaxed(out, known)


def continued(picture: Picture, hole: Mask, usable: Mask, seed: int = 0) -> Picture:
    """Fill a hole in smooth ground.

    Args:
        picture: HxWx3 uint8 RGB.
        hole: true where pixels are replaced.
        usable: true where ground and grain may be taken from.
        seed: chooses where the grain comes from.
    """
    values = picture.astype(np.float32)
    ground = membrane(values, usable.astype(bool))
    fill = ground[hole]
    grain = values - cv2.GaussianBlur(values, (0, 0), _GRAIN)
    near = cv2.erode(usable.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    loud = np.abs(grain).max(axis=2)
    if near.any():
        near &= loud <= np.quantile(loud[near], 0.98)
        pool = grain[near]
        fill = fill + pool[np.random.default_rng(seed).integers(0, len(pool), len(fill))]
    out = picture.copy()
    out[hole] = np.clip(fill + 0.5, 0, 255).astype(np.uint8)
    return out


def _area(values: Values, size: tuple[int, int]) -> Values:
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(size[1], size[0], values.shape[2])


def _relaxed(values: Values, known: Mask) -> Values:
    where = ~known.astype(bool)
    out = values
    kernel = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    for _ in range(_ROUNDS):
        mean = cv2.filter2D(out, -1, kernel, borderType=cv2.BORDER_REFLECT_101).reshape(values.shape)
        out[where] = mean[where]
    return out
