"""What a sentence asks for and where in the picture: the values between understanding and execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture."""

Slot: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One typed edit.

    ``ability`` is the word that a pack's manifest signs up to (``text.replace``, ``tone.adjust``, ...); ``slots``
    are its arguments; ``clause`` is the part of the sentence that it came from.
    """

    ability: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """A sentence, understood or not.

    ``problem`` is None when every clause was understood; ``not_understood`` when a clause matches nothing (then
    ``candidates`` holds up to three sentences that would be). A clause that is understood but that no small pack
    can do is an `Operation` with the ability that it needs (``background.replace``): the pack decides.
    """

    sentence: str
    language: str
    operations: tuple[Operation, ...]
    problem: str | None = None
    problem_clause: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def abilities(self) -> frozenset[str]:
        """Every ability that the sentence needs."""
        return frozenset(operation.ability for operation in self.operations)


@dataclass(frozen=True, slots=True)
class Region:
    """A place in the picture.

    ``polygon`` is four corners clockwise from top left, in pixels, when it is not
    upright; ``text`` what was read there; ``score`` 0..1000 (permille), None while unknown.
    """

    box: Box
    label: str
    text: str | None = None
    score: int | None = None
    polygon: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation with the regions that it would change; ``candidates`` are others it could have meant."""

    operation: Operation
    regions: tuple[Region, ...] = ()
    candidates: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class EditPlan:
    """What an edit would do, before anything runs."""

    instruction: Instruction
    operations: tuple[PlannedOperation, ...]

    def to_json(self) -> dict[str, object]:
        """Return the plan as plain JSON values."""
        return asdict(self)
