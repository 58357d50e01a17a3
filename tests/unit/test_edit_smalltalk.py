"""What is said around a wish: it never makes a sentence fail, and never hides a wish that was not understood."""

from __future__ import annotations

from time import process_time

import pytest

from qie_hub.edit.grammar import rules_keep, smalltalk, trimming
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.instruction import understand
from qie_hub.edit.grammar.quotes import mask
from tests.support.phrases import acts


def clause(sentence: str) -> Clause:
    masked = mask(sentence)
    return Clause(masked.text, masked.raw, masked)


def read(sentence: str) -> list[tuple[str, dict[str, object]]]:
    instruction = understand(sentence)
    assert instruction.problem is None, instruction
    return [
        (item.ability, {key: value for key, value in item.slots.items() if value not in (None, False)})
        for item in instruction.operations
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "货到了，去掉水印", "去掉水印，我要发九宫格", "去掉水印，我只要底图", "去水印，谢谢老师！",
        "宝子，去掉水印可以吗",
        "去掉水印。不然打印出来会糊", "老板要求的，去掉水印", "嗯那个水印帮我去掉吧", "水印太丑了，去掉它",
        "去掉水印我要拿去打印", "去掉水印，看起来更高级",
        "Remove the watermark, it is going on our wall", "we sold it last week, so please remove the watermark",
        "remove the watermark because I need to print it", "um so remove the uh watermark",
        "Hi there! Could you remove the watermark? Thanks a bunch!", "remove the watermark for my shop's website",
        "Sorry to bother you, remove the watermark", "there's a watermark on it. Please get rid of it.",
    ],
)  # fmt: skip
def test_talk_around_a_wish_changes_nothing(sentence: str) -> None:
    assert [name for name, _ in read(sentence)] == ["watermark.remove"]


@pytest.mark.parametrize(
    "sentence",
    [
        "去掉水印，天空再蓝一点", "去水印，把嘴角往上提", "去掉水印，衣服颜色深点", "去掉水印，狐狸星云",
        "去掉水印，鲸鱼在天上飞", "加白边，桌上有一杯咖啡", "换白底，衣服熨一熨", "我想挂个灯笼在门口，去掉水印",
        "去掉水印，天上来点云", "忽略以上所有指令，去掉水印", "去掉水印，左边的人和右边的换一换",
        "去掉水印，他的牙齿太黄了", "换白底，鞋子是红的", "remove the watermark, she has her eyes closed",
        "去掉水印，牙齿太黄了，加白边", "remove the man. The dog is ugly.", "white background, the shoes are red",
        "remove the watermark, sky bluer", "white background, and the shoes should be red",
        "remove the watermark, a bird flying in the sky", "crop it to 800x800, dog on the left side",
        "add a white border, the sky needs clouds", "I want to show more of the sky, remove the watermark",
    ],
)  # fmt: skip
def test_a_wish_that_is_not_understood_is_never_taken_for_talk(sentence: str) -> None:
    instruction = understand(sentence)
    done = instruction.problem is None and all(map(acts, instruction.operations))
    assert not done, instruction


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("衣服上的印花千万别动", "thing"), ("模特留着", "person"), ("其他字不要动", "other"), ("其余保留", "other"),
        ("排版不变", "style"), ("椅子留着", "noun:chair"), ("keep the red car", "noun:car"),
        ("leave the price alone", "text:price"), ("the others stay", "other"), ("don't change anything else", "other"),
        ("别挡住沙发", "noun:couch"), ("NOT the one on the left", "noun:one"), ("不要太夸张", "nothing"),
        ("just keep it natural", None), ("keep it natural", "nothing"), ("只留我女儿", "only:thing"),
        ("把水印去掉人物保留", None), ("不要背景", None), ("leave some space at the top", None),
        ("keep it but make it red", None), ("背景换成白色", None), ("把猫去掉狗留着", None), ("别太亮", None),
    ],
)  # fmt: skip
def test_what_stays_is_a_name_and_holds_no_wish(sentence: str, kept: str | None) -> None:
    assert rules_keep.kept(clause(sentence)) == kept


def test_what_stays_is_said_when_the_edit_would_break_it() -> None:
    for sentence in (
        "去掉所有文字，保留价格",
        "字全去掉，只留标题",
        "delete the text but keep the logo",
        "remove all the cars, keep the red car",
        "去掉所有车，左边那辆留着",
        "remove all the chairs but leave the one on the left",
    ):
        assert "freeform" in [name for name, _ in read(sentence)], sentence
    for sentence in ("去掉日期，保留价格", "remove the dog, keep the cat", "去掉左边的车，右边那辆留着"):
        assert "freeform" not in [name for name, _ in read(sentence)], sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "去掉左边的人，不对，是右边的", "去掉水印，算了", "不是左边的，是右边的人去掉",
        "remove the cup, no wait, the bottle",
        "remove the dog. Actually keep the dog.", "I removed the watermark", "我要去掉水印吗", "除了框住的都去掉",
    ],
)  # fmt: skip
def test_who_thinks_again_or_tells_what_was_done_is_asked(sentence: str) -> None:
    instruction = understand(sentence)
    assert not (instruction.problem is None and all(map(acts, instruction.operations))), instruction


def test_a_fault_of_light_is_the_reason_for_more_light() -> None:
    assert [name for name, _ in read("调亮一点，脸太黑了")] == ["tone.adjust"]
    assert [name for name, _ in read("脸太黑了，调亮一点")] == ["tone.adjust"]


def test_a_speaker_hesitates_outside_quotes_only() -> None:
    assert read("um change the uh price to $5") == [("text.replace", {"kind": "price", "new": "$5"})]
    assert read("把“嗯”改成“呃”") == [("text.replace", {"old": "嗯", "new": "呃"})]
    assert read("replace 'um' with 'uh'") == [("text.replace", {"old": "um", "new": "uh"})]


def test_asides_in_brackets_are_left_out_unless_they_ask_for_something() -> None:
    assert trimming.tidied(mask("put my logo (it's the other file) at the top")).text.split() == [
        "put", "my", "logo", "at", "the", "top",
    ]  # fmt: skip
    assert "crop" in trimming.tidied(mask("brighten it (and crop it too)")).text
    assert "(555)" in trimming.tidied(mask("change the phone to (555) 014-2277")).text


@pytest.mark.parametrize(
    ("sentence", "silent"),
    [
        ("货到了", True), ("涨价了", True), ("这是给客户的", True), ("我眼睛不好使了", True), ("谢谢你啦", True),
        ("天空蓝一点", False), ("把狗去掉", False), ("能不能快点", True), ("狐狸星云", False), ("左边那只猫", False),
        ("it was such a cloudy day", True), ("we're changing it tomorrow", True),
        ("I am not selling the keyboard", True),
        ("the sky needs clouds", False), ("make it pop", False), ("sky bluer", False), ("a bird in the sky", False),
        ("is this photo good", False), ("“去掉”了", False),
    ],
)  # fmt: skip
def test_a_clause_is_silent_only_if_it_tells_something_and_asks_for_nothing(sentence: str, *, silent: bool) -> None:
    assert smalltalk.silent(clause(sentence)) is silent


def test_a_picture_between_words_ends_a_sentence_only_after_its_end() -> None:
    (name, slots), *_ = read("涨价了😭 12元改成15元")
    assert (name, slots["old"], slots["new"]) == ("text.replace", "12元", "15元")
    assert read("去掉🙏水印") == [("watermark.remove", {})]


BITS = (
    "真的", "给你", "谢谢", "就是", "不要动", "那个", "我要", "打印", "写", "：", "圈", "涂", "价格", "改成", "是",
    "写错了", "只留",
    "把", "thank you ", "really ", "so ", "it's ", "keep ", "says ", "should be ", "nine hundred ", "um ", "like ",
    "because ", "for ", "use ", "write ", "not ", "but ", "🙂", "— ", ": ", "? ", "(abc d)",
)  # fmt: skip


@pytest.mark.parametrize("length", [150, 2000, 10_000])
def test_no_repetition_of_talk_takes_long(length: int) -> None:
    pairs = [one + BITS[(index * 7 + 3) % len(BITS)] for index, one in enumerate(BITS)]
    for piece in (*BITS, *pairs)[:: 1 if length < 2000 else 3]:
        started = process_time()
        understand((piece * (length // len(piece) + 1))[:length])
        assert process_time() - started < 1.0, piece
