"""Refs: which generation of each pack is used, and which pack ``run`` uses.

Invariants:

* One file per pack, one atomic replace per change: there is no moment at which a reader sees half of one.
* A ref that names a generation which is not there means what no ref means: the pack is not in use.
* Changes of one pack's ref follow each other where the system has advisory locks, so that a pin and an update at the
  same instant both count. Where it has none, or a lock is never given back, the last one wins and nothing is damaged.
* A damaged ref file is neither: `state` raises `Tampered`, and nothing of that pack is removed until it is mended.

Example::

    refs.activate(ref, 4, channel="stable")   # previous is what current was
    refs.rollback(ref)                        # and back
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import Clock
from qie_hub.errors import FormatError, NotFound, NotInstalled, Pinned, Tampered
from qie_hub.formats.receipt import DefaultPack, RefState
from qie_hub.packref import PackRef
from qie_hub.store.layout import Layout, ref_of

_PATIENCE: Final = 50
_PAUSE: Final = 0.02


class Refs:
    """All refs of a home."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock

    def state(self, ref: PackRef) -> RefState:
        """The state of one pack; an empty one where there is none.

        Raises:
            Tampered: the file is damaged.
        """
        path = self._layout.ref_file(ref)
        try:
            return RefState.from_bytes(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return RefState()
        except FormatError as error:
            problem = str(error.data["issues"])
            raise Tampered(hint="REF_UNREADABLE", ref=str(ref.unversioned), path=str(path), problem=problem) from None

    def current(self, ref: PackRef) -> int:
        """The number of the generation that is used.

        Raises:
            NotInstalled: none is, or the one that should be is not there.
            Tampered: the ref file is damaged.
        """
        number = self.state(ref).current
        if number is None or not self._exists(ref, number):
            raise NotInstalled(ref=str(ref.unversioned))
        return number

    def everything(self) -> Mapping[PackRef, RefState | None]:
        """The state of every pack that has a ref file; None for a damaged one."""
        found: dict[PackRef, RefState | None] = {}
        for path in sorted(self._layout.refs.glob("*/*.json")):
            ref = ref_of(path.parent.name, path.stem)
            if ref is None:
                continue
            try:
                found[ref] = self.state(ref)
            except Tampered:
                found[ref] = None
        return found

    def activate(self, ref: PackRef, number: int, *, channel: str | None = None) -> RefState:
        """Use a generation from now on; the one used until now becomes ``previous``.

        ``channel`` None keeps the channel. Activating what is active changes nothing but the channel. A damaged ref
        file is replaced.

        Raises:
            NotInstalled: there is no such generation.
        """
        self._require(ref, number)
        with self._alone(ref):
            try:
                old = self.state(ref)
            except Tampered:
                old = RefState()
            previous = old.previous if old.current == number else old.current
            if previous is not None and not self._exists(ref, previous):
                previous = None
            new = replace(old, current=number, previous=previous, channel=channel or old.channel)
            return self._put(ref, new, old)

    def rollback(self, ref: PackRef) -> RefState:
        """Use the previous generation again; doing it twice changes nothing.

        Raises:
            Pinned: the pack is pinned.
            NotFound: there is no previous generation.
            Tampered: the ref file is damaged.
        """
        with self._alone(ref):
            old = self.state(ref)
            if old.pinned:
                raise Pinned(ref=str(ref.unversioned))
            if old.previous is None or not self._exists(ref, old.previous):
                raise NotFound(hint="NO_PREVIOUS", ref=str(ref.unversioned), closest=())
            return self._put(ref, replace(old, current=old.previous, previous=old.current), old)

    def pin(self, ref: PackRef) -> RefState:
        """Keep the pack as it is until `unpin`.

        Raises:
            NotInstalled: the pack is not in use.
            Tampered: the ref file is damaged.
        """
        with self._alone(ref):
            self.current(ref)
            old = self.state(ref)
            return self._put(ref, replace(old, pinned=True), old)

    def unpin(self, ref: PackRef) -> RefState:
        """Undo `pin`.

        Raises:
            Tampered: the ref file is damaged.
        """
        with self._alone(ref):
            old = self.state(ref)
            return self._put(ref, replace(old, pinned=False), old) if old.pinned else old

    def forget(self, ref: PackRef) -> None:
        """Remove a pack's ref, and the default if it names this pack."""
        if self.default() == ref.unversioned:
            self._layout.default_file.unlink(missing_ok=True)
        self._layout.ref_file(ref).unlink(missing_ok=True)

    def default(self) -> PackRef | None:
        """The pack that ``run`` uses; None where none was chosen, or the choice cannot be read."""
        try:
            return DefaultPack.from_bytes(self._layout.default_file.read_bytes()).ref
        except (FileNotFoundError, NotADirectoryError, FormatError):
            return None

    def use(self, ref: PackRef) -> None:
        """Choose the pack that ``run`` uses.

        Raises:
            NotInstalled: the pack is not in use.
        """
        self.current(ref)
        if self.default() != ref.unversioned:
            atomic.write(self._layout.default_file, DefaultPack(ref.unversioned).to_bytes())

    def _put(self, ref: PackRef, new: RefState, old: RefState) -> RefState:
        """Write ``new``, then look again: a generation that vanished meanwhile must not stay in use."""
        if new != old:
            atomic.write(self._layout.ref_file(ref), new.to_bytes())
        if new.current is not None and new.current != old.current and not self._exists(ref, new.current):
            atomic.write(self._layout.ref_file(ref), old.to_bytes())
            raise NotInstalled(ref=str(ref.unversioned), generation=new.current)
        return new

    def _require(self, ref: PackRef, number: int) -> None:
        if not self._exists(ref, number):
            raise NotInstalled(ref=str(ref.unversioned), generation=number)

    def _exists(self, ref: PackRef, number: int) -> bool:
        return self._layout.receipt(ref, number).exists()

    @contextmanager
    def _alone(self, ref: PackRef) -> Iterator[None]:
        """Keep other changes of this publisher's refs out for the few milliseconds of one."""
        folder = self._layout.ref_file(ref).parent
        lock = _open_lock(folder)
        try:
            for _ in range(_PATIENCE):
                if lock is None or _locked(lock):
                    break
                self._clock.sleep(_PAUSE)
            yield
        finally:
            if lock is not None:
                os.close(lock)  # gives the lock back


def _open_lock(folder: Path) -> int | None:
    """The folder itself serves as the lock, so that no file is left; None where folders cannot be opened."""
    with suppress(OSError):
        return os.open(folder, os.O_RDONLY)
    return None


def _locked(handle: int) -> bool:
    """Whether there is nothing left to wait for: the lock was given, or there are no locks here."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True
