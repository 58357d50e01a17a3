"""From a sentence to typed operations, in Chinese and English.

Pure: no model, no picture, no state; it never raises for what a person may type. A sentence is cut into clauses; each
clause is given to the rules in order. A rule that acts has to account for every word of its clause (see `clause`), so
a wish that is only half known is not half done: it becomes ``not_understood`` with up to three sentences that would
be. Wishes that need a generative model are recognised as such, and the pack's abilities decide.

Example::

    understand("加白底边框并统一添加双十一角标").abilities     # {"border.add", "badge.add"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from qie_hub.edit import (
    rules_background,
    rules_beyond,
    rules_compose,
    rules_cutout,
    rules_ink,
    rules_keep,
    rules_look,
    rules_object,
    rules_shop,
    rules_text,
    rules_watermark,
)
from qie_hub.edit.clause import Clause, Reader
from qie_hub.edit.lite.abilities import ABILITIES, OBJECT_REMOVE
from qie_hub.edit.quotes import mask
from qie_hub.edit.suggest import candidates
from qie_hub.formats.operation import Instruction, Operation, Slot

Rule: TypeAlias = Callable[[Clause], Operation | None]

LONGEST: Final = 2000
"""Characters that are read; a longer sentence is not an instruction but a text."""

RULES: Final[tuple[Rule, ...]] = (
    rules_compose.replace_logo, rules_ink.recolour, rules_text.replace, rules_watermark.watermark,
    rules_compose.picture, rules_compose.compose, rules_compose.add_logo, rules_shop.badge, rules_text.delete,
    rules_text.add, rules_cutout.cutout, rules_background.blur, rules_background.plain, rules_object.erase,
    rules_object.remove, rules_shop.border, rules_shop.resize, rules_shop.upscale, rules_look.adjust,
    *rules_beyond.RULES,
)  # fmt: skip
"""Acting rules first, in the order in which the more exact one comes before the more general one."""

_BEYOND: Final = len(RULES) - len(rules_beyond.RULES)
_SURE: Final[tuple[Rule, ...]] = RULES[:_BEYOND]
_JOINED: Final = 3
"""Clauses that may be one wish."""

_CLAUSE: Final = 160
"""Characters of a clause, a quoted string counting as one; a longer one is prose, and is not searched for wishes."""

_CLAUSES: Final = 24
"""Clauses of one sentence."""

_CUTS: Final = 8
"""Places at which a clause is tried to be two."""

_ORDERS: Final = re.compile(r"\b(?:instructions?|system prompt|jailbreak)\b|(?:指令|提示词|系统提示)")
"""Words of somebody who talks to a language model; there is none here to be talked to."""

_HARD: Final = re.compile(
    r"[,，。;；！!、\n]+|\.(?=\s|$)|(?:然后|接着|最后(?!一|那|面|边|的)|之后)"
    r"|\b(?:and then|then|after that|afterwards|finally)\b"
)
_SOFT: Final = re.compile(
    r"(?:并且|并|同时|再|还要|以及|和|跟|加上|顺便|另外(?![一那]?[张幅])|也)"
    r"|\b(?:and also|and|plus|as well as|also|with)\b|&|\+"
)
_BEGINS: Final = re.compile(
    r"(?<=[^去换改加删擦抹做弄变调放裁抠扣把将帮给请要想，。])"
    r"(?=去掉|去除|去水印|去背景|删|擦|抹|换|改成|放大|缩|裁|调|加|贴|抠|扣|把|将|变|做成|弄成|虚化|打上|写上|提亮|锐化|降噪)"
    r"|\s(?=(?:remove|make|add|change|crop|blur|cut|put|delete|erase|replace|resize|upscale|enlarge|sharpen|brighten)\b)"
)
"""Where a new wish begins without a word between: ``去水印换白底``."""

_VERB: Final = re.compile(r"加|贴|打|放|去掉|去除|删除|删掉|换成|\b(?:add|put|remove|delete|erase|get rid of)\b")
_LAST_VERB: Final = re.compile(
    r"(?:都|全部?|一起)?(?:给我)?(?:去掉|去除|删除|删掉|p掉|擦掉|抹掉|抠出来|移除|不要)(?:了|吧)?$"
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def understand(sentence: str) -> Instruction:
    """Turn a sentence into operations, in the order in which they are asked for."""
    language = "zh" if _CHINESE.search(sentence) else "en"
    masked = mask(sentence[:LONGEST])
    whole = Clause(masked.text, masked.raw, masked)
    clauses = list(_clauses(whole)) if len(sentence) <= LONGEST else []
    if len(sentence) > LONGEST or len(clauses) > _CLAUSES:
        return _not_understood(sentence, language, (), whole.part(0, 80))
    staying = [(thing, clause) for clause in clauses if (thing := rules_keep.kept(clause)) is not None]
    clauses = [clause for clause in clauses if all(clause is not one for _, one in staying)]
    operations: list[Operation] = []
    at = 0
    while at < len(clauses):
        found, used = _longest(whole, clauses[at : at + _JOINED])
        if found is None and operations and rules_look.says_nothing(clauses[at]):
            found, used = [], 1
        if found is None:
            return _not_understood(sentence, language, tuple(operations), clauses[at])
        operations.extend(found)
        at += used
    if not operations:
        return _not_understood(sentence, language, (), whole)
    return Instruction(sentence, language, (*_merged(operations), *_broken(operations, staying)))


def _broken(operations: list[Operation], staying: list[tuple[str, Clause]]) -> list[Operation]:
    """Wishes for something to stay that the operations would break: only a larger pack could do both."""
    return [
        Operation("freeform", {"keep": clause.original}, clause.original)
        for thing, clause in staying
        if any(rules_keep.breaks(operation.ability, thing) for operation in operations)
    ][:1]


def _longest(whole: Clause, ahead: list[Clause]) -> tuple[list[Operation] | None, int]:
    """Operations of the next clause, or of the next ones read as one: ``有水印，去掉它`` is one wish with a comma.

    A clause that stands by itself is read by itself, unless the one after it does not stand by itself.
    """
    alone = _read(ahead[0])
    vague = alone is None or not all(map(_acts, alone))
    if not vague and (len(ahead) == 1 or _read(ahead[1]) is not None):
        return alone, 1
    for count in range(2, len(ahead) + 1):
        joined = whole.join(ahead[:count])
        found = _sure(joined) if alone is not None and vague else _read(joined)
        if found is not None and not any(one.ability == OBJECT_REMOVE and not _acts(one) for one in found):
            return found, count
    return alone, 1


def _acts(operation: Operation) -> bool:
    """Whether a small pack could carry it out; a thing that no detector knows can only be pointed at."""
    unknown = operation.ability == OBJECT_REMOVE and operation.slots.get("noun") is None
    return operation.ability in ABILITIES and not unknown


def _clauses(whole: Clause) -> Iterator[Clause]:
    """Cut at punctuation; a piece with nothing but fillers is dropped, but ``去掉它`` says what to do."""
    at = 0
    for cut in [*_HARD.finditer(whole.text), None]:
        piece = whole.part(at, cut.start() if cut else len(whole.text))
        if piece.text and (not Reader(piece).done or rules_text.DELETE.search(piece.text)):
            yield piece
        at = cut.end() if cut else at


def _read(clause: Clause) -> list[Operation] | None:
    """Operations of one clause. Parts that are sure by themselves come before the whole read loosely."""
    if len(clause.text) > _CLAUSE or _ORDERS.search(clause.text):
        return None
    renamed = rules_compose.replace_logo(clause) or rules_ink.recolour(clause) or rules_text.replace(clause)
    if renamed is not None:
        return [renamed]
    found = _parts(clause, _SOFT) or _sure(clause) or _parts(clause, _BEGINS)
    if found is not None:
        return found
    for rule in RULES[_BEYOND:]:
        loose = rule(clause)
        if loose is not None:
            return [loose]
    return None


def _parts(clause: Clause, border: re.Pattern[str]) -> list[Operation] | None:
    """The clause cut at borders into pieces that are all sure; the first such cuts count."""
    cuts = list(border.finditer(clause.text))[:_CUTS]
    known: dict[int, list[Operation] | None] = {len(cuts): None}
    for index in range(len(cuts) - 1, -1, -1):
        known[index] = _from(clause, cuts, index, known)
    return _from(clause, cuts, -1, known) if cuts else None


def _from(
    clause: Clause, cuts: list[re.Match[str]], begin: int, known: dict[int, list[Operation] | None]
) -> list[Operation] | None:
    """Operations of the pieces after cut number ``begin``, at least two of them unless it is the last cut."""
    start = cuts[begin].end() if begin >= 0 else 0
    for index in range(begin + 1, len(cuts)):
        left, right = clause.part(start, cuts[index].start()), clause.part(cuts[index].end(), len(clause.text))
        if not left.text or not right.text:
            continue
        second = known.get(index) or _sure(right)
        first = _sure(left) or (_sure(_with_last_verb(left, right)) if second else None)
        shares = first and cuts[index].group().strip() != "with"
        second = second or (_sure(_with_verb(left, right)) if shares else None)
        if first and second:
            return [*first, *second]
    return None


def _with_last_verb(left: Clause, right: Clause) -> Clause:
    """The left side with the right one's verb at its end: ``把人和车去掉`` is twice ``去掉``."""
    verb = _LAST_VERB.search(right.text)
    if verb is None:
        return left
    return Clause(left.text + verb.group(), left.raw + verb.group(), left.masked)


def _with_verb(left: Clause, right: Clause) -> Clause:
    """The right side with the left one's verb: ``加白边和热卖角标`` is twice ``加``."""
    verb = _VERB.search(left.text)
    word = f"{verb.group()} " if verb else ""
    return Clause(word + right.text, word + right.raw, right.masked)


def _sure(clause: Clause) -> list[Operation] | None:
    for rule in _SURE:
        found = rule(clause)
        if found is not None:
            return [found]
    return None


_SHARPEN: Final = re.compile("锐|sharp")
"""A word for sharpening itself; ``要清晰`` beside an enlargement says how it should come out."""


def _merged(operations: list[Operation]) -> tuple[Operation, ...]:
    """Neighbouring tone wishes are one edit, and a wish that is said twice is one wish.

    ``调亮一点,暖色调`` is not done twice over, nor is ``太暗了，亮一点``; ``抠出来换成白底`` is one new background.
    """
    out: list[Operation] = []
    for operation in operations:
        last = out[-1] if out else None
        slots = None if last is None else _together(last, operation)
        if last is not None and (last.ability, last.slots) == (operation.ability, operation.slots):
            continue
        if last is not None and last.ability == "background.cutout" and operation.ability.startswith("background."):
            out.pop()
            last = None
        if (
            last is not None
            and last.ability == "image.upscale"
            and set(operation.slots) == {"sharpness"}
            and not _SHARPEN.search(operation.clause)
        ):
            continue
        if last is None or slots is None:
            out.append(operation)
        else:
            out[-1] = Operation("tone.adjust", slots, f"{last.clause}, {operation.clause}")
    return tuple(out)


def _together(one: Operation, other: Operation) -> dict[str, Slot] | None:
    """The slots of two tone operations as one, None if they are none or contradict each other."""
    if not one.ability == other.ability == "tone.adjust":
        return None
    slots = dict(one.slots)
    for name, value in other.slots.items():
        had = slots.get(name)
        if isinstance(had, int) and isinstance(value, int) and had * value > 0:
            slots[name] = max(had, value, key=abs)
        elif had is None:
            slots[name] = value
        elif had != value:
            return None
    return slots


def _not_understood(sentence: str, language: str, operations: tuple[Operation, ...], clause: Clause) -> Instruction:
    """The problem and up to three sentences that would be understood, nearest first."""
    read = len(clause.text) <= _CLAUSE and len(sentence) <= LONGEST and not clause.is_question
    return Instruction(
        sentence, language, operations, problem="not_understood", problem_clause=clause.original or sentence[:80],
        candidates=candidates(clause, language, lambda part: read and bool(_sure(part))),
    )  # fmt: skip
