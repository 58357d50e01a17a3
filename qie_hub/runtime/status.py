"""The host's state as a value: for ``qie-hub ps``, for apps, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from qie_hub.runtime.slots import RESIDENT

if TYPE_CHECKING:
    from qie_hub.runtime.scheduler import Scheduler
    from qie_hub.runtime.sessions import PackSessions
    from qie_hub.runtime.signals import PackKey
    from qie_hub.runtime.slots import Slot


@dataclass(frozen=True, slots=True)
class PackStatus:
    """One pack. Bytes and seconds; ``error`` is the last failure's code, ``retry_seconds`` until the next try.

    ``bytes`` is what the budget counts for it. ``held`` is the anonymous memory that it was measured to take when it
    was loaded, ``memory`` by open stage the proportional memory (with mapped weights); None where other work went on.
    """

    pack: str
    generation: int
    variant: str
    state: str
    serving: bool
    kept: bool
    staged: bool
    leases: int
    bytes: int
    held: int | None
    memory: Mapping[str, int | None]
    graphs: tuple[str, ...]
    idle_seconds: float | None
    error: str | None
    retry_seconds: float | None


@dataclass(frozen=True, slots=True)
class HostState:
    """The whole host. ``budget`` is what all packs together may hold, None where unknown."""

    packs: tuple[PackStatus, ...]
    running: int
    waiting: int
    edits: int
    budget: int | None
    swaps: int
    rollbacks: int
    closed: bool

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return asdict(self)

    @property
    def serving(self) -> PackStatus | None:
        """The pack that serves."""
        return next((pack for pack in self.packs if pack.serving), None)


def read_state(scheduler: Scheduler, open_packs: Mapping[PackKey, PackSessions], now: float) -> HostState:
    """Take the look; the caller holds the scheduler still."""
    slots = sorted(scheduler.slots.values(), key=lambda slot: str(slot.key))
    return HostState(
        packs=tuple(_pack(slot, scheduler.serving, open_packs.get(slot.key), now) for slot in slots),
        running=scheduler.running,
        waiting=len(scheduler.queue),
        edits=scheduler.edits,
        budget=scheduler.budget,
        swaps=scheduler.swaps,
        rollbacks=scheduler.rollbacks,
        closed=scheduler.closed,
    )


def _pack(slot: Slot, serving: PackKey | None, pack: PackSessions | None, now: float) -> PackStatus:
    resident = slot.state in RESIDENT
    return PackStatus(
        pack=str(slot.key.ref),
        generation=slot.key.generation,
        variant=slot.key.variant,
        state=str(slot.state),
        serving=slot.key == serving,
        kept=slot.kept,
        staged=slot.staged and resident,
        leases=len(slot.leases),
        bytes=slot.bytes if resident else 0,
        held=slot.held if resident else None,
        memory={} if pack is None else dict(pack.memory),
        graphs=() if pack is None else pack.loaded,
        idle_seconds=now - slot.used if resident and not slot.leases else None,
        error=None if slot.error is None else slot.error.code,
        retry_seconds=max(0.0, slot.retry_at - now) if slot.error is not None else None,
    )
