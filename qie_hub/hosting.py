"""What an editor needs around its host: the host itself, here or in a child process, its limits, and a notice of it.

Invariants:

* whether packs are loaded in this process or in a child is decided once, by the caller or by the setting ``worker``;
* other processes see what is loaded (``qie-hub ps``) from a thread of its own: no edit waits for a disk.

Example::

    host = host_for(hub, on_event, isolate=True)       # a Worker: a crash of a native kernel costs one edit
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from qie_hub.formats.notice import LoadedNote
from qie_hub.store.notices import Post
from qie_hub.store.store import Store

if TYPE_CHECKING:
    from qie_hub.events import Sink
    from qie_hub.formats.speed import Figures
    from qie_hub.hub import Hub
    from qie_hub.packref import PackRef
    from qie_hub.runtime.host import Host
    from qie_hub.runtime.power import Limits
    from qie_hub.runtime.status import HostState, PackStatus
    from qie_hub.worker import Worker

LOOK_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 0.5
POWER_SECONDS: Final = 10.0
NOT_LOADED: Final = "empty"


def host_for(hub: Hub, sink: Sink, *, isolate: bool | None = None) -> Host | Worker:
    """Make the host of an editor.

    Args:
        hub: whose settings say when idle packs go, and whether a child process loads them.
        sink: hears the host.
        isolate: load packs in a child process, or not; None leaves it to the setting ``worker``.
    """
    from qie_hub.runtime.host import Host
    from qie_hub.runtime.slots import Rules

    chosen = hub.settings
    rules = Rules(rest_after=chosen.rest_after, unload_after=chosen.unload_after)
    if not (chosen.worker if isolate is None else isolate):
        return Host(hub.clock, sink, rules=rules, available=lambda: hub.device().memory_effective)
    from qie_hub.worker import Worker

    # The child asks by itself: what it is given must be a function of a module, with values.
    ask = partial(memory_left, chosen.home, dict(chosen.device), chosen.device_file)
    return Worker(hub.clock, sink, rules=rules, available=ask)


def memory_left(home: Path, overrides: Mapping[str, str], file: Path | None) -> int | None:
    """Bytes that the process which asks may still allocate; None if unknown."""
    from qie_hub.install import machine

    return machine.describe(home, overrides, file).memory_effective


def is_named(ref: PackRef, names: Collection[str]) -> bool:
    """Whether one of these names means this pack: with or without its publisher and its resolution."""
    texts = {ref.name, f"{ref.publisher}/{ref.name}"}
    return any(name in names for text in texts for name in (text, f"{text}:{ref.resolution}"))


class PowerWatch:
    """What the device's power and heat allow right now; looked at again every few seconds."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._limits: Limits | None = None
        self._looked = 0.0
        self.device = ""
        self.figures: Figures | None = None

    def limits(self) -> Limits:
        """The limits for the next edit."""
        from qie_hub.runtime.power import limit

        now = self._hub.clock.monotonic()
        if self._limits is None or now - self._looked > POWER_SECONDS:
            profile = self._hub.device()
            self._limits = limit(profile.power, cores=profile.threads or 1, before=self._limits)
            self._looked = now
            self.device, self.figures = str(profile.cpu_model), profile.figures
        return self._limits


class Announcer:
    """Posts what is loaded when somebody says that it may have changed, and looks now and then while packs are loaded.

    Args:
        hub: whose home the notice lies in.
        state: reads what is loaded; called in this object's thread.
    """

    def __init__(self, hub: Hub, state: Callable[[], HostState]) -> None:
        self._post = Post(Store(hub.settings.home, hub.clock).layout, hub.clock)
        self._state = state
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def changed(self) -> None:
        """Look again, soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="loaded packs", daemon=True)
            self._thread.start()
        self._changed.set()

    def close(self) -> None:
        """Take the notice down."""
        self._closed.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        posted = False
        while not self._closed.is_set():
            self._changed.wait(LOOK_SECONDS if posted else None)
            self._changed.clear()
            # Who edits once and leaves is gone by then: nothing was written for it.
            packs = () if self._closed.wait(SETTLE_SECONDS) else self._state().packs
            notes = [note_of(pack) for pack in packs if pack.state != NOT_LOADED or pack.error]
            self._post.put(notes)
            posted = bool(notes)


def note_of(pack: PackStatus) -> LoadedNote:
    """What is said about one pack: nothing that changes with every edit."""
    return LoadedNote(
        pack=pack.pack,
        generation=pack.generation,
        variant=pack.variant,
        state="ready" if pack.state == "draining" else pack.state,
        serving=pack.serving,
        kept=pack.kept,
        bytes=pack.bytes,
        held=pack.held,
        memory=dict(pack.memory),
        error=pack.error,
    )
