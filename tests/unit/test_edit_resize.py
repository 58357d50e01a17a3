"""Another size: which one is meant, and that nothing is stretched."""

from __future__ import annotations

import numpy as np
import pytest

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.resize import resize
from qie_hub.errors import EditRefused


def canvas(width: int, height: int) -> Canvas:
    """A picture whose left half is dark: where the border lies afterwards tells whether it was stretched."""
    picture = np.full((height, width, 3), 200, np.uint8)
    picture[:, : width // 2] = 20
    return Canvas.of(picture, None)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (600, None, (600, 400)),
        (None, 100, (150, 100)),
        (None, None, (300, 300)),
        (900, 900, (900, 900)),
        (1, None, (1, 1)),
    ],
)
def test_one_side_keeps_the_shape_and_none_makes_a_square(
    width: int | None, height: int | None, expected: tuple[int, int]
) -> None:
    held = canvas(300, 200)
    facts = resize(held, width, height, crop=False)
    assert (held.size, facts) == (expected, {"width": expected[0], "height": expected[1]})


def test_one_side_adds_no_ground() -> None:
    held = canvas(300, 200)
    resize(held, 600, None, crop=False)
    assert (held.picture[:, :290] == 20).all()
    assert (held.picture[:, 310:] == 200).all()


def test_a_side_that_would_make_the_other_too_long_is_refused_with_both() -> None:
    with pytest.raises(EditRefused) as caught:
        resize(canvas(100, 2000), 5000, None, crop=False)
    assert caught.value.data["height"] == 100_000
