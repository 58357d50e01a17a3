"""Rules for cutting the subject out: what stays is transparent all around.

Invariant: things that stand in the background are no background (``去掉背景里的人``), and nothing is cut out where one
of several things was meant (``把左边的杯子抠出来``).

Example::

    cutout(clause)      # 把这个商品抠出来
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import nouns, slots
from qie_hub.edit.grammar.clause import FILLERS_ZH, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_background import (
    BARE,
    BASE,
    COLOUR,
    FRAME,
    GROUND,
    GROUND_WORDS,
    INSIDE,
    NOUN,
    PICTURE,
    THING,
    TO_CLEAR,
    TOO,
    forbidden,
)  # fmt: skip
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

_CUT: Final = words(
    """
    抠图 抠一?[下个]图 扣一?[下个]图 抠一下 抠出来? 抠下来? 抠完 扣图 扣出来? 抠像 抠掉背景 抠 分离(出来)? 提取出来?
    剪出来 裁切出来 单独拿出来 免扣 去个?背景? 去背 去底 去除背景 褪底 退底 去掉背景 删[除掉]背景 移除背景 透明底?图?
    透明背景 背景透明 无背景 背景(全部?|都)?(去掉|去除|删掉|删除|移除|不要|去了|清除|抠掉|清空) 不要背景 没有背景 镂空
    透明化?
    """,
    """
    cut_?out(s)? isolated? extract(ed)? transparent transparency knock_out
    (remove|delete|erase|get_rid_of|take_away|strip|drop|clear|no|without|cut|eliminate)_(the_|all_the_|its_|that_|this_|my_)?(whole_)?(background|backdrop|bg)
    (take|get|pull|cut)_(the_|this_|that_|my_)(background|backdrop|bg)_(out|away|off)
    (background|backdrop|bg)_(removed|removal|gone|off) remove_bg (cut|clip)(?=.*\\bout\\b) alpha_channel mask_out
    (nothing|nowt)_behind(_(it|him|her|them|me|us))?
    """,
)
_CUT_EXTRA: Final = words(
    """
    背景 底 png 格式 免抠 免扣 抠图 单独 素材 从 中 输出 保存 存 成 的 只 变 换成 改成 做成 弄成 导出 输出 来 出来 出
    只留下? 只保留 保留 主体 部分 新人 情侣 去掉 去除 格式的 后面的? 后面 掉 干净 成为 图 只要 只剩下? 变成 透明 不要 抠
    [这那][个件双条只瓶款台部辆把张串束份对套] 一[双件个]
    """,
    """
    background backdrop bg png file format only keep out as with behind transparent subject save export version
    cleanly on onto just to have get alpha no completely entirely sticker clipping a_clean
    """,
)
_KEEPING: Final = Pattern(
    r"(?:只|仅)?保留(?!背景)[^\s]{1,6}$|\b(?:and |but )?(?:just |only )?(?:keep|leave)(?:ing)? (?:only |just )?"
    r"(?:the|my|this|that) (?!background|backdrop|bg)[a-z]+(?: [a-z]+)?$"
)
"""``remove the background and keep the shoe`` forbids nothing."""
_COLOURED: Final = Pattern(
    rf"(?:{GROUND_WORDS})\S{{0,4}}(?:{COLOUR})|(?:{COLOUR})\S{{0,2}}(?:{GROUND_WORDS})|换|改|\bto\b"
)


def cutout(clause: Clause) -> Operation | None:
    """``抠图``, ``把这个商品抠出来``, ``remove the background``, ``transparent background``."""
    text = clause.text
    keeping = _KEEPING.sub("", text)
    if (
        not (_CUT.search(text) or BARE.search(text))
        or forbidden(clause, keeping)
        or FRAME.search(text)
        or TOO.search(text)
    ):
        return None
    bare = BARE.search(text) is not None
    if (
        INSIDE.search(text)
        or _PARTLY.search(text)
        or (
            not bare
            and not TO_CLEAR.search(text)
            and slots.colours(text)
            and (BASE.search(text) or _COLOURED.search(text))
        )
    ):
        return None
    reader = Reader(clause)
    reader.drop(_KEEPING)
    reader.drop(BARE)
    reader.drop(_OF_THIS)
    reader.drop(_OWNED)
    for pattern in slots.COLOUR_WORDS if TO_CLEAR.search(text) else ():
        reader.drop(pattern)
    for pattern in (_CUT, GROUND, _CUT_EXTRA):
        reader.drop(pattern)
    reader.drop(_SITTER)
    thing = _thing(reader) or reader.take(NOUN)
    for pattern in (THING, PICTURE):
        reader.drop(pattern)
    if not reader.done:
        return None
    named: dict[str, Slot] = {}
    if thing is not None and nouns.noun(thing.group()) != "person":
        named = {"old": thing.group(), "noun": nouns.noun(thing.group())}
    return Operation("background.cutout", named, clause.original)


_OF_THIS: Final = Pattern(
    r"\b(?:of|from|behind) (?:the|this|my|that|our) (?!background|backdrop|bg)[a-z]+(?: [a-z]+)?$"
    r"|\bso (?:that )?there's (?:nowt|nothing|no background)(?: behind (?:it|him|her|them|us))?$"
)
_OWNED: Final = Pattern("(?:我们?|咱们?)[\u3400-\u9fff]{0,2}的")
_PARTLY: Final = Pattern("透明(?:一?[点些]|度)|半透明")
"""``透明一点`` is said of a logo."""
_SITTER: Final = Pattern("人像|人物|证件照")
_FOR_ME: Final = Pattern(
    r"\b(?:(?:for (?:me|us)|(?:can|could|would|will) you|i want to|i need to|please|neatly|cleanly|just)\b ?)+"
)
_NAMED_ZH: Final = Pattern(r"^(?P<rest>[^\s的和与跟左右上下第\d]{1,6})$")
_NAMED_EN: Final = Pattern(r"^(?:the|this|my|that|a|an) (?P<rest>[a-z]+(?: [a-z]+)?)$")


def _thing(reader: Reader) -> re.Match[str] | None:
    """Takes a thing that no list knows: what stands alone in the middle of a picture is cut out under any name."""
    reader.drop(_FOR_ME)
    left = " ".join(FILLERS_ZH.sub(" ", THING.sub(" ", PICTURE.sub(" ", reader.left))).split())
    found = _NAMED_ZH.match(left)
    if found is None:
        left = re.sub(r"(?: an?)+$", "", " ".join(reader.left.split()))
        found = _NAMED_EN.match(left)
    if found is None or _NO_NAME.fullmatch(found.group("rest")) or _BY_SIDE.search(reader.left):
        return None
    return reader.take(Pattern(re.escape(found.group("rest"))))


_NO_NAME: Final = Pattern(
    r"留着?|留下|保留|[换改加穿戴画写p变修]+|(?:noise|grain|glare|shadows?|reflections?|yellow|blue|light|colou?r)"
    r"|(?:(?:the|an?|have|get|see|is|be|to|it|all|this|that|picture|photo|image)\b ?)+"
)
_BY_SIDE: Final = Pattern(r"左|右|第|后面|旁边|路人|\b(?:left|right|second|people|everyone|text|words|all|logo)\b")
