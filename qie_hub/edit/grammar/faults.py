"""What is said to be wrong with a picture: the reason for a wish beside it, or a wish of its own.

Example::

    complains(clause)         # 脸太黑了: the reason for the wish after it
    finds_fault(clause)       # her hair is messy: after another wish it is a further one
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern

_LONGEST: Final = 160
"""Characters of a clause; a longer one is prose."""
_BLAMES: Final = Pattern(
    r"^.{1,14}?(?:太|有点儿?|好|很|特别|真的?|实在太?|非常)(?:乱|丑|脏|杂|旧|破|土|挤|多|小|大|暗|亮|黑|白|黄|灰"
    r"|糊|花|素|空|低|差|重|明显|厉害|严重|密|淡|艳|浓|单调|普通|难看|碍眼|抢镜|模糊|闭眼)(?:了|啦)?(?:都?看不[清见]楚?|不清楚)?的?$"
    r"|^.{1,10}(?:闭眼|歪|花|糊|斜|反光|破|褪色|发黄|发白|发灰)了$|^.{1,10}(?:不够|没那么)(?:突出|显眼|醒目|好看|高级|精神|喜庆|有食欲|吸引人)$|^.{1,10}有(?:一|几|好几|好多|很多|点|些)*[道条块处个]?(?:折痕|裂痕|裂缝|划痕|污渍|破损|霉斑|折印)$|^.{1,10}(?:闭着眼睛?|眼睛?闭着)了?$|^.{1,8}(?:是|拍)(?:倒|反|歪|斜|横)着?(?:的|了)$|^(?:画面|图片?|照片)?(?:有点|太|很|好"
    r"|真)?(?:模糊|糊|暗|亮|花|歪)(?:了|啦)?$|^.{1,10}是(?:斜|歪|倒|反)的$"
    r"|^(?:it|this|that|everything|(?:the|my|this|that) [a-z]+(?: [a-z]+)?)"
    r"(?:'s| is| are| looks?| was| came out| feels| turned out) "
    r"(?>(?:just|all|a|bit|little|so|too|really|very|way|kind|of|pretty|super|quite|rather|much|slightly|far) )*"
    r"[a-z]+(?: here| now)?$"
    r"|^(?:the |my )?(?:photo|picture|image|background|colou?rs?|product|quality) (?:is |are |look |looks )?"
    r"(?:not|no|very|too|so|little|a bit) [a-z]+(?: [a-z]+)?$"
    r"|^(?:loads|lots|tons|so much|a lot|too much|way too much|too many|so many) .{1,40}$"
)


def complains(clause: Clause) -> bool:
    """Whether a clause only says what is bad: beside a wish that is sure it gives the reason for it."""
    return not clause.quoted and len(clause.text) <= _LONGEST and _BLAMES.match(clause.text) is not None


_SEEN_ZH: Final = (
    "牙齿?|眼睛?|头发|发型|刘海|皮肤|脸|嘴|鼻子|肚子|腰|腿|手|衣服|裙子?|裤子?|鞋子?|帽子|领子|领带|(?<![今明昨每当整白聊春夏秋冬])天空?|草地?"
    "|墙|地板|地面|花|颜色|字体|狗|猫|车|杯子|桌子|椅子"
)
_FAULT: Final = Pattern(
    rf"(?:{_SEEN_ZH})[^，]{{0,3}}?(?:太|有点|好|很|不|乱|皱|闭|歪|脏|破|旧|丑|是)"
    r"|\b(?:teeth|eyes?|hair|skin|face|nose|belly|shirt|dress|clothes|shoes?|hat|tie|sky|grass|wall|walls|floor"
    r"|dog|cat|car|chair|table|cup)\b"
    r".{0,12}\b(?:is|are|looks?|too|so|closed|messy|wrinkled|red|blue)\b|\bi look\b|\b(?:she|he|they) (?:has|have"
    r"|looks?)\b"
)
_LIGHT: Final = Pattern("[黑暗亮灰糊淡艳]|看?不清|\\b(?:dark|bright|dull|blurry|yellow|pale)\\b")

_EYES: Final = Pattern("我?的?眼睛?.{0,2}(?:不好使|不好用|不行|老花|花了|看不)")
"""Why somebody wants it larger."""


_OF: Final = r"\b(?:the|my|our|his|her|their|your) (?!(?:owner|client|boss)\b)[a-z]+(?: [a-z]+)?"
_WITH: Final = (
    r"(?: (?:is|are|was|were|has|have|got|looks?|seems?|a|an|some|all|so|too|very|bit|little|really|still|few|big))+"
)
_SPOILT: Final = (
    r"(?:crooked|stain(?:s|ed)?|dirty|messy|dust(?:y)?|spots?|blemish(?:es)?|pimples?|acne|scratch(?:es|ed)?|dent(?:s|ed)?"
    r"|crack(?:s|ed)?|torn|crease[sd]?|wrinkl(?:es|ed|y)|faded|dead|bald|red eyes?|tilted|slanted|lopsided|bent|squint)"
)
_MISPRINT: Final = r"(?:wrong|misspelled|misspelt|mistyped|outdated|out of date)"
_SPOILS: Final = Pattern(
    rf"{_OF}{_WITH} {_SPOILT}\b|\bthere(?:'s| is| are)(?: [a-z]+){{0,2}} {_SPOILT} (?:on|in"
    rf"|across)\b"
)
_MISPRINTED: Final = Pattern(rf"{_OF}{_WITH} {_MISPRINT}\b")
"""A thing of the picture with a fault of its own; ``it is dirty`` says why the thing before is to go."""


def finds_fault(clause: Clause, *, words: bool = False) -> bool:
    """Whether a thing is blamed or described that no other clause spoke of: after a wish that is a wish of its own.

    With ``words``, that words are wrong is the reason for the wish about words before it.
    """
    text = _EYES.sub(" ", clause.text)
    if _FAULT.search(text) or _SPOILS.search(text):
        return True
    return not words and _MISPRINTED.search(text) is not None


def about_light(clause: Clause) -> bool:
    """Whether a fault is one of light: ``脸太黑了`` says why it is to be brighter."""
    return _LIGHT.search(clause.text) is not None
