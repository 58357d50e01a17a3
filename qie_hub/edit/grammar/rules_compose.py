"""Rules for further pictures: one as a background, a thing cut out of one and set on the picture that is edited.

Example::

    picture(clause)        # 背景换成第二张图: number=1
    compose(clause)        # 把第二张图里的猫放到左边: noun=cat, position=left, number=1
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import nouns, slots, things
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.further import OTHER, number_of
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_background import BLUR, CHANGE, GROUND, THING, forbids
from qie_hub.edit.grammar.scales import LARGE, SMALL, scale_of
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

_PLACE: Final = Pattern("|".join(slots.POSITIONS.values()))
_NOT: Final = words("不要 别 不用 不能 去掉 删 移除 去除", "don't do_not never not remove delete without erase")
_JOIN: Final = words(
    """
    合成[到在进]? 放[到在进入上]? p[到在进上] 贴[到在上]? 加[到进上入]? 移[到]? 搬[到] 拼[到在] 抠(出来|下来|图)?
    [弄搞挪]到 拿(过来|出来|来)? 摆[到在进上]? 叠[到在加]* 融合[到进] 粘贴?[到在]?
    """,
    """
    put add place paste insert compose composite combine merge move cut(_out)? take grab get lift extract bring
    stick position
    overlay set copy drop bring
    """,
)
_ONTO: Final = words(
    """
    第[一1][张幅个](图片|照片|图|照)?(上面|里面|上|里|中)? (图片?|照片)[一1](上面|上|里|中)?
    这一?[张幅](图片|照片|图|照)?(上面|里面|上|里|中)? 主图上? 原图[上里中]? (里面|上面|里|中|上)的? 来 去 然后 进去?
    抠过来 从 把 全家福 海报 传单 封面 主图 画面 合照 大合照 过来 [他她它] 在 旁边 合在一起 一起 合影 画面
    """,
    """
    (in|of|on|onto)_the_first out_of
    (on|onto|in|into|to|of)_(the_|this_|my_)?(first|main|original|base)(_(picture|photo|image|one|pic))?
    (picture|photo|image)_(1|one) (on|onto|in|into|to)_(this|the|my)_(picture|photo|image|scene) from in of on onto
    into with together them at here this_one her him them standing next_to beside there side it over is are was
    """,
)


_USE: Final = words(
    """
    用 拿 当 做 作 作为 当成 当做 做成 换成 换为 换上 改成 改为 变成 替换[成为]? 使用 设为 换到 成为 放到 放在 放进
    放 里面?
    的?背景 里 中 上面 上 去 成 图 图片 照片 为 换 那张 作 背景图
    """,
    """
    use substitute as with set make replace change swap put to for into in on onto place behind from of instead
    switch picture
    photo image take new move it one like a
    """,
)


_BEHIND_US: Final = Pattern(r"\bbehind (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+)\b")
_MINE: Final = Pattern(
    r"\b(?:the|my|that) [a-z]+ (?=(?:photo|picture|image|pic)\b)|"
    r"我?(?:刚才?|上面)?(?:上?传|发|给|附|拍)(?:给你|上来|过来|来|上去)?的|拿来|(?:这"
    r"|那)[\u3400-\u9fff]{1,5}的(?=背景|图?$)|(?<=张)[\u3400-\u9fff]{1,4}(?=图|照片)|\binstead of .+$"
    r"|\b(?:that )?i (?:send|sent"
    r"|attached|uploaded)\b"
)


_GIVEN: Final = Pattern(
    r"^(?:here(?:'s| is)|i(?:'ve| have)? (?:attached|uploaded|sent|added|included)|this is) (?:an?|the|my"
    r"|another) .*\b(?:photo|picture|image|pic)\b.*"
    r"\buse (?:it|that|this) (?:as|for) (?:the|a|my) (?:new )?(?:background|backdrop)$"
    r"|^我?(?:又|还|另外|刚)?(?:上?传|发|给|附)了?(?:你)?一?张.{0,8}(?:照片|图片|图).{0,4}(?:用它|拿它|用那张|拿来"
    r"|用来|把它)?(?:做|当|作为|换成|当作)背景$"
)
"""A picture that is spoken of first and used then."""


def picture(clause: Clause) -> Operation | None:
    """``背景换成第二张图``, ``use the second picture as background``."""
    if _GIVEN.match(clause.text) and not forbids(clause):
        return Operation("background.picture", {"number": 1}, clause.original)
    other = OTHER.search(clause.text)
    if (
        other is None
        or not (GROUND.search(clause.text) or _BEHIND_US.search(clause.text))
        or forbids(clause)
        or BLUR.search(clause.text)
    ):
        return None
    reader = Reader(clause)
    for pattern in (_BEHIND_US, _MINE, OTHER, GROUND, _USE, CHANGE, THING, Pattern("这张|那张|我的|第[一1]张图?")):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("background.picture", {"number": number_of(other)}, clause.original)


def compose(clause: Clause) -> Operation | None:
    """``把第二张图里的猫放到右边``, ``put the woman from the second picture on the left, half the width``."""
    text = clause.text
    other = OTHER.search(text)
    if _TO_OTHER.search(text):
        return None
    if other is None or not _JOIN.search(text) or clause.quoted or clause.is_question or _NOT.search(text):
        return None
    reader = Reader(clause)
    scale, place = scale_of(reader), slots.position(text)
    named = _named(text, other)
    for pattern in (OTHER, _PLACE, _JOIN, _ONTO, SMALL, LARGE):
        reader.drop(pattern)
    thing = None
    if named in _PRONOUNS:
        thing = things.read("person")
        reader.drop(Pattern(rf"\b{named}\b" if named.isascii() else named))
    elif named is not None:
        thing = things.read(named)
        reader.drop(Pattern(re.escape(named)))
    else:
        thing = things.read("人") if reader.take(_PEOPLE) else None
        reader.drop(_SUBJECT)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {
        "old": named, "noun": thing.noun if thing else None, "position": place, "scale": scale,
        "number": number_of(other),
    }  # fmt: skip
    return Operation("image.compose", wish, clause.original)


_TO_OTHER: Final = Pattern(
    r"(?:到|进|在)(?:第[二三23]张|另一张)(?:图片?|照片)?(?:里|上|中)?面?(?:去|来)?$|\b(?:into|onto"
    r"|to) (?:the |my )?(?:second|other|third) "
    r"(?:picture|photo|image|one|pic)$"
)
"""The picture that is edited is the first one: nothing is put on another."""
_PEOPLE: Final = words("人物? 模特 人像", "person model")
_SUBJECT: Final = words(
    "商品 产品 主体 人物 人像 模特 东西 物体 人", "products? subjects? items? objects? thing person"
)
_OF_OTHER: Final = Pattern(
    r"(?:里面|上面|里|中|上)?(?:的|把)(?P<zh>[^的放贴加合抠移搬拼叠融p粘到在拿摆]{1,8}?)(?:抠|拿|摆|放|贴|加|合|移|搬|拼|叠|融|p|粘"
    r"|进|到|$)"
)
_THE_EN: Final = Pattern(
    r"\b(?:put|add|place|paste|insert|move|cut out|cut|copy|bring|combine|composite|take|grab|get|lift|extract"
    r"|stick|pop) (?:the |a |an |that |my |our )?"
    r"(?P<en>[a-z' -]+?) (?:from|of|in|on|out of) (?:the |my |this )?$"
)


_IN_OTHER: Final = Pattern(
    r"^(?:把|将)?(?P<zh>[^\s]{1,6}?)(?:都|也|还)?在$|^(?:把|将)(?P<from>[^\s]{1,6}?)从$|^(?:my |the |our "
    r")?(?P<en>[a-z]+) (?:is|are|was) (?:only )?(?:in|on) (?:the )?$"
)


_THEN_EN: Final = Pattern(
    r"^,? (?:(?:please|i want|you|can|could|to) )*(?:take|cut out|grab|get|use|copy|extract|bring|put"
    r"|lift) (?:the|my|a|an|that|our) "
    r"(?P<en>[a-z -]+?) (?:and|to|on|onto|in|into|out|here|over)\b"
)
_PRONOUNS: Final = ("him", "her", "them", "me", "他", "她", "我")


def _named(text: str, other: re.Match[str]) -> str | None:
    """The words for the thing in the further picture; None if it is only called its subject."""
    found = (
        _IN_OTHER.search(text[: other.start()])
        or _OF_OTHER.match(text[other.end() :])
        or _THE_EN.search(text[: other.start()])
        or _THEN_EN.match(text[other.end() :])
    )
    if found is None:
        return None
    name = next((value for value in found.groupdict().values() if value), "").strip()
    if name in _PRONOUNS:
        return name
    return None if not name or _SUBJECT.fullmatch(name) or nouns.noun(name) is None else name
