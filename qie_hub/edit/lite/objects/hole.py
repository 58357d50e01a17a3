"""Whether a hole can be filled so that it is not seen: decided before anything is painted.

Thresholds are measured, see `LARGEST`. A refusal is better than a smear that a shop cannot use.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qie_hub.edit.lite.objects.asked import Hole
from qie_hub.errors import EditRefused

LARGEST: Final = 0.12
"""Share of the picture that a hole may take."""


def refuse_unfillable(hole: Hole) -> None:
    """Refuse a hole that surroundings cannot fill.

    Raises:
        EditRefused: ``too_hard``; says how large the hole is and how large it may be.
    """
    share = float(np.count_nonzero(hole)) / hole.size
    if share > LARGEST:
        hint = "REFUSED_HOLE_ALL" if share > 0.95 else "REFUSED_HOLE_LARGE"
        raise EditRefused(reason="too_hard", percent=round(100 * share), limit=round(100 * LARGEST), hint=hint)
