"""What ``it`` and ``them`` stand for, talk that is none, and what a clause says of the words before it."""

from __future__ import annotations

from time import process_time

import pytest

from qie_hub.edit.grammar import anaphora, babble, printed
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.instruction import understand
from qie_hub.edit.grammar.quotes import mask
from tests.support.phrases import acts


def clause(sentence: str) -> Clause:
    masked = mask(sentence)
    return Clause(masked.text, masked.raw, masked)


def done(sentence: str) -> list[tuple[str, dict[str, object]]]:
    """What a small pack would carry out of a sentence; nothing if it asks or refuses."""
    found = understand(sentence)
    if found.problem is not None or not all(map(acts, found.operations)):
        return []
    return [(one.ability, {name: value for name, value in one.slots.items() if value}) for one in found.operations]


@pytest.mark.parametrize(
    ("sentence", "noun", "slots"),
    [
        ("my dog is in the picture again.. remove him", "dog", {}),
        ("there's a cat sittin on the recliner can you take it out", "cat", {}),
        ("there are sheep EVERYWHERE lol, remove them all", "sheep", {"all": True}),
        ("the cat is on the left, remove it", "cat", {"which": "left"}),
        ("these bottles are empty, get rid of them", "bottle", {"all": True}),
        ("the car's been sold so take it out", "car", {}),
        ("before the door sits a dog, please remove it", "dog", {}),
        ("椅子已经卖掉了，把它去掉吧", "chair", {}),
        ("左边有只猫，把它去掉", "cat", {"which": "left"}),
        ("门口停着一辆车，把它去掉", "car", {}),
    ],
)
def test_a_pronoun_is_the_thing_that_a_statement_named(sentence: str, noun: str, slots: dict[str, object]) -> None:
    ((ability, taken),) = done(sentence)
    assert ability == "object.remove"
    assert taken["noun"] == noun
    assert slots.items() <= taken.items()


def test_what_is_wished_for_beside_the_pronoun_is_done_too() -> None:
    found = done("my dog is in the picture again, remove him and brighten the whole thing up")
    assert [ability for ability, _ in found] == ["object.remove", "tone.adjust"]


def test_quoted_words_and_a_new_price_are_pointed_at_too() -> None:
    assert done("Haircuts are $65 now, can you fix the price") == [("text.replace", {"kind": "price", "new": "$65"})]
    assert done("现在卖25元了，价格帮我改一下") == [("text.replace", {"kind": "price", "new": "25元"})]
    assert done("the words 'Est 1987' are wrong, take them out") == [("text.delete", {"old": "Est 1987"})]


@pytest.mark.parametrize(
    "sentence",
    [
        "my kids are playing with the ball, take it out",
        "my dog is chasing a cat, remove it",
        "there's a cat and a dog, remove it",
        "the cat tree is in the shot, remove it",
        "the man's hat is in the way, remove it",
        "the dog ate my homework, don't remove it",
        "my kids are in the shot, please don't remove them",
        "这只猫是我家的，别去掉它",
        "the deposit is $50, can you change the price",
        "the sign 'SALE' is next to the dog, remove it",
        "the sign says remove the dog",
        "they told me to remove the dog",
        "remove him",
    ],
)
def test_what_a_pronoun_stands_for_is_never_guessed(sentence: str) -> None:
    assert done(sentence) == []


def test_clauses_without_a_pronoun_stay_as_they_are() -> None:
    assert anaphora.pointed([clause("my dog is here"), clause("remove the cat")]) is None
    assert anaphora.named(clause("remove the dog")) is None


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("it was such a cloudy day", False),
        ("it was such a cloudy day abcxyz", True),
        ("it is going on our wall 狐狸", True),
        ("for insta", False),
        ("我要拿去打印", False),
        ("发到 instagram 上面", False),
    ],
)
def test_talk_that_no_language_has_is_none(text: str, strange: bool) -> None:
    assert babble.babbles(text) is strange


def test_chinese_talk_is_cut_at_its_spaces() -> None:
    assert babble.pieces("我要打印 20寸 发到 ins 上面") == ["我要打印 20寸", "发到 ins 上面"]


@pytest.mark.parametrize(
    "sentence",
    [
        "放大2倍，不然打印出来会糊 鲸鱼鲸鱼",
        "make it warmer it looks like a hospital and the sign should go",
        "brighten it, but don't make it brighter",
        "调暗一点，但是别变暗",
    ],
)
def test_a_reason_hides_no_wish(sentence: str) -> None:
    assert done(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "colour"),
    [
        ("把‘A’改为‘B’，用紫色的字", "#7b3fa0"),
        ("标题改成‘B’，字体改成红色", "#d9222a"),
        ("'A' in gold instead of black", "#c9a227"),
    ],
)
def test_a_colour_is_that_of_the_words_just_named(sentence: str, colour: str) -> None:
    ((ability, taken),) = done(sentence)
    assert ability == "text.replace"
    assert taken["colour"] == colour
    assert "which" not in taken


def test_all_words_take_a_colour_only_if_all_are_named() -> None:
    assert [taken.get("which") for _, taken in done("把标题改成“开业”，所有字改成红色")] == [None, "all"]


@pytest.mark.parametrize(
    ("sentence", "abilities"),
    [
        ("up the contrast", ["tone.adjust"]),
        ("less contrast, but don't make it darker", ["tone.adjust"]),
        ("can you get the noise out", ["tone.adjust"]),
        ("sharpen it, then double the resolution", ["tone.adjust", "image.upscale"]),
        ("Resize in 1920 × 1080 without to cut anything", ["image.resize"]),
        ("2 for 1 badge top right, and brighten it a touch", ["badge.add", "tone.adjust"]),
        ("put uh kitchen closed monday at the top", ["text.add"]),
        ("put new curtains at the top", []),
        ("put my name at the bottom", []),
        ("底部写上联系电话", []),
        ("最右边那杯不要，其他杯子留着", ["object.remove"]),
        ("嗯宝宝入镜了把人去掉", ["object.remove"]),
        ("右边那辆车去掉，左边那辆是我的，留着", ["object.remove"]),
        ("价格先去掉吧 下周才定", ["text.delete"]),
        ("把左边的人去掉 右边的人去掉", ["object.remove", "object.remove"]),
        ("去掉杯子 桌子", []),
        ("去掉背景，留着", []),
        ("宽度改成1920", ["image.resize"]),
        ("写上 新品 两个字", ["text.add"]),
        ("I need just the jar, nothing behind it. Transparent PNG.", ["background.cutout"]),
    ],
)
def test_other_ways_to_say_known_wishes(sentence: str, abilities: list[str]) -> None:
    assert [ability for ability, _ in done(sentence)] == abilities


def test_up_the_colours_is_said_of_warmth_too() -> None:
    assert done("warm up the colours please") == [("tone.adjust", {"warmth": 25})]


def test_a_colour_at_the_end_is_not_written_on_the_picture() -> None:
    ((_, taken),) = done("左下角写上 二手九成新 白色字")
    assert (taken["text"], taken["color"]) == ("二手九成新", "#ffffff")


def test_a_wish_that_nothing_is_cut_off_crops_nothing() -> None:
    assert "crop" not in done("crop to 800x600 without losing anything")[0][1]


def test_a_notice_is_told_from_a_thing() -> None:
    assert printed.reads_posted("kitchen closed monday")
    assert not any(map(printed.reads_posted, ["a closed door", "new curtains", "closed", "the sale sign"]))


@pytest.mark.parametrize(
    "part", ["there is a dog and ", "我的狗在门口 ", "it was a day ", "the cats are in the ", "在"]
)
def test_long_sentences_are_read_in_no_time(part: str) -> None:
    began = process_time()
    understand((part * 2000)[:2000])
    anaphora.pointed([clause((part * 600)[:10_000]), clause("remove it")])
    babble.pieces(part * 2000)
    assert process_time() - began < 3
