"""Wordings by their class: sums in words, plain grounds by whom they are for, corrections told as statements."""

from __future__ import annotations

import pytest

from qie_hub.edit.grammar import spoken, sums
from qie_hub.edit.grammar.instruction import understand
from tests.support.phrases import acts, expected_of, matches


def acting(sentence: str) -> bool:
    found = understand(sentence)
    return found.problem is None and all(map(acts, found.operations))


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("鲫鱼十元", "鲫鱼10元"),
        ("三块五一斤", "3.5元一斤"),
        ("十五块一把", "15元一把"),
        ("十二块八", "12.8元"),
        ("八月十五号", "8月15号"),
        ("fifty dollars", "$50"),
        ("a hundred and sixty bucks", "$160"),
        ("june the twenty third", "June 23"),
        ("一号店", "一号店"),
        ("元宵节", "元宵节"),
        ("三块蛋糕", "三块蛋糕"),
        ("会员八折", "会员八折"),
        ("march four hundred", "march four hundred"),
    ],
)
def test_sums_and_days_in_words_are_printed_in_digits_and_nothing_else_is(said: str, printed: str) -> None:
    assert spoken.amounts(said) == printed


def test_what_stands_in_quotation_marks_is_printed_letter_for_letter() -> None:
    assert sums.printed("十元", "二十元", "\ue000", "\ue001") == {
        "old": "十元", "new": "二十元", "old_spoken": "10", "new_spoken": "20",
    }  # fmt: skip
    assert sums.printed("鲫鱼十元", "鲫鱼二十元", "鲫鱼十元", "鲫鱼二十元")["old_spoken"] == "鲫鱼十元"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("这条石斑放到纯蓝色背景上", "background.plain colour=blue"),
        ("我这张工作照换成蓝底", "background.plain colour=blue"),
        ("把这件毛衣抠出来放到白底上", "background.plain colour=white"),
        ("cream backdrop behind the egg basket", "background.plain colour=cream"),
        ("this chair needs a white background", "background.plain colour=white"),
        ("give the volunteer's portrait a plain gray backdrop", "background.plain colour=grey"),
        ("get rid of the messy background and make it white", "background.plain colour=white"),
        ("写错啦 鲈鱼改成鳜鱼", "text.replace old=鲈鱼 new=鳜鱼"),
        ("£45 is out of date, it should be £50", "text.replace old=£45 new=£50"),
        ("party's at 3:30pm now, not 2pm. Fix that??", "text.replace old=2pm new=3:30pm"),
        ("wrong phone number, it should be 01632 960123", "text.replace kind=phone new=01632_960123"),
        ("The second text on the sign should say 10:30 AM", "text.replace which=order:2 new=10:30_AM"),
        ("Price to $65 and take the date off", "text.replace kind=price new=$65; text.delete kind=date"),
        ('put "Sold" in red right in the middle', "text.add text=Sold position=centre color=red"),
        ('make "Sold" red', "text.replace old=Sold colour=red"),
        ("门上那个OPEN换成“营业中”", "text.replace old=OPEN new=营业中"),
        ("delete where it says no siblings", "text.delete old=no_siblings"),
        ("strip every bit of text off this one", "text.delete which=all"),
        ("把时间水印去掉", "text.delete kind=date"),
        ("There are two bicycles, remove the left one", "object.remove noun=bicycle which=left"),
        ("On the table there is a bottle, this must be removed", "object.remove noun=bottle"),
        ("there's a wheelie bin in the shot, get rid of it", "object.remove noun=wheelie_bin"),
        ("水印去掉吧，别把我们班牌弄没了", "watermark.remove"),
        ("1500 by 2100 please, crop whatever doesn't fit", "image.resize width=1500 height=2100 crop=True"),
        ("make it more big, 4x", "image.upscale factor=4"),
        ("a little more dark please", "tone.adjust brightness-"),
        ("菜单上的字变成白色，底图太暗看不清", "text.replace which=all colour=white"),
    ],
)
def test_a_class_of_wordings_is_understood(sentence: str, expected: str) -> None:
    assert matches(expected_of(expected), understand(sentence)), understand(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "标题改成白底红字",
        "字体换成楷体",
        "衣服上的字换成刺绣",
        "把logo换成白色",
        "水印改成“老王”",
        "remove the text from his shirt",
        "按钮换成蓝底",
        "头发换成金色底",
        "put SALE on a red background",
        "put the cat on a white sofa",
        "put me in front of a red car",
        "弄错啦 猫换成狗",
        "写错了 红色改成蓝色",
        "it's red not blue, please change it",
        "the dog must go outside",
        "there are two dogs and a cat, remove the left one",
        "someone left a comment, can you remove it",
        "cut out the noise",
        "把人抠出来换衣服",
        "price to be announced",
        "don't make it black and white",
        "别把水印去掉",
        "别改上面的字 狐狸星云",
        "把‘¥199’弄成好看的颜色",
    ],
)
def test_what_only_looks_like_one_of_them_does_nothing(sentence: str) -> None:
    assert not acting(sentence), understand(sentence)


def test_an_old_sum_in_words_may_stand_in_words() -> None:
    slots = understand("把鲫鱼十元改成鲫鱼十二元").operations[0].slots
    assert (slots["old"], slots["old_spoken"]) == ("鲫鱼10元", "鲫鱼十元")
    assert (slots["new"], slots["new_spoken"]) == ("鲫鱼12元", "鲫鱼十二元")
