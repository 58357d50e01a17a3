"""The grammar: the sentences of the demonstration, quoting, order, and what must never be understood as less."""

from __future__ import annotations

import pytest

from qie_hub.edit.instruction import understand


def read(sentence: str) -> list[tuple[str, dict[str, object]]]:
    instruction = understand(sentence)
    assert instruction.problem is None, instruction
    return [
        (item.ability, {key: value for key, value in item.slots.items() if value is not None})
        for item in instruction.operations
    ]


def test_the_sentences_of_the_demonstration_are_understood() -> None:
    assert read("把‘¥199’改成‘限时特惠¥99’") == [("text.replace", {"old": "¥199", "new": "限时特惠¥99"})]
    assert read("去掉水印") == [("watermark.remove", {})]
    assert read("加白底边框并统一添加双十一角标") == [
        ("border.add", {"color": "#ffffff"}),
        ("badge.add", {"text": "双十一"}),
    ]
    assert read("调亮一点,暖色调") == [("tone.adjust", {"brightness": 25, "warmth": 25})]
    assert read("把背景换成海边 sunset") == [("background.replace", {"to": "海边 sunset"})]


@pytest.mark.parametrize(
    "sentence",
    [
        "把‘¥199’改成‘¥99’", "把“¥199”改成“¥99”", "把\"¥199\"改成\"¥99\"", "把'¥199'换成'¥99'",
        "将「¥199」替换为「¥99」",
        "把『¥199』改为『¥99』", "把＂¥199＂改成＂¥99＂", "把¥199改成¥99", "¥199 -> ¥99", "请帮我把价格¥199改成¥99吧",
        "change '¥199' to '¥99'", "replace “¥199” with “¥99”", "Please change ¥199 to ¥99", "把《¥199》改成《¥99》",
    ],
)  # fmt: skip
def test_every_quoting_and_none_gives_the_same_replacement(sentence: str) -> None:
    assert read(sentence) == [("text.replace", {"old": "¥199", "new": "¥99"})]


def test_quoted_text_keeps_its_letters_its_commas_and_its_case() -> None:
    assert read("把‘New, and BIG’改成‘去掉水印，然后调亮’") == [
        ("text.replace", {"old": "New, and BIG", "new": "去掉水印，然后调亮"})
    ]


def test_operations_keep_the_order_of_the_sentence() -> None:
    abilities = [name for name, _ in read("先去掉水印，再调亮一点，然后加白边，最后裁成800x800")]
    assert abilities == ["watermark.remove", "tone.adjust", "border.add", "image.resize"]


@pytest.mark.parametrize(
    ("sentence", "ability"),
    [
        ("把穿红衣服的女孩换成戴帽子的男孩", "person.change"),
        ("去掉照片里的路人", "object.remove"),
        ("帮我把墨镜换成太阳帽", "object.replace"),
        ("change the background to a beach at sunset", "background.replace"),
        ("turn it into an oil painting", "style.change"),
        ("把夏天变成冬天", "scene.relight"),
        ("只改沙发不改房间", "freeform"),
        ("椅子太旧了", "freeform"),
    ],
)
def test_what_needs_a_generative_model_is_named_as_such(sentence: str, ability: str) -> None:
    assert [name for name, _ in read(sentence)] == [ability]


@pytest.mark.parametrize(
    "sentence", ["", "   ", "asdf qwer", "左边那只猫", "🙂🙂🙂", "\u202e\u200f", "?!", "把把把", "x" * 10_000]
)
def test_nonsense_is_not_understood_and_answered_with_candidates(sentence: str) -> None:
    instruction = understand(sentence)
    assert instruction.problem == "not_understood"
    assert 1 <= len(instruction.candidates) <= 3


@pytest.mark.parametrize("sentence", ["不要调亮", "别加边框", "don't brighten it", "不要去掉水印"])
def test_a_negated_wish_is_not_done(sentence: str) -> None:
    acting = {"tone.adjust", "border.add", "watermark.remove", "badge.add"}
    assert not acting & understand(sentence).abilities


def test_a_half_understood_clause_is_not_half_done() -> None:
    for sentence in ("调亮一点像电影海报那样的星云", "加白边和一只会飞的大象", "brighter like the nebula on mars"):
        instruction = understand(sentence)
        assert instruction.problem == "not_understood" or "tone.adjust" not in instruction.abilities, sentence
