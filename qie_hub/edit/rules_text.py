# ruff: noqa: E501
"""Rules for texts and watermarks. Each takes a clause and answers with an operation, or None: not mine."""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import slots
from qie_hub.edit.clause import Clause, Reader
from qie_hub.edit.quotes import HOLE, Masked
from qie_hub.formats.operation import Operation, Slot

_H: Final = HOLE
_NO_QUOTES: Final = Masked("", "", ())
_NOUN: Final = (
    r"(?:文字|字样|字|文本|文案|标题|大标题|小标题|副标题|标语|口号|价格|售价|原价|现价|单价|价钱|数字|日期|时间|电话号?码?|品牌名?|店名|名字"
    r"|内容|单词|词语?)"
)
_WHERE_IN: Final = r"(?:(?:这张|这个)?(?:图片?|照片|海报|画面|牌子|标签|包装)?(?:上面|里面|上|里|中)?的?)"
_NOUN_EN: Final = r"(?:text|words?|string|caption|title|headline|heading|price|number|date|label|letters?|writing|sign)"

REPLACE_ZH: Final = re.compile(
    r"^(?:.*?(?:把|将))?(?P<old>.+?)(?:都|全部?|统一|一律)?"
    r"(?P<verb>改写成|修改成|修改为|更改成|更改为|替换成|替换为|替换|改成|改为|换成|换为|变成|变为|写成|改做|改)(?P<new>.+)$"
)
REPLACE_EN: Final = re.compile(
    r"^(?:.*?\b)?(?P<verb>change|replace|swap|turn|edit|rename|correct|update|switch|modify|make)\s+(?P<old>.+?)\s+"
    r"(?:to (?:read |say |be )?|with |into |for |by |say |read )(?P<new>.+)$"
)
ARROW: Final = re.compile(r"^(?P<old>.+?)\s*(?:->|→|=>|⇒|➡|——>|-->)\s*(?P<new>.+)$")

_DELETE_ZH: Final = (
    r"(?:去掉|去除|除去|删掉|删除|删去|删了|擦掉|擦除|抹掉|抹去|消除|清除|移除|去|删|不要|p掉|处理掉|弄掉|拿掉)"
)
_DELETE_EN: Final = (
    r"\b(?:remove|delete|erase|get rid of|take out|take off|take away|clean up|clear|drop|strip|wipe out)\b"
)
DELETE: Final = re.compile(f"{_DELETE_ZH}|{_DELETE_EN}")
WATERMARK: Final = re.compile(
    r"(?:半透明的?|文字|平铺的?|斜着的?)?(?:水印|水標|浮水印)(?:文字|字样|字)?|\b(?:water ?marks?|water-marks?|watermarking)\b"
)
TEXT_NOUN: Final = re.compile(
    rf"(?:这几个|这些|那些|这行|那行|这段|这|那)?{_NOUN}|\b(?:the )?{_NOUN_EN}(?: saying| reading)?\b"
)
_QUOTED: Final = re.compile(_H)
_ALL: Final = re.compile(r"所有|全部|全都|都|一律|每一?[个处]|\b(?:all|every|each|everywhere|both)\b")
_PLACE: Final = re.compile("|".join(slots.POSITIONS.values()))
_WHERE: Final = re.compile(
    r"(?:图|图片|照片|画面|海报)?(?:上面|里面|上|里|中|那里|那边|那个|那)的?|的|\bfrom\b|\bthat says?\b"
)
_STRIP: Final = re.compile(
    rf"^(?:{_WHERE_IN})?(?:{_NOUN})?(?:是|为)?|(?:这几个字|这行字|这些字|字样|的?文字|的?字|的?标题)$"
)
_STRIP_EN: Final = re.compile(
    rf"^(?:the )?(?:{_NOUN_EN}\s+)?(?:from )?|(?:\s+(?:in|on) (?:the|this) (?:image|picture|photo|sign|label))$"
)
_TAIL: Final = re.compile(r"(?:吧|了|呢|啊|好吗|谢谢|please|thanks|thank you)+$")
_LOOKS_PRINTED: Final = re.compile(r"[0-9¥￥$€£%]")
_LATIN: Final = re.compile(r"^[a-z0-9 .,&'+\-/!?%$€£¥:#@]+$")

ADD_ZH: Final = re.compile(r"(?:添加上?|加上|加个|加一?行|加|写上|写|打上|印上|放上|标上|输入)")
ADD_EN: Final = re.compile(r"\b(?:add|write|put|insert|place|print|type)\b")


def replace(clause: Clause) -> Operation | None:
    """``把‘A’改成‘B’``, ``change A to B``, ``A -> B``."""
    for pattern in (ARROW, REPLACE_ZH, REPLACE_EN):
        found = pattern.match(clause.text)
        if found is None:
            continue
        old, new = _side(clause, found, "old"), _side(clause, found, "new")
        if old and new and old != new and (pattern is ARROW or _is_text(clause, found)):
            return Operation("text.replace", {"old": old, "new": new, **_which(found.group("old"))}, clause.original)
    return None


def delete(clause: Clause) -> Operation | None:
    """``删除“新品”``, ``remove the text 'SALE'``, ``去掉所有文字``."""
    if WATERMARK.search(clause.text) or not DELETE.search(clause.text):
        return None
    reader = Reader(clause)
    reader.take(DELETE)
    which = _which(reader.left)
    old = reader.take_quoted()
    noun = reader.take(TEXT_NOUN)
    for pattern in (_ALL, _PLACE, _WHERE):
        reader.drop(pattern)
    if not reader.done or (old is None and noun is None):
        return None
    if old is None and not which:
        which = {"which": "all"}
    return Operation("text.delete", {"old": old, **which}, clause.original)


def watermark(clause: Clause) -> Operation | None:
    """``去掉水印``, ``remove the watermark``, with the watermark's words in quotes or without."""
    reader = Reader(clause)
    if reader.take(WATERMARK) is None:
        return None
    wished = reader.take(DELETE) is not None or re.search(
        r"不[想要]+有?|没有|别有|\b(?:no|without|free)\b", reader.left
    )
    if not wished or re.search(r"别|不要[去删]|\b(?:don't|do not|not)\b", clause.text):
        return None
    text = reader.take_quoted()
    place = slots.position(reader.left)
    for pattern in (
        _ALL,
        _PLACE,
        _WHERE,
        re.compile(r"不[想要]+有?|没有|干净|掉|\b(?:no|without|free|any|clean|cleanly)\b"),
    ):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("watermark.remove", {"text": text, "position": place}, clause.original)


def add(clause: Clause) -> Operation | None:
    """``在右下角加上“新品上市”``, ``add the text 'SALE' at the top``."""
    reader = Reader(clause)
    text = reader.take_quoted()
    if text is None or (reader.take(ADD_ZH) is None and reader.take(ADD_EN) is None):
        return None
    place, colour = slots.position(reader.left), slots.colour(reader.left)
    for pattern in (*_colours(), _PLACE, TEXT_NOUN, _WHERE, re.compile(r"一?行|几个|红?色")):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("text.add", {"text": text, "position": place, "color": colour}, clause.original)


def _colours() -> list[re.Pattern[str]]:
    return [re.compile(words) for _, words in slots.COLOURS.values()]


def _side(clause: Clause, found: re.Match[str], group: str) -> str:
    """One side of a replacement: the quoted string, or the words without what introduces them."""
    text = found.group(group)
    hole = _QUOTED.search(text)
    if hole is not None:
        return clause.masked.content(hole.group()) or ""
    start, stop = found.span(group)
    for pattern in (_TAIL, _STRIP, _STRIP_EN):
        for cut in pattern.finditer(clause.text[start:stop]):
            if cut.start() == 0 and cut.end() < stop - start:
                start += cut.end()
                break
            if cut.end() == stop - start and cut.start() > 0:
                stop = start + cut.start()
                break
    return clause.raw[start:stop].strip(" ,，。.!！")


def _is_text(clause: Clause, found: re.Match[str]) -> bool:
    """Whether words, not a thing, are to be replaced: quoted, called text, or clearly printed (numbers, prices)."""
    old, new = found.group("old"), found.group("new")
    if _QUOTED.search(old) or _QUOTED.search(new):
        return _only_known(old) and _only_known(new)
    if re.search(rf"{_NOUN}|\b{_NOUN_EN}\b", old):
        return True
    if _LOOKS_PRINTED.search(old) and _LOOKS_PRINTED.search(new):
        return True
    chinese_sentence = re.search(r"[\u3400-\u9fff]", clause.text) is not None
    return chinese_sentence and bool(_LATIN.match(old.strip())) and "把" in clause.text


def _only_known(side: str) -> bool:
    """Beside a quoted string, only words that say where or what it is."""
    rest = _QUOTED.sub(" ", side)
    for pattern in (
        _ALL,
        _PLACE,
        TEXT_NOUN,
        _WHERE,
        _TAIL,
        re.compile(r"把|将|从|由|\bfrom\b|这|那|第[一二三四五六]个"),
    ):
        rest = pattern.sub(" ", rest)
    plain = Clause(rest, rest, _NO_QUOTES)
    return Reader(plain).done


def _which(text: str) -> dict[str, Slot]:
    """Which of several equal texts: all, or by place."""
    if _ALL.search(text):
        return {"which": "all"}
    place = slots.position(text)
    return {} if place is None else {"which": place}
