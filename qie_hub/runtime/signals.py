"""What goes into the scheduler (events) and what comes out (effects). Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from qie_hub.errors import QieHubError
from qie_hub.packref import PackRef
from qie_hub.runtime.policy import Need


@dataclass(frozen=True, slots=True)
class PackKey:
    """One loadable thing: a generation's variant, with the generations of components that are opened beside it.

    A component that is installed later makes another key, so the pack is loaded anew with it.
    """

    ref: PackRef
    generation: int
    variant: str
    components: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.ref}#{self.generation}/{self.variant}"


class Purpose(StrEnum):
    """Why somebody asks for a pack: to edit once, to make it the serving one, or to have it ready."""

    EDIT = "edit"
    SWAP = "swap"
    PREFETCH = "prefetch"


# -- events -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants a pack; ``key`` None means whichever serves when the turn comes."""

    id: int
    key: PackKey | None
    purpose: Purpose
    need: Need = field(default_factory=Need)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The asker of ``id`` does not wait any longer."""

    id: int


@dataclass(frozen=True, slots=True)
class Returned:
    """The lease of ``id`` ended."""

    id: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The try is open in memory; warming begins."""

    key: PackKey
    attempt: int


@dataclass(frozen=True, slots=True)
class Warmed:
    """The try is warm and proved; ``held`` is what it was measured to hold in bytes, None where unknown."""

    key: PackKey
    attempt: int
    held: int | None = None


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The try failed and holds nothing any more."""

    key: PackKey
    attempt: int
    error: QieHubError


@dataclass(frozen=True, slots=True)
class Unloaded:
    """The pack's try is closed and its memory given back."""

    key: PackKey
    attempt: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that all packs together may hold now; None where nobody knows."""

    bytes: int | None


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many edits may run at once from now on, and which share of the time (permille) they may take."""

    edits: int
    share: int = 1000


@dataclass(frozen=True, slots=True)
class Keep:
    """Hold a pack in memory against idleness and eviction, or no longer."""

    key: PackKey
    kept: bool


@dataclass(frozen=True, slots=True)
class Recalled:
    """The pack may not run any more: revoked, or removed. Leases finish, new ones get ``error``."""

    key: PackKey
    error: QieHubError


@dataclass(frozen=True, slots=True)
class Fallback:
    """The pack of last resort: the smallest, on the CPU."""

    key: PackKey
    need: Need = field(default_factory=Need)


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Everything ends: no new leases; packs close as their leases end."""


Event: TypeAlias = (
    Asked | Withdrawn | Returned | Opened | Warmed | LoadFailed | Unloaded | Budget | Throttle | Keep
    | Recalled | Fallback | Tick | Closing
)  # fmt: skip


# -- effects ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """Open the pack and warm it up; answer with Opened and Warmed, or LoadFailed."""

    key: PackKey
    attempt: int
    staged: bool


@dataclass(frozen=True, slots=True)
class Unload:
    """Close the pack of that try; answer with Unloaded."""

    key: PackKey
    attempt: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """The try takes too long: stop it if that is possible; answer with LoadFailed whenever it ends."""

    key: PackKey
    attempt: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Give back what an idle pack can do without; it stays ready and opens again by itself."""

    key: PackKey


@dataclass(frozen=True, slots=True)
class Unstage:
    """There is room now: all stages of the pack may stay in memory."""

    key: PackKey


@dataclass(frozen=True, slots=True)
class Grant:
    """The asker of ``id`` has what it wanted: a lease for an edit, the fact for a swap or prefetch."""

    id: int
    key: PackKey


@dataclass(frozen=True, slots=True)
class Deny:
    """The asker of ``id`` gets this error."""

    id: int
    error: QieHubError


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that a person or an app should hear: a message key and its facts."""

    code: str
    key: PackKey
    error: QieHubError | None = None
    retry_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Closing is complete."""


Effect: TypeAlias = Load | Unload | Abandon | Rest | Unstage | Grant | Deny | Tell | Ended
