"""The rule for something by any name that is to stand on one plain colour: the ground is told by whom it is for.

Invariant: what is set on a colour is one thing with a determiner or a name of its own, never words, a border, a badge
or a logo; between the colour and the ground nothing stands that would have to be made (``a white marble background``).

Example::

    staged(clause)      # 把这件毛衣抠出来放到白底上: colour=#ffffff
    staged(clause)      # cream backdrop behind the egg basket: colour=#f2e8d5
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import kinds, nouns, printed, slots
from qie_hub.edit.grammar.clause import JOINT, Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.rules_background import BLUR, COLOUR, FRAME, INSIDE, forbids
from qie_hub.edit.grammar.rules_text import ANY_TEXT
from qie_hub.edit.grammar.verbs import GONE, PUT, PUT_EN
from qie_hub.edit.grammar.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation

_PLAIN: Final = (
    "(?:(?:plain|solid|clean|pure|bright|seamless|simple|nice|neutral|flat|soft|pale|smooth|uniform|proper|crisp|single"
    "|studio|professional|all) )*"
)
_GROUND: Final = "(?:backgrounds?|backdrops?|bg|screen|studio background)"
_ON: Final = rf"(?P<on>(?:an? |the |some )?{_PLAIN}(?:{COLOUR})(?:,? {_PLAIN}(?:colou?r(?:ed)? )?{_GROUND})?)"
_SET: Final = alternatives("", f"{PUT_EN} show mount isolate do get have want need i'd_like i_want we_want")
_NAME: Final = (
    r"(?P<x>(?:(?:the|my|our|this|that|these|those|his|her|their|both|all|just|only|each) )+[a-z' -]{1,40}?"
    r"|it|them|him|her|us|me|everything|everyone|[a-z]+'s [a-z]+(?: [a-z]+)?)"
)
_LEAD: Final = r"^(?:(?:please|can|could|would|will|you|just|and|then|so|i|we|want|need|to|also) )*"
_EN: Final = (
    Pattern(
        rf"{_LEAD}{_SET} {_NAME} (?:cut out )?(?:(?:and|then) (?:put|place|stick|pop|set) (?:it|them|him|her) )?"
        rf"(?:on|onto|on to|against|in front of|over|with|upon) {_ON}$"
    ),
    Pattern(
        rf"{_LEAD}cut (?:out )?{_NAME}(?: out)?,? (?:and|then)(?: then)? (?:put|place|stick|pop|set|slap) (?:it|them"
        r"|him|her) "
        rf"(?:on|onto|on to|against|over) {_ON}$"
    ),
    Pattern(
        rf"^{_NAME} (?:needs?|wants?|should have|must have|should get|gets|has to have|could use|could have|requires) "
        rf"(?P<on>(?:an? )?{_PLAIN}(?:{COLOUR}) {_PLAIN}(?:colou?r(?:ed)? )?{_GROUND})$"
    ),
    Pattern(rf"^{_NAME} (?:on|against|in front of) {_ON}$"),
    Pattern(
        rf"{_LEAD}(?:{GONE}|change|swap|replace) (?P<x>(?:the|this|that|my) (?:[a-z]+ ){{0,2}}?){_GROUND},? (?:and"
        r"|then)(?: just)? "
        rf"(?:make|turn|leave|have|paint|replace|swap) it (?:to |into |with |for )?(?P<on>(?:an? )?{_PLAIN}(?:{COLOUR})"
        rf"(?: {_GROUND}| one)?)$"
    ),
    Pattern(
        rf"{_LEAD}(?:give|get) {_NAME} (?P<on>(?:an? )?{_PLAIN}(?:{COLOUR}) {_PLAIN}(?:colou?r(?:ed)? )?{_GROUND})$"
    ),
    Pattern(
        rf"{_LEAD}(?:(?:make|do|have|use|give me|get me|{PUT}) )?(?P<on>(?:an? |the )?{_PLAIN}(?:{COLOUR})"
        rf" {_PLAIN}"
        rf"(?:colou?r(?:ed)? )?{_GROUND}) (?:behind|for|on|under|around|to|with) {_NAME}$"
    ),
    Pattern(
        rf"{_LEAD}(?:make|turn|change|paint|colou?r|swap|set) (?:the )?{_GROUND} (?:behind|of|around|for) {_NAME} "
        rf"(?:(?:to|into|in|for|be) )*(?P<on>(?:an? )?{_PLAIN}(?:{COLOUR})(?: {_GROUND})?)$"
    ),
)
_OUT_ZH: Final = r"(?:[抠扣摳]出?(?:来|下来|完|图|一下)?(?:之?后)?[\s,，再]*)?"
_TO_ZH: Final = (
    "(?:换|改|弄|做|搞|变|调|配|放|摆|贴|垫|衬|设|处理|转|套|p|整|来|加|用|要)(?:一?[个张下块]|[成到在为上到了])*"
)
_BASE_ZH: Final = (
    rf"(?P<on>(?:纯|纯色的?|干净的?|单色的?)?(?:{COLOUR})(?:色|的|纯色)*(?:底色?|背景色?|幕布|底板)(?:板"
    r"|布|图|上面?|里|墙)?)"
)
_TALK_ZH: Final = (
    "(?:请|帮我|帮忙|给我|麻烦|嗯|呃|就是|那个|把|将|给|也|都|统一|直接|再|拜托|你|您|能不能|可以|全部?|重新)*"
)
_END_ZH: Final = "(?:吧|了|呢|啊|呀|哈|哦|呗|啦|就行|就好|即可|的|好吗|可以吗|谢谢|证件照)*$"
_ZH: Final = Pattern(
    rf"^{_TALK_ZH}(?P<x>[^\s,，把将]{{1,12}}?){_TALK_ZH}\s*{_OUT_ZH}{_TALK_ZH}{_TO_ZH}{_BASE_ZH}{_END_ZH}"
)
_NOT_THIS_ZH: Final = Pattern(
    r"[删擦抹写印改换加裁调贴]|去掉|水印|logo|商标|第[一二三四\d]|不|别|文字|标题|价格?$|字$|日期|电话|按钮|框|角|底$"
    r"|底色|背景"
    r"|^(?:也|都|要|想|给)$|墙$|天空$|头发$"
)
_NOT_THIS_EN: Final = words(
    "", "text words? letters? logo caption title price date border frame badge sticker label wall sky hair number phone"
)


def staged(clause: Clause) -> Operation | None:
    """``这条石斑放到纯蓝色背景上``, ``give the volunteer's portrait a plain gray backdrop``."""
    if forbids(clause) or FRAME.search(clause.text) or BLUR.search(clause.text) or INSIDE.search(clause.text):
        return None
    for form in (_ZH, *_EN):
        found = form.match(clause.text)
        if found is None or not _is_one(clause, found):
            continue
        shades = slots.colours(found.group("on"))
        if len(shades) == 1:
            return Operation("background.plain", {"colour": slots.COLOURS[shades[0]][0]}, clause.original)
    return None


def _is_one(clause: Clause, found: re.Match[str]) -> bool:
    """Whether a thing, not words or a part of the frame, is set on the colour."""
    name = found.group("x").strip()
    if (
        JOINT in clause.raw[found.start("x") : found.end("x")]
        or ANY_TEXT.search(name)
        or (slots.colours(name) and nouns.noun(name) is None)
    ):
        return False
    if any(kind.search(name) for kind in kinds.KINDS):
        return False
    if _ZH.gave(found):
        return _NOT_THIS_ZH.search(name) is None
    return _NOT_THIS_EN.search(name) is None and not printed.is_shouted(clause.typed(found, "x"))
