"""Unquoted words: kinds of text, what reads like print, numbers that were read out, words that are to be written."""

from __future__ import annotations

import pytest

from qie_hub.edit.grammar import kinds, nouns, printed, slots, spoken
from qie_hub.edit.grammar.instruction import understand
from tests.support.phrases import acts


def read(sentence: str) -> list[tuple[str, dict[str, object]]]:
    instruction = understand(sentence)
    assert instruction.problem is None, instruction
    return [
        (item.ability, {key: value for key, value in item.slots.items() if value not in (None, False)})
        for item in instruction.operations
    ]


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("price", "nine hundred dollars", "$900"), ("price", "five dollars", "$5"), ("price", "four fifty", "4.50"),
        ("price", "twelve dollars and fifty cents", "$12.50"), ("price", "twenty nine ninety nine", "29.99"),
        ("price", "twelve thousand nine hundred ninety five", "12995"), ("price", "two hundred and fifty", "250"),
        ("price", "十五块", "15元"), ("price", "九块九", "9.9元"), ("price", "一百九十九", "199"), ("price", "一百二",
        "120"),
        ("price", "三百二十八万", "328万"), ("price", "$4.50", None), ("price", "12元", None), ("price", "面议", None),
        ("phone", "一三八零零一三八零零零", "13800138000"), ("phone", "five five five oh one two three", "5550123"),
        ("phone", "139-0000-1234", None), ("date", "十月一号", "10月1号"), ("date", "二零二五年六月十八日",
        "2025年6月18日"),
        ("date", "周三", None), ("title", "九点", None),
    ],
)  # fmt: skip
def test_what_was_read_out_is_printed_in_digits_where_its_kind_is_known(
    kind: str, said: str, value: str | None
) -> None:
    assert spoken.printed(kind, said) == value


@pytest.mark.parametrize(
    ("said", "new", "kind"),
    [
        ("价格", "5元", "price"), ("票价", "15元", "price"), ("会员价", "99", "price"), ("特价", "5折", None),
        ("活动日期", "10月1日", "date"), ("演出时间", "周六晚上8点", "date"), ("联系电话", "010-62345678", "phone"),
        ("车牌号码", "京A12345", None), ("大标题", "新品", "title"), ("the second price", "$5", "price"),
        ("the price on the left", "$3", "price"), ("asking price", "$8,450", "price"), ("hat", "$5", None),
    ],
)  # fmt: skip
def test_a_kind_is_named_with_what_it_is_for(said: str, new: str, kind: str | None) -> None:
    assert kinds.kind_in(said, new) == kind


@pytest.mark.parametrize(
    ("old", "new", "verb", "reads"),
    [
        ("柠檬水", "手打柠檬茶", "改成", True), ("九点", "十点", "改成", True), ("秋季上新", "冬季上新", "换成", True),
        ("张经理", "李经理", "改成", True), ("红豆", "绿豆", "改成", True), ("OPEN", "CLOSED", "swap", True),
        ("Flat White", "Cortado", "change", True), ("Monday", "Tuesday", "change", True),
        ("沙发", "皮的", "改成", False), ("苹果", "橙子", "换成", False), ("短发", "长发", "改成", False),
        ("她的裙子", "旗袍", "改成", False), ("红色", "蓝色", "改成", False), ("Her Dress", "Blue Jeans",
        "change", False),
        ("Summer", "Winter", "change", False), ("the sofa", "a bed", "change", False), ("白天", "晚上", "改成", False),
    ],
)  # fmt: skip
def test_what_reads_like_print_and_what_is_depicted(old: str, new: str, verb: str, *, reads: bool) -> None:
    assert printed.reads_printed(old, new, verb) is reads


def test_a_text_is_replaced_however_it_is_told() -> None:
    cents = {"kind": "price", "new": "$12,995"}
    assert read("change the price to $12,995") == [("text.replace", cents)]
    assert read("The second price should be $5.50, the others stay.") == [
        ("text.replace", {"kind": "price", "new": "$5.50", "which": "order:2"})
    ]
    assert read("the banner says 'A', I need it to say 'B'") == [("text.replace", {"old": "A", "new": "B"})]
    assert read("「A」打错了，要改成「B」") == [("text.replace", {"old": "A", "new": "B"})]
    assert [slots["new"] for _, slots in read('"Bagel" to "Croissant", "Tea" to "Chai"')] == ["Croissant", "Chai"]
    assert read("最后一行字改成“B”") == [("text.replace", {"new": "B", "which": "order:-1"})]
    assert read("菜单上红烧肉改成东坡肉") == [("text.replace", {"old": "红烧肉", "new": "东坡肉"})]


@pytest.mark.parametrize(
    "sentence",
    [
        "标题改成更吸引人的", "change the title to something catchier", "价格改成多少合适", "加一段文案",
        "加一句好听的话",
        "上面写上日期", "add some text", "write something funny at the top", "add my name at the bottom",
        "把海报上的人换成我",
        "标题改到下面", "价格换到右上角", "电话换成微信", "move the date to the top", "the title should be bigger",
        "the price should be in the corner", "红圈里的数字改成5", "加上两个字", "底部加一行字说明用法",
        "价格和日期改成新的", "add a caption that fits",
    ],
)  # fmt: skip
def test_words_that_nobody_said_are_not_made_up(sentence: str) -> None:
    instruction = understand(sentence)
    assert not (instruction.problem is None and all(map(acts, instruction.operations))), instruction


@pytest.mark.parametrize(
    ("sentence", "text", "position", "colour"),
    [
        ("在底部加一行白色的字：扫码点单", "扫码点单", "bottom", "#ffffff"), ("下面加一行字支持验货", "支持验货",
        "bottom", None),
        ("嗯在照片上写全家福三个字就行", "全家福", None, None), ("右下角写“A”，要红色的", "A", "bottom_right",
        "#d9222a"),
        ("Write SOLD in red in the middle", "SOLD", "centre", "#d9222a"),
        ("Add yellow text: Lisbon 2024, bottom left", "Lisbon 2024", "bottom_left", "#f7d117"),
        ("add the words sold out in the top right", "sold out", "top_right", None),
        ("would you mind writing 'A' at the bottom?", "A", "bottom", None),
    ],
)  # fmt: skip
def test_words_are_written_with_and_without_quotes(
    sentence: str, text: str, position: str | None, colour: str | None
) -> None:
    ((name, slots_),) = read(sentence)
    assert name == "text.add"
    assert (slots_["text"], slots_.get("position"), slots_.get("color")) == (text, position, colour)


def test_a_new_text_does_not_swallow_the_wish_after_it() -> None:
    assert [name for name, _ in read("Change phone number to 98765 43210 and give golden border also")] == [
        "text.replace",
        "border.add",
    ]
    assert [name for name, _ in read('New price $8,450 and drop "Low Miles" from the flyer.')] == [
        "text.replace",
        "text.delete",
    ]


def test_a_text_is_deleted_by_its_words_only_where_they_are_called_words_or_read_like_print() -> None:
    assert read("附件那两个字删了") == [("text.delete", {"old": "附件"})]
    assert read("把已售罄删掉") == [("text.delete", {"old": "已售罄"})]
    assert read("take the date stamp off this old picture") == [("text.delete", {"kind": "date"})]
    assert read("把同行的电话号码删掉") == [("text.delete", {"kind": "phone"})]
    for sentence in ("把狐狸删掉", "erase the phone", "remove the clock", "去掉面包"):
        assert [name for name, _ in read(sentence)] == ["object.remove"], sentence


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("宽600高400", (600, 400)), ("宽八百高六百", (800, 600)), ("800宽600高", (800, 600)),
        ("800 wide by 600 tall", (800, 600)),
        ("width of 800 and height of 600", (800, 600)), ("800*600", (800, 600)), ("宽一点高一点", None),
        ("left wide", None),
    ],
)  # fmt: skip
def test_sizes(text: str, size: tuple[int, int] | None) -> None:
    assert slots.size(text) == size
    assert slots.size(spoken.digits("eight hundred wide and six hundred high")) == (800, 600)


def test_the_end_of_a_chinese_compound_names_the_thing_only_where_it_can_be_nothing_else() -> None:
    assert [nouns.noun(word) for word in ("理发椅", "转角沙发", "轮椅", "熊猫", "面包", "热狗", "茶几")] == [
        "chair", "couch", None, None, None, "hot dog", "dining table",
    ]  # fmt: skip
