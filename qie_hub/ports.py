"""The few interfaces by which rooms meet without importing each other.

Each port is small and its MUST sentences are tested by one suite in ``tests/contract`` for every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

from qie_hub.formats.manifest import Manifest
from qie_hub.formats.operation import EditPlan, Instruction, Region

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
    Picture: TypeAlias = NDArray[np.uint8]
else:
    Array = Picture = Any


class Response(Protocol):
    """An open body of bytes.

    * ``start`` MUST be the offset of the first body byte within the object (0 where a server ignored a range).
    * ``total`` MUST be the object's whole size, or None where the server does not say.
    * ``blocks`` MUST end after the last byte, MUST raise `TransferError` when the body is cut short, and MUST
      never yield bytes of another encoding than identity.
    * ``close`` MUST be callable twice.
    """

    start: int
    total: int | None
    content_type: str

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield the body in pieces of at most ``size`` bytes."""

    def close(self) -> None:
        """Give the connection back."""

    def __enter__(self) -> Response: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Transport(Protocol):
    """Opens objects by URL.

    * ``open`` MUST raise `NotFound` when the object is absent (404, 410, no such file), `Offline` when nobody
      answers, `HttpError` (with ``status`` where there is one and ``retry_after`` in seconds or None) for every
      other refusal. It MUST NOT retry and MUST NOT follow a redirect to another scheme than http(s).
    * With ``start``/``stop`` (half-open) it asks for one single range.
    """

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """Open ``url``."""


class Session(Protocol):
    """One loaded graph.

    ``run`` MUST accept feeds by input name and return the outputs in the graph's order. It MUST raise
    `InferenceError`, `DeviceMemory` or `EditCancelled`, never a runtime's own exception.
    """

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    metadata: Mapping[str, str]

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Run the graph once."""


class LoadedPack(Protocol):
    """A pack's verified files and the sessions made from them. The only source of models for a pipeline."""

    manifest: Manifest
    settings: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """The path of a file of this pack.

        Raises:
            NotFound: the pack's variant lists no such file.
        """

    def session(self, name: str) -> Session:
        """The session of graph ``name``; made on first use, then shared by all threads."""

    def component(self, name: str) -> LoadedPack | None:
        """An installed component that this pack's manifest lists under ``optional``; None while it is not installed.

        ``name`` is the component's name without publisher (``matting-isnet``). A component is a pack of its own:
        its graphs are found by its own ``settings``, and live as long as this pack. It MUST have been admitted like
        every pack that runs; one that may not run is not there.
        """


class Pipeline(Protocol):
    """Edits with one loaded pack. Thread-safe: several edits may run at once.

    * ``plan`` MUST NOT change anything and MUST raise `EditRefused` for what it cannot do.
    * ``edit`` MUST return a picture that equals the input outside ``mask``, byte for byte, when the size is kept.
    * Both MUST call ``check`` between stages; it raises `EditCancelled`.
    """

    def plan(self, source: PipelineInput, check: Callable[[], None]) -> EditPlan:
        """Understand and locate; execute nothing."""

    def edit(
        self,
        source: PipelineInput,
        plan: EditPlan,
        on_stage: Callable[[str, int], None],
        check: Callable[[], None],
    ) -> PipelineOutput:
        """Carry out ``plan``."""

    def warm_up(self) -> None:
        """Run every session of the first stages once, on a tiny picture."""


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """How hard one edit may work: the device is hot, or saves power.

    ``resolution`` is the largest working size in pixels, None for the pack's own; ``refine`` whether nets that only
    refine (super-resolution) may run. A pipeline MUST NOT work harder, and MUST name in ``checks`` what it left out.
    """

    resolution: int | None = None
    refine: bool = True


FREELY: Final = WorkLimits()


@dataclass(frozen=True, slots=True, eq=False)
class PipelineInput:
    """What a pipeline gets.

    ``picture`` is HxWx3 uint8 RGB with EXIF orientation already applied; ``alpha`` HxW uint8 or None; ``mask``
    HxW uint8 where 255 may be edited; ``box`` is x, y, width, height in pixels; ``pick`` counts candidates from 1;
    ``with_pictures`` are HxWx4 uint8 RGBA (255 = opaque), oriented, in the order in which they were given.
    """

    picture: Picture
    instruction: Instruction
    alpha: Picture | None = None
    pick: int | None = None
    box: tuple[int, int, int, int] | None = None
    mask: Picture | None = None
    with_pictures: tuple[Picture, ...] = ()
    seed: int = 0
    limits: WorkLimits = FREELY


@dataclass(frozen=True, slots=True, eq=False)
class PipelineOutput:
    """What a pipeline gives.

    ``mask`` is HxW uint8 in the output's size, 255 where the picture may have changed. ``checks`` are facts
    measured after the edit, for example ``{"reread": "限时特惠¥99", "reread_ok": True}``.
    """

    picture: Picture
    mask: Picture
    regions: tuple[Region, ...] = ()
    checks: Mapping[str, object] = field(default_factory=dict)
    alpha: Picture | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """What an edit costs, so that it can be foretold.

    ``smooth`` and ``rough`` count operations that cost the pack's signed edit on such ground; ``reference_ms`` is the
    time of all others on the reference device (`formats.speed`); ``multiply_adds`` those of nets that run over the
    whole picture, fp32.
    """

    smooth: int = 0
    rough: int = 0
    reference_ms: int = 0
    multiply_adds: int = 0


@runtime_checkable
class Foreteller(Protocol):
    """What a `PipelineFactory` may have besides: what an edit will cost, known once it is planned."""

    def effort(self, plan: EditPlan, source: PipelineInput, settings: Mapping[str, Any]) -> Effort:
        """Return what carrying out ``plan`` costs; changes nothing, for any plan of this pipeline.

        Args:
            plan: what will be done.
            source: what it will be done to, and how hard it may be worked.
            settings: the settings of the pack's variant.
        """


class PipelineFactory(Protocol):
    """The door of entry point group ``qie_hub.pipelines``.

    ``api`` MUST be the version of this port that the plugin was written for (now 1). ``create`` MUST NOT load a
    graph: graphs are loaded by stage, on first use.
    """

    api: int

    def understand(self, sentence: str) -> Instruction:
        """Turn a sentence into typed operations; pure, no model, never raises for what a person may type."""

    def create(self, pack: LoadedPack) -> Pipeline:
        """Bind the pipeline to a loaded pack."""
