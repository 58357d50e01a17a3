"""Statements beside a wish are silent; a wish or a fault that nobody spoke of is not."""

from __future__ import annotations

import pytest

from qie_hub.edit.grammar import asides
from qie_hub.edit.grammar.instruction import understand
from tests.support.phrases import acts


def done(sentence: str) -> list[tuple[str, dict[str, object]]]:
    """The operations that a small pack would carry out, with the slots that say something; none if it would not."""
    instruction = understand(sentence)
    if instruction.problem is not None or not all(map(acts, instruction.operations)):
        return []
    return [
        (item.ability, {name: value for name, value in item.slots.items() if value not in (None, False)})
        for item in instruction.operations
    ]


@pytest.mark.parametrize(
    "text",
    [
        "我换号了", "女儿怕狗", "外国客户要看", "客人想看效果", "赞助商跑路了hhh", "社长微信快被加爆了", "这次免费",
        "party is cancelling that item", "our lawyer don't like em", "this one is going on the boat show banner",
        "it was never ours", "i want folks to call", "insta only takes squares",
        "came out so dark", "it's so embarrassing",
    ],
)  # fmt: skip
def test_somebody_tells_something(text: str) -> None:
    assert asides.tells(text)


@pytest.mark.parametrize(
    "text",
    [
        "客户想要喜庆点的", "我想挂个灯笼在门口", "妈妈站左边", "老板说字改大", "女儿笑一笑",
        "她的裙子是蓝的", "宝宝穿红色",
        "the sky should be bluer", "warm lighting", "background blurred", "our logo more to the left", "he needs a hat",
        "i scanned it in a rush turn it upright", "abcxyz",
        "abcxyz foxes", "狐狸星云", "she has \ue000 on it",
    ],
)  # fmt: skip
def test_a_wish_is_no_statement(text: str) -> None:
    assert not asides.tells(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "remove the watermark, the price is wrong", "make it brighter, my son has red eyes",
        "add a white border, our logo is crooked", "make it square, her shirt has a stain",
        "去水印，左边还有一个人", "裁成方形，主图上有只苍蝇", "去掉路人，妈妈站左边",
        "I scanned it in a rush turn it upright and make it brighter", "make it square for the group and brighter",
    ],
)  # fmt: skip
def test_a_fault_or_an_order_beside_a_wish_is_not_swallowed(sentence: str) -> None:
    assert done(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("宽度改成1920", {"width": 1920}), ("高度八百像素", {"height": 800}), ("1200像素宽就行", {"width": 1200}),
        ("make it eight hundred pixels wide", {"width": 800}), ("width 800 px please", {"width": 800}),
        ("宽度改成1080，高度改成720", {"width": 1080, "height": 720}),
        ("make it square, 1000 by 1000", {"width": 1000, "height": 1000}),
        ("our template needs a width of 2700 pixels, please resize it to that", {"width": 2700}),
    ],
)  # fmt: skip
def test_one_side_is_taken_as_it_is_said(sentence: str, slots: dict[str, object]) -> None:
    assert done(sentence) == [("image.resize", slots)]


def test_a_side_is_no_width_of_a_border_and_no_word_on_the_picture() -> None:
    assert [name for name, _ in done("add a black border 20 pixels wide")] == ["border.add"]
    assert done("宽度改成3") == []
    assert done("把字改宽一点") == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The camera printed the date in the corner, can it go?", ("text.delete", "kind", "date")),
        ("相机印上去的日期不好看，请您帮我去掉", ("text.delete", "kind", "date")),
        ("The phone number is no good, replace it by 06 12 34", ("text.replace", "new", "06 12 34")),
        ("电话号码换一个，换成13800245678", ("text.replace", "new", "13800245678")),
        ("our logo I have sent separately, put it bottom left", ("logo.add", "position", "bottom_left")),
        ("2nd pic is of the hall, use that one as background", ("background.picture", "number", 1)),
        ("the second man from the left take him out would you", ("object.remove", "which", "left:2")),
    ],
)  # fmt: skip
def test_what_a_statement_spoke_of_may_be_meant_by_it(sentence: str, expected: tuple[str, str, object]) -> None:
    name, slot, value = expected
    assert [(one, slots.get(slot)) for one, slots in done(sentence)] == [(name, value)]


@pytest.mark.parametrize(
    "sentence",
    [
        "logo在左边，放到右边", "the logo is blurry, put it in the corner",
        "日期印错了，改一下", "drop the cat from photo 2 onto the sofa",
    ],
)  # fmt: skip
def test_what_may_be_meant_otherwise_is_asked(sentence: str) -> None:
    assert done(sentence) == []


def test_more_of_the_wish_before_is_one_wish_with_it() -> None:
    assert done("加边框，金色，细一点") == [("border.add", {"color": "#c9a227", "percent": 3})]
    assert done("plain white background, true white and not off-white") == [("background.plain", {"colour": "#ffffff"})]
    assert done("Cream background, nothing behind the plates") == [("background.plain", {"colour": "#f2e8d5"})]
    assert done("white background, make it blue") != [("background.plain", {"colour": "#ffffff"})]


def test_an_exception_is_never_what_goes() -> None:
    assert done("remove everyone except the bride and groom") == []


def test_a_letter_at_the_end_of_a_word_is_no_order() -> None:
    assert done("I like this cup") == []
    assert done("that's a nice lamp") == []


def test_a_price_drop_tells_what_happened() -> None:
    assert ("text.delete", {"kind": "price"}) not in done("Price drop! change £1,200 to £999")


def test_words_that_are_wrong_are_neither_written_nor_exchanged() -> None:
    assert done('标签写错了,"iPhone 12"换成"iPhone 13"') == [("text.replace", {"old": "iPhone 12", "new": "iPhone 13"})]
    assert done("电话换了，改成 13512345678") == [("text.replace", {"kind": "phone", "new": "13512345678"})]
    assert done("um the price is wrong it should be nine ninety nine") == [
        ("text.replace", {"kind": "price", "new": "9.99"})
    ]


def test_a_logo_that_stays_forbids_to_delete_all_words_and_no_named_ones() -> None:
    assert done("delete every bit of text but keep the logo") == []
    assert done("delete the text 'SALE' but keep the logo") == [("text.delete", {"old": "SALE"})]


def test_clearing_a_table_does_not_take_the_table_away() -> None:
    assert done("clear the table, leave the cake") == []
    assert [name for name, _ in done("clear the bottles")] == ["object.remove"]


def test_a_white_ground_made_transparent_is_cut_out() -> None:
    assert [name for name, _ in done("白底换成透明")] == ["background.cutout"]
    assert [name for name, _ in done("透明底换成白底")] == ["background.plain"]
