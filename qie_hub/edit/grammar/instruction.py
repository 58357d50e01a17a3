"""From a sentence to typed operations, in Chinese and English.

Pure: no model, no picture, no state; it never raises for what a person may type. A sentence is cut into clauses; each
clause is given to the rules in order. A rule that acts has to account for every word of its clause (see `clause`), so
a wish that is only half known is not half done: it becomes ``not_understood`` with up to three sentences that would
be. Wishes that need a generative model are recognised as such, and the pack's abilities decide.

Example::

    understand("加白底边框并统一添加双十一角标").abilities     # {"border.add", "badge.add"}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qie_hub.edit.grammar import (
    afterthoughts,
    anaphora,
    asides,
    chatter,
    faults,
    rules_keep,
    rules_look,
    smalltalk,
    trimming,
)  # fmt: skip
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.cutting import clauses_of
from qie_hub.edit.grammar.merging import merged
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import mask
from qie_hub.edit.grammar.reading import CLAUSE, ORDERS, acts, read, sure_of, sure_parts
from qie_hub.edit.grammar.suggest import candidates
from qie_hub.edit.lite.abilities import ABILITIES, OBJECT_ERASE, OBJECT_REMOVE, TONE_ADJUST
from qie_hub.formats.operation import Instruction, Operation

LONGEST: Final = 2000
"""Characters that are read; a longer sentence is not an instruction but a text."""

_JOINED: Final = 3
"""Clauses that may be one wish."""

_CLAUSES: Final = 24
"""Clauses of one sentence."""

_CHINESE: Final = Pattern(r"[\u3400-\u9fff\uf900-\ufaff]")


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
    erases = len(clauses) > 1 and any(one.ability == OBJECT_ERASE for one in found.operations)
    if found.problem is None and all(map(acts, found.operations)) and not erases:
        return found
    named = anaphora.pointed(clauses)
    again = None if named is None else _understood(sentence, language, whole, named)
    sure = (
        again is not None and again.problem is None and (found.problem is not None or all(map(acts, again.operations)))
    )
    return again if again is not None and sure else found


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
        if operations and _adds_nothing(operations[-1], clauses[at], found):
            found = None
        if found is None and operations and (order := afterthoughts.elided(operations[-1], clauses[at])) is not None:
            found, used = sure_parts(order) or read(order), 1
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


def _grown(operation: Operation, clause: Clause) -> Operation | None:
    """The operation with what a further clause adds to it, both read as one wish."""
    both = afterthoughts.together(operation, clause)
    return None if both is None else afterthoughts.grown(operation, sure_parts(both))


def _continued(operation: Operation, clause: Clause) -> Operation | None:
    """The operation with what a further clause says of it: its place, or words that describe a larger pack's work."""
    more = _grown(operation, clause) or afterthoughts.further(operation, clause)
    if more is not None:
        return more
    if operation.ability in ABILITIES or clause.quoted or ORDERS.search(clause.text):
        return None
    if not afterthoughts.describes(clause) and smalltalk.wishes(clause):
        return None
    return Operation(operation.ability, operation.slots, f"{operation.clause}, {clause.original}")


def _says_nothing(ahead: list[Clause], done: list[Operation]) -> bool:
    """Whether a clause is talk. A fault that is found after sure wishes is one more wish, unless it is their reason."""
    clause = ahead[0]
    if ORDERS.search(clause.text):
        return False
    if done and rules_look.says_nothing(clause):
        return True
    if done and all(map(acts, done)) and faults.finds_fault(clause, words=done[-1].ability.startswith("text.")):
        return done[-1].ability == TONE_ADJUST and faults.about_light(clause)
    return smalltalk.silent(clause) or _blames(ahead)


def _longest(whole: Clause, ahead: list[Clause]) -> tuple[list[Operation] | None, int]:
    """Operations of the next clause, or of the next ones read as one: ``有水印，去掉它`` is one wish with a comma.

    A clause that stands by itself is read by itself, unless the one after it does not stand by itself. Talk before a
    wish stays talk unless both together are a wish that is sure.
    """
    alone = read(ahead[0])
    vague = alone is None or not all(map(acts, alone))
    if not vague and (len(ahead) == 1 or _stands(alone, ahead[1])):
        return alone, 1
    sure = _joined(whole, ahead, sure_of if alone is not None and vague else sure_parts)
    if sure is not None:
        return sure
    if vague and (_only_talks(ahead[0], alone) or _blames(ahead)):
        return None, 1
    if alone is None and not (smalltalk.silent(ahead[0]) and len(ahead) > 1 and read(ahead[1]) is not None):
        return (None if len(ahead) > 1 and sure_parts(ahead[1]) else _joined(whole, ahead, read)) or (None, 1)
    return alone, 1


def _only_talks(clause: Clause, loose: list[Operation] | None) -> bool:
    """Whether a clause is known talk, or a statement in which only the loosest rules see a wish."""
    if ORDERS.search(clause.text):
        return False
    if smalltalk.surely_silent(clause):
        return True
    caught = loose is not None and all(one.ability in _CATCHING for one in loose)
    return caught and not clause.quoted and asides.tells(clause.text)


def _adds_nothing(before: Operation, clause: Clause, found: list[Operation] | None) -> bool:
    """What describes a larger pack's work before it; ``底图太暗看不清`` beside a wish about words says why."""
    if before.ability not in ABILITIES and afterthoughts.describes(clause):
        return True
    loose = found is not None and all(one.ability == "background.replace" for one in found)
    return loose and before.ability.startswith("text.") and faults.complains(clause)


_CATCHING: Final = ("object.add", "object.replace", OBJECT_REMOVE)
"""What any noun beside any verb may be taken for."""


def _stands(found: list[Operation] | None, after: Clause) -> bool:
    """Whether the clause after a wish is none of its words: a wish itself, talk, or what is said further of it."""
    further = found is not None and afterthoughts.further(found[-1], after) is not None
    again = found is not None and afterthoughts.repeats(found[-1], after)
    return further or again or smalltalk.silent(after) or read(after) is not None


def _blames(ahead: list[Clause]) -> bool:
    """Whether a clause gives the reason for the sure wish after it."""
    after = read(ahead[1]) if len(ahead) > 1 and faults.complains(ahead[0]) else None
    return after is not None


def _joined(
    whole: Clause, ahead: list[Clause], read: Callable[[Clause], list[Operation] | None]
) -> tuple[list[Operation], int] | None:
    """The fewest clauses that are a wish together, without pointing at things that no detector knows."""
    for count in range(2, len(ahead) + 1):
        found = read(trimming.plain(whole.join(ahead[:count])))
        if found is not None and not any(one.ability == OBJECT_REMOVE and not acts(one) for one in found):
            return found, count
    return None


def _not_understood(sentence: str, language: str, operations: tuple[Operation, ...], clause: Clause) -> Instruction:
    """The problem and up to three sentences that would be understood, nearest first."""
    readable = len(clause.text) <= CLAUSE and len(sentence) <= LONGEST and not clause.is_question
    return Instruction(
        sentence, language, operations, problem="not_understood", problem_clause=clause.original or sentence[:80],
        candidates=candidates(clause, language, lambda part: readable and bool(sure_of(part))),
    )  # fmt: skip
