"""Texts that nobody quoted: what is taken off their ends, what is asked about, and what stays as it was said."""

from __future__ import annotations

import pytest

from qie_hub.edit.grammar import gradients, guard
from qie_hub.edit.grammar.instruction import understand
from tests.support.phrases import acts, expected_of, matches


def acting(sentence: str) -> bool:
    found = understand(sentence)
    return found.problem is None and all(map(acts, found.operations))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("打八折那三个字去掉", "打八折"),
        ("写着停业", "停业"),
        ("写的春季促销", "春季促销"),
        ("就写欢迎光临", "欢迎光临"),
        ("新品上市四个字", "新品上市"),
        ("二十八的", "二十八"),
        ("免费试吃不要", "免费试吃"),
        ("5月3号才对", "5月3号"),
        ("say with lens", "with lens"),
        ("the words sale ends", "sale ends"),
        ("£12 please um yeah", "£12"),
        ("写字楼出租", "写字楼出租"),
        ("写真", "写真"),
        ("不要钱", "不要钱"),
        ("四个字", "四个字"),
        ("read more", "read more"),
        ("many thanks", "many thanks"),
        ("thank you", "thank you"),
        ("with love and thanks", "with love and thanks"),
    ],
)
def test_only_what_is_surely_no_part_of_a_text_is_taken_off(said: str, text: str) -> None:
    assert guard.trimmed(said) == text


@pytest.mark.parametrize(
    ("text", "rubbish"),
    [
        ("sale please and the date", True),
        ("改", True),
        ("随便", True),
        ("角标", True),
        ("联系人那里", True),
        ("周末特惠第二行不动", True),
        ("about free parking", True),
        ("英文", True),
        ("图里的字", True),
        ("新店开业红色的", True),
        ("border on the", True),
        ("杯子上", True),
        ("右边", True),
        ("下面", True),
        ("word", True),
        ("says", True),
        ("早上", False),
        ("休息中", False),
        ("五公里", False),
        ("上新", False),
        ("about us", False),
        ("英文歌", False),
        ("第二个半价", False),
        ("这个夏天不一样", False),
        ("买二送一", False),
        ("open till late", False),
    ],
)
def test_a_text_holds_no_pointing_wish_or_order(text: str, rubbish: bool) -> None:
    assert guard.is_rubbish(text) is rubbish


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("右下角写上秋季上新", "text.add text=秋季上新 position=bottom_right"),
        ("角标写上新", "badge.add text=上新"),
        ("嗯角标上写第二件半价放左上角", "badge.add text=第二件半价 position=top_left"),
        ("打八折那三个字去掉换成打七折", "text.replace old=打八折 new=打七折"),
        ("左边那个九块九改成十九块九", "text.replace old=9.9元 new=19.9元 which=left"),
        ("把张老师三个字去掉", "text.delete old=张老师"),
        ("the five pound deal is now six pounds", "text.replace old=£5 new=£6"),
        (
            "put a badge that says fifty percent off in the left corner at the top",
            "badge.add text=fifty_percent_off position=top_left",
        ),
        ("嗯那个在左上角放个红底白字的角标写着新到货", "badge.add text=新到货 position=top_left color=red"),
        ("the date says march first but it's april first", "text.replace old=March_1 new=April_1"),
        ("门票五十改六十", "text.replace old=五十 new=六十"),
        ("这个日期过了改成下周六", "text.replace kind=date new=下周六"),
        ("把请勿吸烟改成禁止吸烟", "text.replace old=请勿吸烟 new=禁止吸烟"),
        ("在店名下面写上电话一三八零零一三八零零零", "text.add text=13800138000"),
        ("it says ten pounds um needs to be twelve", "text.replace old=£10 new=£12"),
        ("date should be the fifth of may", "text.replace kind=date new=5_May"),
        ("make it say closed instead of open", "text.replace old=open new=closed"),
        ("the date's wrong should be june third", "text.replace kind=date new=June_3"),
        ("把“写着停业”改成“那个please”", "text.replace old=写着停业 new=那个please"),
        ("delete 'the word please'", "text.delete old=the_word_please"),
    ],
)
def test_what_is_dictated_fills_the_slot_and_nothing_around_it(sentence: str, expected: str) -> None:
    assert matches(expected_of(expected), understand(sentence)), understand(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "随便改改吧",
        "嗯把地址那行删了",
        "角标改成第二件半价",
        "把电话最后那个八改成九",
        "the bit that says half price um can you get rid of that",
        "get rid of the line about free parking",
        "replace the writing with hello",
        "把左边改成右边",
        "下面那个改成九十九",
        "把杯子上的字改成早安",
        "角标上的字改成热卖",
        "change this word to sold",
        "delete where it says",
        "标题换行",
        "put a line through the old price",
        "write £8 next to it",
        "write what i said",
        "put a date stamp on it",
        "add a line under the title that says family run",
        "put a gold border on the badge",
        "把图里的字都换成英文",
        "it says sale but it's over",
    ],
)
def test_a_text_that_nobody_named_is_asked_about(sentence: str) -> None:
    assert not acting(sentence)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("菜单上「杨枝甘露」卖完了，换成「芒果西米露」", "text.replace old=杨枝甘露 new=芒果西米露"),
        ("Change “9am-5pm”to“9am-6pm”，thanks", "text.replace old=9am-5pm new=9am-6pm"),
        ('"A" finished on Sunday, so replace it with "B"', "text.replace old=A new=B"),
        ("It says 'A' , should be 'B'.. rather embarrassing, please correct it", "text.replace old=A new=B"),
        ('"Wellcome" is wrote bad, correct it in "Welcome"', "text.replace old=Wellcome new=Welcome"),
        ("Put Biscuit on a plain cream background", "background.plain colour=cream"),
        ("Put this Nikon F2 on a pure white background please", "background.plain colour=white"),
        ("请柬四周加金色边框", "border.add color=gold"),
        ("把第二行“10:00”改成“11:00”其余勿动", "text.replace old=10:00 new=11:00 which=order:2"),
        ("“欢近”是错别字，应为“欢迎”", "text.replace old=欢近 new=欢迎"),
        ("give the poster an orange border", "border.add color=orange"),
        ("新人后面的背景虚化一下", "background.blur"),
        ("換成灰色背景 鞋子不要動到", "background.plain colour=grey"),
        ("Remove the car on the left, the other one no.", "object.remove noun=car which=left"),
        ("the second umbrella from the left ehm please remove it", "object.remove noun=umbrella which=left:2"),
        ("The most big suitcase, please remove it", "object.remove noun=suitcase which=largest"),
        ("太小了，要上大屏，放大四倍", "image.upscale factor=4"),
        ("get rid of the high-ISO noise", "tone.adjust denoise+"),
    ],
)
def test_plain_wishes_in_the_small_words_of_other_speakers(sentence: str, expected: str) -> None:
    assert matches(expected_of(expected), understand(sentence)), understand(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "旁边再加一双袜子",
        "put love on a white background",
        "'A' finished on Sunday",
        "lose the hosepipe",
        "the bride no",
    ],
)
def test_their_near_relations_are_not_done(sentence: str) -> None:
    assert not acting(sentence)


def test_the_way_of_a_gradient() -> None:
    assert gradients.direction("从左到右") == "right"
    assert gradients.direction("radial") == "radial"
    assert gradients.direction("渐变") is None
