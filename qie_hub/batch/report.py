"""What came of a batch: counts, speed, and for each picture how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qie_hub import atomic
from qie_hub.batch.sources import REPORT
from qie_hub.batch.values import STATES, BatchRequest, Outcome
from qie_hub.errors import EditRefused, Interrupted, QieHubError


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The result of a run.

    ``seconds`` were spent on pictures; ``stopped`` is what ended the run early, ``interrupted`` that somebody did.
    """

    request: BatchRequest
    outcomes: tuple[Outcome, ...]
    seconds: float
    interrupted: bool = False
    stopped: QieHubError | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many pictures ended in each state of `STATES`."""
        return {state: sum(outcome.state == state for outcome in self.outcomes) for state in STATES}

    @property
    def per_minute(self) -> float | None:
        """Pictures a minute, loading the pack included; None if this run worked on none."""
        worked = len(self.outcomes) - self.counts["kept"] - self.counts["left"]
        return worked / self.seconds * 60 if worked and self.seconds > 0 else None

    @property
    def thousand_seconds(self) -> float | None:
        """How long a thousand such pictures would take."""
        return None if self.per_minute is None else 60_000 / self.per_minute

    @property
    def exit_code(self) -> int:
        """What ended the run; else the first failure; else 6 if a picture was refused; else 0."""
        if self.stopped is not None:
            return self.stopped.exit_code
        if self.interrupted:
            return Interrupted.exit_code
        failed = next((outcome.error for outcome in self.outcomes if outcome.state == "failed"), None)
        if failed is not None:
            return failed.exit_code
        return EditRefused.exit_code if self.counts["refused"] else 0

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "sentence": self.request.sentence,
            "output": str(self.request.output),
            "table": None if self.request.table is None else str(self.request.table),
            "counts": dict(self.counts),
            "seconds": round(self.seconds, 2),
            "pictures_per_minute": None if self.per_minute is None else round(self.per_minute, 1),
            "seconds_per_thousand": None if self.thousand_seconds is None else round(self.thousand_seconds),
            "interrupted": self.interrupted,
            "stopped": None if self.stopped is None else self.stopped.to_json(),
            "exit_code": self.exit_code,
            "pictures": [outcome.to_json() for outcome in self.outcomes],
        }


def write(report: BatchReport) -> Path:
    """Write the report as JSON into the output folder; the one of an earlier run is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    path = report.request.output / REPORT
    atomic.write(path, json.dumps(report.to_json(), ensure_ascii=False, indent=2, default=str).encode())
    return path
