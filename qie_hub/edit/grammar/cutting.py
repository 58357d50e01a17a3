"""Where a sentence is cut into clauses, and a clause into wishes.

Pure. Cuts that always count (`HARD`) end a clause: punctuation, ``然后``, ``but keep ...``. A comma inside a number is
none, nor is the full stop of ``No. 5``. The others (`SOFT`, `BEGINS`) count only where both sides are wishes.

Example::

    [one.text for one in clauses_of(whole)]      # "price to $12,995, then crop it": two
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from qie_hub.edit.grammar import rules_text, trimming
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.verbs import GONE, JUST_GONE, PUT

HARD: Final = Pattern(
    rf"(?<=[吧啦])\s+(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff]{{1,5}}(?:不要|别|不用)动)"
    rf"|(?<={JUST_GONE}|一点|一些)\s+(?=[\u3400-\u9fff])|(?<!\d)[~～]+(?!\d)"
    r"|(?:(?<!\d),|,(?!\d{3}(?!\d))|[，。;；！!、?？…\n])+"
    r"|(?<!\best)(?<!\bno)(?<!\bmrs)(?<!\bmr)(?<!\bdr)(?<!\bst)(?<!\bmt)\.+(?=\s|$)|\.{2,}|\s*[—–]+\s+|\s+[—–]+"
    r"|[—–]{2,}(?!>)|\s-{1,2}\s"
    r"|(?:然后|接着|最后(?!一|那|面|边|的)|之后)|\b(?:and then|then|after that|afterwards|finally)\b"
    r"|(?<=(?<![酒网水贴咖])吧)(?=把|将|时间|日期|价格|电话|标题|背景|[左右][上下]角|再)|(?:但是?|不过"
    r"|只是)?(?=(?:别的|其他的?|其它的?|其余的?)[^,，。]{0,6}(?:不要动|别动|不用动|不变|不动|不改"
    r"|保留|留着|别改"
    r"|不要改|不用改|别变))"
    rf"|(?<=一点|一些|[亮暗暖]点)(?=[^,，。把将去删的和跟再也]{{1,5}}(?:不要动|别动|不动|留着|保留)(?:$"
    rf"|[吧哈,，。]))|(?<={JUST_GONE})(?=(?:只|就|光)(?:留|剩))"
    rf"|(?<={JUST_GONE})(?=[^,，。把将去删的和跟]{{1,6}}(?:不要动|别动|不动"
    r"|不变|留着|保留|别删|别碰))"
    r"|(?:但是?|不过)(?=[^,，。]{1,10}(?:留着|保留|留下|不要动|别动|不变|不动|要留|别删|别去))"
    r"|\bbut (?=(?:the|my|our|his|her) [a-z]+ (?:no|not)(?: please)?$)|\bbut (?=(?:uh |um |please "
    r"|just )*(?:don't|do not) )|\bbut (?=not (?:me|us|him|her|them|the|my)\b)|\b(?:and "
    r"|but )(?=(?:please )?(?:keep|leave|don't (?:touch"
    r"|change|move|remove|delete|cut|crop|blur|lose|stretch|squash|make|mess|cover)|do not (?:touch|change|move|remove"
    r"|delete|cut|crop"
    r"|blur|lose|stretch|squash|make|mess|cover))\b)"
)
SOFT: Final = Pattern(
    r"(?:并且|并|同时|再|还要|以及|和|跟|加上|顺便|另外(?![一那]?[张幅])|也)"
    r"|\b(?:and also|and|plus|as well as|also|with)\b|&|\+"
)
BEGINS: Final = Pattern(
    r"(?<=[^去换改加删擦抹做弄变调放裁抠扣把将帮给请要想，。])"
    r"(?=去掉|去除|去(?:文?字|日期|路人|人|狗|猫|车)(?:$|[，,])|去水印|去背景|删|擦|抹|换|改成|放大|缩|裁|调"
    r"|加|贴|抠|扣|把|将|变|做成|弄成|虚化|打上|写上|提亮"
    r"|锐化|降噪)"
    r"|\s(?=(?:remove|make|add|change|crop|blur|cut|put|delete|erase|replace|resize|upscale|enlarge|sharpen"
    r"|brighten)\b)"
)
"""Where a new wish begins without a word between: ``去水印换白底``."""

VERB: Final = Pattern(rf"加|贴|打|放|{JUST_GONE}|换成|\b(?:change|replace|swap|update|make)\b|{GONE}|{PUT}")
LAST_VERB: Final = Pattern(rf"(?:都|全部?|一起)?(?:给我)?(?:{JUST_GONE}|抠出来|不要)(?:了|吧)?$")


_KEPT_AND: Final = Pattern(
    r"^(?:please |just )?(?:keep|leave|don't (?:touch|change)|do not (?:touch|change)) .{2,40}? (?P<cut>and|but) "
    r"(?=(?:just |only |please |then )?(?:remove|make|add|change|crop|blur|cut|put|delete|erase|replace|resize|upscale"
    r"|enlarge|sharpen|brighten|turn|swap|take|get)\b)"
)
"""``leave the text alone and blur the background``"""


def _beside_kept(clause: Clause) -> Iterator[Clause]:
    """What is to stay and the wish beside it."""
    found = _KEPT_AND.match(clause.text)
    if found is None:
        yield clause
        return
    yield clause.part(0, found.start("cut"))
    yield clause.part(found.end("cut"), len(clause.text))


def clauses_of(whole: Clause) -> Iterator[Clause]:
    """Cut at punctuation; a piece with nothing but fillers is dropped, but ``去掉它`` says what to do."""
    at = 0
    for cut in [*HARD.finditer(whole.text), None]:
        piece = trimming.without_lead(whole.part(at, cut.start() if cut else len(whole.text)))
        for one in _beside_kept(piece):
            if one.text and (not Reader(one).done or rules_text.DELETE.search(one.text)):
                yield one
        at = cut.end() if cut else at


def with_last_verb(left: Clause, right: Clause) -> Clause:
    """The left side with the right one's verb at its end: ``把人和车去掉`` is twice ``去掉``."""
    verb = LAST_VERB.search(right.text)
    if verb is None or right.text.startswith(("把", "将")):
        return left
    return Clause(left.text + verb.group(), left.raw + verb.group(), left.masked)


def with_verb(left: Clause, right: Clause) -> Clause:
    """The right side with the left one's verb: ``加白边和热卖角标`` is twice ``加``."""
    verb = VERB.search(left.text)
    word = f"{verb.group()} " if verb else ""
    return Clause(word + right.text, word + right.raw, right.masked)
