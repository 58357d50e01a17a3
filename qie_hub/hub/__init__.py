"""The hub: one home, its origins and its packs, as one object. The command line is only a face on it.

Invariants:

* Nothing is read or asked before a method needs it; making a hub costs nothing.
* Methods return frozen values and raise `QieHubError`; only a `Job` works in the background.
* ``close`` ends running jobs, keeping what they verified; the next process finds them paused (`Hub.paused`).

Example::

    with Hub() as hub:
        hub.origin_add("https://packs.example#sha256=9f86d0…")
        hub.install("ultra-lite").wait()
        hub.installed()
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from qie_hub.errors import NotInstalled, QieHubError, Tampered, TrustError
from qie_hub.events import Sink, Warned, ignore
from qie_hub.hub.acting import Acting
from qie_hub.install import installed as listing
from qie_hub.install.installed import Installation
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from qie_hub.install.admit import Admitted

__all__ = ["Hub", "Installation", "PackFolder"]


class PackFolder:
    """A verified folder of a pack's files for other programs; held against gc while it is open."""

    def __init__(self, admitted: Admitted) -> None:
        self.ref = admitted.receipt.ref
        self.generation = admitted.receipt.generation
        self.path = admitted.root
        self.manifest = admitted.manifest


class Hub(Acting):
    """Everything that can be done with packs; see `Base` for how it is made. Thread-safe."""

    @contextmanager
    def files(self, ref: str | PackRef) -> Iterator[PackFolder]:
        """A verified folder of an installed pack, for programs that bring their own runtime.

        Raises:
            NotInstalled: it is not installed.
            TrustError, Tampered: it may not be used.
        """
        chosen = self.installation(ref)
        with self.admitted(chosen.ref, chosen.generation, purpose="files") as admitted:
            yield PackFolder(admitted)

    @contextmanager
    def admitted(self, ref: PackRef, generation: int, *, purpose: str = "edit") -> Iterator[Admitted]:
        """Within the block a generation is held, and its bytes were found to be the signed ones.

        Raises:
            NotInstalled: it is gone.
            TrustError, Tampered: it may not run.
        """
        from qie_hub.install.admit import admit

        with self._site.store.holds.holding(ref, generation, purpose=purpose):
            yield admit(self._site, ref, generation)

    @contextmanager
    def components(self, of: Admitted, *, on_event: Sink = ignore) -> Iterator[tuple[Admitted, ...]]:
        """Within the block the installed components of a pack are held and admitted, each like a pack of its own.

        One that is not installed is not among them; nor is one that may not run, and ``on_event`` hears of that:
        the pack works without it.
        """
        with ExitStack() as stack:
            found = []
            for item in listing.components(self._site, of.manifest):
                try:
                    found.append(stack.enter_context(self.admitted(item.ref, item.generation)))
                except (TrustError, Tampered, NotInstalled) as error:
                    on_event(Warned("COMPONENT_REFUSED", {"component": str(item.ref), "problem": error.code}))
            yield tuple(found)

    def after_edit(self) -> None:
        """Once a day, look for recalls in the background, if the settings and the network allow it."""
        from qie_hub.install import recall

        if self.settings.refresh != "daily" or self.settings.offline or self._refreshing is not None:
            return
        if not recall.is_due(self._site):
            return
        self._refreshing = threading.Thread(target=self._refresh_quietly, name="refresh", daemon=True)
        self._refreshing.start()

    def _refresh_quietly(self) -> None:
        from qie_hub.install import recall

        # A refresh that nobody asked for has nobody to complain to; what it verified counts all the same.
        with suppress(QieHubError, OSError):
            recall.note_attempt(self._site)
            self.refresh()
