"""The store of one home: everything in this room, put together.

Example::

    store = Store(home, clock)
    store.open()                                   # refuses a home of a newer format
    with store.holds.hold(ref, store.refs.current(ref), purpose="edit"):
        ...
"""

from __future__ import annotations

from pathlib import Path

from qie_hub.clock import Clock
from qie_hub.store import home
from qie_hub.store.generations import Generations
from qie_hub.store.holds import Holds
from qie_hub.store.layout import Layout
from qie_hub.store.refs import Refs
from qie_hub.store.writers import Writers


class Store:
    """One home. Cheap to make: nothing is read or written before a method is called."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.layout = Layout(path)
        self.generations = Generations(self.layout)
        self.refs = Refs(self.layout, clock)
        self.holds = Holds(self.layout, clock)
        self.writers = Writers(self.layout, clock, self.generations.recover)

    def open(self) -> None:
        """Check that this program may use the home. Reads only.

        Raises:
            NewerHome: a newer program wrote it.
        """
        home.check(self.layout)
