"""Values inside a clause: numbers in digits and Chinese, colours, positions, degrees.

Pure. Every reader takes folded text (see `quotes`) and answers None where the clause says nothing.

Example::

    number("三百二十像素")     # 320
    colour("加个深蓝色的边")   # "#1f3a93"
    position("右下角")         # "bottom_right"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar.pattern import Pattern

_DIGITS: Final = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_UNITS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_WORDS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twenty": 20, "double": 2,
    "twice": 2, "quadruple": 4,
}  # fmt: skip
CHINESE_NUMBER: Final = "[零〇一二两三四五六七八九十百千万]+"

COLOURS: Final = {
    "white": ("#ffffff", "纯白|白底|白色|白|white"),
    "black": ("#000000", "纯黑|黑色|黑|black"),
    "dark_red": ("#9b1c1c", "深红色?|暗红色?|酒红色?|dark red|burgundy|maroon"),
    "red": ("#d9222a", "大红色?|中国红|红色|红|red"),
    "orange": ("#f5821f", "橙色|橘色|橘黄色?|橙|橘|orange"),
    "gold": ("#c9a227", "金色|金|gold(?:en)?"),
    "yellow": ("#f7d117", "黄色|黄|yellow"),
    "dark_green": ("#14532d", "深绿色?|墨绿色?|dark green"),
    "green": ("#2e9e4f", "绿色|绿|green"),
    "dark_blue": ("#1f3a93", "深蓝色?|藏青色?|海军蓝|dark blue|navy(?: blue)?"),
    "light_blue": ("#7ec8e3", "浅蓝色?|天蓝色?|light blue|sky blue"),
    "blue": ("#2563c9", "蓝色|蓝|blue"),
    "purple": ("#7b3fa0", "紫色|紫|purple|violet"),
    "pink": ("#f48fb1", "粉红色?|粉色|粉|pink"),
    "brown": ("#7b4a2b", "棕色|褐色|咖啡色|棕|brown"),
    "light_grey": ("#e5e5e5", "浅灰色?|light gr[ae]y"),
    "dark_grey": ("#4a4a4a", "深灰色?|dark gr[ae]y"),
    "grey": ("#9e9e9e", "灰色|灰|gr[ae]y"),
    "beige": ("#f2e8d5", "米色|米白色?|奶油色|beige|cream"),
    "silver": ("#c0c0c0", "银色|银|silver"),
}
"""Name, value and the words for it; the longer word stands before the shorter one."""

_ANY_COLOUR: Final = {
    name: Pattern("|".join(rf"\b{word}\b" if word[0].isascii() else word for word in words.split("|")))
    for name, (_, words) in COLOURS.items()
}

COLOUR_WORDS: Final = tuple(_ANY_COLOUR.values())
_EVERY_COLOUR: Final = Pattern("|".join(f"(?P<{name}>{one.pattern})" for name, one in _ANY_COLOUR.items()))

POSITIONS: Final = {
    "top_left": r"左上[角边方]?|left upper|(?:top|upper)[- ]?left(?:[- ]hand)?(?: side)?(?: corner)?|left top",
    "top_right": r"右上[角边方]?|(?:top|upper)[- ]?right(?:[- ]hand)?(?: side)?(?: corner)?|right (?:top|upper)",
    "bottom_left": r"左下[角边方]?|(?:bottom|lower)[- ]?left(?:[- ]hand)?(?: side)?(?: corner)?"
    r"|left (?:bottom|lower)(?: corner)?",
    "bottom_right": r"右下[角边方]?|(?:bottom|lower)[- ]?right(?:[- ]hand)?(?: side)?(?: corner)?"
    r"|right (?:bottom|lower)(?: corner)?",
    "top": r"最?(?:顶部|顶端|上方|上面|上边|上头|顶上)|最上|正上方?|\b(?:at|on|to) the top\b|\btop\b",
    "bottom": r"最?(?:底部|底端|下方|下面|下边|底下|下头|底边)|最下|正下方?|\b(?:at|on|to) the bottom\b|\bbottom\b",
    "left": r"最?左(?:手边|[边侧面方])|最左|\bleft(?:most|[- ]?hand)?(?: side| edge)?\b",
    "right": r"最?右(?:手边|[边侧面方])|最右|\bright(?:most|[- ]?hand| side| edge)(?: side| edge)?\b|(?<=the )right\b"
    r"|(?<=far )right\b|\bright\b(?! (?:in|on|at|under|above|across|over|beside|next|by|there|here|now|away|after) )",
    "centre": r"正?中间|中央|居中|中心|\bcent(er|re)d?\b|\bmiddle\b",
}
_POSITIONS: Final = {name: Pattern(words) for name, words in POSITIONS.items()}

_STRONG: Final = Pattern(
    r"很多|许多|不少|大幅|非常|特别|很|超级|最大|极|一?大[些点截]"
    r"|\bmuch\b|\ba lot\b|\blots\b|\bvery\b|\bstrongly\b|\bsignificantly\b|\bway\b|\bfar\b|\bloads\b|\breally\b"
)
_WEAK: Final = Pattern(
    r"一点点|稍微?|略微?|微微|有点|些许|slightly|a little|a bit|a touch|a tad|a smidge|a hair|subtl[ey]"
)


def number(text: str) -> int | None:
    """The first whole number: digits, Chinese numerals or an English word."""
    found = re.search(rf"\d+|{CHINESE_NUMBER}|\b(?:{'|'.join(_WORDS)})\b", text)
    if found is None:
        return None
    word = found.group()
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return _WORDS.get(word) or chinese(word)


def chinese(word: str) -> int | None:
    """Read Chinese numerals up to 99,999,999; a row of plain digits (``八零零``) is read digit by digit."""
    if all(one in _DIGITS for one in word):
        return int("".join(str(_DIGITS[one]) for one in word[:8]))
    short = _SHORT.search(word)
    if short is not None:
        word = f"{word}{_NEXT[short.group()[0]]}"
    total = part = digit = 0
    for one in word:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one == "万":
            total, part, digit = (total + part + digit) * 10000, 0, 0
        elif one in _UNITS:
            part += (digit or 1) * _UNITS[one]
            digit = 0
        else:
            return None
    return total + part + digit


_SHORT: Final = Pattern("[百千万][一二三四五六七八九]$")
"""``一百二`` is 120, ``两万八`` 28000."""
_NEXT: Final = {"百": "十", "千": "百", "万": "千"}


def colours(text: str) -> list[str]:
    """Names of all colours in a clause, in its order; ``navy blue`` is one."""
    return [str(found.lastgroup) for found in _EVERY_COLOUR.finditer(text)]


def colour(text: str) -> str | None:
    """The first colour as ``#rrggbb``: a hex value or a word."""
    exact = re.search(r"#([0-9a-f]{6})(?![0-9a-z])", text)
    if exact:
        return f"#{exact.group(1)}"
    found = colours(text)
    return COLOURS[found[0]][0] if found else None


def position(text: str) -> str | None:
    """The place that a clause names: a corner, an edge or the centre."""
    for name, words in _POSITIONS.items():
        if words.search(text):
            return name
    return None


def degree(text: str) -> int:
    """How strongly, in percent of the usual amount: 50 for a little, 100 unsaid, 170 for a lot."""
    if _STRONG.search(text):
        return 170
    return 55 if _WEAK.search(text) else 100


def spoken_number(text: str) -> str | None:
    """A price as it is printed: ``一百九十九块`` gives ``199``, ``¥99`` itself; None for other words."""
    found = re.fullmatch(rf"(\d+(?:\.\d+)?|{CHINESE_NUMBER})(?:块钱?|元)?", text.strip())
    if found is None:
        return text.strip() if re.fullmatch(r"[¥￥$€£]\s?\d+(?:\.\d+)?", text.strip()) else None
    if found.group(1)[0].isascii():
        return found.group(1)
    value = chinese(found.group(1))
    return None if value is None else str(value)


def percent(text: str) -> int | None:
    """A share such as ``20%``, ``百分之二十`` or ``by 20 percent``."""
    found = re.search(r"(\d{1,3})\s*(%|percent|per cent)", text)
    if found:
        return int(found.group(1))
    found = re.search(rf"百分之({CHINESE_NUMBER}|\d+)", text)
    return number(found.group(1)) if found else None


def pixels(text: str) -> int | None:
    """A length in pixels: ``20px``, ``二十像素``."""
    found = re.search(rf"(\d+|{CHINESE_NUMBER})\s*(个?像素|px|pixels?)", text)
    return number(found.group(1)) if found else None


_SIDE: Final = rf"(?:\d{{1,5}}|{CHINESE_NUMBER})"
SIZE: Final = Pattern(
    rf"(?P<a>{_SIDE})\s*(?:像素|px|pixels?)?\s*(?:x|×|\*|乘以?|by)\s*(?P<b>{_SIDE})"
    rf"|宽度?(?:是|为|改?成|要|设为)?\s*(?P<c>{_SIDE})(?:像素|px)?[,，、\s]*(?:和|跟)?\s*高度?(?:是|为|改?成|要"
    rf"|设为)?\s*(?P<d>{_SIDE})"
    rf"|(?P<e>{_SIDE})(?:像素|px)?的?宽[,，、\s]*(?:和|乘以?|x)?\s*(?P<f>{_SIDE})(?:像素|px)?的?高"
    r"|\b(?P<g>\d{1,5}) ?(?:px |pixels )?(?:wide|in width|across)(?:,? (?:and|by|x))?,? (?P<h>\d{1,5}) ?(?:px "
    r"|pixels )?"
    r"(?:high|tall|in height)\b"
    r"|\bwidth(?: of| to| is|:)? ?(?P<i>\d{1,5})(?: ?px| pixels)?,?(?: and)? (?:the )?height(?: of| to| is|:)? ?"
    r"(?P<j>\d{1,5})"
)
"""Width and height in the ways in which people say them."""


def size(text: str) -> tuple[int, int] | None:
    """Width and height: ``800x800``, ``八百乘八百``, ``800 by 600``, ``宽600高400``, ``800 wide and 600 high``."""
    found = SIZE.search(text)
    if not found:
        return None
    width, height = (number(value) for value in found.groups() if value is not None)
    return (width, height) if width and height else None


_IS: Final = r"(?:(?: ?(?:of|to|is|at|be|it|must|should|has to|needs to|exactly|about|around|:|=))*)"
_ONE_SIDE: Final = {
    "width": Pattern(
        rf"(?<!加)宽度?(?:是|为|[改调做缩弄压]?[成到]|改为|要|设[为成]|统一|不要?超过?|不大于|控制在|限制在)*\s*(?P<zh>{_SIDE})(?!分之|一?[点些])(?:个?像素|px)?"
        rf"|(?P<back>{_SIDE})(?:个?像素|px)?的?宽(?!度|一?[点些])|\bwidth{_IS} ?(?P<en>\d{{2,5}})(?: ?px| ?pixels)?"
        r"|\b(?P<wide>\d{2,5}) ?(?:px|pixels?)? ?(?:wide|in width|across)\b"
    ),
    "height": Pattern(
        rf"高度?(?:是|为|[改调做缩弄]?[成到]|改为|要|设[为成]|统一)*\s*(?P<zh>{_SIDE})(?!分之|一?[点些])(?:个?像素|px)?"
        rf"|(?P<back>{_SIDE})(?:个?像素|px)?的?高(?!度|清|一?[点些])|\bheight{_IS} ?(?P<en>\d{{2,5}})(?: ?px| ?pixels)?"
        r"|\b(?P<high>\d{2,5}) ?(?:px|pixels?)? ?(?:high|tall|in height)\b"
    ),
}
SIDES: Final = tuple(_ONE_SIDE.values())
_SMALLEST: Final = 16
"""Pixels; a smaller number beside ``wide`` is no size of a picture."""


def side(text: str) -> tuple[int | None, int | None] | None:
    """One side where only that is said: ``宽度改成1920``, ``800 pixels wide``."""
    found = {name: one for name, pattern in _ONE_SIDE.items() if (one := pattern.search(text)) is not None}
    if len(found) != 1:
        return None
    ((name, one),) = found.items()
    said = number(next(value for value in one.groups() if value))
    if said is None or said < _SMALLEST:
        return None
    return (said, None) if name == "width" else (None, said)
