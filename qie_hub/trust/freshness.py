"""How fresh a view of an origin is; pure.

Two questions are kept apart. *May I run what is installed?* never expires and is not asked here. *Is my view of the
origin fresh enough to install from?* is answered with four states:

* ``fresh``: nothing in the view has passed its signed end;
* ``stale``: it has, by at most `STALE_DAYS`;
* ``expired``: by more;
* ``unknown_clock``: the device's clock is before the newest signed issue time seen, so it cannot judge.

Example::

    judge(expires=view.expires, issued=view.issued, now=clock.now())  # Freshness.FRESH
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from qie_hub.errors import Expired

STALE_DAYS: Final = 30
"""The most that a policy may allow (docs/trust.md)."""

SKEW: Final = timedelta(days=1)
"""Publishers and devices set their clocks by hand and in wrong time zones: less than a day says nothing."""


class Freshness(StrEnum):
    """The four states."""

    FRESH = "fresh"
    STALE = "stale"
    EXPIRED = "expired"
    UNKNOWN_CLOCK = "unknown_clock"


def judge(*, expires: datetime, issued: datetime | None, now: datetime) -> Freshness:
    """Judge a view whose first expiry is ``expires`` and whose newest signed issue time is ``issued``."""
    if issued is not None and now + SKEW < issued:
        return Freshness.UNKNOWN_CLOCK
    if now <= expires:
        return Freshness.FRESH
    return Freshness.STALE if now - expires <= timedelta(days=STALE_DAYS) else Freshness.EXPIRED


def reference_time(now: datetime, floor: datetime | None) -> datetime:
    """The time by which expiry is judged: never before the newest signed issue time.

    A clock set back would otherwise bring long dead metadata to life again.
    """
    return now if floor is None else max(now, floor)


def require(state: Freshness, *, expires: datetime, now: datetime, stale_days: int = 0) -> None:
    """Let an install pass, or not.

    ``unknown_clock`` passes: version floors still hold, and a device whose clock died must not be bricked.

    Raises:
        Expired: the view is staler than ``stale_days`` (at most `STALE_DAYS`) allow.
    """
    if state in (Freshness.FRESH, Freshness.UNKNOWN_CLOCK):
        return
    late = (now - expires).days
    if state is Freshness.STALE and now - expires <= timedelta(days=min(stale_days, STALE_DAYS)):
        return
    raise Expired(role="view", since=expires.strftime("%Y-%m-%dT%H:%M:%SZ"), days=late)
