"""The rule for watermarks: their words may be quoted, their owner and their place named.

Example::

    watermark(clause)      # 去掉‘视觉中国’的水印: text=视觉中国
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import kinds, slots
from qie_hub.edit.grammar.clause import JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_text import ALL, DELETE, PLACE, TEXT_NOUN, WATERMARK, WHERE, negated
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation

_WITHOUT: Final = words("不[想要]+有? 没有 别有 无", "no without free don't_(want|need|like) do_not_want")
_OWNER: Final = Pattern(r"([^\s和与跟及、把将去掉除删了的上下左右角图片\ue000-\ue0ff]{2,6})的水印")
"""Whose watermark it is changes nothing; two things joined by ``和`` are no owner."""
_WHERE: Final = Pattern(
    r"^(?:把|将)?([\u3400-\u9fff]{2,4}?)(?:(?:的图|图|照片|片)?[上里]面?的?|的图|图|照片)(?=.{0,10}水印)"
)
_TOLD: Final = Pattern(
    r"^(?!.*\b(?:not|don't|and)\b).*\bwatermarks?\b.*\s(?:please |can you |could you |just )*(?:remove|delete|get "
    r"rid of|erase|clean|take|want|need) (?:it|them|that)(?: without)?"
    r"(?: off| out| away)?(?: please)?$"
)
"""``They put a watermark on my photo. Please remove it.``"""
_KINDS_TOO: Final = "|".join(one.pattern for one in kinds.KINDS)
_BRANDS: Final = words(
    "抖音 快手 小红书 淘宝 天猫 京东 拼多多 微博 b站 视频号 剪映 美图秀?秀? 公众号 大众点评 美团 闲鱼 知乎 贝壳 "
    "链家 安居客 58同城 别人 人家 厂家 同行 上家",
    "shutterstock getty(_images)? istock(photo)? adobe(_stock)? tiktok alamy canva dreamstime freepik instagram "
    "zillow realtor agency stock needs? any_way you_could off",
)
_WHOSE_EN: Final = Pattern(
    r"(?:\b(?:old|new|former|previous|whole|big|ugly|[a-z]+) )?\b[a-z]+(?:'s|s') (?=watermark)"
    r"|\b(?!remove|delete|erase|clear|clean|the|that|this|off|no|without|lose|strip|kill|nuke|zap"
    r"|ditch)[a-z]+ (?=watermark)"
)
_OF_WHOM: Final = Pattern(r"(?<=watermark) of (?:the|my|our|an?) (?:(?!and\b)[a-z]+)(?: (?!and\b)[a-z]+)?")
_ANOTHER: Final = Pattern(
    rf"(?:和|与|跟|以及|、|\band\b|&)\s*(?:the |that |all |所有的?|那个)*(?:{_KINDS_TOO}|文字|字|\btext|\blogo"
    rf"|\bwords?|\bwriting|\bline|\bletters?)"
    rf"|(?:{_KINDS_TOO}|文字|\btext|\blogo)\s*(?:和|与|跟|以及|、|\band\b|&)"
)
"""Something else is to go as well."""
_KIND_TOO: Final = Pattern(rf"(?:{_KINDS_TOO})(?!的?水印| ?watermark)")
_ADDS: Final = Pattern(r"加[上个文字]|写上|[写加]上?[\ue000-\ue0ff]|贴上|\b(?:add|write|put)\b")
"""Something is to come as well."""
_TWICE: Final = Pattern(rf"水印.{{0,3}}(?:去掉?|删掉?|去除|删除)(?:文?字|{_KINDS_TOO}|logo|人)")
_DE: Final = Pattern(r"\bde-?watermark")
_SEE_TO: Final = Pattern(r"处理|搞定|解决|\boff\b|\bgone\b")
_CLEANLY: Final = words(
    """
    一键 留下?痕迹 不要 干净 掉 处理 搞定 解决 不[想要]+有? 没有 无 有 帮我 一下 彻底 完全 痕迹 不留 留 碍眼
    讨厌 难看 太?(丑|碍眼|讨厌|难看|明显|大|多|显眼)了?
    """,
    """
    no without free don't_(want|need|like) do_not_want any clean(ly)? completely all version traces? ugly out
    annoying that's there which corner
    """,
)


_STAMP: Final = Pattern(r"(?:日期|时间|年月日)的?水印(?!和|、|跟)|\b(?:date|time) ?watermark")
"""``时间水印`` is the date that a camera prints."""


def watermark(clause: Clause) -> Operation | None:
    """``去掉水印``, ``remove the watermark``, with the watermark's words in quotes or without."""
    if _TOLD.match(clause.text) and not clause.quoted:
        return Operation("watermark.remove", {"text": None, "position": slots.position(clause.text)}, clause.original)
    if _STAMP.search(clause.text):
        return None
    reader = Reader(clause)
    reader.drop(_WHOSE_EN)
    reader.drop(_OF_WHOM)
    if reader.take(WATERMARK) is None:
        return None
    if _ANOTHER.search(clause.text) or _ADDS.search(clause.text) or _TWICE.search(clause.text):
        return None
    if JOINT in clause.raw and _KIND_TOO.search(clause.text):
        return None
    wished = reader.take(DELETE) is not None or _DE.search(clause.text) or _WITHOUT.search(reader.left)
    if not (wished or _SEE_TO.search(reader.left)) or negated(clause) or clause.is_question:
        return None
    text = reader.take_quoted()
    place = slots.position(reader.left)
    reader.drop(_BRANDS)
    if owner := _WHERE.match(clause.text) or _OWNER.search(clause.text):
        reader.drop(Pattern(re.escape(owner.group(1))))
    for pattern in (DELETE, WATERMARK, ALL, PLACE, WHERE, TEXT_NOUN, _CLEANLY):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("watermark.remove", {"text": text, "position": place}, clause.original)
