"""The values between asking for a batch and its report: frozen and plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qie_hub.errors import QieHubError
from qie_hub.packref import PackRef

STATES = ("done", "kept", "refused", "failed", "left")
"""``kept``: an earlier run did it; ``left``: the run ended before its turn."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What was asked for.

    ``pictures`` are files, folders (their pictures, not those of folders below) and patterns (``**`` goes into
    folders); with a ``table`` they may be left out. ``sentence`` may hold ``{column}`` names of the table; ``column``
    is the table's column with the pictures, None for the usual names or the first. ``output`` is a folder.
    """

    pictures: tuple[str, ...]
    sentence: str
    output: Path
    table: Path | None = None
    column: str | None = None
    pack: PackRef | None = None
    with_pictures: tuple[Path, ...] = ()
    seed: int = 0
    overwrite: bool = False
    keep_metadata: bool = False
    label: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to edit.

    ``row`` is the line of the table that it came from and ``quoted`` the values of that row that stand in the
    sentence's quotes. Known after `checked`: ``replaces``, that an output may be overwritten; ``kept``, that an
    earlier run did it already.
    """

    picture: Path
    output: Path
    sentence: str
    row: int | None = None
    quoted: tuple[str, ...] = ()
    replaces: bool = False
    kept: bool = False

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {"picture": str(self.picture), "output": str(self.output), "sentence": self.sentence, "row": self.row}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is known to be wrong before the first edit; ``code`` is a message key."""

    code: str
    data: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        data = {name: value.to_json() if isinstance(value, QieHubError) else value for name, value in self.data.items()}
        return {"code": self.code, "data": data}


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a run would do, and what is wrong. ``ignored`` are files that were found but are no pictures."""

    request: BatchRequest
    jobs: tuple[Job, ...]
    problems: tuple[Problem, ...] = ()
    ignored: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "output": str(self.request.output),
            "jobs": [job.to_json() for job in self.jobs],
            "problems": [problem.to_json() for problem in self.problems],
            "ignored": [str(path) for path in self.ignored],
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one picture ended; see `STATES`. ``seconds`` counts reading, editing and writing."""

    job: Job
    state: str
    seconds: float = 0.0
    error: QieHubError | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            **self.job.to_json(),
            "state": self.state,
            "seconds": round(self.seconds, 3),
            "error": None if self.error is None else self.error.to_json(),
            **self.facts,
        }
