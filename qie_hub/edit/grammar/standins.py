"""What stands for words, a logo or a further picture that a statement spoke of; `anaphora` does so for things.

Pure. Invariant: the statement names exactly one of them and asks for nothing itself.

Example::

    kind_of(clause)            # the camera printed the date in the corner -> "date"
    handled(before, wish)      # [the phone number is no good, replace it by 555] -> change the phone number to 555
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import kinds, nouns
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.further import OTHER
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_logo import LOGO
from qie_hub.edit.grammar.rules_text import WATERMARK
from qie_hub.edit.grammar.verbs import PUT

_LONGEST: Final = 100
_EN: Final = {"price": "price", "date": "date", "phone": "phone number"}
_ZH: Final = {"price": "价格", "date": "日期", "phone": "电话"}
_ASKS: Final = Pattern(
    r"[把将删换改加擦抹]|去掉|不要动|别|\b(?:remove|delete|erase|change|replace|add|make|keep|leave|don't (?:touch"
    r"|change)|never|crop|blur)\b|\d"
)
_POLITE: Final = r"^(?:(?:please|can|could|would|will|you|so|just|and|then|now|kindly) )*"
_POLITE_ZH: Final = "^(?:请|麻烦|帮我|帮忙|给我|劳驾|直接|就|再|你|您|也|都|把[它他])*"


def kind_of(before: Clause) -> str | None:
    """The one kind of text that a statement speaks of, as it is called in orders."""
    if before.quoted or len(before.text) > _LONGEST or before.is_question or _ASKS.search(before.text):
        return None
    if LOGO.search(before.text) or OTHER.search(before.text):
        return None
    chinese = re.search("[\u3400-\u9fff]", before.text) is not None
    if WATERMARK.search(before.text):
        return "水印" if chinese else "watermark"
    found = [name for name, words in zip(_KINDS, kinds.KINDS, strict=True) if _speaks(words, before.text)]
    if len(found) != 1 or found[0] not in _EN:
        return None
    return (_ZH if chinese else _EN)[found[0]]


_KINDS: Final = ("price", "title", "date", "phone")
_VAGUE: Final = Pattern(r"(?:phone|cell|time|tel|cost|rent|fee|amount|time|时间|价|金额|租金|押金)")
"""Words that statements hold without speaking of a text."""


def _speaks(words: Pattern, text: str) -> bool:
    return any(not _VAGUE.fullmatch(found.group()) for found in words.finditer(text))


_NEW_EN: Final = Pattern(
    rf"{_POLITE}(?:change|replace|update|swap|correct|set|switch) (?:it|that|this|the old one)(?: (?:on|in|at) "
    rf"(?:the|my|our|this) [a-z]+)? (?:to|by|with|for|into) (?P<new>\S.*?)(?: please)?$"
)
_NEW_ZH: Final = Pattern(rf"{_POLITE_ZH}(?:改|换|更新|更正|调整?)(?:成|为|到|做)(?P<new>[^\s].*)$")
_PUT_EN: Final = Pattern(
    rf"{_POLITE}(?:{PUT}|attach|use|move) (?:it|that|that one) (?P<where>(?:on|in|at|to|into"
    rf"|onto|top|bottom|upper|lower)\b.*)$"
)
_PUT_ZH: Final = Pattern(
    rf"{_POLITE_ZH}(?:放|贴|加|摆|打|印)(?:在|到)?(?P<where>.{{0,6}}(?:角|边|上方|下方|中间|中央|居中|上面|下面))(?:吧|就行|即可|哈)*$"
)
_USED_EN: Final = Pattern(
    r"\b(?:that one|this one|it|that)\b(?= (?:as|for) (?:the |a |my )?(?:new )?(?:background|backdrop))"
)
_USED_ZH: Final = Pattern(
    r"^(?:请|麻烦|帮我|你|您|就)*(?:用|拿|把)(?:那|这)一?张(?:图|照片)?(?=.{0,3}(?:当|做|作|换).{0,2}背景)"
)
_GIVEN_ZH: Final = Pattern(
    r"(?:另外|还|又|再)?(?:上?传|发|给|附)(?:了|给)*(?:你|您)?(?:了)?一?[张幅].{0,10}(?:照片|图片?|相片)$"
)


def handled(before: Clause, wish: Clause) -> Clause | None:
    """The wish with what the statement spoke of in place of its pronoun."""
    if len(before.text) > _LONGEST or len(wish.text) > _LONGEST or before.is_question:
        return None
    return _renewed(before, wish) or _placed(before, wish) or _backed(before, wish)


def _renewed(before: Clause, wish: Clause) -> Clause | None:
    english, chinese = _NEW_EN.match(wish.text), _NEW_ZH.match(wish.text)
    kind = kind_of(before) if english or chinese else None
    if kind is None or nouns.noun(kind) is not None or kind in ("watermark", "水印"):
        return None
    return _filled(wish, english, f"change the {kind} to ") if english else _filled(wish, chinese, f"{kind}改成")


def _filled(wish: Clause, found: re.Match[str] | None, order: str) -> Clause | None:
    if found is None:
        return None
    start, stop = found.span("new")
    return Clause(order + wish.text[start:stop], order + wish.raw[start:stop], wish.masked)


def _placed(before: Clause, wish: Clause) -> Clause | None:
    """``our logo I have sent separate, put it on bottom left``."""
    if before.quoted or wish.quoted or not LOGO.search(before.text) or _WISHES.search(before.text):
        return None
    if not _SENT.search(before.text):
        return None
    if (english := _PUT_EN.match(wish.text)) is not None:
        text = f"put the logo {english.group('where')}"
    elif (chinese := _PUT_ZH.match(wish.text)) is not None:
        text = f"把logo放到{chinese.group('where')}"
    else:
        return None
    return Clause(text, text, wish.masked)


_SENT: Final = Pattern(r"发|传|附|另外|\b(?:sent|send|attach\w*|separate\w*|upload\w*|other|second|included|file)\b")
"""A logo that is at hand, not one that stands in the picture."""
_WISHES: Final = Pattern(
    r"[把将删换改擦抹去]|\b(?:remove|delete|erase|change|replace|make|keep|leave|don't|crop|blur)\b"
)


def _backed(before: Clause, wish: Clause) -> Clause | None:
    """``2nd pic is of the hall, use that one as background``."""
    if before.quoted or wish.quoted or _WISHES.search(before.text):
        return None
    if OTHER.search(before.text) and (english := _USED_EN.search(wish.text)) is not None:
        text = f"{wish.text[: english.start()]}the second picture{wish.text[english.end() :]}"
        return Clause(_FOR.sub("", text), _FOR.sub("", text), wish.masked)
    if _GIVEN_ZH.search(before.text) and (chinese := _USED_ZH.match(wish.text)) is not None:
        text = f"用第二张图{wish.text[chinese.end() :]}"
        return Clause(text, text, wish.masked)
    return None


_FOR: Final = Pattern(r" (?:for|of|in) (?:this|the|my) (?:[a-z]+ ){0,2}(?:photo|picture|image|pic|one)$")
