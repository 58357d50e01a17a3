"""The check of the untouched area finds a single changed value, wherever it hides."""

from __future__ import annotations

import numpy as np
import pytest

from qie_hub.edit.verify import assert_untouched
from qie_hub.errors import Bug

BEFORE = np.random.default_rng(3).integers(0, 256, (1100, 60, 3), dtype=np.uint8)


def test_equal_pictures_are_compared_in_full() -> None:
    mask = np.zeros((1100, 60), np.uint8)
    mask[5:15, 5:15] = 255
    after = BEFORE.copy()
    after[5:15, 5:15] = 0
    assert assert_untouched(BEFORE, after, mask, (0, 0)) == 1100 * 60 - 100


@pytest.mark.parametrize("place", [(0, 0), (511, 59), (512, 0), (1099, 59)])
@pytest.mark.parametrize("channel", [0, 2])
def test_one_value_off_outside_the_mask_is_a_bug(place: tuple[int, int], channel: int) -> None:
    after = BEFORE.copy()
    after[(*place, channel)] ^= 1
    with pytest.raises(Bug):
        assert_untouched(BEFORE, after, np.zeros((1100, 60), np.uint8), (0, 0))


def test_a_picture_inside_a_border_is_compared_at_its_place() -> None:
    after = np.zeros((1120, 80, 3), np.uint8)
    after[10:-10, 10:-10] = BEFORE
    mask = np.full((1120, 80), 255, np.uint8)
    mask[10:-10, 10:-10] = 0
    assert assert_untouched(BEFORE, after, mask, (10, 10)) == 1100 * 60
    with pytest.raises(Bug):
        assert_untouched(BEFORE, after, mask, (9, 10))


def test_a_cut_picture_is_compared_where_it_is_left() -> None:
    after = BEFORE[100:900, 10:50].copy()
    assert assert_untouched(BEFORE, after, np.zeros((800, 40), np.uint8), (-10, -100)) == 800 * 40
    after[400, 20, 1] ^= 1
    with pytest.raises(Bug):
        assert_untouched(BEFORE, after, np.zeros((800, 40), np.uint8), (-10, -100))


def test_a_mask_must_say_everything_after_rescaling_and_outside_the_input() -> None:
    with pytest.raises(Bug):
        assert_untouched(BEFORE, BEFORE, np.zeros((1100, 60), np.uint8), None)
    after = np.zeros((1120, 80, 3), np.uint8)
    after[10:-10, 10:-10] = BEFORE
    with pytest.raises(Bug):
        assert_untouched(BEFORE, after, np.zeros((1120, 80), np.uint8), (10, 10))
    with pytest.raises(Bug):
        assert_untouched(BEFORE, BEFORE, np.zeros((4, 4), np.uint8), (0, 0))
