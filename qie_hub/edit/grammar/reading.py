"""From one clause to operations: the rules in their order, the clause as it was said, in parts, shortened and recast.

Pure. Invariant: parts that are sure by themselves come before the whole read loosely; a rule that acts has accounted
for every word (see `clause`).

Example::

    read(clause)            # 去水印再调亮一点: watermark.remove, tone.adjust
    sure_parts(clause)      # the same, None where only a larger pack could do it
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from qie_hub.edit.grammar import (
    afterthoughts,
    guard,
    recasting,
    rules_background,
    rules_beyond,
    rules_caption,
    rules_compose,
    rules_cutout,
    rules_ink,
    rules_logo,
    rules_look,
    rules_object,
    rules_replace,
    rules_shop,
    rules_size,
    rules_staged,
    rules_text,
    rules_watermark,
    things,
    trimming,
)  # fmt: skip
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.cutting import BEGINS, SOFT, with_last_verb, with_verb
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.lite.abilities import ABILITIES, OBJECT_REMOVE
from qie_hub.formats.operation import Operation

Rule: TypeAlias = Callable[[Clause], Operation | None]

RULES: Final[tuple[Rule, ...]] = (
    rules_logo.replace_logo, rules_ink.recolour, rules_replace.replace, rules_watermark.watermark,
    rules_compose.picture, rules_compose.compose, rules_logo.add_logo, rules_shop.badge, rules_text.delete,
    rules_caption.add, rules_cutout.cutout, rules_background.blur, rules_background.plain, rules_staged.staged,
    rules_object.erase, rules_object.remove, rules_shop.border, rules_size.resize, rules_size.upscale,
    rules_look.adjust, *rules_beyond.RULES,
)  # fmt: skip
"""Acting rules first, in the order in which the more exact one comes before the more general one."""

_RENAMING: Final[tuple[Rule, ...]] = (rules_logo.replace_logo, rules_ink.recolour, rules_replace.replace)

_BEYOND: Final = len(RULES) - len(rules_beyond.RULES)
_SURE: Final[tuple[Rule, ...]] = RULES[:_BEYOND]
CLAUSE: Final = 160
"""Characters of a clause, a quoted string counting as one; a longer one is prose, and is not searched for wishes."""

_CUTS: Final = 8
"""Places at which a clause is tried to be two."""

ORDERS: Final = Pattern(r"\b(?:instructions?|system prompt|jailbreak)\b|(?:指令|提示词|系统提示)")
"""Words of somebody who talks to a language model; there is none here to be talked to."""


def acts(operation: Operation) -> bool:
    """Whether a small pack could carry it out; a thing that no detector knows can only be pointed at."""
    unknown = operation.ability == OBJECT_REMOVE and operation.slots.get("noun") is None
    return operation.ability in ABILITIES and not unknown


def read(clause: Clause) -> list[Operation] | None:
    """Operations of one clause. Parts that are sure by themselves come before the whole read loosely."""
    if len(clause.text) > CLAUSE or ORDERS.search(clause.text):
        return None
    found = sure_parts(clause)
    for less in (*trimming.shorter(clause), *recasting.recast(clause)):
        found = found or sure_parts(less)
    for less in trimming.shorter(clause) if found is None else ():
        for other in recasting.recast(less):
            found = found or sure_parts(other)
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
        sure = [sure_parts(side) if side.text else None for side in sides]
        first, second = sure[0] or _loose(sides[0]), sure[1] or _loose(sides[1])
        if any(sure) and first and second:
            return [*first, *second]
    return None


def sure_parts(clause: Clause) -> list[Operation] | None:
    """Operations of a clause that is sure as a whole or in parts."""
    renamed = next((one for rule in _RENAMING if (one := guard.checked(clause, rule(clause))) is not None), None)
    if renamed is not None:
        return (None if clause.quoted else _parts(clause, SOFT)) or [renamed]
    return _parts(clause, SOFT) or sure_of(clause) or _parts(clause, BEGINS)


def _parts(clause: Clause, border: Pattern) -> list[Operation] | None:
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
        second = known.get(index) or sure_of(right)
        first = sure_of(left) or (sure_of(with_last_verb(left, right)) if second else None)
        shares = first and cuts[index].group().strip() != "with" and not things.BUT.search(left.text)
        second = second or (sure_of(with_verb(left, right)) if shares else None)
        if first and second:
            return [*first, *second]
        if first and (more := afterthoughts.further(first[-1], right)) is not None:
            return [*first[:-1], more]
    return None


def sure_of(clause: Clause) -> list[Operation] | None:
    """The one operation of a clause, as it was said or recast as an order."""
    for one in (clause, *recasting.recast(clause)):
        for rule in _SURE:
            if (found := rule(one)) is not None:
                checked = guard.checked(one, found)
                return None if checked is None else [checked]
    return None
