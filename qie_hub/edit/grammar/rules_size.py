"""Rules for the size of a picture: width and height, one side, a square, enlarging.

Example::

    resize(clause)      # 裁成800x800: width=800, height=800, crop; 宽度改成1920: width=1920
    upscale(clause)     # 放大两倍: factor=2
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots, spoken
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_shop import BORDER
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation

RESIZE: Final = words(
    """
    缩[成到为] 裁剪?[成到为]* 裁切[成到为]* 缩放[成到为]* 缩小[成到为]* 放大[成到为] 调整?[成到为]+
    改[成到为]+ 变[成到为]+ 做[成]? 尺寸 大小 分辨率 输出 导出 弄成 转成 设[置]?[成为]
    """,
    "turn convert cut down reduce max(imum)? resize(d)? scale(_down"
    "|_up)? crop(ped)? fit shrink make size dimensions? export output set",
)
_SQUARE: Final = words("正方形 方的 方图 方形 一比一 1\\s*[:：比]\\s*1 正方", "squared? 1_?:_?1")
_SIZE_EXTRA: Final = words(
    "平台 要求 帮 手机 壁纸 屏幕 海报 传单 外卖 改一?下 改 像素 竖版 横版 竖屏 横屏 竖图 横图 给我 px 剪裁 裁切 裁 剪"
    " 大小 图片? 照片 主图 比例 "
    "的 电商 淘宝 宽高 白底 详情页?图? 按 等比例?缩?放? 自适应 规格 封面 公众号 朋友圈 小红书 抖音 头图 店招 头像 "
    "方便 上传",
    "px pixels? pixel template that proportion(al)?(ly|s)? keeping keep alone leave only bring get "
    "(for_)?(my_)?(insta(gram)?|ig|stories|story|feed|reels|facebook"
    "|fb|whatsapp"
    "|twitter|linkedin|etsy|ebay|youtube|pinterest|website|web|profile|banner|blog|shop|listing)_?(post"
    "|story|page)? thing whole_thing everything into as for thumbnail instagram exactly landscape portrait format ratio"
    " aspect shape dimensions wants? needs? requires? asks_for",
)
UPSCALE: Final = words(
    """
    超分辨?率? 解析度(拉高|提高|提升|调高|加大|增加|翻)?到? 超清化? 高清[化晰]? 变?清晰化 提高?.{0,4}分辨率
    提升.{0,4}分辨率 放大[到至]?
    分辨率(提高|提升|翻|增加|放大)到? 增大分辨率 无损放大 分辨率提到 提高画质 提升画质 变高清 变大 4k化?
    """,
    """
    upscale(d)? upsample super[_-]?resolution enlarge blow_(it_|this_)?up
    double_(it|this|the_(resolution|size|pixels)) higher_resolution
    increase_(the_)?resolution
    enhance_(the_)?resolution more_resolution blow_up twice_as_(big|large) (times_)?(bigger|larger)
    times_(as_)?(big|large) times_the_size twice_the_size double_(its|the)_size larger hd bigger high(er)?_res
    make_it_hd
    """,
)
_TIMES: Final = Pattern(
    rf"(?P<zh>\d+|{slots.CHINESE_NUMBER})\s*倍|(?<![a-z0-9])x\s*(?P<after>\d)(?![a-z0-9])"
    rf"|(?<![a-z0-9.])(?P<before>\d)\s*x(?![a-z0-9])"
    r"|\b(?P<times>\d|two|three|four) times\b"
    r"|\b(?P<word>twice|double|quadruple)\b(?: (?:as |its |the )?(?:big|large|size))?"
    r"|\bby (?:a factor of )?(?P<by>\d|two|four)\b"
)
_UPSCALE_EXTRA: Final = words(
    "要?清晰 变 提升 提高 分辨率 画质 清晰度? 倍 更 尺寸 大小 不失真 细节 保持?清晰 无损 高清 拉高 调高 加大 "
    "输出 大图 到 至 翻 原来的?",
    "resolution quality size bigger larger detail as",
)
_NONE: Final = words("去掉 去除 删 移除 不要 别 不用", "remove delete without no don't do_not")


def resize(clause: Clause) -> Operation | None:
    """``裁成800x800``, ``resize to 1200 by 800``, ``做成正方形``."""
    text = _WHOLE.sub(" ", spoken.digits(_THIS.sub(" ", clause.text)))
    size = slots.size(text) or slots.side(text)
    square = _SQUARE.search(clause.text) is not None
    if (size is None and not square) or clause.quoted or _NONE.search(text) or BORDER.search(text):
        return None
    reader = Reader(Clause(text, text, clause.masked))
    reader.drop(_WHO_ASKS)
    for pattern in (slots.SIZE, *slots.SIDES, _SQUARE, RESIZE, _SIZE_EXTRA):
        reader.drop(pattern)
    if not reader.done:
        return None
    width, height = size or (None, None)
    crop = re.search(r"裁|crop", text) is not None and not _WHOLE.search(clause.text)
    return Operation(
        "image.resize", {"width": width, "height": height, "square": square, "crop": crop}, clause.original
    )


_THIS: Final = Pattern(r"\b(?:this|that|same) one\b|(?:高度?|宽度?)(?:按|等|跟着|自动|随)[^\s,，]{0,8}$")
"""``one`` is no number here; nor is the other side a wish where it only follows."""
_WHO_ASKS: Final = Pattern(
    r"^[\u3400-\u9fff]{1,10}?(?:说|要求|规定)是?(?=要|宽|高|\d)|^(?:my|our|the) (?:[a-z]+ ){1,3}?(?=(?:needs?"
    r"|wants?|asks|requires?)\b)"
)
_WHOLE: Final = Pattern(
    r"[ ,]*\bwithout (?:to )?(?:cut(?:ting)?|crop(?:ping)?|los(?:e|ing)|stretch(?:ing)?)(?: off| out)?(?: "
    r"(?:anything|it|things|any of it"
    r"|the (?:picture|photo|image)))?(?: off| out)?$"
)
"""``without cropping anything``: that is how it is done unless somebody asks to crop."""
_ONLY_TIMES: Final = Pattern(r"(?:再|then|and)?\s*(?:[24]\s*x|x\s*[24])(?: please|吧)?")


def upscale(clause: Clause) -> Operation | None:
    """``放大两倍``, ``upscale 2x``, ``变高清``."""
    reader = Reader(clause)
    bare = _ONLY_TIMES.fullmatch(clause.text) is not None
    if clause.quoted or _NONE.search(clause.text) or not (UPSCALE.search(clause.text) or bare):
        return None
    times = reader.take(_TIMES)
    factor = 2
    if times is not None:
        said = next((value for value in times.groupdict().values() if value), "")
        factor = slots.number(said) or 2
        if said in ("一", "1"):  # enlarged by once its size: twice as large
            factor = 2
    for pattern in (UPSCALE, _UPSCALE_EXTRA):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("image.upscale", {"factor": factor}, clause.original)
