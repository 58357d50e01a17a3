"""Facts about a result, measured after the edit.

Invariants: the check of the untouched area compares every byte; it is made against the caller's input, not against
anything that the edit could have written to.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qie_hub.errors import Bug
from qie_hub.ports import Picture

_ROWS: Final = 512


def changed_outside(before: Picture, after: Picture, mask: Picture, origin: tuple[int, int] = (0, 0)) -> int:
    """Count the pixels outside ``mask`` that differ.

    Args:
        before: the input, HxWx3.
        after: the result, at least as large.
        mask: HxW of the result; 255 where it may differ.
        origin: x, y of the input's corner in the result.
    """
    x, y = origin
    height, width = before.shape[:2]
    wrong = 0
    for top in range(0, height, _ROWS):
        stop = min(top + _ROWS, height)
        part = (slice(y + top, y + stop), slice(x, x + width))
        differs = (before[top:stop] != after[part]).any(axis=2)
        wrong += int(np.count_nonzero(differs & (mask[part] == 0)))
    return wrong


def assert_untouched(before: Picture, after: Picture, mask: Picture, origin: tuple[int, int] | None) -> int:
    """Check the promise of the mask; returns how many pixels were compared.

    Raises:
        Bug: a pixel outside the mask differs, or the size changed without saying where the input lies.
    """
    if origin is None:
        if not (mask == 255).all():
            raise Bug(what="mask of a rescaled picture has holes")
        return 0
    inside = mask[origin[1] : origin[1] + before.shape[0], origin[0] : origin[0] + before.shape[1]]
    if inside.shape != before.shape[:2]:
        raise Bug(what="the input does not lie inside the result", origin=list(origin))
    wrong = changed_outside(before, after, mask, origin)
    if wrong:
        raise Bug(what="pixels outside the mask changed", pixels=wrong)
    return int(np.count_nonzero(inside == 0))
