"""Whether a hole can be filled so that it is not seen: decided before anything is painted.

Thresholds were chosen on the development half of `benchmarks.edits_objects`. A refusal is better than a smear.

Invariant: what is refused here was not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.objects.asked import Hole
from qie_hub.edit.lite.objects.detect import Thing, shared
from qie_hub.edit.lite.objects.outline import Shape, filled, grown, outline
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture, Session

LARGEST: Final = 0.4
"""Share of the picture that a hole may take before anything; `fill` knows tighter limits for textured ground."""
CONTACT: Final = 0.15
"""Share of a hole's edge that may lie on something which stays and is no mere ground."""
SPECK: Final = 0.0015
"""Share of the picture below which a hole on something is a blemish: its own surface continues over it."""
GROUND: Final = frozenset(
    ("dining table", "bed", "couch", "bench", "sink", "boat", "surfboard", "refrigerator", "oven")
)
"""Classes that things stand on or in: their surface may be continued."""
_INSIDE: Final = 0.6
"""Share of a thing inside the hole from which it goes too: a tie with its wearer, a cup in a box drawn by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What stays near a hole: ``barred`` may not be copied from; ``contact`` is the share of the hole's edge on it."""

    barred: NDArray[np.bool_]
    contact: float
    touched: tuple[str, ...] = ()


def look_around(picture: Picture, hole: Hole, stay: Sequence[Thing], portrait: Session | None) -> Around:
    """Find the outlines of the things that stay.

    Args:
        picture: HxWx3 uint8 RGB.
        hole: HxW bool.
        stay: what the detector saw and what is not to go.
        portrait: the portrait net, or None.
    """
    barred = np.zeros(hole.shape, np.bool_)
    edge = _edge(hole)
    length = max(1, int(np.count_nonzero(edge)))
    worst, touched = 0.0, []
    for thing in stay:
        if thing.noun in GROUND:
            continue
        x, y, width, height = thing.box
        if not edge[y : y + height, x : x + width].any():
            if not hole[y : y + height, x : x + width].any():
                barred[y : y + height, x : x + width] = True
            continue
        shape = outline(picture, thing, portrait)
        x0, y0, x1, y1 = shape.window
        if np.count_nonzero(hole[y0:y1, x0:x1] & shape.mask) > _INSIDE * int(np.count_nonzero(shape.mask)):
            continue
        _shut(shape, barred)
        part = float(np.count_nonzero(edge[y0:y1, x0:x1] & shape.mask)) / length
        if part > CONTACT:
            touched.append(thing.noun)
        worst = max(worst, part)
    return Around(barred & ~hole, worst, tuple(sorted(set(touched))))


def _edge(hole: Hole) -> NDArray[np.bool_]:
    """A narrow band around a hole."""
    wide = max(2, round(0.006 * max(hole.shape)))
    y, x = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    rows = slice(max(0, int(y[0]) - wide), int(y[-1]) + wide + 1)
    columns = slice(max(0, int(x[0]) - wide), int(x[-1]) + wide + 1)
    out = np.zeros(hole.shape, np.bool_)
    out[rows, columns] = grown(hole[rows, columns], wide) & ~hole[rows, columns]
    return out


def refuse_unfillable(hole: Hole, around: Around | None = None) -> None:
    """Refuse a hole that surroundings cannot fill.

    Raises:
        EditRefused: ``too_hard``; says how large the hole is and how large it may be, or what it touches.
    """
    share = float(np.count_nonzero(hole)) / hole.size
    if share > LARGEST:
        hint = "REFUSED_HOLE_ALL" if share > 0.95 else "REFUSED_HOLE_LARGE"
        raise EditRefused(reason="too_hard", percent=round(100 * share), limit=round(100 * LARGEST), hint=hint)
    if around is not None and around.contact > CONTACT and share > SPECK:
        raise EditRefused(reason="too_hard", touched=list(around.touched), hint="REFUSED_HOLE_TOUCHES")


def with_margin(shape: Shape, picture: tuple[int, ...], thing: Thing) -> Hole:
    """The hole of a thing: its outline without gaps, with a margin for soft edges and the shadow at its foot.

    An outline may lose a part that looks like the ground, a cup's dark base; of what is no person, whose limbs leave
    much of the box free, the box's ellipse goes too.
    """
    hole = np.zeros(picture[:2], np.bool_)
    mask = filled(shape.mask)
    if thing.noun != "person":
        x, y, width, height = thing.box
        round_ = np.zeros(mask.shape, np.uint8)
        centre = (x + width // 2 - shape.window[0], y + height // 2 - shape.window[1])
        cv2.ellipse(round_, centre, (max(1, width // 2), max(1, height // 2)), 0, 0, 360, 1, cv2.FILLED)
        mask = mask | (round_ > 0)
    size = max(1, int(np.count_nonzero(mask))) ** 0.5
    margin = max(3, round(0.03 * size))
    x0, y0, x1, y1 = shape.window
    left, top = max(0, x0 - 2 * margin), max(0, y0 - 2 * margin)
    right, bottom = min(picture[1], x1 + 2 * margin), min(picture[0], y1 + 3 * margin)
    hole[y0:y1, x0:x1] = mask
    part = grown(hole[top:bottom, left:right], margin)
    foot = np.zeros_like(part)
    foot[margin:] = part[:-margin]
    hole[top:bottom, left:right] = part | foot
    return hole


def _shut(shape: Shape, barred: NDArray[np.bool_]) -> None:
    """Bar a thing and a little around it: soft edges belong to it too."""
    x0, y0, x1, y1 = shape.window
    barred[y0:y1, x0:x1] |= grown(shape.mask, max(2, round(0.02 * max(shape.mask.shape))))


def other_things(things: Sequence[Thing], going: Sequence[tuple[int, int, int, int]]) -> list[Thing]:
    """Those things that are none of the boxes that go."""
    return [
        thing
        for thing in things
        if not any(shared(thing.box, box) > 0.9 * max(thing.area, box[2] * box[3]) for box in going)
    ]
