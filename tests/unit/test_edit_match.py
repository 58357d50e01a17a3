"""Which read text is the one that a sentence names."""

from __future__ import annotations

import pytest

from qie_hub.edit.match import find


def spans(wanted: str, *lines: str) -> list[tuple[int, str]]:
    return [(one.line, lines[one.line][one.start : one.stop]) for one in find(wanted, lines)]


@pytest.mark.parametrize(
    ("wanted", "line", "piece"),
    [
        ("¥199", "现价￥199元", "￥199"), ("￥199", "¥199", "¥199"), ("sale", "BIG SALE", "SALE"),
        ("ＳＡＬＥ", "SALE", "SALE"),
        ("限时特惠", "限时 特惠", "限时 特惠"), ("¥199", "Y199", "Y199"), ("¥1,299", "¥1，299", "¥1，299"),
        ("Let us first", "Let us frst determine", "Let us frst"),
    ],
)  # fmt: skip
def test_width_case_spaces_and_look_alikes_are_forgiven(wanted: str, line: str, piece: str) -> None:
    assert spans(wanted, line) == [(0, piece)]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ("¥199", "¥189"), ("¥199", "¥1990"), ("99", "¥199"), ("art", "party"), ("¥199", "199"),
        ("2024-01-02", "2024-01-03"),
        ("", "anything"), ("  ", "anything"), ("abc", ""),
    ],
)  # fmt: skip
def test_another_number_or_a_part_of_a_word_is_not_the_text(wanted: str, line: str) -> None:
    assert find(wanted, [line]) == ()


def test_every_exact_place_is_found_and_none_that_is_only_near() -> None:
    assert spans("SALE", "SALE SALE", "SALF", "the sale") == [(0, "SALE"), (0, "SALE"), (2, "sale")]


def test_a_forgiven_match_says_so() -> None:
    assert [one.exact for one in find("特价促销活动", ["特价促销话动"])] == []
    assert [one.exact for one in find("Grand Opening Sale", ["Grand Openlng Sale"])] == [False]
