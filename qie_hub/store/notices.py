"""Notices: what processes say about the packs that they have loaded. For people; nothing is decided by them.

Invariants:

* a notice counts while its process runs, and is cleared away by the next process that posts one;
* a home that cannot be written only means that others do not see what is loaded here.

Example::

    post = Post(layout, clock)
    post.put(packs)                 # writes only what changed
    everybody(layout)               # the notices of all processes that run
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from qie_hub import atomic
from qie_hub.clock import Clock, to_text
from qie_hub.errors import FormatError
from qie_hub.formats.claim import Claim
from qie_hub.formats.notice import LoadedNote, Notice
from qie_hub.store.layout import Layout
from qie_hub.store.processes import Life, life_of, me


class Post:
    """The notice of this process. Not thread-safe: one thread posts."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        nonce = secrets.token_hex(8)
        self._layout = layout
        self._claim = Claim(me(), nonce, "editor", to_text(clock.now()))
        self._path = layout.notices / f"{self._claim.process.pid}-{nonce}.json"
        self._posted: tuple[LoadedNote, ...] = ()

    def put(self, packs: Sequence[LoadedNote]) -> None:
        """Say what is loaded now."""
        packs = tuple(packs)
        if packs == self._posted:
            return
        with suppress(OSError):
            for path, _ in _notices(self._layout, Life.GONE):
                path.unlink(missing_ok=True)
            if packs:
                atomic.write(self._path, Notice(self._claim, packs).to_bytes())
            else:
                self._path.unlink(missing_ok=True)
            self._posted = packs


def everybody(layout: Layout) -> tuple[Notice, ...]:
    """The notices of all processes that run, or may run where the process table cannot be asked."""
    return tuple(notice for life in (Life.RUNNING, Life.UNKNOWN) for _, notice in _notices(layout, life))


def _notices(layout: Layout, life: Life) -> Iterator[tuple[Path, Notice]]:
    for path in sorted(layout.notices.glob("*.json")):
        try:
            notice = Notice.from_bytes(path.read_bytes())
        except (OSError, FormatError):
            continue
        if life_of(notice.claim.process) is life:
            yield path, notice
