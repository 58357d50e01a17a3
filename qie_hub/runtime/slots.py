"""The scheduler's state: slots, askers and limits. Plain values, changed by the scheduler alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from qie_hub.errors import QieHubError
from qie_hub.runtime.policy import Need
from qie_hub.runtime.signals import PackKey, Purpose


class SlotState(StrEnum):
    """EMPTY -> LOADING -> WARMING -> READY -> DRAINING -> EMPTY; a failed load -> FAILED."""

    EMPTY = "empty"
    LOADING = "loading"
    WARMING = "warming"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"


RESIDENT: Final = frozenset({SlotState.LOADING, SlotState.WARMING, SlotState.READY, SlotState.DRAINING})
COMING: Final = frozenset({SlotState.LOADING, SlotState.WARMING})


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of the scheduler. Times in seconds.

    ``queue``: edits that may wait; ``rest_after`` / ``unload_after``: idleness; ``load_within``: the longest load;
    ``retry_after``: the first pause after a failed load, doubled up to ``retry_most``.
    """

    edits: int = 2
    queue: int = 64
    most_packs: int = 4
    rest_after: float = 300.0
    unload_after: float = 1800.0
    load_within: float = 300.0
    retry_after: float = 10.0
    retry_most: float = 600.0
    queue_retry_ms: int = 1000


@dataclass(slots=True)
class Slot:
    """One pack that was ever asked for."""

    key: PackKey
    need: Need
    state: SlotState = SlotState.EMPTY
    attempt: int = 0
    leases: set[int] = field(default_factory=set)
    since: float = 0.0
    used: float = 0.0
    held: int | None = None
    staged: bool = False
    resting: bool = False
    kept: bool = False
    retire: bool = False
    closing: bool = False
    alone: bool = False
    failures: int = 0
    error: QieHubError | None = None
    retry_at: float = 0.0
    recalled: QieHubError | None = None

    @property
    def bytes(self) -> int:
        """What the budget counts for it: its stated need, or what it was measured to hold if that is more."""
        return max(self.need.stage if self.staged else self.need.total, self.held or 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An asker without an answer."""

    id: int
    key: PackKey | None
    purpose: Purpose
    since: float
