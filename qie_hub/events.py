"""What long work says while it runs: frozen values, passed to one callable.

Invariants: algorithms never print; ``Progress.verified`` counts verified bytes only and never goes back; a sink
must not raise and must not block for long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. ``name`` in JSON is the class name."""

    def to_json(self) -> dict[str, object]:
        """Return the event as the object of an NDJSON line."""
        return {"event": type(self).__name__, **asdict(self)}


Sink: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The sink for callers that do not listen."""
    del event


# -- installing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refreshed(Event):
    """An origin's metadata was refreshed and verified."""

    origin: str
    freshness: str
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class VariantChosen(Event):
    """What ``asked`` came to on this device: ``why`` are reasons as in an explanation, milliseconds None if unknown."""

    asked: str
    ref: str
    variant: str
    why: list[dict[str, object]]
    predicted_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """What an install will do. All sizes in bytes."""

    ref: str
    variant: str
    net: int
    reused: int
    disk: int
    files: int


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Verified bytes of ``total``; at most ten a second. ``rate`` in bytes per second, None while unknown."""

    ref: str
    verified: int
    total: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class MirrorDemoted(Event):
    """A mirror misbehaved and is asked last from now on."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting(Event):
    """Work stands still: ``reason`` is other_process, retry_after, metered, paused or confirm."""

    ref: str
    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Step(Event):
    """A named step of a verb begins: refresh, resolve, plan, fetch, stage, gate, canary, commit, activate."""

    ref: str
    step: str


@dataclass(frozen=True, slots=True)
class Installed(Event):
    """A generation is committed and active."""

    ref: str
    generation: int
    net: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """A job ended without its goal; the error's code, hint and data."""

    ref: str
    code: str
    hint: str
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something a person should know, that does not stop the work; ``code`` is a message key."""

    code: str
    data: dict[str, object] = field(default_factory=dict)


# -- editing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PackChosen(Event):
    """The pack that will edit, and why: asked, default, or ability (the default lacks one)."""

    pack: str
    reason: str


@dataclass(frozen=True, slots=True)
class Predicted(Event):
    """An edit that is about to begin will take long: seconds foretold from this device's measured speed."""

    pack: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StageStarted(Event):
    """A pipeline stage begins: understand, locate, repaint, finish, verify."""

    stage: str
    operation: int
    operations: int


@dataclass(frozen=True, slots=True, eq=False)
class Preview(Event):
    """A first look at the edit: ``picture`` is a small HxWx3 uint8 RGB array. In JSON it is its size alone."""

    picture: Any

    def to_json(self) -> dict[str, object]:
        """Return the event as the object of an NDJSON line."""
        height, width = self.picture.shape[:2]
        return {"event": "Preview", "width": width, "height": height}


@dataclass(frozen=True, slots=True)
class BatchBegan(Event):
    """A run over many pictures begins; ``done_before`` of them are done already and stay."""

    pictures: int
    done_before: int


@dataclass(frozen=True, slots=True)
class Watching(Event):
    """A folder is looked at until somebody ends it."""

    folder: str


@dataclass(frozen=True, slots=True)
class PictureEnded(Event):
    """One picture of many came to its end.

    ``state`` is done, kept (an earlier run did it), refused or failed; the latter two with the error's code, hint
    and data. ``ended`` counts pictures of ``total``, None where nobody knows how many will come; ``per_minute`` and
    ``left`` (seconds) are None while unknown.
    """

    picture: str
    state: str
    ended: int
    total: int | None
    per_minute: float | None = None
    left: float | None = None
    output: str | None = None
    code: str | None = None
    hint: str | None = None
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackLoaded(Event):
    """A pack is loaded and warm."""

    pack: str
    generation: int
    seconds: float
    provider: str


@dataclass(frozen=True, slots=True)
class PackLoading(Event):
    """A graph of a pack is being opened; ``done`` of the pack's ``graphs`` are open already."""

    pack: str
    graph: str
    done: int
    graphs: int
