"""Everything the verbs stand on, composed once by the hub.

A ``Site`` holds no state of its own: each piece of mutable state belongs to one room, and transport and profile are
made on first use because most verbs need neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qie_hub.store.store import Store

if TYPE_CHECKING:
    from qie_hub.clock import Clock
    from qie_hub.events import Sink
    from qie_hub.formats.device import DeviceProfile
    from qie_hub.ports import Transport


@dataclass(frozen=True, slots=True)
class Site:
    """One home, one clock, one way to the network.

    ``client`` is qie_hub's own version; ``origin`` the origin that was asked for by name, None for none; ``measure``
    adds this device's figures to a profile; ``pipelines`` gives kinds that can be run with their API version, None
    where that does not matter; ``resident`` the bytes that our own editors would give back.
    """

    store: Store
    clock: Clock
    transport: Callable[[], Transport]
    profile: Callable[[], DeviceProfile]
    client: str
    measure: Callable[[DeviceProfile, Sink], DeviceProfile]
    pipelines: Callable[[], Mapping[str, int] | None]
    resident: Callable[[], int]
    origin: str | None = None

    @property
    def home(self) -> Path:
        """The home's folder."""
        return self.store.layout.home
