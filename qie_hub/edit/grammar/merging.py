"""Neighbouring operations that are one edit: said twice, described further, or what is wrong and what is wanted.

Example::

    merged([brighter, warmer])       # one tone.adjust
    merged([cut out, plain white])   # one background.plain
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.lite.abilities import ABILITIES
from qie_hub.formats.operation import Operation, Slot

_SHARPEN: Final = Pattern("锐|sharp")
"""A word for sharpening itself; ``要清晰`` beside an enlargement says how it should come out."""


def merged(operations: list[Operation]) -> tuple[Operation, ...]:
    """Neighbouring tone wishes are one edit, and a wish that is said twice is one wish.

    ``调亮一点,暖色调`` is not done twice over, nor is ``太暗了，亮一点``; ``抠出来换成白底`` is one new background.
    """
    out: list[Operation] = []
    for operation in operations:
        last = out[-1] if out else None
        slots = None if last is None else _together(last, operation)
        if last is not None and (last.ability, last.slots) == (operation.ability, operation.slots):
            continue
        if last is not None and _same_things(last, operation):
            continue
        if last is not None and (one := _one_wish(last, operation)) is not None:
            out[-1] = one
            continue
        if last is not None and last.ability == "background.plain" and operation.ability == "background.cutout":
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


def _same_things(one: Operation, other: Operation) -> bool:
    """``no seagulls, remove every bird``: all things of one class are to go, said twice."""
    if not one.ability == other.ability == "object.remove" or one.slots.get("noun") is None:
        return False
    return all(one.slots.get(name) == other.slots.get(name) for name in ("noun", "all", "which")) and (
        one.slots.get("all") is True and other.slots.get("trait") is None and one.slots.get("trait") is None
    )


_BLAME: Final = Pattern(r"偏|有点|发|太|看着|\b(?:is|looks?|feels?|was|too|'s|super|way|kinda|pretty)\b")


def _one_wish(one: Operation, other: Operation) -> Operation | None:
    """Two operations that are one: what is wrong and what is wanted, or a wish and what describes it further."""
    if one.ability != other.ability:
        return None
    clause = f"{one.clause}, {other.clause}"
    if one.ability not in ABILITIES and not (any(one.slots.values()) and any(other.slots.values())):
        return Operation(one.ability, {**one.slots, **other.slots}, clause)
    if one.ability == "image.resize" and (sides := _sides(one, other)) is not None:
        return Operation(one.ability, sides, clause)
    if one.ability == "image.upscale":
        factors = [value for each in (one, other) if isinstance(value := each.slots.get("factor"), int)]
        return Operation(one.ability, {**one.slots, "factor": max(factors)}, clause) if factors else None
    shared = [name for name, value in one.slots.items() if isinstance(value, int) and other.slots.get(name) == -value]
    if one.ability == "tone.adjust" and shared and _BLAME.search(one.clause):
        return Operation(one.ability, {**one.slots, **other.slots}, clause)
    if one.ability == "tone.adjust" and shared and _BLAME.search(other.clause):
        return Operation(one.ability, {**other.slots, **one.slots}, clause)
    return None


def _sides(one: Operation, other: Operation) -> dict[str, Slot] | None:
    """``宽度改成1080，高度改成720`` is one size, and so is ``square, 1000 by 1000``."""
    squares = [each for each in (one, other) if each.slots.get("square") and each.slots.get("width") is None]
    if len(squares) == 1:
        exact = other if squares[0] is one else one
        return {**exact.slots, "crop": bool(one.slots.get("crop") or other.slots.get("crop"))}
    taken = {name: one.slots.get(name) or other.slots.get(name) for name in ("width", "height")}
    halves = all((each.slots.get("width") is None) != (each.slots.get("height") is None) for each in (one, other))
    return {**one.slots, **taken} if halves and all(taken.values()) else None


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
