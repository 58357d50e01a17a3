"""The work of an edit that grows with the picture: super-resolution runs its net over every pixel. Pure.

Everything else of this pipeline works at the pack's working size, or costs little for each pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qie_hub.edit.lite import abilities
from qie_hub.formats.operation import EditPlan

PER_PIXEL: Final = 600_000
"""Multiply-adds of the SPAN nets for a pixel of the picture: 410,000 weights, all of convolutions, and activations
between them that take about half as long again (measured on one core against the micro-benchmark's convolution).
"""

OVERLAP: Final = 24
"""Pixels of context around a tile: SPAN stacks six blocks of three 3x3 convolutions and three more, which see 21."""


def tile_side(resolution: int) -> int:
    """Side of a super-resolution tile in pixels: a quarter of the working size's area keeps memory level."""
    return max(96, resolution // 2)


def multiply_adds(plan: EditPlan, size: tuple[int, int], settings: Mapping[str, Any]) -> int:
    """Return the multiply-adds of all nets of ``plan`` that run over a picture of ``size`` (width, height)."""
    factors = [
        item.operation.slots.get("factor") or 2
        for item in plan.operations
        if item.operation.ability == abilities.IMAGE_UPSCALE
    ]
    return sum(_upscaling(size, factor, settings) for factor in factors)


def _upscaling(size: tuple[int, int], factor: object, settings: Mapping[str, Any]) -> int:
    """One pass for twice; for four times one pass of the x4 net, or twice two times where a pack has none."""
    tile = tile_side(int(settings.get("resolution", 512)))
    covered = [side + 2 * OVERLAP * (-(-side // tile) - 1) for side in size]
    once = PER_PIXEL * covered[0] * covered[1]
    return once if factor == 2 or "sr_x4" in settings else 5 * once
