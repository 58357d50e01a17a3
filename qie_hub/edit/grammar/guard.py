"""What a text that was not quoted can be: nothing of the order around it belongs to the words that are printed.

Without quotes nobody marks where the words end, least of all who dictates: ``今日特价那四个字不要了`` names four
characters and then a wish. What is surely no part of a text is taken off its ends; a text that still points
(``那行``), wishes (``please``) or orders (``change it``) is none, and the sentence is asked about.

Example::

    trimmed("打八折那三个字去掉")                # "打八折"
    trimmed("say with lens")                     # "with lens"
    is_rubbish("sale please and the date")       # True
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots, spoken
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import fold
from qie_hub.edit.grammar.verbs import JUST_GONE
from qie_hub.edit.grammar.vocabulary import alternatives
from qie_hub.formats.operation import Operation, Slot

_PLACED: Final = "(?:最?[左右上下中](?:[边面侧方]|间)?)"
_LEAD: Final = Pattern(
    r"^(?:"
    + alternatives("""
        上面写的?是? 上面?印的?是? (写|印|标|打|贴)着的? (写|印|标|打|说)的?是(?!非) 写成 写上(?![午海]) 印上 打上
        内容[是为写] 就?写(?![真字意生作手信实给]) 写的(?!是) 印的(?!是)
        是(?![非否日谁我]) 就?叫做 就说 话就?[说写] 大大的 说是(?!非) 上(?=[\\u3400-\\u9fff]+上[新市线架])
    """)
    + rf"|{_PLACED}的?[那这]个(?=.)|[那这]个(?=[\d一二两三四五六七八九十百千万¥￥$])"
    r"|(?:says?|saying|that says|so it says|it (?:should )?says?|(?:with |that )?the (?:words?|texts?|letters))(?= )"
    r"|(?:um+|uh+|er+m*|ehm)(?= ))\s*"
)
"""What introduces a text. ``写真`` and ``写字楼`` are words."""
_COUNTED: Final = (
    "(?:(?:的?[这那])?(?:几|[一二两三四五六七八九十]|\\d)个?大?字|的?[这那](?:一?[行句段串排]|些)[大小]?字?|字样)"
)
_TAIL: Final = Pattern(
    rf"(?:(?<=.)(?:都|也)?(?:{JUST_GONE}|不要了?|不用了)了?|的?{_COUNTED}|(?<=.)(?:才对|才行|好不好|好吗"
    rf"|那个就行|那个(?=$)"
    r"|就可以了?|就行了?|就好了?)|(?<=[\d零一二两三四五六七八九十百千万块元])的(?:那个)?"
    r"|(?<!\bmany)(?<!\band)(?<!\bwith)(?<!\bbig)(?<!\bsay)(?<!\bour)(?<!&)[ ,]+(?:thanks|thank you)"
    r"|[ ,]+(?:please|pls|um+|uh+|er+m*|ehm|yeah|can you|could you|would you))\s*$"
)
"""What follows a text in one breath with it."""
_POINTS: Final = Pattern(
    r"那(?:几|[一二两三四五六七八九十]|\d)?个(?!夏|女孩|男孩|地方|人)|这(?:几|[一二两三四五六七八九十]"
    r"|\d)?个(?:大?字|词|数字?|价|标|$)"
    r"|[这那](?:行|句|段|几)(?:[个句行])?(?:字|话|文字|$)|^[这那](?:里|边)|那(?:里|边)$"
    r"|第.(?:行|个(?:不|别|也|[改换删去]))|[这那]?上面写|不动$|(?:别|不要|不用)(?:动|改|碰)"
    r"|^有[一两二三四五六七八九十几]?个|^过$|(?:改|换)(?:成|为|掉|到|一下)|不要了|帮我|麻烦|顺便|(?:去|删)掉"
    r"|^[改换弄调删加写]{1,2}$|^随(?:便|意)"
    r"|(?:四|三|两|二|五|六|几)个字|^(?:角标|标签|贴纸|徽章|边框)$"
    r"|\b(?:please|can you|could you|um+|uh+|ehm|erm|get rid|gotta|where it|it (?:says?|should|must|reads))\b"
    r"|\b(?:make|change|turn|put|set|take) (?:it|that|this|them)\b|\b(?:the|this|that) (?:words?|lines?|bit|text)\b"
    r"|\b(?:and|but) (?:the|also|then|can|could|make|change|remove|put|add|it)\b|^(?:the )?(?:badge|sticker|border)$"
    r"|^(?:[\u3400-\u9fff]{0,4}[里上中]面?的)?(?:所有的?|全部的?)?(?:字|文字)$|(?<=..)[红黑白蓝绿黄金粉紫橙灰]色的$"
    r"|^(?:英|中|日|韩|法|德|俄)[文语]$|^[繁简]体(?:字|中文)?$|^(?:english|chinese|french|spanish|german"
    r"|japanese|korean)$"
    r"|\b(?:the|an?|and|or|but|of|with)$|\b(?:that|which) (?:says?|reads?)\b|. next(?: to\b|$)"
    r"|^(?:under|below|above|beside|next to|over|through|across|around) (?:the|my|our)\b"
    r"|^about (?!us\b|me\b|our\b|you\b)|\b(?:is|'s) wrong\b"
)
"""What a text does not hold: pointing, wishing, ordering."""
_NO_MORE: Final = Pattern(
    r"最?[左右上下中前后](?:[边面侧方]|间|头)?的?|[\u3400-\u9fff]{0,3}[^早晚马线网天海世以向之公故万千邻][上里]面?|数字?"
    r"|(?:words?|lines?|phrases?|sentences?|says?|reads?|saying|bits?|things?|dates?|time|name|year|day)"
    r"|what (?:i|we|you) (?:said|say|told|want|wanted|sent)"
)
"""A place, a surface and a word for words: alone they are no text."""
_ONE: Final = ("old", "new", "text", "old_spoken", "new_spoken")
_PLACE_TAIL: Final = Pattern(
    rf"(?<=.)[\s,]*(?:放|贴|摆)(?:在|到)?(?:最)?(?P<where>{'|'.join(slots.POSITIONS.values())})(?:那里|那边"
    rf"|那儿|就行)*$"
)


def trimmed(text: str) -> str:
    """A text as typed without what introduces it and what is said after it; itself if nothing else is left."""
    for _ in range(_TIMES):
        folded = fold(text)
        if len(folded) != len(text):
            return text
        lead, tail = _LEAD.match(folded), _TAIL.search(folded)
        start = lead.end() if lead else 0
        stop = tail.start() if tail and tail.start() > start else len(text)
        if text[start:stop].strip(" ,，") in ("", text):
            return text
        text = text[start:stop].strip(" ,，")
    return text


_TIMES: Final = 4


def is_rubbish(text: str) -> bool:
    """Whether a text still holds words of the order around it."""
    said = fold(text)
    return _POINTS.search(said) is not None or _NO_MORE.fullmatch(said) is not None


def checked(clause: Clause, operation: Operation | None) -> Operation | None:
    """The operation with its unquoted texts trimmed; None if one of them is no text."""
    if operation is None or not operation.ability.startswith(("text.", "badge.")):
        return operation
    wish: dict[str, Slot] = dict(operation.slots)
    for name in _ONE:
        said = wish.get(name)
        if not isinstance(said, str) or said in clause.quoted:
            continue
        if (placed := _PLACE_TAIL.search(fold(said))) is not None and "position" in wish:
            wish["position"] = wish["position"] or slots.position(placed.group("where"))
            said = said[: placed.start()]
        wish[name] = _text_of(clause, said) if name != "text" else _in_digits(_text_of(clause, said))
        if is_rubbish(str(wish[name])):
            return None
    if _names_a_line(clause, operation.ability, wish):
        return None
    return operation if wish == dict(operation.slots) else Operation(operation.ability, wish, operation.clause)


KINDLESS: Final = Pattern(
    r"(?:店铺?|公司|品牌|商品|产品|我们?的?|活动)?(?:地址|店名|名字|姓名|名称|微信号?|网址|标语|口号|副标题"
    r"|小标题|落款|品牌|广告语|文案|内容|编号)"
    r"|(?:the |our |my )?(?:shop |store |company |brand |web )?(?:names?|address(?:es)?|e-?mail(?: address)?"
    r"|slogan|subtitle|subheading|website|url|tagline|text|writing|lettering"
    r"|wording|caption|message)"
)
"""Named by kind, but of a kind that is not told by its looks: the word itself is not what is to change."""


def _in_digits(text: str) -> str:
    """Sums, days and rows of digits that were read out, as they are printed."""
    return _ROW.sub(lambda row: spoken.printed("phone", row.group()) or row.group(), spoken.amounts(text))


_ROW: Final = Pattern("[零〇一二三四五六七八九幺]{7,}")
_WRITES: Final = Pattern("[写打印标贴盖]$")
_OWN: Final = Pattern("上(?:新$|市|线|午|门|架|海(?![鲜景报])|班|学|下|等|周)")


def _names_a_line(clause: Clause, ability: str, wish: dict[str, Slot]) -> bool:
    """``把地址那行删了`` speaks of the line, ``地址两个字`` of the word."""
    old = wish.get("old")
    if ability != "text.delete" or not isinstance(old, str) or old in clause.quoted:
        return False
    return KINDLESS.fullmatch(fold(old)) is not None and not re.search("个字|\\bwords?\\b", clause.text)


def _text_of(clause: Clause, said: str) -> str:
    """A text trimmed; the ``上`` of a ``写上`` that was cut in two goes with its verb."""
    before = clause.raw.split(said, 1)[0] if said in clause.raw else ""
    cut = said.startswith("上") and len(said) > 2 and _WRITES.search(before) and not _OWN.match(said)
    return trimmed(said[1:] if cut else said)
