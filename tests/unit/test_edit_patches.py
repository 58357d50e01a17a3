"""Holes filled from patches: what is copied, from where, and that cutting a hole in two changes nothing of that."""

from __future__ import annotations

import numpy as np
import pytest

from qie_hub.edit.lite import patches
from qie_hub.edit.lite.offsets import Sources
from qie_hub.errors import EditRefused
from tests.support.scenes import photograph

SIZE = (96, 200)
Bools = np.ndarray


def letters() -> Bools:
    """Four strokes in a row, joined by a thin bar as dilated letters are."""
    hole = np.zeros(SIZE, bool)
    for left in (20, 60, 110, 150):
        hole[30:66, left : left + 14] = True
    hole[46:50, 20:164] = True
    return hole


def texture() -> np.ndarray:
    return np.ascontiguousarray(photograph("gravel.png")[: SIZE[0], : SIZE[1]])


def test_a_row_of_letters_is_cut_between_them_and_a_blob_is_not() -> None:
    hole = letters()
    first, second = patches.halves(hole)
    assert not (first & second).any()
    assert ((first | second) == hole).all()
    assert 0.35 < first.sum() / hole.sum() < 0.65
    assert np.flatnonzero(first.any(axis=0)).max() + 1 == np.flatnonzero(second.any(axis=0)).min()
    # The cut goes through the bar, not through a letter.
    edge = int(np.flatnonzero(second.any(axis=0)).min())
    assert hole[:, edge].sum() == 4
    turned = [part.T for part in patches.halves(hole.T)]
    assert (turned[0] == first).all()
    assert (turned[1] == second).all()
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    assert len(patches.halves((y - 48) ** 2 + (x - 100) ** 2 < 900)) == 1
    assert len(patches.halves(hole & (x < 30))) == 1, "a small hole is not worth two threads"


@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_only_the_hole_changes_and_nothing_comes_from_what_is_barred(scale: float) -> None:
    """The picture is grey gravel; ink and a barred stripe are pure colours, so a copy of either would show."""
    hole = letters()
    picture = texture()
    picture[hole] = (0, 0, 255)
    usable = np.ones(SIZE, bool)
    usable[:, 180:] = False
    picture[:, 180:] = (255, 0, 0)
    out = patches.patched(picture, hole, usable, scale=scale)
    assert (out[~hole] == picture[~hole]).all()
    filled = out[hole].astype(int)
    assert np.ptp(filled, axis=1).max() < 60
    assert filled.std() > 15, "gravel, not a smear"
    assert (patches.patched(picture, hole, usable, scale=scale) == out).all()


def test_a_hole_without_anything_to_copy_from_is_refused() -> None:
    hole = np.zeros(SIZE, bool)
    hole[10:90, 10:190] = True
    with pytest.raises(EditRefused) as refused:
        patches.patched(texture(), hole, hole, scale=0.5)
    assert refused.value.data["reason"] == "too_hard"


def test_the_scale_leaves_a_hole_of_the_wanted_size() -> None:
    hole = letters()
    count = int(hole.sum())
    assert patches.scale_for(hole, most=count) == 1.0
    assert patches.scale_for(hole, most=count // 4) == pytest.approx(0.5, abs=0.01)
    assert patches.scale_for(np.zeros(SIZE, bool), most=10) == 1.0


def test_sources_find_the_place_that_a_fill_was_copied_from() -> None:
    picture = texture()
    hole = np.zeros(SIZE, bool)
    hole[40:56, 40:56] = True
    done = picture.copy()
    done[36:60, 36:60] = picture[36:60, 120:144]
    usable = np.zeros(SIZE, bool)
    usable[:, 100:] = True
    sources = Sources(done, hole, usable)
    sources.search()
    right = (sources.from_y == sources.y) & (sources.from_x == sources.x + 84)
    assert right.mean() > 0.9
