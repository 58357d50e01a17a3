"""The pieces of the text edits that need no model: weights, kinds of text, blocks, trade words, arrangement."""

from __future__ import annotations

import numpy as np
import pytest

from qie_hub.edit.lite import trade, weight
from qie_hub.edit.lite.locate import even, find_kind
from qie_hub.edit.lite.upscale import blockiness
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused
from tests.support.scenes import as_jpeg, photograph

SIZE = (400, 300)


def line(text: str, y: float = 0.0, tall: float = 30.0) -> TextLine:
    corners = np.array([[10, y], [310, y], [310, y + tall], [10, y + tall]], np.float32)
    return TextLine(text, 0.9, corners, even(len(text)))


def test_bold_strokes_grow_but_never_close_the_gap_between_two() -> None:
    bars = np.zeros((200, 200), np.float32)
    bars[40:60, 20:180] = bars[68:88, 20:180] = 1.0
    bold = weight.grown(bars, by=8.0)
    assert bold[60:68, 100].min() < 0.5, "the narrow gap stays open"
    assert bold[34:40, 100].min() > 0.9, "where there is room the stroke grows"
    assert bold[25, 100] == 0


@pytest.mark.parametrize(
    ("kind", "texts", "wanted"),
    [
        ("price", ["原价¥199起", "2026年"], "¥199"),
        ("price", ["Y59", "HELLO"], "Y59"),
        ("price", ["SALE", "25.90"], "25.90"),
        ("date", ["11月11日-11月13日 全场五折"], "11月11日-11月13日"),
        ("phone", ["电话 138 0013 8000"], "138 0013 8000"),
    ],
)
def test_a_text_is_found_by_what_it_is(kind: str, texts: list[str], wanted: str) -> None:
    lines = [line(text, 60 * index) for index, text in enumerate(texts)]
    assert [region.text for region in find_kind(kind, None, lines, SIZE, None).regions] == [wanted]


def test_the_title_is_the_tallest_line_and_two_prices_are_candidates() -> None:
    lines = [line("¥19", 0), line("春季上新", 60, tall=60), line("¥29", 140)]
    assert [one.text for one in find_kind("title", None, lines, SIZE, None).regions] == ["春季上新"]
    both = find_kind("price", None, lines, SIZE, None)
    assert both.regions == ()
    assert [one.text for one in both.candidates] == ["¥19", "¥29"]
    assert [one.text for one in find_kind("price", "bottom", lines, SIZE, None).regions] == ["¥29"]
    assert [one.text for one in find_kind("price", None, lines, SIZE, 2).regions] == ["¥29"]


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(EditRefused) as caught:
        find_kind("phone", None, [line("HELLO")], SIZE, None)
    assert caught.value.data["reason"] == "not_found"
    assert caught.value.data["found"] == ["HELLO"]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("NATERMARK", "WATERMARK"), ("ATERMARK", "WATERMARK"), ("样图 SAMIPLE", "样图 SAMPLE"),
        ("样图SAMP LE", "样图SAMPLE"), ("LAMPS", "LAMPS"), ("WATERMARK", "WATERMARK"),
    ],
)  # fmt: skip
def test_misread_words_of_the_trade_are_set_right(read: str, meant: str) -> None:
    mended = trade.mended(line(read))
    assert mended.text == meant
    assert len(mended.centres) == len(meant)
    assert list(mended.centres) == sorted(mended.centres)


def test_blocks_of_hard_compression_are_seen_and_clean_pictures_have_none() -> None:
    for name in ("coffee.png", "chelsea.png"):
        clean = photograph(name, (320, 240))
        assert blockiness(clean) < 1.035
        assert blockiness(as_jpeg(clean, 70)) > 1.08
    assert blockiness(np.zeros((1, 1, 3), np.uint8)) == 1.0
