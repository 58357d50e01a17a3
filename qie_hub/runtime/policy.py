"""How a pack gets into memory: beside the others, stage by stage, or instead of them. Pure.

Invariants:

* What is planned fits the budget once the plan's victims are gone; a busy pack is never a victim that must stop: it
  drains, and only when nothing else makes room.
* A kept pack is never a victim.

The order of ways, as long as memory allows:

========================  ==================================================================================
``make_before_break``     the new pack is loaded beside the others: no gap (idle packs may go first)
``stage_swap``            only its largest stage fits beside the others: loaded so that stages take turns: no gap
``break_before_make``     the others drain and go first; requests wait
``never``                 not even alone, stage by stage
========================  ==================================================================================

Example::

    choose(Need(total=3 << 30, stage=1 << 30), [Resident("a", 200 << 20)], budget=2 << 30)
    # Plan(way=<Way.STAGE_SWAP>, victims=(), staged=True)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qie_hub.formats.manifest import Requirements


class Way(StrEnum):
    """See the module's head."""

    BESIDE = "make_before_break"
    STAGES = "stage_swap"
    INSTEAD = "break_before_make"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a pack needs: ``total`` with every stage resident, ``stage`` for its largest one alone."""

    total: int = 0
    stage: int = 0

    @classmethod
    def of(cls, requirements: Requirements) -> Need:
        """Read a variant's requirements, whose figures are cumulative: each stage with all before it."""
        from qie_hub.formats.manifest import STAGES

        steps = [requirements.memory[stage] for stage in STAGES if stage in requirements.memory]
        alone = [later - earlier for earlier, later in pairwise([0, *steps])]
        total = requirements.peak_memory
        return cls(total, min(total, max(alone, default=total)))


@dataclass(frozen=True, slots=True)
class Resident:
    """A pack in memory. ``leaving``: it already drains for another's sake; ``idle`` seconds since its last edit."""

    key: Hashable
    bytes: int
    busy: bool = False
    kept: bool = False
    leaving: bool = False
    serving: bool = False
    idle: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``victims`` go first, in this order; ``staged``: stages take turns in memory."""

    way: Way
    victims: tuple[Hashable, ...] = ()
    staged: bool = False


def choose(
    need: Need, residents: Sequence[Resident], budget: int | None, *, most: int = 4, alone: bool = False
) -> Plan:
    """Choose the way in for a pack.

    Args:
        need: of the pack.
        residents: the packs in memory now.
        budget: bytes that all packs together may hold; None where nobody knows, then everything fits.
        most: how many packs may be in memory at once.
        alone: everything else must go (the last try ran out of memory).
    """
    idle = [item for item in _order(residents) if not item.busy and not item.kept and not item.serving]
    every = [item for item in _order(residents) if not item.kept]
    if not alone:
        for size, way, staged in ((need.total, Way.BESIDE, False), (need.stage, Way.STAGES, True)):
            victims = _make_room(size, residents, idle, budget, most)
            if victims is not None:
                return Plan(way, victims, staged)
    for size, staged in ((need.total, False), (need.stage, True)):
        victims = tuple(item.key for item in every) if alone else _make_room(size, residents, every, budget, most)
        left = [item for item in residents if victims is not None and item.key not in victims]
        if victims is not None and _fits(size, left, budget, most):
            return Plan(Way.INSTEAD, victims, staged)
    return Plan(Way.NEVER)


def excess(residents: Sequence[Resident], budget: int | None) -> tuple[Hashable, ...]:
    """The idle packs that should go because the budget shrank; busy, kept and serving ones stay."""
    gone: list[Hashable] = []
    held = sum(item.bytes for item in residents)
    for item in _order(residents):
        if budget is None or held <= budget:
            break
        if not item.busy and not item.kept and not item.serving:
            gone.append(item.key)
            held -= item.bytes
    return tuple(gone)


def _order(residents: Sequence[Resident]) -> list[Resident]:
    """The best victim first: one that leaves anyway, then idle before busy, others before the serving one."""
    return sorted(residents, key=lambda item: (not item.leaving, item.busy, item.serving, -item.idle, str(item.key)))


def _make_room(
    size: int, residents: Sequence[Resident], candidates: Sequence[Resident], budget: int | None, most: int
) -> tuple[Hashable, ...] | None:
    """The fewest of ``candidates``, in order, without which ``size`` fits; None if even all are not enough."""
    left = list(residents)
    victims: list[Hashable] = []
    for item in candidates:
        if _fits(size, left, budget, most):
            break
        left.remove(item)
        victims.append(item.key)
    return tuple(victims) if _fits(size, left, budget, most) else None


def _fits(size: int, residents: Sequence[Resident], budget: int | None, most: int) -> bool:
    if len(residents) >= most:
        return False
    return budget is None or sum(item.bytes for item in residents) + size <= budget
