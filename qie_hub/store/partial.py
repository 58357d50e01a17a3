"""Files on their way: one folder per digest, one process at a time, adoptable after a crash.

Invariants:

* ``partial/<sha256 of the file>/`` belongs to whoever holds its ``claim.json`` (docs/format.md section 9). What else
  is in the folder is the business of who fills it.
* A claim whose process is gone, or that did not beat for five minutes, is taken over with everything that lies there:
  a transfer that was killed goes on in the next process.
* Several folders are claimed in the order of their digests (`in_order`), so two processes that want the same files
  never wait for each other.
* Nothing that must be correct rests on a claim: two processes in one folder write the same verified bytes.

Example::

    with Partials(layout, clock).claim(digest) as folder:
        fill(folder.path)
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import Clock, to_text
from qie_hub.digest import Digest
from qie_hub.errors import Busy, FormatError
from qie_hub.events import Sink, Waiting, ignore
from qie_hub.formats.claim import Claim
from qie_hub.store import claims
from qie_hub.store.claims import Heart, Seen
from qie_hub.store.layout import DOOMED, Layout
from qie_hub.store.processes import me

LOOK_EVERY: Final = 0.5
PATIENCE: Final = 600.0
"""Seconds after which another process that holds a folder and adds nothing to it is given up on."""

_CLAIM: Final = "claim.json"


@dataclass(frozen=True, slots=True)
class PartialInfo:
    """A file on its way. ``allocated`` bytes of disk; ``owner`` None if nobody works on it."""

    digest: Digest
    path: Path
    allocated: int
    owner: Seen | None


def folder_of(layout: Layout, digest: Digest) -> Path:
    """The folder of a file on its way."""
    return layout.partial / digest.hex


def in_order(digests: Iterable[Digest]) -> tuple[Digest, ...]:
    """The order in which several folders MUST be claimed."""
    return tuple(sorted(set(digests)))


class PartialFolder:
    """A claimed folder. Use it in ``with``; a folder that was emptied (its file moved on) is removed at the end."""

    def __init__(self, digest: Digest, path: Path, nonce: str, clock: Clock) -> None:
        self.digest = digest
        self.path = path
        self._nonce = nonce
        self._clock = clock
        self._heart: Heart | None = None

    def beat(self) -> None:
        """Say that the claim is still meant."""
        if _nonce_of(self.path / _CLAIM) == self._nonce:
            claims.beat(self.path / _CLAIM, self._clock.now())

    def release(self, *, keep: str = "data") -> None:
        """Give the folder up; remove it unless the file ``keep`` is in it. Twice is fine."""
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        if _nonce_of(self.path / _CLAIM) != self._nonce:
            return  # taken over: it is somebody else's now
        if (self.path / keep).exists():
            (self.path / _CLAIM).unlink(missing_ok=True)
            return
        doomed = self.path.with_name(f"{DOOMED}{self.path.name}-{secrets.token_hex(6)}")
        self.path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def __enter__(self) -> PartialFolder:
        if self._heart is None:
            self._heart = Heart(self.beat)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Partials:
    """The files on their way into a home."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock

    def claim(
        self,
        digest: Digest,
        *,
        on_event: Sink = ignore,
        check: Callable[[], None] | None = None,
        patience: float = PATIENCE,
    ) -> PartialFolder:
        """Take the folder of a file, waiting for a living owner, taking over from a dead one.

        Args:
            digest: of the whole file.
            on_event: is told once that another process is waited for.
            check: is called at every look and may raise to end the wait.
            patience: seconds without any change in the folder after which to give up.

        Raises:
            Busy: the owner lives and does nothing.
            OSError: the home cannot be written.
        """
        path = folder_of(self._layout, digest)
        since, before = self._clock.monotonic(), _traces(path)
        announced = False
        while (folder := self._try(digest, path)) is None:
            if check is not None:
                check()
            owner = self.owner(digest)
            if owner is not None and not announced:
                on_event(Waiting(digest.hex[:12], "other_process", _name(owner)))
                announced = True
            now, traces = self._clock.monotonic(), _traces(path)
            if traces != before:
                since, before = now, traces
            if now - since > patience:
                raise Busy(ref=digest.hex[:12], by="?" if owner is None else _name(owner))
            self._clock.sleep(LOOK_EVERY)
        return folder

    def owner(self, digest: Digest) -> Seen | None:
        """Who works on a file now, or None."""
        seen = claims.see(folder_of(self._layout, digest) / _CLAIM, self._clock.now())
        return seen if seen is not None and _counts(seen) else None

    def everything(self) -> tuple[PartialInfo, ...]:
        """All files on their way, also those that nobody works on."""
        found = []
        for path in sorted(self._layout.partial.glob("*")):
            try:
                digest = Digest.parse(path.name)
            except FormatError:
                continue
            found.append(PartialInfo(digest, path, _allocated(path), self.owner(digest)))
        return tuple(found)

    def _try(self, digest: Digest, path: Path) -> PartialFolder | None:
        nonce = secrets.token_hex(8)
        data = Claim(me(), nonce, "fetch", to_text(self._clock.now())).to_bytes()
        claim = path / _CLAIM
        if not _create(claim, data):
            seen = claims.see(claim, self._clock.now())
            if seen is None or _counts(seen):
                return None
            _bury(seen)
            if not _create(claim, data):
                return None
        claims.stamp_now(claim, self._clock)
        return PartialFolder(digest, path, nonce, self._clock) if _nonce_of(claim) == nonce else None


def _create(claim: Path, data: bytes) -> bool:
    try:
        return atomic.create(claim, data)
    except FileNotFoundError:  # the folder was removed by its last owner in this very moment
        return False


def _counts(seen: Seen) -> bool:
    return seen.alive and seen.beating


def _bury(seen: Seen) -> None:
    """Take a dead claim away; if a living one took its place in between, put that one back."""
    grave = seen.path.with_name(f"{_CLAIM}{atomic.TEMP_MARK}{secrets.token_hex(6)}")
    try:
        seen.path.rename(grave)
    except FileNotFoundError:
        return
    if _nonce_of(grave) != (None if seen.claim is None else seen.claim.nonce):
        atomic.create(seen.path, grave.read_bytes())
    grave.unlink(missing_ok=True)


def _nonce_of(path: Path) -> str | None:
    try:
        return Claim.from_bytes(path.read_bytes()).nonce
    except (OSError, FormatError):
        return None


def _name(seen: Seen) -> str:
    return "?" if seen.claim is None else f"{seen.claim.purpose} (pid {seen.claim.process.pid})"


def _traces(path: Path) -> tuple[int, ...]:
    """What changes in a folder while somebody works in it, the heartbeat left out."""
    try:
        facts = [(file.name, file.stat()) for file in sorted(path.iterdir()) if file.name != _CLAIM]
    except OSError:
        return ()
    return tuple(number for _, fact in facts for number in (fact.st_size, fact.st_mtime_ns))


def _allocated(path: Path) -> int:
    total = 0
    for file in path.iterdir():
        facts = file.stat()
        total += min(facts.st_size, facts.st_blocks * 512) if hasattr(facts, "st_blocks") else facts.st_size
    return total
