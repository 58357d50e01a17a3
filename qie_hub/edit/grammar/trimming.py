"""A sentence and its clauses without the talk inside them: hesitation, addresses, purposes, kinds of picture.

Pure. Invariant: only words that ask for nothing are cut off; what is left has to be a wish of its own. The cuts are
tried one after another (see `shorter`), the clause as it was said coming first.

Example::

    tidied(mask("um change it")).text        # "change it"
    without_lead(clause)                     # 那个把价格改成5元 -> 把价格改成5元
    without_reason(clause)                   # 放大两倍我要拿去打印 -> 放大两倍
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from qie_hub.edit.grammar import nouns
from qie_hub.edit.grammar.asides import tells
from qie_hub.edit.grammar.clause import JOINT, Clause
from qie_hub.edit.grammar.endings import ENDS, TAILS
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import Masked
from qie_hub.edit.grammar.smalltalk import silent, talks
from qie_hub.edit.grammar.vocabulary import words

_THINGS: Final = "|".join(re.escape(word) for word in nouns.WORDS if not word.isascii())
_CALLS: Final = (
    "宝子们?|亲们?|亲爱的|姐妹们?|家人们|老师|师傅|老板|大神|大佬|小哥哥?|小姐姐|美女|帅哥|同学|朋友|小助手|助手"
    "|小编|美工|哥们儿?|兄弟|大哥|大姐"
    "|阿姨|叔叔|您好|你好|哈喽|hello|hi"
)
_LEAD: Final = Pattern(
    rf"^(?:[\s,，。.!！~～、]*(?:嗯+|呃+|额|啊+|哎呀?|诶|欸|唉|喂+|哦+|噢|哈+|嘿|就是说?|然后|那么|对了|(?:对|好的?"
    rf"|行)(?=[\s,，])|(?:{_CALLS})(?=[\s,，:：!！~]|帮|请|给|把|能|可|麻烦)"
    r"|那个啥|那啥|那什么|有没有办法|有办法|(?:你|您)?看看?能不能|(?:我)?想[请让](?:你|您)"
    r"|[\u3400-\u9fff]{0,6}(?:照片?|图片?|海报|封面)[:：](?!.*[:：])|(?:可以|方便|有空"
    rf"|不麻烦)的话|我的需求是"
    rf"|需求[:：]|[那这]个(?!{_THINGS}|人|[的\s,，]|$|地方|区域|位置|东西|框|圈|部分|角|字|图案|印|污|痕)|那(?=把"
    rf"|将|帮|请|给|再|就)|先(?=把|将|帮|请|给|去)|我?跟你说)[\s,，、]*)+"
)
_LEAD_EN: Final = Pattern(
    r"^(?:(?:um+|uh+|e+uh+|y'all|bhaiya|bhai|sir|madam|ooh+|ehm+|em+|do one thing|haan|arre|yaar|ji|now then|er+m*|hmm+"
    r"|(?:would|do) you mind|mind|how about"
    r"|what about|okay|ok|so|well"
    r"|alright|all right"
    r"|right|yes|yeah|yep|nah|aight|righto?|eh+|ah+|aw+|mate|omg|omfg|lol|hmm+|hm+|oh|hey|hi|hello|hiya|dear "
    r"(?:friend|sir|madam|team|all)|good (?:morning|evening|"
    r"afternoon)(?: dear)?|dear oh dear|oh dear|oh no|ugh|argh|oops|whoops|gosh|omg|i'm afraid|i think|i feel like"
    r"|honestly|listen|look|now|then|and|but(?! not)|also|again|actually|basically|folks|guys|friend"
    r"|first(?:ly)?(?: of all)?|second(?:ly)?|third(?:ly)?"
    r"|(?:it is|is it|it's|is) possible to|is there (?:any|a) (?:way|chance) (?:that )?(?:you (?:can|could)|to)"
    r"|any (?:way|chance) (?:you (?:can"
    r"|could)|of)|(?:i was |i'm )?wonder(?:ing)? (?:if|whether) you (?:can|could)|i wonder if you (?:can|could)"
    r"|do you think you (?:can|could)|would it be possible to|would you be able to|i'd love (?:it )?if you (?:can"
    r"|could)|it(?:'d| would) be (?:great|nice|lovely) if you (?:can|could)|help me(?: to)?|what i (?:want|need) is(?: "
    r"to)?|if possible|when you (?:can|get a chance)"
    r"|after(?:wards)?|after that|lastly|finally|one more thing|you know what|you know|i mean|i guess|like(?! (?:in"
    r" )?(?:the )?(?:good )?old\b)|just"
    r"|hope you(?:'re| are) well|sorry)\b[\s,.!:-]*)+"
    r"(?=[a-z\ue000-\ue0ff$¥€£\d])(?!(?:one|picture|photo|image|price|line|word|is|are|the (?:second|last))\b)"
)
_KEEP_LEAD: Final = Pattern(
    r"^(?:second|third|first|right|so|well|like|just|now|then|hi|look)\s+(?!(?:remove|make|add|change|crop|blur"
    r"|cut|put|delete|erase|replace|resize|upscale"
    r"|enlarge|sharpen|brighten|take|turn|use|set|write|swap|get|so|okay|ok|um|please|can|could|i|we|the|it"
    r"|this|lose|drop|move"
    r"|there|you|white|black|fix|give|rotate)\b)"
)
_INNER: Final = Pattern(
    r"[嗯呃]+|(?<![a-z])(?:um+|uh+|erm+|eh+m?|e+uh+)(?![a-z]),?|(?<=\byou )like (?!it\b|this\b|that\b|to\b)"
    r"|(?<=\bon )like (?=an? )"
    r"|(?<=\bwith )like (?=an? )|(?<=\bto )like (?=\S)|(?<=\bthere's )like |(?<=\bthere are )like "
    r"|(?<=\band )like (?!it\b)|\byou know,? |\bi mean,? |\bkind of like "
)
_ASIDE: Final = Pattern(
    r"[((](?:见|如|看)?附[件图][))]|\([\u3400-\u9fff][^()]{1,80}\)|\((?![^()]{0,3}\)|[\d\s+-]*\))[^()]{4,80}\)"
)
_APPOSED: Final = Pattern(
    r",\s*the one (?:with|of|from|where|in|that|i) [^,.;!?]{1,40},(?= (?:as|on|in|for|and|behind|to)\b)"
)
"""``the second photo, the one with the sea, as background``"""
_ORDER: Final = Pattern(
    r"[把将改换加删去擦抹调裁抠放]|\b(?:remove|add|change|make|crop|blur|cut|put|delete|erase|replace|resize|not"
    r"|but|except|only)\b"
)


_BASE: Final = {
    "writing": "write", "adding": "add", "putting": "put", "removing": "remove", "deleting": "delete",
    "erasing": "erase", "changing": "change", "replacing": "replace", "making": "make", "cropping": "crop",
    "blurring": "blur", "brightening": "brighten", "cutting": "cut", "taking": "take", "getting": "get",
    "turning": "turn", "sharpening": "sharpen", "resizing": "resize", "enlarging": "enlarge", "swapping": "swap",
}  # fmt: skip
_MIND: Final = Pattern(rf"\b(?:would you mind|do you mind|mind|how about|what about|try) (?P<verb>{'|'.join(_BASE)})\b")
"""``would you mind writing`` asks to write."""


def tidied(masked: Masked) -> Masked:
    """The sentence without hesitation (``um``, ``嗯``) and without asides in brackets that ask for nothing."""
    text, raw = masked.text, masked.raw
    for found in reversed([*_MIND.finditer(text)]):
        verb = _BASE[found.group("verb")]
        text, raw = (f"{one[: found.start('verb')]}{verb}{one[found.end('verb') :]}" for one in (text, raw))
    for found in reversed([*_APPOSED.finditer(text)]):
        text, raw = (f"{one[: found.start()]} {one[found.end() :]}" for one in (text, raw))
    asides = [one for one in _ASIDE.finditer(text) if not _ORDER.search(one.group()) or tells(one.group().strip("()"))]
    for found in reversed([*sorted([*asides, *_INNER.finditer(text)], key=lambda one: one.start())]):
        text = f"{text[: found.start()]} {text[found.end() :]}"
        raw = f"{raw[: found.start()]} {raw[found.end() :]}"
    for found in reversed([*_BLANKS.finditer(text)]):
        if raw[found.start() : found.end()].isspace():
            text, raw = (f"{one[: found.start()]} {one[found.end() :]}" for one in (text, raw))
    return replace(masked, text=text, raw=raw)


_BLANKS: Final = Pattern(" {2,}")


def without_lead(clause: Clause) -> Clause:
    """A clause without what a speaker begins with: ``那个``, ``okay so``, ``宝子``."""
    found = _LEAD.match(clause.text) or (None if _KEEP_LEAD.match(clause.text) else _LEAD_EN.match(clause.text))
    if found is None or found.end() >= len(clause.text):
        return clause
    return clause.part(found.end(), len(clause.text))


_LONGEST: Final = 160
"""Characters of a clause in which talk is looked for."""


def without_reason(clause: Clause) -> Iterator[Clause]:
    """A clause without the purpose or the reason at its end; nothing if it has none, or if that asks for more."""
    for pattern in (*ENDS, *TAILS) if len(clause.text) <= _LONGEST else ():
        found = pattern.search(clause.text)
        if found is None or re.search("[\ue000-\ue0ff]", found.group()):
            continue
        if not _AGAIN.search(found.group()) and talks(found.group()):
            yield clause.part(0, found.start())
    for gap in _GAP.finditer(clause.text) if len(clause.text) <= _LONGEST else ():
        if silent(clause.part(gap.end(), len(clause.text))):
            yield clause.part(0, gap.start())


_GAP: Final = Pattern("(?<=[\u3400-\u9fff])\\s+(?=[\u3400-\u9fff])")
_AGAIN: Final = Pattern(
    r"把|将(?!来)|\b(?:and|also|plus|then)\b.*\b(?:should|must|needs? to|has to|have to|can you|could you|i want"
    r"|(?:can|to) go)\b"
    r"|\b(?:and|also|plus)\b.*\b(?:brighter|darker|warmer|cooler|sharper|clearer|bigger|smaller|softer|crisper|more"
    r"|less|too)\b"
    r"|\b(?:and|then|also|plus|please)\b.*\b(?:remove|add|change|make|crop|blur|cut|put|delete|erase"
    r"|replace|resize|sharpen|brighten|turn)\b"
)
_COMPLAINT: Final = words(
    "(?<=背景)(太|有点|很|好)(暗|亮|黑|灰|深|浅|黄|脏|单调)了? 内容(不改|不变|别动|不动) 已经?(卖|送|借|用|坏"
    "|没)(掉|完|出去?|人)?了 不(卖|认识)了?的? 我们?都?不认识的? "
    "忘(了|记)?(收|拿走?|带走?|搬)了? 不(要|用)了?的 是(路人甲?|陌生人|多余的|无关的|外人|别人家的?"
    "|同行的) (不是|不属于)我们?(家|们|店)?的?"
)


def plain(clause: Clause) -> Clause:
    """A clause without what is said against a thing that is to go: ``不是我们家的``, ``已经卖了``."""
    text, raw = clause.text, clause.raw
    for found in reversed([*_COMPLAINT.finditer(text)]):
        text, raw = text[: found.start()] + text[found.end() :], raw[: found.start()] + raw[found.end() :]
    return Clause(text, raw, clause.masked).part(0, len(text)) if text != clause.text else clause


_ASKS: Final = Pattern(
    r"(?<=[了啦啊呀呢吧的])(?=把|将)|(?<=[了啦啊呀呢吧])\s+(?=\S)"
    r"|(?<=[a-z])\s+(?=(?:remove|get rid of|delete|erase|crop|brighten|sharpen|blur|resize|enlarge) )"
    r"|(?=(?<!给)(?:你给它|帮我|帮忙|你把|请你?|麻烦你?|能不能|可不可以|你给我|你帮我|给我))|\b(?=(?:can|could|would"
    r"|will) "
    r"you\b|please\b|i (?:want|need) you to\b|i'd like)|(?<=[a-z]) ?:\s|(?<=[a-z])(?<!ever)(?<! out) so (?=\S+ \S)"
)


_HANGS: Final = Pattern(
    r"\b(?:to|not|never|me|us|him|her|them|it|should|or|says?|said|reads?|told|that|which|who|what|\w+n't|can|will"
    r"|would|could"
    r"|cannot|already|always|i|we|you|they|he|she|people|please don't|made|let|help|helped)$"
)
"""``I forgot to``, ``the sign says``: what follows is no order."""
_HAS: Final = Pattern(
    r"^[^把将删去改换]{1,12}(?:图|照片|上|上面|里|里面)有(?:个|一个|很多|好多|些)?[\u3400-\u9fff]{1,6}$"
)
"""``这个图有水印``"""


def without_start(clause: Clause) -> Iterator[Clause]:
    """A clause without what was told before the wish in one breath: ``I blinked can you open my eyes``."""
    for found in _ASKS.finditer(clause.text):
        before = clause.part(0, found.start())
        if (
            found.start() > 1
            and JOINT not in before.raw
            and not _HANGS.search(before.text)
            and (silent(before) or _HAS.match(before.text))
        ):
            yield without_lead(clause.part(found.end(), len(clause.text)))


_ON_PICTURE: Final = Pattern(
    r"(?:\b(?:in|on|of|from|for|across|into|onto) )?\b(?:the|this|my|our|that) (?:(?!(?:from|of|in|on|to|into|with"
    r"|and)\b)[a-z-]+ ){1,2}(?:photo|picture"
    r"|image|pic|shot|flyer|poster|post|card|menu|board|listing"
    r"|page|worksheet|brochure|banner|ad|invoice|notice|portrait|screenshot|photograph|leaflet|arrangement|snap"
    r"|selfie)\b(?! (?:number )?\d)(?! (?:frame|frames|hanging|on the wall))"
    r"|\b(?:this|that|the) (?:one|photo|picture|pic|snap|shot|image) of (?:(?:our|my|the|his|her) )?[a-z]+\b"
    r"|\b(?:in|on|of|from|for|across) (?:the|this|my|our|that) (?:flyer|poster|post|card|menu|board|listing|page"
    r"|worksheet|brochure|banner|ad|invoice|notice|leaflet|snap|thali)\b"
    r"|^(?:把|将)?(?!.*[左右上下第])[\u3400-\u9fff]{1,6}?[这那][张幅](?:照片|图)?(?:给我|帮我|也|都"
    r"|给)*(?=[改换变调弄做转裁p])"
    r"|^(?:请|麻烦|帮我)*(?:把|给|在|将)?(?:我的?|这|那)?[张幅个]?(?!背景"
    r"|底)[\u3400-\u9fff]{0,6}?(?<!背景)(?<!第.张)(?<!主)(?:海报|合影|合照|全家福"
    r"|照片|图片|图|封面|传单|菜单|告示牌?)(?:上面?|里面?|的)?(?:给我|帮我|给)?(?=[\u3400-\u9fff]{2})"
)
_FURTHER: Final = Pattern(r"\b(?:second|third|other|attached|first|uploaded)\b|第[二三四2-9]|另")


def without_picture(clause: Clause) -> Iterator[Clause]:
    """A clause without the words for what kind of picture it is: ``in this bathroom photo``, ``中秋海报给加…``."""
    text, raw = clause.text, clause.raw
    for found in reversed([*_ON_PICTURE.finditer(text)]):
        if not _FURTHER.search(found.group()):
            text, raw = f"{text[: found.start()]} {text[found.end() :]}", f"{raw[: found.start()]} {raw[found.end() :]}"
    if text != clause.text:
        yield Clause(text, raw, clause.masked).part(0, len(text))


def shorter(clause: Clause) -> Iterator[Clause]:
    """The clause without the talk in it: what kind of picture it is, why, what is said against a thing."""
    for outer in (clause, *without_picture(clause)):
        if outer is not clause:
            yield outer
        unblamed = plain(outer)
        if unblamed.text != outer.text:
            yield unblamed
        yield from without_reason(outer)
        for later in without_start(outer):
            yield later
            yield from without_reason(later)
