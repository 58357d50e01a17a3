# ruff: noqa: E501
"""Rules for shop work: border, badge, size, super-resolution."""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import slots
from qie_hub.edit.clause import Clause, Reader
from qie_hub.formats.operation import Operation

BORDER: Final = re.compile(
    r"(?:白底|[白黑灰红蓝绿金黄粉]色?的?)?(?:边框|相框|外框|描边|留白|白边|黑边|框|边)|\b(?:border|frame|margin|padding)\b"
)
BADGE: Final = re.compile(
    r"角标|徽章|徽标|贴纸|标签|促销标|标志|角章|\b(?:badge|sticker|tag|label|corner mark|ribbon|stamp)\b"
)
_ADD: Final = re.compile(
    r"添加上?|加上|加个|加一?[个圈道层]|加|打上|贴上|放上|放个|来个|套上?|盖上?|留|做|\b(?:add|put|place|apply|attach|stick|give|draw|wrap|insert)\b"
)
_REMOVE: Final = re.compile(r"去掉|去除|删|移除|不要|别|\b(?:remove|delete|without|no|don't|do not)\b")
_SHAPES: Final = {
    "circle": re.compile(r"圆形|圆圈?|\b(?:round|circle|circular)\b"),
    "burst": re.compile(r"爆炸形?|星形|爆炸贴|\b(?:burst|star(?:burst)?)\b"),
    "ribbon": re.compile(r"斜角|飘带|丝带|绶带|\bribbon\b"),
    "rectangle": re.compile(r"方形|矩形|长方形|\b(?:square|rectang(?:le|ular))\b"),
}
_PLACE: Final = re.compile("|".join(slots.POSITIONS.values()))
_COLOURS: Final = tuple(re.compile(words) for _, words in slots.COLOURS.values())
_WIDE: Final = re.compile(r"[宽粗厚]一?[点些]?|\b(?:wide|thick|broad)\b")
_NARROW: Final = re.compile(r"[窄细薄]一?[点些]?|\b(?:thin|narrow|slim|fine)\b")
_MEASURE: Final = re.compile(rf"(?:\d+|{slots.CHINESE_NUMBER})\s*(?:个?像素|px|pixels?|%|percent)|百分之\S+")
_BADGE_ZH: Final = re.compile(rf"(?P<text>[^\s,，]+?)的?(?:{BADGE.pattern.split('|' + chr(92) + 'b')[0]})")
_LEAD: Final = re.compile(
    r"^.*?(?:添加上?|加上|加个|加一?个|打上|贴上|放上|放个|来个|盖上?|贴|打|加|\b(?:add|put|place|apply|attach|stick|insert)\b(?: an?)?)"
)
RESIZE: Final = re.compile(
    r"裁剪?成|裁切?为?|缩放[到成为]|缩小[到成为]|调整?[到成为]|改成|改为|变成|做成|尺寸|大小|裁剪?|\b(?:resize|scale|crop|fit|shrink)\b"
)
_SQUARE: Final = re.compile(r"正方形|方图|方形|一比一|1\s*[:：]\s*1|\bsquared?\b")
_UPSCALE: Final = re.compile(
    r"超分辨?率?|超清|高清化?|变?清晰化?|提高?分辨率|提升分辨率|放大|\b(?:upscale|upsample|super[- ]?resolution|enlarge|higher resolution"
    r"|increase (?:the )?resolution|enhance resolution)\b"
)
_TIMES: Final = re.compile(
    rf"(?:(?P<a>\d+|{slots.CHINESE_NUMBER})\s*倍)|\b(?:x\s*(?P<b>\d)|(?P<c>\d)\s*x|(?P<d>\d) times|twice|double)\b"
)


def border(clause: Clause) -> Operation | None:
    """``加白底边框``, ``add a thin black border of 20 px``."""
    reader = Reader(clause)
    if _REMOVE.search(clause.text) or BORDER.search(clause.text) is None or reader.take(_ADD) is None:
        return None
    colour, width = slots.colour(reader.left) or "#ffffff", _width(clause)
    for pattern in (
        _MEASURE,
        _WIDE,
        _NARROW,
        BORDER,
        *_COLOURS,
        re.compile(r"四周|周围|外面|一?[圈道层]|\b(?:around|edges?)\b"),
    ):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("border.add", {"color": colour, **width}, clause.original)


def _width(clause: Clause) -> dict[str, int]:
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
    if _REMOVE.search(clause.text) or BADGE.search(clause.text) is None:
        return None
    text = clause.quoted[0] if clause.quoted else _bare_badge(clause)
    if not text:
        return None
    rest = re.sub(re.escape(text.lower()), " ", clause.text) if not clause.quoted else clause.text
    reader = Reader(Clause(rest, rest, clause.masked))
    reader.take_quoted()
    reader.take(_ADD)
    place, colour = slots.position(rest), slots.colour(rest)
    shape = next((name for name, words in _SHAPES.items() if words.search(rest)), None)
    for pattern in (
        BADGE,
        _PLACE,
        *_SHAPES.values(),
        *_COLOURS,
        re.compile(r"写着|字样|文字|促销|\b(?:saying|says|reading|corner|text)\b"),
    ):
        reader.drop(pattern)
    if not reader.done:
        return None
    slots_of = {"text": text, "position": place, "color": colour, "shape": shape}
    return Operation("badge.add", slots_of, clause.original)


def _bare_badge(clause: Clause) -> str | None:
    """The words between the verb and ``角标``, without place, colour and shape."""
    end = BADGE.search(clause.text)
    if end is None:
        return None
    lead = _LEAD.match(clause.text[: end.start()])
    start = lead.end() if lead else 0
    text = clause.text[start : end.start()]
    for pattern in (
        _PLACE,
        *_SHAPES.values(),
        re.compile(r"^\s*(?:一?个|在|的|an?\b|the\b)"),
        re.compile(r"的\s*$|促销\s*$"),
    ):
        text = pattern.sub("", text).strip()
    found = clause.text.find(text, start) if text else -1
    return clause.raw[found : found + len(text)].strip() if found >= 0 else None


def resize(clause: Clause) -> Operation | None:
    """``裁成800x800``, ``resize to 1200 by 800``, ``做成正方形``."""
    size = slots.size(clause.text)
    square = _SQUARE.search(clause.text) is not None
    if size is None and not square:
        return None
    reader = Reader(clause)
    reader.drop(
        re.compile(
            rf"(?:\d{{1,5}}|{slots.CHINESE_NUMBER})\s*(?:像素|px)?\s*(?:x|×|\*|乘以?|by)\s*(?:\d{{1,5}}|{slots.CHINESE_NUMBER})"
        )
    )
    for pattern in (_SQUARE, RESIZE, re.compile(r"像素|px|pixels?|主图|\b(?:into|as)\b")):
        reader.drop(pattern)
    if not reader.done:
        return None
    width, height = size or (None, None)
    crop = re.search(r"裁|crop", clause.text) is not None
    return Operation(
        "image.resize", {"width": width, "height": height, "square": square, "crop": crop}, clause.original
    )


def upscale(clause: Clause) -> Operation | None:
    """``放大两倍``, ``upscale 2x``, ``变高清``."""
    reader = Reader(clause)
    if reader.take(_UPSCALE) is None:
        return None
    times = reader.take(_TIMES)
    factor = 2
    if times is not None:
        said = next((value for value in times.groupdict().values() if value), None)
        factor = slots.number(said) or 2 if said else 2
    for pattern in (_UPSCALE, re.compile(r"变|提升|分辨率|画质|清晰度?|倍|\b(?:resolution|quality)\b")):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("image.upscale", {"factor": factor}, clause.original)
