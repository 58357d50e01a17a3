"""What stands in a picture, and where something new goes: numbers by hand, and photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from qie_hub.edit.lite.objects.detect import Detector
from qie_hub.edit.lite.place import CORNERS, free_places, quiet_corner
from qie_hub.edit.lite.standing import NOTHING, Standing, things_in
from tests.support.lite_pack import lite_pack
from tests.support.scenes import photograph

WHOLE = (800, 600)
BADGE = (240, 70)
TEXT = np.array([[10, 10], [200, 10], [200, 50], [10, 50]], np.float32)


def shop(x: int, y: int) -> np.ndarray:
    """A two-coloured box before paper with a little grain."""
    grain = np.random.default_rng(1).normal(0, 3, (WHOLE[1], WHOLE[0], 3))
    picture = np.clip(np.full((WHOLE[1], WHOLE[0], 3), 230) + grain, 0, 255).astype(np.uint8)
    cv2.rectangle(picture, (x, y), (x + 330, y + 280), (60, 90, 160), cv2.FILLED)
    cv2.circle(picture, (x + 160, y + 140), 70, (230, 180, 60), cv2.FILLED)
    return picture


def standing(picture: np.ndarray, *texts: np.ndarray) -> Standing:
    return Standing(texts, things_in(picture, None), (0, 0, picture.shape[1], picture.shape[0]))


@pytest.mark.parametrize(
    ("at", "taken"),
    [((0, 0), {"top_left"}), ((460, 0), {"top_right"}), ((0, 310), {"bottom_left"}), ((235, 160), set())],
)
def test_a_product_of_no_class_keeps_its_corner(at: tuple[int, int], taken: set[str]) -> None:
    found = standing(shop(*at))
    assert set(CORNERS) - set(free_places(CORNERS, BADGE, WHOLE, found, 0)) == taken
    assert quiet_corner(shop(*at), BADGE, found) not in taken
    assert 0.12 < found.share((0, 0, *WHOLE)) < 0.3


def test_text_weighs_more_than_a_product() -> None:
    found = standing(shop(460, 0), TEXT)
    assert found.texts_in((0, 0, *BADGE))
    assert free_places(("top_left", "top_right"), BADGE, WHOLE, found, 0) == ["top_right"]
    assert free_places(CORNERS, BADGE, WHOLE, found, 0) == ["bottom_left", "bottom_right"]


def test_where_every_place_is_taken_the_usual_one_stays() -> None:
    full = Standing((), np.ones((10, 10), bool), (0, 0, *WHOLE))
    assert free_places(CORNERS, BADGE, WHOLE, full, 0) == list(CORNERS)
    assert free_places(CORNERS, BADGE, WHOLE, NOTHING, 0) == list(CORNERS)


def test_a_border_counts_as_free_and_the_photograph_keeps_its_place() -> None:
    things = np.zeros((60, 80), bool)
    things[:30, :40] = True
    framed = Standing((), things, (100, 100, 900, 700))
    assert framed.share((0, 0, 100, 100)) == 0
    assert framed.share((100, 100, 500, 400)) == 1
    assert framed.share((0, 100, 200, 200)) == pytest.approx(0.5)
    assert framed.share((700, 500, 900, 700)) == 0


def test_the_detector_sees_what_has_no_plain_backdrop() -> None:
    picture = photograph("coffee.png")
    with lite_pack() as pack:
        seen = things_in(picture, Detector(pack.session(str(pack.settings["detector"]))))
    height, width = seen.shape
    assert seen[height // 2, width // 2]
    assert not seen[0, 0]
