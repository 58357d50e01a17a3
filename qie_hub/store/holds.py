"""Holds: a process says on disk that it uses a generation, so that nobody takes it away.

Invariants:

* The hold is written first and the generation looked for afterwards; whoever removes a generation hides it first and
  looks for holds afterwards (`gc`). One of both always sees the other.
* A hold on a home that cannot be written is not recorded (``recorded`` is False) and still works: nobody can remove
  anything there either.

Example::

    with Holds(layout, clock).hold(ref, 3, purpose="edit"):
        ...  # generation 3 stays
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qie_hub.clock import Clock
from qie_hub.errors import NotInstalled
from qie_hub.packref import PackRef
from qie_hub.store import claims, disk
from qie_hub.store.claims import Heart, Seen
from qie_hub.store.layout import Layout, hidden_names, number_of, ref_of

_PATIENCE = 20
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody's hold on one generation."""

    ref: PackRef
    number: int
    seen: Seen


class Hold:
    """One hold. Release it, or use it in ``with``; releasing twice is fine."""

    def __init__(self, ref: PackRef, number: int, path: Path | None, clock: Clock) -> None:
        self.ref = ref
        self.number = number
        self._path = path
        self._clock = clock
        self._heart: Heart | None = None

    @property
    def recorded(self) -> bool:
        """Whether others can see it."""
        return self._path is not None

    def beat(self) -> None:
        """Say that the hold is still meant."""
        if self._path is not None:
            claims.beat(self._path, self._clock.now())

    def beat_on(self) -> None:
        """Beat from a thread until released."""
        if self._path is not None and self._heart is None:
            self._heart = Heart(self.beat)

    def release(self) -> None:
        """Give the generation up."""
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def __enter__(self) -> Hold:
        self.beat_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Holds:
    """All holds of a home."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock

    def hold(self, ref: PackRef, number: int, *, purpose: str) -> Hold:
        """Take a hold on an installed generation.

        Raises:
            NotInstalled: there is no such generation.
            OSError: the home refused for another reason than being read-only.
        """
        hold = Hold(ref, number, self._record(ref, number, purpose), self._clock)
        try:
            self._await_generation(ref, number)
        except BaseException:
            hold.release()
            raise
        return hold

    @contextmanager
    def holding(self, ref: PackRef, number: int, *, purpose: str) -> Iterator[Hold]:
        """`hold`, with heartbeats, released at the end."""
        with self.hold(ref, number, purpose=purpose) as hold:
            yield hold

    def holders(self, ref: PackRef, number: int | None = None) -> tuple[Holder, ...]:
        """Everybody alive who holds ``number`` (or any generation) of a pack."""
        found = [holder for holder in self._all_of(ref) if holder.seen.alive]
        return tuple(holder for holder in found if number in (None, holder.number))

    def everybody(self) -> tuple[Holder, ...]:
        """Everybody alive who holds anything."""
        found: list[Holder] = []
        for folder in sorted(self._layout.holds.glob("*/*")):
            ref = ref_of(folder.parent.name, folder.name)
            if ref is not None:
                found += self.holders(ref)
        return tuple(found)

    def stale(self) -> tuple[Path, ...]:
        """Claim files of the dead, for `gc` to remove."""
        now = self._clock.now()
        paths = sorted(self._layout.holds.glob("*/*/*.json"))
        seen = [claims.see(path, now) for path in paths]
        return tuple(one.path for one in seen if one is not None and not one.alive)

    def _record(self, ref: PackRef, number: int, purpose: str) -> Path | None:
        nonce = secrets.token_hex(8)
        path = self._layout.holds_of(ref) / f"{number}-{nonce}.json"
        try:
            claims.write(path, purpose, nonce, self._clock)
        except OSError:
            if disk.is_writable(self._layout.home):
                raise
            return None
        return path

    def _await_generation(self, ref: PackRef, number: int) -> None:
        """Find the generation; one that is just being considered for removal comes back because of our hold."""
        receipt = self._layout.receipt(ref, number)
        places = (self._layout.generation(ref, number), self._layout.slot(ref))
        for _ in range(_PATIENCE):
            if receipt.exists():
                return
            if not any(any(place.parent.glob(hidden_names(place))) for place in places):
                break
            self._clock.sleep(_PAUSE)
        raise NotInstalled(ref=str(ref), generation=number)

    def _all_of(self, ref: PackRef) -> Iterator[Holder]:
        now = self._clock.now()
        for path in sorted(self._layout.holds_of(ref).glob("*.json")):
            number = number_of(path.name.partition("-")[0])
            seen = claims.see(path, now)
            if number is not None and seen is not None:
                yield Holder(ref, number, seen)
