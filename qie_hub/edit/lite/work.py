"""What an edit costs, known once it is planned: pure, given the picture.

Replacing and deleting text is what a pack's signed edit times are of, on smooth and on rough ground. Super-resolution
runs its net over every pixel. The rest has costs of its own, below, as times on the reference device
(`formats.speed.REFERENCE`): the medians of photographs of 1024 pixels on two cores, carried over.

Example::

    effort(plan, source, pack.settings)     # Effort(smooth=1, rough=0, reference_ms=250, multiply_adds=0)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from qie_hub.edit.lite import abilities, ground
from qie_hub.edit.lite.locate import polygon_of
from qie_hub.formats.operation import EditPlan, Operation, PlannedOperation, Region
from qie_hub.ports import Effort, Picture, PipelineInput

PER_PIXEL: Final = 660_000
"""Multiply-adds of the SPAN nets for a pixel of the picture: 410,000 weights, all of convolutions, and activations
between them that take about half as long again (measured on one core against the micro-benchmark's convolution).
"""

OVERLAP: Final = 24
"""Pixels of context around a tile: SPAN stacks six blocks of three 3x3 convolutions and three more, which see 21."""

SIGNED: Final = frozenset({abilities.TEXT_REPLACE, abilities.TEXT_DELETE, abilities.WATERMARK_REMOVE})
"""Abilities whose cost is the signed one."""

AT_WORKING_SIZE: Final[Mapping[str, int]] = {
    abilities.TEXT_ADD: 280, abilities.BADGE_ADD: 250, abilities.LOGO_ADD: 80, abilities.LOGO_REPLACE: 500,
    abilities.OBJECT_ERASE: 900, abilities.OBJECT_REMOVE: 1800, abilities.BACKGROUND_PLAIN: 1300,
    abilities.BACKGROUND_BLUR: 1900, abilities.BACKGROUND_CUTOUT: 1300, abilities.BACKGROUND_PICTURE: 1400,
    abilities.IMAGE_COMPOSE: 1700,
}  # fmt: skip
"""Milliseconds that hardly depend on the picture's size."""

PER_MEGAPIXEL: Final[Mapping[str, int]] = {
    abilities.TONE_ADJUST: 220, abilities.BORDER_ADD: 50, abilities.IMAGE_RESIZE: 25, abilities.BACKGROUND_BLUR: 300,
}  # fmt: skip
"""Milliseconds for a million pixels."""

DENOISE: Final = 1800
"""The same for removing noise, the one look that compares patches."""

_RING: Final = 0.3
"""Width, in line heights, of the ground that is looked at around a text."""


def tile_side(resolution: int) -> int:
    """Side of a super-resolution tile in pixels: a quarter of the working size's area keeps memory level."""
    return max(96, resolution // 2)


def effort(plan: EditPlan, source: PipelineInput, settings: Mapping[str, Any]) -> Effort:
    """Return what carrying out ``plan`` costs; see `ports.Foreteller`."""
    height, width = source.picture.shape[:2]
    text = [item for item in plan.operations if item.operation.ability in SIGNED]
    rough = sum(_on_rough_ground(item, source.picture) for item in text)
    others = sum(_reference_ms(item.operation, width * height / 1e6) for item in plan.operations)
    nets = multiply_adds(plan, (width, height), settings) if source.limits.refine else 0
    return Effort(len(text) - rough, rough, round(others), nets)


def multiply_adds(plan: EditPlan, size: tuple[int, int], settings: Mapping[str, Any]) -> int:
    """Return the multiply-adds of all nets of ``plan`` that run over a picture of ``size`` (width, height)."""
    factors = [
        item.operation.slots.get("factor") or 2
        for item in plan.operations
        if item.operation.ability == abilities.IMAGE_UPSCALE
    ]
    return sum(_upscaling(size, factor, settings) for factor in factors)


def _reference_ms(operation: Operation, megapixels: float) -> float:
    each = DENOISE if "denoise" in operation.slots else PER_MEGAPIXEL.get(operation.ability, 0)
    return AT_WORKING_SIZE.get(operation.ability, 0) + each * megapixels


def _on_rough_ground(item: PlannedOperation, picture: Picture) -> bool:
    """Whether any text of an operation stands where patches have to be copied."""
    return any(_is_rough(region, picture) for region in item.regions)


def _is_rough(region: Region, picture: Picture) -> bool:
    corners = polygon_of(region)
    sides = [float(np.linalg.norm(corners[index] - corners[index - 1])) for index in (1, 2)]
    ring = max(3, round(_RING * min(sides)))
    (left, top), (right, bottom) = corners.min(axis=0).astype(int) - ring, corners.max(axis=0).astype(int) + ring + 1
    around = picture[max(0, top) : bottom, max(0, left) : right]
    if around.size == 0:
        return False
    return ground.is_rough(around, corners - (max(0, left), max(0, top)), ring)


def _upscaling(size: tuple[int, int], factor: object, settings: Mapping[str, Any]) -> int:
    """One pass for twice; for four times one pass of the x4 net, or twice two times where a pack has none."""
    tile = tile_side(int(settings.get("resolution", 512)))
    covered = [side + 2 * OVERLAP * (-(-side // tile) - 1) for side in size]
    once = PER_PIXEL * covered[0] * covered[1]
    return once if factor == 2 or "sr_x4" in settings else 5 * once
