"""Rules for things that are to go: named ones that a detector knows, and whatever a box or a mask shows.

Which words are said to go is found by `removing`, what they mean by `things`.

Example::

    remove(clause)     # 去掉左边穿红衣服的人: noun=person, which=left, trait=穿红衣服
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import nouns, things
from qie_hub.edit.grammar.clause import JOINT, Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.removing import VERB_ZH, phrase_of
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation

_ALL_AFTER: Final = Pattern(rf"(?:都|全部?|统统|通通)(?:给|帮)?我?(?:$|{VERB_ZH})")
_MARKED: Final = "(?:selected|marked|masked|highlighted|circled|boxed|painted)"
_SHOWN: Final = Pattern(
    r"(?:(?:我|你|刚才?|刚刚|用|拿|手指?|红?笔|鼠标|已经|都|给|上面|图上|照片上|那个|红色?|黄色?)*"
    r"(?:打框|打圈|打上?框|框|圈|选|涂|标|画|抹|勾|遮|描|点)(?:选|起来|出来|出|住|中|好|了|抹|记|罩|上|过|掉|红|圈"
    r"|框|线|到|的)*的?"
    r"(?:那一?块儿?|那个|那些|那片|那里|那儿|这一?块儿?|里面?|内|中|部分|区域|位置|地方|部位|范围)*的?"
    r"|(?:选区|红框|遮罩|蒙版|方框)里?面?的?|[这那]里的?"
    r"|[这那](?:行|段|句|个地方|个区域|个位置|一块|块|个|处|部分|片|东西|玩意儿?)"
    r"|\b(?:the|this|that|what(?:'s| is)?|everything|anything|whatever(?:'s| is)?|things?|stuff|objects?|part|area"
    rf"|region|selection|spot)\b(?: {_MARKED})?(?: (?:thing|object|part|area|region|selection|spot|stuff|one|bit))?"
    rf"(?: (?:that )?(?:i(?:'ve)? )?(?:have )?(?:just )?(?:{_MARKED}|drew|draw|drawn|put|scribbled|selected|tapped"
    rf"|brushed|coloured|colored|outlined|ringed|pointed)"
    r"(?: (?:over|out|at|on|in (?:red|yellow|green|blue)|an?|the|my|red|yellow|box|circle|frame|ring|rectangle"
    r"|around|round|finger|with)\b)*)?"
    r"(?: (?:in|inside|under|within|behind) (?:the |this |my |that )?(?:red |yellow |green |blue |black )?"
    r"(?:box|mask|selection|frame|rectangle|marked area|selected area|circle))?)"
)
_MARKED_ZH: Final = Pattern("(?:框|圈|涂|标|勾)(?:选|起来|出来|出|住|中|好|了|记|到)+的")
_BY_ME: Final = Pattern(
    rf"\b(?:that |which )?(?:i|we)(?:'ve| have)? (?:just |already )?(?:{_MARKED}|scribbled|ringed|outlined|brushed"
    rf"|coloured in|drawn?|drew|put)"
    r"(?: (?:over|out|round|around|with|in|on|by|an?|the|my|red|yellow|green|blue|pen|box|circle|square|frame|ring"
    r"|mask|finger|line|up|brush))*$"
)
"""``that oil stain I marked``: the mark tells what it is."""
_SHORT: Final = 6
"""Characters of a name for what a mark shows: the mark tells, not the name."""
_POINTED: Final = words(
    "框 圈 选区? 选中 选择 涂 遮罩 蒙版 标记", "box mask selected marked masked circled highlighted selection"
)
_SHOWN_REST: Final = words(
    "儿 印子 印记 污渍 痕迹 斑点? 脏东西 瑕疵 东西 字 文字 文案 物体 内容 玩意儿? 物品 杂物 部分 区域 地方 它 里 "
    "的 全部",
    "here there it this that please everything and around all i drew a circle box texts? words? lines? letters? "
    "writing",
)


_ACROSS: Final = Pattern(
    r"\bfrom (?:the |my )?(?:second |other |third |2nd |attached )?(?:picture|photo|image|pic)\b.*\b(?:onto|on|to"
    r"|into|in|next to)\b"
)
"""``drop the cat from photo 2 onto the sofa`` takes nothing away."""


def remove(clause: Clause) -> Operation | None:
    """``去掉照片里的路人``, ``remove the man on the left``; only what `nouns` knows."""
    phrase = None if _ACROSS.search(clause.text) else phrase_of(clause)
    if phrase is None or JOINT in _typed(clause, phrase) or (JOINT in clause.raw and phrase not in clause.text):
        return None
    thing = things.read(phrase, all_after=_ALL_AFTER.search(clause.text) is not None)
    if thing is None:
        return None
    return Operation(
        "object.remove",
        {
            "old": _typed(clause, thing.old), "noun": thing.noun, "which": thing.which, "all": thing.several,
            "bystanders": thing.bystanders, "trait": thing.trait,
        },
        clause.original,
    )  # fmt: skip


_TOLD: Final = Pattern(
    r"^(?:i|we)(?:'ve| have)? (?:just |already )?(?:circled|marked|highlighted|boxed|outlined|painted over"
    r"|drawn? (?:a )?(?:box|circle|ring) round|drawn? "
    r"(?:a )?(?:box|circle) around) [^,]{1,40} "
    r"(?:(?:please|can you|could you|just|so|and) )*(?:remove|delete|erase|get rid of|take out|clean|(?:rub|wipe"
    r"|take|get|brush)(?= (?:it|that|them) out)) (?:it|that"
    r"|them)(?: out)?(?: please| would you| will you| for me)*$"
    rf"|^我?(?:已经|都)?(?:用.{{1,3}})?(?:圈|框|标|涂)(?:出来|起来|好|住|上)了?\s*(?:请|帮我|麻烦"
    rf"|把它)*(?:{VERB_ZH})(?:了|吧)*$"
)
"""``I've circled a stain, remove it``"""


def erase(clause: Clause) -> Operation | None:
    """``去掉这个``, ``把框里的东西去掉``, ``remove the selected area``: what a box or a mask shows."""
    phrase = phrase_of(clause)
    if things.BUT.search(clause.text):
        return None
    if _TOLD.match(clause.text) and not clause.quoted:
        return Operation("object.erase", {}, clause.original)
    if phrase is None:
        return None
    if _BY_ME.search(phrase):
        return Operation("object.erase", {}, clause.original)
    left = re.sub(things.PICTURE, " ", phrase)
    shown = _SHOWN.search(left)
    if shown is None or shown.group().strip() == "the":
        return None
    strong = _MARKED_ZH.search(left) is not None
    rest = "".join(_SHOWN_REST.sub(" ", _SHOWN.sub(" ", left)).split())
    if rest and not (_POINTED.search(left) and (nouns.noun(rest) is not None or (strong and len(rest) <= _SHORT))):
        return None
    return Operation("object.erase", {}, clause.original)


def _typed(clause: Clause, phrase: str) -> str:
    at = clause.text.find(phrase)
    return clause.masked.fill(clause.raw[at : at + len(phrase)]).strip() if at >= 0 else phrase
