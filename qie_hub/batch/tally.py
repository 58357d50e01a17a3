"""Counting while a batch runs: how many ended, how fast, how long it will take. Not thread-safe by itself.

Pictures that an earlier run did count as ended, but not for the speed.
"""

from __future__ import annotations

from qie_hub.batch.values import Outcome
from qie_hub.events import PictureEnded

_ENOUGH = 3
"""Pictures after which the speed means something: the first one also pays for loading the pack."""


class Tally:
    """The count of one call; ``total`` is None where nobody knows how many pictures will come."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._ended = 0
        self._worked = 0

    def note(self, outcome: Outcome, seconds: float) -> PictureEnded:
        """Count a picture.

        Args:
            outcome: how it ended.
            seconds: worked on all pictures until now.
        """
        self._ended += 1
        self._worked += outcome.state != "kept"
        per_minute = self._worked / seconds * 60 if self._worked >= _ENOUGH and seconds > 0 else None
        left = None
        if per_minute and self._total is not None:
            left = (self._total - self._ended) / per_minute * 60
        error = outcome.error
        written = outcome.state in ("done", "kept")
        return PictureEnded(
            str(outcome.job.picture),
            outcome.state,
            self._ended,
            self._total,
            None if per_minute is None else round(per_minute, 1),
            None if left is None else round(left, 1),
            str(outcome.job.output) if written else None,
            None if error is None else error.code,
            None if error is None else error.hint,
            {} if error is None else error.data,
        )
