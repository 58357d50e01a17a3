"""Who serves, how well, and who is asked next.

Invariants:

* *Absent* and *broken* are different: a mirror that lacks one object is asked for the others as before.
* A mirror that sent wrong bytes is asked last from then on, in this run and, from memory, for a day.
* A failure counts once per incident: connections that broke together are one incident, however many there were.
* A Retry-After holds for the whole host, whichever mirrors lie there.

The memory is a small JSON file. It is a hint: losing it, or failing to write it, changes no result.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from qie_hub import atomic
from qie_hub.clock import Clock, from_text, to_text
from qie_hub.digest import Digest
from qie_hub.errors import FormatError
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.transfer.pacing import Backoff

MEMORY_HOURS: Final = 24
EWMA: Final = 0.3
BANNED_AFTER: Final = 8
"""Wrong chunks after which a mirror is not asked any more, as long as another one is left."""


@dataclass(frozen=True, slots=True)
class MirrorStats:
    """What one mirror did. ``rate`` in bytes per second of one stream, None while unknown."""

    base: str
    received: int
    failures: int
    wrong: int
    rate: float | None
    demoted: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom to ask: ``base``, or nobody for ``wait`` seconds, or (both None) nobody has the object."""

    base: str | None
    wait: float | None = None


@dataclass(slots=True)
class _Mirror:
    base: str
    order: int
    rate: float | None = None
    received: int = 0
    failures: int = 0
    wrong: int = 0
    incidents: int = 0
    last_incident: float | None = None
    rests_until: float = 0.0
    demoted: str | None = None
    ranges: bool = True
    busy: int = 0
    absent: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        parts = urlsplit(self.base)
        return parts.scheme if parts.scheme == "hf" else parts.netloc or self.base

    def rank(self, avoid: Collection[str]) -> tuple[bool, bool, bool, int, bool, bool, float, int]:
        unknown = self.rate is None
        return (
            self.base in avoid, self.wrong >= BANNED_AFTER, self.demoted is not None, self.incidents, not self.ranges,
            unknown, -(self.rate or 0.0), self.order,
        )  # fmt: skip


class Mirrors:
    """The mirrors of one origin. Thread-safe.

    Args:
        bases: URLs without a trailing slash needed, the best first as far as the origin knows.
        clock: measures rests; dates the memory.
        memory: where rates and failures are kept for `MEMORY_HOURS`.
        dice: jitter.
    """

    def __init__(
        self,
        bases: Sequence[str],
        clock: Clock,
        *,
        memory: Path | None = None,
        dice: random.Random | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._clock = clock
        self._memory = memory
        self._dice = dice or random.Random()
        self._backoff = backoff or Backoff()
        self._lock = threading.Lock()
        self._hosts: dict[str, float] = {}
        unique = dict.fromkeys(base.rstrip("/") for base in bases)
        self._mirrors = {base: _Mirror(base, order) for order, base in enumerate(unique)}
        self._recall()

    @property
    def bases(self) -> tuple[str, ...]:
        """All mirrors, in the order given."""
        return tuple(self._mirrors)

    def turn(self, name: str, *, avoid: Collection[str] = (), explore: bool = False) -> Turn:
        """Say whom to ask for the object ``name``.

        Args:
            name: the object's path below the base.
            avoid: mirrors to ask only if nobody else is left.
            explore: prefer a healthy mirror that nobody has measured yet.
        """
        now = self._clock.monotonic()
        with self._lock:
            known = [mirror for mirror in self._mirrors.values() if name not in mirror.absent]
            if not known:
                return Turn(None)
            ready = [mirror for mirror in known if self._rests_until(mirror) <= now]
            if not ready:
                return Turn(None, min(self._rests_until(mirror) for mirror in known) - now)
            best = min(ready, key=lambda mirror: mirror.rank(avoid))
            if explore:
                fresh = [
                    m for m in ready if m.rate is None and not m.busy and m.demoted is None and m.base not in avoid
                ]
                best = fresh[0] if fresh else best
            best.busy += 1
            return Turn(best.base)

    def succeeded(self, base: str, received: int, seconds: float) -> None:
        """A request ended well, or was given up for reasons of our own."""
        with self._lock:
            mirror = self._mirrors[base]
            mirror.busy -= 1
            mirror.received += received
            if received:
                mirror.incidents = 0
            if received >= 1 << 18 and seconds > 0:
                rate = received / seconds
                mirror.rate = rate if mirror.rate is None else (1 - EWMA) * mirror.rate + EWMA * rate

    def failed(self, base: str, received: int, began: float, *, retry_after: float | None = None) -> bool:
        """A request failed; return whether that is a new incident.

        Args:
            base: the mirror.
            received: bytes that came before it failed.
            began: when the request began (monotonic); one from before the last incident is part of it.
            retry_after: seconds that the host asked to be left alone.
        """
        now = self._clock.monotonic()
        with self._lock:
            mirror = self._mirrors[base]
            mirror.busy -= 1
            mirror.received += received
            mirror.failures += 1
            if retry_after is not None:
                self._hosts[mirror.host] = max(self._hosts.get(mirror.host, 0.0), now + retry_after)
            if mirror.last_incident is not None and began <= mirror.last_incident:
                return False
            mirror.incidents += 1
            mirror.last_incident = now
            mirror.rests_until = now + self._backoff.delay(mirror.incidents, self._dice)
            return True

    def absent(self, base: str, name: str) -> None:
        """The mirror has no such object."""
        with self._lock:
            self._mirrors[base].busy -= 1
            self._mirrors[base].absent.add(name)

    def wrong(self, base: str, reason: str) -> bool:
        """The mirror sent something else than asked; return whether that demotes it just now."""
        with self._lock:
            mirror = self._mirrors[base]
            mirror.wrong += 1
            first = mirror.demoted is None
            mirror.demoted = mirror.demoted or reason
            return first

    def without_ranges(self, base: str) -> None:
        """The mirror answers every range with everything."""
        with self._lock:
            self._mirrors[base].ranges = False

    def stats(self) -> tuple[MirrorStats, ...]:
        """What every mirror did."""
        with self._lock:
            return tuple(
                MirrorStats(m.base, m.received, m.failures, m.wrong, m.rate, m.demoted) for m in self._mirrors.values()
            )

    def remember(self) -> None:
        """Write the memory, if there is a place for it and something to say."""
        if self._memory is None:
            return
        now = to_text(self._clock.now())
        rows = [
            {"base": row.base, "rate": int(row.rate or 0), "failures": row.failures, "demoted": row.demoted, "at": now}
            for row in self.stats()
            if row.rate is not None or row.failures or row.demoted
        ]
        kept = [row for row in self._remembered() if row["base"] not in self._mirrors]
        with suppress(OSError):
            atomic.write(self._memory, canonical.dumps({"schema": 1, "mirrors": kept + rows}))

    def _rests_until(self, mirror: _Mirror) -> float:
        return max(mirror.rests_until, self._hosts.get(mirror.host, 0.0))

    def _recall(self) -> None:
        for row in self._remembered():
            mirror = self._mirrors.get(str(row["base"]))
            if mirror is not None:
                mirror.rate = float(str(row["rate"])) or None
                mirror.incidents = 1 if row["failures"] and mirror.rate is None else 0
                mirror.demoted = None if row["demoted"] is None else str(row["demoted"])

    def _remembered(self) -> list[dict[str, object]]:
        """Rows younger than a day; a clock that jumped makes them old, which only forgets a hint."""
        if self._memory is None:
            return []
        try:
            data = self._memory.read_bytes()
            issues = Issues("mirror memory")
            rows = Fields(canonical.loads(data, what="mirror memory"), issues).items("mirrors", _row)
            issues.raise_any()
        except (OSError, FormatError):
            return []
        now = self._clock.now()
        return [row for row in rows if abs((now - from_text(str(row["at"]))).total_seconds()) < MEMORY_HOURS * 3600]


def _row(fields: Fields) -> dict[str, object]:
    return {
        "base": fields.text("base"),
        "rate": fields.integer("rate"),
        "failures": fields.integer("failures"),
        "demoted": fields.optional("demoted", lambda key: fields.text(key, limit=40)),
        "at": fields.moment("at"),
    }


def shard_path(digest: Digest) -> str:
    """Where a shard lies below a mirror's base."""
    return f"o/sha256/{digest.fan_out}"


def index_path(digest: Digest) -> str:
    """Where a file index lies below a mirror's base."""
    return f"i/sha256/{digest.fan_out}"
