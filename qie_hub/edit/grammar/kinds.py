"""Kinds of text that can be named without their words: prices, titles, dates, telephone numbers.

A kind may carry a modifier (``活动日期``, ``the sale price``): it says what the text is for, not how it reads. Where a
modifier could as well be printed (``会员价``), only a new value of that kind makes it one.

Example::

    kind_of("价格")                              # "price"
    kind_in("联系电话", "010-62345678")          # "phone"
    kind_in("the price on the left", "$3")       # "price"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import selectors
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import Masked
from qie_hub.edit.grammar.vocabulary import alternatives, words

_PRICE: Final = (
    (
        "价格 售价 原价 现价 单价 价钱 价签 价位 票价 房租 门票 学费 押金 运费 房价 标价 定价 总价 月租金? 年租金? 房费"
        " 租金 价 金额"
    ),
    (
        "(?<!half_)prices? price_tags? price_texts? price_labels? amount cost rent fee fare deposit admission"
        " entry_fee ticket_price"
    ),
)
_TITLE: Final = (
    "[大主]?标题 抬头 题目 标题栏 海报标题 海报名",
    "titles? headlines? headings? header main_heading",
)
_DATE: Final = (
    "(日期|时间)(水印|戳)? 拍[摄照](日期|时间)(水印)? 时间戳? 时间 年月日",
    "date_(and|&)_time dates? date_?stamps? time_?stamps? time",
)
_PHONE: Final = (
    "电话号?码? 手机号码? 座机号?码? 联系方式 热线(电话)? 手机电话",
    """
    phone_(number|no|num|#)s? phone telephone(_number)? mobile_number cell(_phone)?_number contact_number tel
    hotline phone_digits
    """,
)
_WORDS: Final = {"price": _PRICE, "title": _TITLE, "date": _DATE, "phone": _PHONE}
_KINDS: Final = {name: words(*both) for name, both in _WORDS.items()}
KINDS: Final = tuple(_KINDS.values())
_MODIFIER: Final = (
    r"(?:[\u3400-\u9fff]{0,5}?[a-z\d]{0,2}的?|(?:(?:new|old|current|sale|asking|event|ticket|contact|main|regular"
    r"|original|our"
    r"|opening"
    r"|closing|start|end|expiry|printed|big|whole|listed|selling|final|shop|store|office|full|call|retail) ){0,2})"
)
_MODIFIED: Final = {
    name: Pattern(rf"^{_MODIFIER}(?:{alternatives(*both)})(?: text| line| tag)?$") for name, both in _WORDS.items()
}
_PRINTED: Final = Pattern(r"特价|半价|减价|降价|涨价|底价|车牌|门牌|订单|单号|房间|编号|[改换把加]")
"""``特价`` is what stands on a label, not what a sum is called."""
_VALUE: Final = {
    "price": Pattern(r"\d|[一二两三四五六七八九十百千万]|free\b|免费|面议"),
    "title": Pattern(r"."),
    "date": Pattern(
        r"\d|[一二三四五六七八九十]|周|星期|礼拜|今天|明天"
        r"|\b(?:mon|tues?|wed(?:nes)?|thurs?|fri|sat(?:ur)?|sun)(?:day)?\b"
        r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
    ),
    "phone": Pattern(r"(?:[\d零〇一二三四五六七八九幺][\d\s()+-]{0,2}){4}|(?:[a-z]+ ){4}"),
}
_TITLES: Final = Pattern("^[\u3400-\u9fff]{0,6}的?$")
_AROUND: Final = words(
    "的 那个 这个 那块儿? 这块儿? 那里 这里 那处 这 那 上面 下面 旁边 里 中 里面 是 图上 照片上 请 那边 那儿",
    "the this that my our on of in at from only saying says one shown printed card flyer menu board sign poster "
    "tag label picture photo image page",
)
_NO_QUOTES: Final = Masked("", "", ())


def kind_of(text: str) -> str | None:
    """What kind of words is meant where none are quoted: ``把价格改成99`` names no text, but what it is."""
    return next((name for name, pattern in _KINDS.items() if pattern.fullmatch(text.strip())), None)


def kind_in(said: str, new: str | None = None) -> str | None:
    """The kind that a whole phrase names, with a place or a number of its own; ``new`` is what it is to become."""
    left = " ".join(selectors.WORDS.sub(" ", said).split())
    for name, pattern in _KINDS.items():
        reader = Reader(Clause(left, left, _NO_QUOTES))
        if reader.take(pattern) is not None:
            reader.drop(_AROUND)
            if reader.done:
                return name
    bare = re.sub(r"^(?:the|that|this|my|our|那个|这个|把|将)\s*|\s*(?:on|of|in|at)?\s*(?:the)?$", "", left)
    for name, pattern in _MODIFIED.items():
        if new is not None and pattern.match(bare) and not _PRINTED.search(bare) and _VALUE[name].search(new):
            return name if name != "title" or _TITLES.match(_KINDS["title"].sub("", bare)) else None
    return None


def with_modifier(said: str) -> str | None:
    """The kind of a phrase that ends in its word, whatever stands before it: ``同行的电话号码``."""
    bare = re.sub(r"^(?:(?:the|this|that|my)\b|的|\s)+", "", selectors.WORDS.sub(" ", said)).strip()
    if _THING.match(bare):
        return None
    return next((one for one, known in _MODIFIED.items() if known.match(bare) and not _PRINTED.search(bare)), None)


_THING: Final = Pattern(r"^(?:phone|cell(?: phone)?|time|tel|cost)$")
"""``erase the phone`` speaks of a thing."""


def take(reader: Reader) -> str | None:
    """Remove the first kind that is named from a clause and answer which it was."""
    for name, pattern in _KINDS.items():
        found = pattern.search(reader.left)
        if found is not None and not _THING.match(found.group()):
            reader.take(pattern)
            return name
    return None


_PLACED: Final = Pattern(
    r"^(?:the )?(?:top|bottom|left|right|middle|cent(?:er|re)|corner|side|front|back)\b|^(?:in|at|on|to|into"
    r"|next)\b|^[a-z]+er$"
    r"|^(?:big|small|large|bold|italic|neon|visible|readable|capitals?|uppercase)\b|^到"
    r"|^(?:最?[上下左右中].{0,3}[角边面方间]|底部|顶部)$"
    r"|^(?:图片|图标|logo|二维码|微信)$|^[大小粗细]字?体?$"
)


def fits(kind: str, new: str) -> bool:
    """Whether a value may be what a kind of text is to read: ``the top`` is no title, ``微信`` no number."""
    return _VALUE[kind].search(new) is not None and _PLACED.search(new) is None
