"""A process that installs, rolls back, pins, holds, removes and collects without end, until it is killed.

``python -m tests.support.restless HOME SEED`` prints one line per verb that it has finished. What it installs is two
hours old at once, so that collecting has something to take, while what others are writing right now is not.
"""

import random
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from qie_hub.clock import SystemClock
from qie_hub.digest import Digest
from qie_hub.errors import QieHubError
from qie_hub.packref import PackRef
from qie_hub.store import gc
from qie_hub.store.partial import Partials, in_order
from qie_hub.store.store import Store
from tests.support.homes import Home

PACKS = ("acme/pro:256", "acme/pro:512", "acme/lite")
SHARED = bytes(range(256)) * 4000


def files_of(version: int) -> dict[str, bytes]:
    """What version ``version`` of any pack holds."""
    return {"w.bin": SHARED, "s.json": b"%d" % version, "deep/extra.bin": b"x" * version}


def _install(home: Home, pack: str, dice: random.Random) -> None:
    version = dice.randrange(1, 1000)
    files = files_of(version)
    with ExitStack() as stack:
        partials = Partials(home.store.layout, home.store.clock)
        for digest in in_order(map(Digest.of, files.values())):
            stack.enter_context(partials.claim(digest))
        home.install(f"{pack}@1.0.{version}", files)


def _hold(home: Home, pack: str) -> None:
    ref = PackRef.parse(pack)
    with home.store.holds.hold(ref, home.store.refs.current(ref), purpose="edit"):
        home.hashed(ref, home.store.refs.current(ref))


def verbs(home: Home, dice: random.Random) -> dict[str, Callable[[str], object]]:
    """Everything that a user may do to a pack."""
    refs = home.store.refs
    return {
        "install": lambda pack: _install(home, pack, dice),
        "update": lambda pack: _install(home, pack, dice),
        "rollback": lambda pack: refs.rollback(PackRef.parse(pack)),
        "pin": lambda pack: refs.pin(PackRef.parse(pack)),
        "unpin": lambda pack: refs.unpin(PackRef.parse(pack)),
        "use": lambda pack: refs.use(PackRef.parse(pack)),
        "hold": lambda pack: _hold(home, pack),
        "remove": lambda pack: gc.remove(home.store, PackRef.parse(pack)),
        "gc": lambda pack: Home(home.path).collect(),
    }


def main(path: str, seed: str) -> None:
    """Live until killed."""
    dice = random.Random(seed)
    while True:
        home = Home(Path(path))
        home.clock.advance(hours=-2)
        home.store = Store(Path(path), SystemClock(timedelta(hours=-2)))  # really waits for others
        name = dice.choice(sorted(verbs(home, dice)))
        pack = dice.choice(PACKS)
        try:
            verbs(home, dice)[name](pack)
        except QieHubError as error:
            print(name, pack, error.code, flush=True)
        else:
            print(name, pack, "done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
