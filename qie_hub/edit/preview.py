"""A first look at an edit: the same operations on a reduced copy, before they are carried out in full.

Invariants:

* A preview is a real edit by the same pipeline with the full plan, its places and pixel sizes scaled down; nothing is
  drawn that the pipeline did not make.
* There is none where it would come no sooner than the result: small pictures, and sentences whose operations cost by
  the line of text, not by the pixel.

Example::

    small = preview.reduced(given, plan)
    if small is not None:
        look = pipeline.edit(*small, on_stage, check).picture      # longest side about `SIDE`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from qie_hub.formats.operation import Box, EditPlan, Operation, PlannedOperation, Region
from qie_hub.ports import Picture, PipelineInput, WorkLimits

SIDE: Final = 256
"""Longest side in pixels: what a list of pictures shows, and a sixteenth of the pixels of a 1024 px picture."""

_LEAST: Final = 2 * SIDE
_BY_THE_LINE: Final = frozenset({"text.replace", "text.delete", "text.add"})
"""Measuring, erasing and setting a line takes as long on a small copy: lines are brought to one height first."""

_LEFT_OUT: Final = frozenset({"image.upscale"})
"""What only adds pixels cannot be seen in a picture that has fewer."""

_PIXELS: Final[Mapping[str, tuple[str, ...]]] = {"border.add": ("width",), "image.resize": ("width", "height")}
"""Slots that count pixels of the picture."""


def reduced(source: PipelineInput, plan: EditPlan) -> tuple[PipelineInput, EditPlan] | None:
    """The edit of a reduced copy.

    Args:
        source: what the pipeline gets for the full edit.
        plan: the full plan.

    Returns:
        What the pipeline gets for the preview, and the plan in the copy's pixels; None where it would not be sooner.
    """
    height, width = source.picture.shape[:2]
    kept = tuple(item for item in plan.operations if item.operation.ability not in _LEFT_OUT)
    abilities = {item.operation.ability for item in kept}
    if max(height, width) < _LEAST or abilities <= _BY_THE_LINE:
        return None
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = replace(
        source,
        picture=_scaled(source.picture, size),
        alpha=None if source.alpha is None else _scaled(source.alpha, size),
        mask=None if source.mask is None else _scaled(source.mask, size),
        box=None if source.box is None else _box(source.box, scale),
        limits=WorkLimits(resolution=SIDE, refine=False),
    )
    return small, replace(plan, operations=tuple(_operation(item, scale) for item in kept))


def _operation(item: PlannedOperation, scale: float) -> PlannedOperation:
    operation = item.operation
    slots = dict(operation.slots)
    for name in _PIXELS.get(operation.ability, ()):
        value = slots.get(name)
        if value is not None:
            slots[name] = max(1, round(int(value) * scale))
    regions = tuple(_region(region, scale) for region in item.regions)
    return PlannedOperation(Operation(operation.ability, slots, operation.clause), regions)


def _region(region: Region, scale: float) -> Region:
    polygon = None
    if region.polygon is not None:
        polygon = tuple((round(x * scale), round(y * scale)) for x, y in region.polygon)
    return replace(region, box=_box(region.box, scale), polygon=polygon)


def _box(box: Box, scale: float) -> Box:
    x, y, width, height = (round(side * scale) for side in box)
    return x, y, max(1, width), max(1, height)


def _scaled(values: Picture, size: tuple[int, int]) -> Picture:
    return np.ascontiguousarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.uint8)
