"""What a plan read is found by the edit of the same picture, whatever was planned in between."""

from __future__ import annotations

import numpy as np

from qie_hub.edit.lite.readings import Readings
from qie_hub.edit.ocr import TextLine


def line(text: str) -> TextLine:
    return TextLine(text, 0.9, np.zeros((4, 2), np.float32), (0.5,))


def test_edits_that_run_at_once_find_their_own_readings() -> None:
    readings = Readings()
    pictures = [np.full((20, 20, 3), value, np.uint8) for value in (1, 2, 3)]
    for number, picture in enumerate(pictures):
        readings.keep(picture, [line(str(number))])
    assert [readings.recall(picture)[0].text for picture in pictures] == ["0", "1", "2"]


def test_a_picture_that_was_changed_or_is_another_one_is_read_anew() -> None:
    readings, picture = Readings(), np.zeros((20, 20, 3), np.uint8)
    readings.keep(picture, [line("a")])
    assert readings.recall(picture.copy()) == ()
    picture[:14] = 9
    assert readings.recall(picture) == ()
    readings.keep(picture, [line("b")])
    assert readings.recall(picture)[0].text == "b"


def test_few_readings_are_held_and_no_picture() -> None:
    readings = Readings()
    first = np.zeros((20, 20, 3), np.uint8)
    readings.keep(first, [line("a")])
    for value in range(9):
        readings.keep(np.full((20, 20, 3), value, np.uint8), [line("x")])
    assert readings.recall(first) == ()
