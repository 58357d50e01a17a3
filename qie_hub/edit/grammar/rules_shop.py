"""Rules for shop work: border and badge."""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import printed, slots
from qie_hub.edit.grammar.clause import JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import fold
from qie_hub.edit.grammar.rules_caption import END_EN, names_no_text
from qie_hub.edit.grammar.rules_text import IN
from qie_hub.edit.grammar.verbs import PUT
from qie_hub.edit.grammar.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation, Slot

BORDER: Final = words(
    "白底(边框|框|边) 边框 相框 外框 描边 留白 白边 黑边 框线 框框 框 (?<![旁上下左右里这那])边",
    "borders? frames? margins? padding edging",
)
_BADGE: Final = alternatives(
    r"角标 爆炸贴 标(?=\s*$) 徽章 徽标 贴纸 标签 促销标 标志 角章 小标签? 打标 标识 吊牌 印章 章(?=\s*$) icon",
    "badges? stickers? tags? corner_(mark|label|tag|badge)s? ribbons? stamps? labels?",
)
BADGE: Final = Pattern(_BADGE)
_ADD: Final = words(
    """
    写 镶个? 添加上? 加上 加个 加一?[个圈道层条] 加 打上 打个 贴上 贴个 贴 放上 放个 放 来个 来一?[个圈]
    套上?个? 盖上?个? 留[出个点]* 做个? 打 包[个一]? 挂上? 配上? 弄个
    """,
    "make create add put do place apply attach stick give draw wrap insert overlay include with need want slap"
    " surround frame "
    "pop drop chuck whack bung stick plonk shove throw get set",
)
_REMOVE: Final = words("去掉 去除 删 移除 不要 别 不用", "remove delete without no don't do_not")
_SHAPES: Final = {
    "circle": words("圆形 圆圈 圆的? 圆", "round circles? circular"),
    "burst": words("爆炸形? 爆炸贴 星形 锯齿形?", "burst starbursts? star"),
    "ribbon": words("斜角 斜着 斜的 飘带 丝带 绶带 斜条", "ribbons? diagonal"),
    "rectangle": words("长方形 方形 矩形 方的", "square rectang(le|ular)"),
}
_PLACE: Final = Pattern("|".join(slots.POSITIONS.values()))
_WIDE: Final = words("[宽粗厚]一?[点些]* 大一?点", "wide thick broad big")
_NARROW: Final = words("[窄细薄]一?[点些]* 小一?点", "thin narrow slim fine small")
_MEASURE: Final = Pattern(rf"(?:\d+|{slots.CHINESE_NUMBER})\s*(?:个?像素|px|pixels?|%|percent)|百分之\S+")
_AROUND: Final = words(
    "四周 四边 各 周围 外面 外边 一?[圈道层条] 外围 上下左右 色 宽度 宽 的 条 颜色 商品 产品 衬底 纯 旁边 一下 空白",
    "(the_)?(whole|entire)_thing thing it photo nice around round it_all surround(ed)? framed? in edges?"
    " outside colou?red "
    "all_the_way_round all_the_way wide product plain all_around sides? simple width",
)
_FOUR: Final = words("四边 四周 外边 旁边 周边 每[个一]?边")
_BETWEEN: Final = Pattern(
    r"^.*?(?:添加上?|加上|加个|加一?个|打上|打个|贴上|贴个|放上|放个|来个|盖上?个?|套上?个?|挂上?|弄个|做个|贴|打|放|加"
    rf"|(?:{PUT}|\b(?:apply|attach|give it|make|create|do)\b)(?: an?| the)?)"
)
_BADGE_EXTRA: Final = words(
    """
    写着 着 字样 文字 促销 内容是?为? 字 的字 色 显示 标 活动 小 大 商品 产品 统一 批量 那边 那里 那儿 处 位置 上面
    每[一]?张 主图 醒目
    打折 上 角落 角 底
    """,
    """
    every each all any photos? saying says reading discount corner text
    little big small promo product instead set hand with that words? colou?red shop shaped
    """,
)
_NOT_A_TEXT: Final = Pattern(r"[和与及跟、]|边|框|\band\b|水印|背景")


def border(clause: Clause) -> Operation | None:
    """``加白底边框``, ``add a thin black border of 20 px``."""
    reader = Reader(clause)
    if _REMOVE.search(clause.text) or clause.quoted or not BORDER.search(clause.text) or clause.is_question:
        return None
    if _MERELY.fullmatch(clause.text):
        return None
    if len(slots.colours(clause.text)) > 1:
        return None
    colour = slots.colour(reader.left) or "#ffffff"
    reader.drop(_AROUND_IT)
    reader.drop(_OF_SURFACE)
    for pattern in (_MEASURE, _FOUR, _WIDE, _NARROW, BORDER, *slots.COLOUR_WORDS, _AROUND, _ADD):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("border.add", {"color": colour, **_width(clause)}, clause.original)


_AROUND_IT: Final = Pattern(
    r"\b(?:a?round|on|to|for|give) (?:the|this|my|our|that) (?:whole |entire |full )?(?:[a-z]+ )?(?:invitation"
    r"|invite|card|poster|flyer|leaflet|menu"
    r"|certificate|page|post|cover|ad|advert|picture|photo|image|pic|photograph|portrait|print|outside"
    r"|edges?|sides?|lot|listing|shot"
    r"|drawing|painting|artwork|document|ticket|notice|screenshot)s?\b"
)
_OF_SURFACE: Final = Pattern(rf"(?:在|给)?{IN}(?=四周|周围|外围|四边)")
"""``请柬四周``"""
_MERELY: Final = Pattern(r"(?:在|就)?[边框](?:上|上面|里|缘)?|(?:the |an? )?(?:borders?|frames?|margins?|edging)")
"""``边上`` alone names a place."""


def _width(clause: Clause) -> dict[str, Slot]:
    """``width`` in pixels or ``percent`` of the short side; neither for the usual width."""
    exact, share = slots.pixels(clause.text), slots.percent(clause.text)
    if exact is not None:
        return {"width": exact}
    if share is not None:
        return {"percent": share}
    if _WIDE.search(clause.text):
        return {"percent": 10}
    return {"percent": 3} if _NARROW.search(clause.text) else {}


def badge(clause: Clause) -> Operation | None:
    """``统一添加双十一角标``, ``put a round red badge 'SALE' in the top right corner``."""
    if _REMOVE.search(clause.text) or not BADGE.search(clause.text) or clause.is_question:
        return None
    if _SEVERAL.search(clause.text):
        return None
    worded = None if clause.quoted else _worded(clause) or _offered(clause)
    if not (_ADD.search(clause.text) or clause.quoted or worded or _CAPITALS.search(clause.raw)):
        return None
    text = clause.quoted[0] if clause.quoted else worded or _written(clause) or _bare_badge(clause)
    if not text or (not clause.quoted and (_NOT_A_TEXT.search(text) or _WRONG.match(text))):
        return None
    rest = clause.text if clause.quoted else clause.text.replace(fold(text), " ", 1)
    reader = Reader(Clause(rest, rest, clause.masked))
    reader.take_quoted()
    place, colour = slots.position(rest), slots.colour(rest)
    shape = next((name for name, pattern in _SHAPES.items() if pattern.search(rest)), None)
    for pattern in (BADGE, _ADD, _PLACE, *_SHAPES.values(), *slots.COLOUR_WORDS, _BADGE_EXTRA):
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"text": text, "position": place, "color": colour, "shape": shape}
    return Operation("badge.add", wish, clause.original)


_WRONG: Final = Pattern("[错歪反漏糊](?:了|字|别字)*$|不对")
"""``标签写错了`` tells what was done."""
_WRITTEN: Final = Pattern(
    rf"(?:{_BADGE})(?:上面?|里面?)?(?:写着?|内容是?为?|文字是?为?|印上?)(?P<text>[^\s,，的在和]{{1,12}})$"
)


_WORDED: Final = Pattern(
    rf"(?:{_BADGE})(?P<where>[^:]{{0,40}}?)(?:\s*:\s*|,? (?:that |which )?(?:says?|saying|reads?|reading"
    r"|with(?= (?!the\b|an?\b|my\b|our\b|your\b|it\b)[a-z0-9%!$ ]{2,30} (?:in|at|on) (?:the )?(?:top|bottom|upper"
    r"|lower))|with(?: the)? (?:words?"
    r"|text))\s*:?\s+)(?P<text>[^\s:].{0,70})$"
)


_NAMED: Final = Pattern(r"\b(?:badge|sticker|label) (?P<text>[A-Z0-9][A-Z0-9%!&']+(?: [A-Z0-9][A-Z0-9%!&']*)*)(?= |$)")


_LONGEST: Final = 31


def _worded(clause: Clause) -> str | None:
    """The words after ``badge:`` and ``a badge that says``, without the place at their end."""
    shouted = _NAMED.search(clause.raw)
    if shouted is not None and printed.is_shouted(shouted.group("text")):
        return shouted.group("text")
    found = _WORDED.search(clause.text)
    if found is None:
        return None
    start, stop = found.span("text")
    while (cut := END_EN.search(clause.text[start:stop])) is not None and cut.start() > 0:
        stop = start + cut.start()
    text = clause.raw[start:stop].strip()
    return None if names_no_text(text.lower()) or JOINT in text or len(text) > _LONGEST else text


_OFFERED: Final = Pattern(
    rf"^(?:an? )?(?P<text>(?:\d+ for (?:\d+|[$£€]\d[\d.]*)|\d+ ?% off|half price|[$£€]\d[\d.]* off|buy one get "
    rf"one(?: free)?"
    rf"|new|sale|sold(?: out)?)) (?:{_BADGE}),? (?:(?:in|at|on) (?:the "
    rf")?)?(?:{'|'.join(slots.POSITIONS.values())})(?: corner)?(?: please)?$"
)
"""``2 for 1 badge top right``: an offer and a place, no verb."""


def _offered(clause: Clause) -> str | None:
    found = _OFFERED.match(clause.text)
    return None if found is None else clause.typed(found, "text")


def _written(clause: Clause) -> str | None:
    """The words after ``角标写``."""
    found = _WRITTEN.search(clause.text)
    return None if found is None else clause.typed(found, "text")


_SEVERAL: Final = Pattern(r"\b(?:badges|stickers)\b")
_CAPITALS: Final = Pattern(rf"\b[A-Z][A-Z0-9%!]{{2,}} (?:{_BADGE})")
_PROSE: Final = Pattern(r"\b(?:i|it|so|can|use|with|that|this)\b|.{25}")


def _bare_badge(clause: Clause) -> str | None:
    """The words between the verb and ``角标``, without place, colour and shape."""
    end = BADGE.search(clause.text)
    if end is None:
        return None
    lead = _BETWEEN.match(clause.text[: end.start()]) or (re.match("", "") if _CAPITALS.search(clause.raw) else None)
    if lead is None or _PROSE.search(clause.text[lead.end() : end.start()]):
        return None
    start = lead.end()
    kept = clause.text[start : end.start()]
    trim = Pattern(r"^\s*(?:一?个|在|的|an?\b|the\b|于)|(?:的|促销|小|活动)\s*$")
    for pattern in (_PLACE, *_SHAPES.values(), *(slots.COLOUR_WORDS if len(kept) > 2 else ()), trim, trim):
        kept = pattern.sub("", kept).strip()
    found = clause.text.find(kept, start) if kept else -1
    return clause.raw[found : found + len(kept)].strip() if found >= 0 else None
