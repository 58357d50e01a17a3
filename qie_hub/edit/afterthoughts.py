"""What a clause says of the wish before it: its place, its colour, which one of several was meant.

Example::

    further(operation, clause)     # bottom left: the place of the words of the clause before
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import selectors, slots
from qie_hub.edit.clause import Clause, Reader
from qie_hub.edit.quotes import HOLE
from qie_hub.edit.rules_text import PLACE
from qie_hub.edit.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

_THERE: Final = words(
    "就是?在? 是 那一?[个只位把条辆] 这一?[个只位把条辆] 在 站 坐 的",
    "(he|she|it|that|they|the_one|this|is|are|'s|'re|one|standing|sitting|on|in|at|the|side)",
)


def _where(operation: Operation, clause: Clause) -> Operation | None:
    """``he's on the left``: which one was meant."""
    which, reader = selectors.which(clause.text), Reader(clause)
    for pattern in (selectors.WORDS, _THERE, re.compile("'s|'re")):
        reader.drop(pattern)
    if which is None or not reader.done or operation.slots.get("which") is not None or operation.slots.get("all"):
        return None
    return Operation(operation.ability, {**operation.slots, "which": which}, f"{operation.clause}, {clause.original}")


_PLACED: Final = {
    "text.add": "color", "badge.add": "color", "logo.add": None, "image.compose": None, "border.add": None,
}  # fmt: skip
_THE_ONE: Final = re.compile(r"^(?:it's |that's |that is )?the one (?:of|with|from|where|i|that|in which)\b.{1,40}$")
"""Says which further picture is meant."""
_FURTHER: Final = words(
    "要 用 的 在 放 颜色 色 字 角 位置 处 就 写 大字",
    "in at on the corner colou?r letters text it please should be make put place set and",
)


def _inked(operation: Operation, clause: Clause) -> Operation | None:
    """``用红色的``, ``and in red``: the colour of the words that were exchanged before."""
    colour, reader = slots.colour(clause.text), Reader(clause)
    for pattern in (*slots.COLOUR_WORDS, _FURTHER):
        reader.drop(pattern)
    if colour is None or not reader.done or clause.quoted or operation.slots.get("colour") is not None:
        return None
    return Operation(operation.ability, {**operation.slots, "colour": colour}, f"{operation.clause}, {clause.original}")


def further(operation: Operation, clause: Clause) -> Operation | None:
    """What a clause with nothing but a place or a colour says of the words before it; None if it is none of these."""
    if operation.ability == "object.remove":
        return _where(operation, clause)
    if operation.ability == "text.replace":
        return _inked(operation, clause)
    if operation.ability in ("background.picture", "image.compose", "logo.add") and _THE_ONE.match(clause.text):
        return operation
    if operation.ability not in ("text.add", "badge.add", "logo.add", "image.compose") or clause.quoted:
        return None
    reader = Reader(clause)
    place, colour = slots.position(clause.text), slots.colour(clause.text)
    for pattern in (PLACE, *slots.COLOUR_WORDS, _FURTHER, re.compile(HOLE)):
        reader.drop(pattern)
    named = _PLACED[operation.ability]
    free = (place is None or operation.slots.get("position") is None) and (
        colour is None or (named is not None and operation.slots.get(named) is None)
    )
    if not reader.done or not free or (place is None and colour is None):
        return None
    taken: dict[str, Slot] = dict(operation.slots)
    if place is not None:
        taken["position"] = place
    if colour is not None and named is not None:
        taken[named] = colour
    return Operation(operation.ability, taken, f"{operation.clause}, {clause.original}")
