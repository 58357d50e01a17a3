from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from qie_hub.cli.layout import Line, Page, Pairs, Table, cells, cut, safe, to_lines, wrap

TABLE = Table(
    ("PACK", "SIZE", "STATE", "WHAT"),
    (
        ("acme/ultra-lite:512@1.0.0", "63 MB", "current", "reads, erases and re-sets text"),
        ("acme/pro:1024@2.1.0", "4.1 GB", "有新版本", "the generative one"),
    ),
    right=frozenset({1}),
    spare=(2, 3),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60)


def test_a_chinese_character_takes_two_cells_and_an_accent_none() -> None:
    assert cells("去掉ab") == 6
    assert cells("e\u0301") == 1


def test_columns_line_up_beside_chinese_cells() -> None:
    lines = to_lines((TABLE,), width=0, color=False)
    starts = {cells(line[: line.index(word)]) for line, word in zip(lines, ("WHAT", "reads", "the gen"), strict=True)}
    assert len(starts) == 1


def test_numbers_are_right_aligned() -> None:
    lines = to_lines((TABLE,), width=0, color=False)
    assert {line.index(unit) + 2 for line, unit in zip(lines[1:], ("MB", "GB"), strict=True)} == {33}


def test_without_a_terminal_nothing_is_cut() -> None:
    wide = Table(("A",), (("x" * 500,),))
    assert "x" * 500 in to_lines((wide,), width=0, color=False)[1]


def test_a_narrow_terminal_loses_spare_columns_before_it_cuts_a_name() -> None:
    lines = to_lines((TABLE,), width=45, color=False)
    assert "WHAT" not in lines[0]
    assert "STATE" in lines[0]
    assert "acme/ultra-lite:512@1.0.0" in lines[1]
    lines = to_lines((TABLE,), width=20, color=False)
    assert "STATE" not in lines[0]
    assert "…" in lines[1]


@given(st.integers(20, 120))
def test_no_line_of_a_table_is_wider_than_the_terminal(width: int) -> None:
    assert all(cells(line) <= width for line in to_lines((TABLE,), width=width, color=False))


@given(TEXT, st.integers(2, 40))
def test_a_cut_text_fits_and_only_a_cut_is_marked(text: str, width: int) -> None:
    shown = cut(text, width)
    assert cells(shown) <= width
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@given(TEXT, st.integers(8, 40))
def test_wrapping_loses_no_character_but_blanks(text: str, width: int) -> None:
    assert re.sub(r"\s", "", "".join(wrap(text, width))) == re.sub(r"\s", "", text)


def test_chinese_wraps_between_characters_and_no_line_begins_with_a_full_stop() -> None:
    lines = wrap("已校验的内容会保留，重新运行同一命令即可继续。", 20)
    assert len(lines) > 2
    assert all(cells(line) <= 22 for line in lines)
    assert not any(line.startswith(("，", "。")) for line in lines)


def test_a_word_longer_than_the_line_is_never_broken() -> None:
    url = "https://packs.example.org/a/very/long/path#sha256=0123456789abcdef"
    assert url in wrap(f"origin {url} added", 20)


def test_values_of_several_lines_stay_in_their_column() -> None:
    lines = to_lines((Pairs((("cpu", "one\ntwo"), ("memory", "x"))),), width=40, color=False)
    assert lines == ["cpu     one", "        two", "memory  x"]


def test_colours_appear_only_where_they_are_wanted() -> None:
    assert to_lines((Line("done", "green"),), width=0, color=True) == ["\x1b[32mdone\x1b[0m"]
    assert to_lines((Line("done", "green"),), width=0, color=False) == ["done"]


def test_control_characters_from_outside_are_spelled_out() -> None:
    assert safe("a\x1b[31mb\x07") == "a\\x1b[31mb\\x07"
    assert safe("去掉\n水印") == "去掉\n水印"


def test_a_page_answers_without_ids() -> None:
    assert Page({"a": 1}).ids == ()
