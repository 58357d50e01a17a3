"""Wishes in other forms than a plain order, chat spelling, and that no wish is lost beside another one."""

from __future__ import annotations

from time import process_time

import pytest

from qie_hub.edit.grammar import chatter, recasting
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.instruction import understand
from qie_hub.edit.grammar.quotes import mask
from tests.support.phrases import acts


def clause(sentence: str) -> Clause:
    masked = mask(sentence)
    return Clause(masked.text, masked.raw, masked)


def read(sentence: str) -> list[tuple[str, dict[str, object]]]:
    found = understand(sentence)
    return [(one.ability, {name: value for name, value in one.slots.items() if value}) for one in found.operations]


def does(sentence: str) -> list[str]:
    """The abilities of a sentence that a small pack would carry out, none if it asks or is out of its reach."""
    found = understand(sentence)
    if found.problem is not None or not all(map(acts, found.operations)):
        return []
    return [one.ability for one in found.operations]


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("could the background be blurred", "blur the background"),
        ("the old price must be changed to $5", "change the old price to $5"),
        ("I'd like the background to be white", "make the background white"),
        ("could we have a golden border", "add a golden border"),
        ("the dog has got to go", "remove the dog"),
        ("the old door please replace by a new door", "replace the old door by a new door"),
        ("the picture needs brightening", "brighten the picture"),
        ("the same picture without the cars", "remove the cars"),
    ],
)
def test_other_forms_are_recast_as_orders(said: str, order: str) -> None:
    assert order in [one.text for one in recasting.recast(clause(said))]


@pytest.mark.parametrize(
    "said",
    ["the dog must not be removed", "it should never be cropped", "把狗去掉", "nothing should be changed", "x" * 150],
)
def test_what_denies_or_is_no_such_form_is_not_recast(said: str) -> None:
    assert list(recasting.recast(clause(said))) == []


def test_what_was_typed_keeps_its_letters_when_it_is_recast() -> None:
    (one,) = [
        one for one in recasting.recast(clause("the title must be changed to Run for Hope")) if "change" in one.text
    ]
    assert one.raw == "change the title to Run for Hope"
    assert len(one.text) == len(one.raw)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("b&w w a white border plsss", "black and white with a white border please"),
        ("blur the bg n then crop it", "blur the background and then crop it"),
        ("dont touch the logo", "don't touch the logo"),
        ("亮度-，对比度+", "亮度降低,对比度提高"),
        ("亮度+20%", "亮度提高20%"),
        ("brightness +", "more brightness"),
        ("fish n chips", "fish n chips"),
        ("亮度-10到+10", "亮度降低10%到+10"),
    ],
)
def test_chat_spelling_is_written_out(typed: str, text: str) -> None:
    spelled = chatter.spelled(mask(typed))
    assert spelled.text == text
    assert len(spelled.text) == len(spelled.raw)


def test_a_text_in_quotes_keeps_its_chat_spelling() -> None:
    assert read("write ‘b&w plsss’ at the top") == [("text.add", {"text": "b&w plsss", "position": "top"})]


@pytest.mark.parametrize(
    ("sentence", "abilities"),
    [
        ("remove the dog and change 'A' to 'B'", ["object.remove", "text.replace"]),
        ("change the title to “A” and the date to “7 May”", ["text.replace", "text.replace"]),
        ("“Mo-Fr” should be “Mo-Sa” and the phone number should be 030 123456", ["text.replace", "text.replace"]),
        ("去水印把“A”改成“B”", ["watermark.remove", "text.replace"]),
        ("背景虚化把价格改成5元", ["background.blur", "text.replace"]),
        ("把价格改成5元加个边框", ["text.replace", "border.add"]),
        ("写上“你好”去掉水印", ["text.add", "watermark.remove"]),
        ("去水印去字", ["watermark.remove", "text.delete"]),
        ("把标题改成你好背景虚化", []),
        ("change DS to VNDS and make it bold", []),
        ("write hello in the corner and crop it", []),
        ("把水印、日期都去了", []),
        ("add 'Sale' and 'New' badges", []),
    ],
)
def test_no_wish_is_lost_beside_another_and_none_is_written_on_the_picture(sentence: str, abilities: list[str]) -> None:
    assert does(sentence) == abilities


@pytest.mark.parametrize(
    "sentence",
    [
        "add a border around the text", "标题改红色，副标题改蓝色", "把我P到第二张图", "logo放大一点",
        "brighten her face",
        "could the title be left as it is", "地址改成人民路1号", "dont remove the dog",
        "提亮然后放大两倍 狐狸鲸鱼", "write something funny",
        "please write «Since 1987 in the corner", "右下角写去掉水印", "the logo should be kept", "add my name",
    ],
)  # fmt: skip
def test_what_is_not_surely_meant_is_not_done(sentence: str) -> None:
    assert does(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("change DS to VNDS and make it green", {"old": "DS", "new": "VNDS", "colour": "#2e9e4f"}),
        ("把“新款”改成“爆款”，用红色的", {"old": "新款", "new": "爆款", "colour": "#d9222a"}),
        ("Where it says »alt«, could it say »neu« instead?", {"old": "alt", "new": "neu"}),
        ("Price: $20 instead of $25", {"old": "$25", "new": "$20"}),
        ("不是“张小名”，应该是“张小明”", {"old": "张小名", "new": "张小明"}),
        ("chicken soup to be changed to fish soup", {}),
        ("change beef mince to pork mince", {"old": "beef mince", "new": "pork mince"}),
        ("change the red car to a blue car", {}),
    ],
)
def test_words_that_are_to_read_otherwise(sentence: str, slots: dict[str, str]) -> None:
    assert [one for name, one in read(sentence) if name == "text.replace"] == ([slots] if slots else [])


def test_a_badge_may_name_its_words_without_quotes_but_no_order() -> None:
    assert read("badge bottom right: 100% AUTHENTIC") == [
        ("badge.add", {"text": "100% AUTHENTIC", "position": "bottom_right"})
    ]
    assert read("add a badge that says last chance in the top left") == [
        ("badge.add", {"text": "last chance", "position": "top_left"})
    ]
    assert does("add a badge that says something and remove the watermark") == []


def test_an_apostrophe_is_no_quotation_mark() -> None:
    assert does("please don’t touch the logo, just remove the dog’s lead, it’s ugly") == []
    assert read("please don’t touch the logo, just remove the watermark")[0][0] == "watermark.remove"


BITS = (
    "the dog should be ", "could we have ", "i'd like the ", "please ", "removed ", "it needs a border ", "instead of ",
    "in the corner ", "without ", "and the ", "不是", "亮度+", "去水印", "badge: ", "says ", "n then ", "the old ",
)  # fmt: skip


@pytest.mark.parametrize("length", [100, 150, 2000])
def test_no_repetition_of_forms_takes_long(length: int) -> None:
    for piece in (*BITS, *(one + other for one, other in zip(BITS, BITS[3:], strict=False))):
        started = process_time()
        understand((piece * (length // len(piece) + 1))[:length])
        assert process_time() - started < 1.0, piece
