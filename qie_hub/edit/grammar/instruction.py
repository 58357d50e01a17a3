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
from collections.abc import Callable
from typing import Final, TypeAlias

from qie_hub.edit.grammar import (
    afterthoughts,
    anaphora,
    asides,
    chatter,
    faults,
    recasting,
    rules_background,
    rules_beyond,
    rules_caption,
    rules_compose,
    rules_cutout,
    rules_ink,
    rules_keep,
    rules_logo,
    rules_look,
    rules_object,
    rules_replace,
    rules_shop,
    rules_size,
    rules_text,
    rules_watermark,
    smalltalk,
    trimming,
)
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.cutting import BEGINS, SOFT, clauses_of, with_last_verb, with_verb
from qie_hub.edit.grammar.merging import merged
from qie_hub.edit.grammar.quotes import mask
from qie_hub.edit.grammar.suggest import candidates
from qie_hub.edit.lite.abilities import ABILITIES, OBJECT_REMOVE, TONE_ADJUST
from qie_hub.formats.operation import Instruction, Operation

Rule: TypeAlias = Callable[[Clause], Operation | None]

LONGEST: Final = 2000
"""Characters that are read; a longer sentence is not an instruction but a text."""

RULES: Final[tuple[Rule, ...]] = (
    rules_logo.replace_logo, rules_ink.recolour, rules_replace.replace, rules_watermark.watermark,
    rules_compose.picture, rules_compose.compose, rules_logo.add_logo, rules_shop.badge, rules_text.delete,
    rules_caption.add, rules_cutout.cutout, rules_background.blur, rules_background.plain, rules_object.erase,
    rules_object.remove, rules_shop.border, rules_size.resize, rules_size.upscale, rules_look.adjust,
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

_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def understand(sentence: str) -> Instruction:
    """Turn a sentence into operations, in the order in which they are asked for."""
    language = "zh" if _CHINESE.search(sentence) else "en"
    masked = trimming.tidied(chatter.spelled(mask(sentence[:LONGEST])))
    whole = Clause(masked.text, masked.raw, masked)
    clauses = list(clauses_of(whole)) if len(sentence) <= LONGEST else []
    if len(sentence) > LONGEST or len(clauses) > _CLAUSES:
        return _not_understood(sentence, language, (), whole.part(0, 80))
    if any(map(smalltalk.retracts, clauses)):
        return _not_understood(sentence, language, (), whole)
    found = _understood(sentence, language, whole, clauses)
    if found.problem is None and all(map(_acts, found.operations)):
        return found
    named = anaphora.pointed(clauses)
    again = None if named is None else _understood(sentence, language, whole, named)
    return again if again is not None and again.problem is None and all(map(_acts, again.operations)) else found


def _understood(sentence: str, language: str, whole: Clause, clauses: list[Clause]) -> Instruction:
    """The operations of the clauses, in their order."""
    staying = [
        (thing, clause)
        for before, clause in zip([None, *clauses], clauses, strict=False)
        if (thing := rules_keep.stays(before, clause)) is not None
    ]
    clauses = [clause for clause in clauses if all(clause is not one for _, one in staying)]
    operations: list[Operation] = []
    at = 0
    while at < len(clauses):
        if operations and (inked := afterthoughts.inked(operations[-1], clauses[at])) is not None:
            operations[-1] = inked
            at += 1
            continue
        if operations and afterthoughts.repeats(operations[-1], clauses[at]):
            at += 1
            continue
        found, used = _longest(whole, clauses[at : at + _JOINED])
        if operations and operations[-1].ability not in ABILITIES and afterthoughts.describes(clauses[at]):
            found = None
        if found is None and operations and (more := _continued(operations[-1], clauses[at])) is not None:
            operations[-1], found, used = more, [], 1
        if found is None and _says_nothing(clauses[at : at + _JOINED], operations):
            found, used = [], 1
        if found is None:
            return _not_understood(sentence, language, tuple(operations), clauses[at])
        operations.extend(found)
        at += used
    if not operations:
        return _not_understood(sentence, language, (), whole)
    return Instruction(sentence, language, (*merged(operations), *rules_keep.broken(operations, staying)))


def _continued(operation: Operation, clause: Clause) -> Operation | None:
    """The operation with what a further clause says of it: its place, or words that describe a larger pack's work."""
    if (more := afterthoughts.further(operation, clause)) is not None:
        return more
    if operation.ability in ABILITIES or clause.quoted or _ORDERS.search(clause.text):
        return None
    if not afterthoughts.describes(clause) and smalltalk.wishes(clause):
        return None
    return Operation(operation.ability, operation.slots, f"{operation.clause}, {clause.original}")


def _says_nothing(ahead: list[Clause], done: list[Operation]) -> bool:
    """Whether a clause is talk. A fault that is found after sure wishes is one more wish, unless it is their reason."""
    clause = ahead[0]
    if _ORDERS.search(clause.text):
        return False
    if done and rules_look.says_nothing(clause):
        return True
    if done and all(map(_acts, done)) and faults.finds_fault(clause, words=done[-1].ability.startswith("text.")):
        return done[-1].ability == TONE_ADJUST and faults.about_light(clause)
    return smalltalk.silent(clause) or _blames(ahead)


def _longest(whole: Clause, ahead: list[Clause]) -> tuple[list[Operation] | None, int]:
    """Operations of the next clause, or of the next ones read as one: ``有水印，去掉它`` is one wish with a comma.

    A clause that stands by itself is read by itself, unless the one after it does not stand by itself. Talk before a
    wish stays talk unless both together are a wish that is sure.
    """
    alone = _read(ahead[0])
    vague = alone is None or not all(map(_acts, alone))
    if not vague and (len(ahead) == 1 or _stands(alone, ahead[1])):
        return alone, 1
    sure = _joined(whole, ahead, _sure if alone is not None and vague else _sure_parts)
    if sure is not None:
        return sure
    if vague and (_only_talks(ahead[0], alone) or _blames(ahead)):
        return None, 1
    if alone is None and not (smalltalk.silent(ahead[0]) and len(ahead) > 1 and _read(ahead[1]) is not None):
        return (None if len(ahead) > 1 and _sure_parts(ahead[1]) else _joined(whole, ahead, _read)) or (None, 1)
    return alone, 1


def _only_talks(clause: Clause, loose: list[Operation] | None) -> bool:
    """Whether a clause is known talk, or a statement in which only the loosest rules see a wish: ``I want folks to call``."""
    if _ORDERS.search(clause.text):
        return False
    if smalltalk.surely_silent(clause):
        return True
    caught = loose is not None and all(one.ability in _CATCHING for one in loose)
    return caught and not clause.quoted and asides.tells(clause.text)


_CATCHING: Final = ("object.add", "object.replace", OBJECT_REMOVE)
"""What any noun beside any verb may be taken for."""


def _stands(found: list[Operation] | None, after: Clause) -> bool:
    """Whether the clause after a wish is none of its words: a wish itself, talk, or what is said further of it."""
    further = found is not None and afterthoughts.further(found[-1], after) is not None
    again = found is not None and afterthoughts.repeats(found[-1], after)
    return further or again or smalltalk.silent(after) or _read(after) is not None


def _blames(ahead: list[Clause]) -> bool:
    """Whether a clause gives the reason for the sure wish after it."""
    after = _read(ahead[1]) if len(ahead) > 1 and faults.complains(ahead[0]) else None
    return after is not None


def _joined(
    whole: Clause, ahead: list[Clause], read: Callable[[Clause], list[Operation] | None]
) -> tuple[list[Operation], int] | None:
    """The fewest clauses that are a wish together, without pointing at things that no detector knows."""
    for count in range(2, len(ahead) + 1):
        found = read(trimming.plain(whole.join(ahead[:count])))
        if found is not None and not any(one.ability == OBJECT_REMOVE and not _acts(one) for one in found):
            return found, count
    return None


def _acts(operation: Operation) -> bool:
    """Whether a small pack could carry it out; a thing that no detector knows can only be pointed at."""
    unknown = operation.ability == OBJECT_REMOVE and operation.slots.get("noun") is None
    return operation.ability in ABILITIES and not unknown


def _read(clause: Clause) -> list[Operation] | None:
    """Operations of one clause. Parts that are sure by themselves come before the whole read loosely."""
    if len(clause.text) > _CLAUSE or _ORDERS.search(clause.text):
        return None
    found = _sure_parts(clause)
    for less in (*trimming.shorter(clause), *recasting.recast(clause)):
        found = found or _sure_parts(less)
    for less in trimming.shorter(clause) if found is None else ():
        for other in recasting.recast(less):
            found = found or _sure_parts(other)
    found = found or _loose_parts(clause) or _loose(clause)
    for other in recasting.recast(clause) if found is None else ():
        found = found or _loose(other)
    return found


def _loose(clause: Clause) -> list[Operation] | None:
    """The wish for a larger pack that a clause is."""
    return next(([found] for rule in RULES[_BEYOND:] if (found := rule(clause)) is not None), None)


def _loose_parts(clause: Clause) -> list[Operation] | None:
    """A wish for a larger pack and a sure one beside it: ``add some steam and make the picture warmer``."""
    if _loose(clause) is None and not clause.quoted:
        return None
    for cut in list(SOFT.finditer(clause.text))[:_CUTS]:
        sides = clause.part(0, cut.start()), clause.part(cut.end(), len(clause.text))
        sure = [_sure_parts(side) if side.text else None for side in sides]
        first, second = sure[0] or _loose(sides[0]), sure[1] or _loose(sides[1])
        if any(sure) and first and second:
            return [*first, *second]
    return None


def _sure_parts(clause: Clause) -> list[Operation] | None:
    """Operations of a clause that is sure as a whole or in parts."""
    renamed = rules_logo.replace_logo(clause) or rules_ink.recolour(clause) or rules_replace.replace(clause)
    if renamed is not None:
        return (None if clause.quoted else _parts(clause, SOFT)) or [renamed]
    return _parts(clause, SOFT) or _sure(clause) or _parts(clause, BEGINS)


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
        first = _sure(left) or (_sure(with_last_verb(left, right)) if second else None)
        shares = first and cuts[index].group().strip() != "with"
        second = second or (_sure(with_verb(left, right)) if shares else None)
        if first and second:
            return [*first, *second]
        if first and (more := afterthoughts.further(first[-1], right)) is not None:
            return [*first[:-1], more]
    return None


def _sure(clause: Clause) -> list[Operation] | None:
    """The one operation of a clause, as it was said or recast as an order."""
    for one in (clause, *recasting.recast(clause)):
        for rule in _SURE:
            if (found := rule(one)) is not None:
                return [found]
    return None


def _not_understood(sentence: str, language: str, operations: tuple[Operation, ...], clause: Clause) -> Instruction:
    """The problem and up to three sentences that would be understood, nearest first."""
    read = len(clause.text) <= _CLAUSE and len(sentence) <= LONGEST and not clause.is_question
    return Instruction(
        sentence, language, operations, problem="not_understood", problem_clause=clause.original or sentence[:80],
        candidates=candidates(clause, language, lambda part: read and bool(_sure(part))),
    )  # fmt: skip
