"""What is left beside the letters of a half transparent text that was undone."""

from __future__ import annotations

import numpy as np

from qie_hub.edit.lite.unblend import _healed

FLAT, HALO = 120.0, 12.0


def haloed() -> tuple[np.ndarray, np.ndarray]:
    """A flat ground with the edge of a letter through it, and one pixel beside it that JPEG made lighter."""
    undone = np.full((40, 40, 3), FLAT, np.float32)
    undone[:, 21] += HALO
    edge = np.zeros((40, 40), np.uint8)
    edge[:, 20] = 1
    return undone, edge


def left_over(detail: float) -> float:
    undone, edge = haloed()
    healed = _healed(undone, edge, np.full((40, 40), detail, np.float32))
    assert np.abs(healed[:, :18] - FLAT).max() == 0, "away from the letter nothing changes"
    return float(np.abs(healed[5:-5, 19:23] - FLAT).max())


def test_on_smooth_ground_no_halo_stays_beside_a_letter() -> None:
    assert left_over(0.5) <= HALO / 4  # OpenCV's filling itself is off by two grey levels here


def test_where_the_ground_has_as_much_detail_nothing_is_blurred_for_it() -> None:
    assert left_over(2 * HALO) >= HALO - 1
