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


def changed_outside(
    before: Picture, after: Picture, mask: Picture, origin: tuple[int, int] = (0, 0)
) -> tuple[int, int]:
    """Compare what both pictures show, outside ``mask``.

    Args:
        before: the input, HxWx3.
        after: the result.
        mask: HxW of the result; 255 where it may differ.
        origin: x, y of the input's corner in the result; negative after cutting.

    Returns:
        How many pixels were compared and how many of them differ.
    """
    x0, y0 = max(origin[0], 0), max(origin[1], 0)
    x1 = min(origin[0] + before.shape[1], after.shape[1])
    y1 = min(origin[1] + before.shape[0], after.shape[0])
    compared = wrong = 0
    for top in range(y0, y1, _ROWS):
        stop = min(top + _ROWS, y1)
        outside = mask[top:stop, x0:x1] == 0
        old = before[top - origin[1] : stop - origin[1], x0 - origin[0] : x1 - origin[0]]
        compared += int(np.count_nonzero(outside))
        wrong += int(np.count_nonzero((old != after[top:stop, x0:x1]).any(axis=2) & outside))
    return compared, wrong


def assert_untouched(before: Picture, after: Picture, mask: Picture, origin: tuple[int, int] | None) -> int:
    """Check the promise of the mask; returns how many pixels were compared.

    Raises:
        Bug: a pixel outside the mask differs, lies outside the input, or the mask has holes after rescaling.
    """
    if mask.shape != after.shape[:2]:
        raise Bug(what="the mask has another size than the picture")
    outside = int(np.count_nonzero(mask == 0))
    if origin is None:
        if outside:
            raise Bug(what="mask of a rescaled picture has holes")
        return 0
    compared, wrong = changed_outside(before, after, mask, origin)
    if wrong:
        raise Bug(what="pixels outside the mask changed", pixels=wrong)
    if compared != outside:
        raise Bug(what="pixels outside the mask are not the input's", pixels=outside - compared)
    return compared
