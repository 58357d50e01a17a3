"""The outline of a thing whose box is known: GrabCut seeded by the box, and by the portrait net for people.

Invariants: nothing outside the box and its small margin belongs to the outline; an outline that GrabCut lost (hardly
anything, or everything) is replaced by a rounded box, and says so.

Example::

    shape = outline(picture, thing, portrait)
    shape.mask            # bool, of shape.window's size
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.frame import Window
from qie_hub.edit.lite.objects.detect import Thing
from qie_hub.ports import Picture, Session

_SIDE: Final = 320
"""Longer side at which GrabCut runs: a tenth of a second, and fine enough to be dilated afterwards."""
_AROUND: Final = 0.3
"""Background shown to GrabCut on each side, as a share of the box."""
_SLACK: Final = 0.06
"""How far a detector's box may cut into its thing."""
_BELIEVED: Final = (0.22, 0.97)
"""Shares of the box between which an outline is believed."""
_PORTRAIT_SIDE: Final = 256

Mask = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A thing's pixels: ``mask`` is bool and has the size of ``window``; ``found`` is False for a rounded box."""

    window: Window
    mask: NDArray[np.bool_]
    found: bool

    def paint(self, onto: NDArray[np.bool_]) -> None:
        """Add the thing to a mask of the whole picture."""
        x0, y0, x1, y1 = self.window
        onto[y0:y1, x0:x1] |= self.mask


def outline(picture: Picture, thing: Thing, portrait: Session | None = None) -> Shape:
    """Find a thing's pixels.

    Args:
        picture: HxWx3 uint8 RGB.
        thing: with its box.
        portrait: the portrait net, used for people only.
    """
    window, inner = _windows(thing, picture.shape)
    x0, y0, x1, y1 = window
    crop = picture[y0:y1, x0:x1]
    scale = min(1.0, _SIDE / max(crop.shape[:2]))
    size = (max(8, round(crop.shape[1] * scale)), max(8, round(crop.shape[0] * scale)))
    small = np.ascontiguousarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))
    box = tuple(round(side * scale) for side in inner)
    person = thing.noun == "person" and portrait is not None
    likely = likelihood(portrait, small) if portrait is not None and person else None
    cut = _grabcut(small, _seeds(small.shape, box, likely))
    tall, wide = max(1, box[3] - box[1]), max(1, box[2] - box[0])
    share = float(np.count_nonzero(cut)) / (tall * wide)
    found = _BELIEVED[0] < share < _BELIEVED[1]
    if not found:
        cut = _rounded(small.shape, box)
    whole = cv2.resize(cut.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR) > 0.5
    return Shape(window, whole, found)


def likelihood(portrait: Session, picture: Picture) -> NDArray[np.float32]:
    """How likely each pixel belongs to a person: HxW, 0..1. The net takes 1x3x256x256 RGB 0..1."""
    small = cv2.resize(picture, (_PORTRAIT_SIDE, _PORTRAIT_SIDE), interpolation=cv2.INTER_AREA)
    feed = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 255
    out = portrait.run({portrait.input_names[0]: feed})[0].reshape(_PORTRAIT_SIDE, _PORTRAIT_SIDE)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.resize(out, size, interpolation=cv2.INTER_LINEAR), np.float32)


def grown(mask: Mask, radius: int) -> NDArray[np.bool_]:
    """A mask with a margin; by distances, so that wide margins of large pictures cost no more than narrow ones."""
    if not mask.any():
        return np.asarray(mask, np.bool_)
    away = cv2.distanceTransform((~mask.astype(np.bool_)).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(away <= radius, np.bool_)


def filled(mask: Mask) -> NDArray[np.bool_]:
    """A mask without its enclosed holes and without crumbs."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    out = np.zeros(mask.shape, np.uint8)
    if lines:
        areas = [cv2.contourArea(line) for line in lines]
        large = [line for line, area in zip(lines, areas, strict=True) if area >= 0.04 * max(areas)]
        cv2.drawContours(out, large, -1, 1, cv2.FILLED)
    return out.astype(np.bool_)


def _windows(thing: Thing, shape: tuple[int, ...]) -> tuple[Window, Window]:
    """The crop around a thing, and its box with some slack inside that crop."""
    x, y, width, height = thing.box
    around_x, around_y = max(8, round(_AROUND * width)), max(8, round(_AROUND * height))
    slack_x, slack_y = max(2, round(_SLACK * width)), max(2, round(_SLACK * height))
    x0, y0 = max(0, x - around_x), max(0, y - around_y)
    x1, y1 = min(shape[1], x + width + around_x), min(shape[0], y + height + around_y)
    inner = (
        max(0, x - slack_x) - x0, max(0, y - slack_y) - y0,
        min(shape[1], x + width + slack_x) - x0, min(shape[0], y + height + slack_y) - y0,
    )  # fmt: skip
    return (x0, y0, x1, y1), inner


def _seeds(shape: tuple[int, ...], box: tuple[int, ...], likely: NDArray[np.float32] | None) -> Picture:
    seeds = np.full(shape[:2], cv2.GC_BGD, np.uint8)
    x0, y0, x1, y1 = box
    seeds[y0:y1, x0:x1] = cv2.GC_PR_FGD
    if likely is not None and float(likely[y0:y1, x0:x1].max(initial=0)) > 0.7:
        part, weight = seeds[y0:y1, x0:x1], likely[y0:y1, x0:x1]
        part[weight < 0.2] = cv2.GC_PR_BGD
        part[weight < 0.02] = cv2.GC_BGD
        part[weight > 0.95] = cv2.GC_FGD
    else:
        centre = ((x0 + x1) // 2, (y0 + y1) // 2)
        axes = (max(1, (x1 - x0) // 5), max(1, (y1 - y0) // 5))
        cv2.ellipse(seeds, centre, axes, 0, 0, 360, cv2.GC_FGD, cv2.FILLED)
    return seeds


def _grabcut(picture: Picture, seeds: Picture) -> NDArray[np.bool_]:
    known = ((seeds == cv2.GC_BGD) | (seeds == cv2.GC_PR_BGD)).any(), (seeds & 1).any()
    if not all(known):
        return (seeds & 1).astype(np.bool_)
    state = (np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64))
    cv2.setRNGSeed(0)
    cv2.grabCut(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), seeds, None, *state, 4, cv2.GC_INIT_WITH_MASK)
    return filled((seeds & 1) > 0)


def _rounded(shape: tuple[int, ...], box: tuple[int, ...]) -> NDArray[np.bool_]:
    """A box whose corners are cut: things are rounder than boxes."""
    out = np.zeros(shape[:2], np.uint8)
    x0, y0, x1, y1 = box
    corner = max(1, min(x1 - x0, y1 - y0) // 4)
    points = [
        (x0 + corner, y0), (x1 - corner, y0), (x1, y0 + corner), (x1, y1 - corner), (x1 - corner, y1),
        (x0 + corner, y1), (x0, y1 - corner), (x0, y0 + corner),
    ]  # fmt: skip
    cv2.fillPoly(out, [np.array(points, np.int32)], 1)
    return out.astype(np.bool_)
