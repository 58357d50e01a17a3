"""The editor: pictures and sentences in, edited pictures out, with the packs that a hub has installed.

Invariants:

* Every edit runs inside a hold (no other process removes the generation), after ``admit`` (the bytes are the signed
  ones, and not revoked), and inside a lease (the loaded pack is not closed under it).
* An edit needs no network and downloads nothing.
* What no installed pack can do is refused with the pack that could, read from the signed indexes.

Example::

    with Hub() as hub, Editor(hub) as editor:
        result = editor.edit("photo.jpg", "把‘¥199’改成‘¥99’")
        result.save("photo.edited.jpg")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from qie_hub.errors import EditRefused, NotInstalled
from qie_hub.events import PackChosen, Sink, StageStarted, ignore
from qie_hub.formats.operation import Box, EditPlan, Instruction, Region
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from PIL.Image import Image

    from qie_hub.edit.image import Photo, Picture
    from qie_hub.hub import Hub
    from qie_hub.install.admit import Admitted
    from qie_hub.install.installed import Installation
    from qie_hub.ports import Pipeline, PipelineFactory, PipelineInput
    from qie_hub.runtime.cancel import CancelToken

    Source: TypeAlias = "str | Path | bytes | bytearray | Image | Picture"
else:
    Source = Any

Choose: TypeAlias = Callable[[EditPlan], int | None]
"""Asked when a plan is ambiguous: returns the candidate to take, counted from 1, or None to refuse."""


@dataclass(frozen=True, slots=True, eq=False)
class EditRequest:
    """One edit, as it was asked for.

    ``picture`` is a path, the bytes of a file, a PIL image or an HxWx3/4 uint8 RGB array; ``mask`` a picture whose
    white is edited; ``box`` is x, y, width, height in pixels; ``pick`` counts candidates from 1.
    """

    picture: Source
    sentence: str
    pack: PackRef | None = None
    pick: int | None = None
    box: Box | None = None
    mask: Source | None = None
    with_pictures: tuple[Source, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class EditResult:
    """An edited picture and how it came about.

    ``picture`` is HxWx3 uint8 RGB and equals the decoded, oriented, 8-bit input outside ``mask`` (HxW, 255 = may have
    changed) when the size is kept. ``timings`` are milliseconds by stage; ``checks`` facts measured afterwards.
    """

    picture: Picture
    alpha: Picture | None
    mask: Picture
    regions: tuple[Region, ...]
    plan: EditPlan
    pack: PackRef
    generation: int
    timings: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, object] = field(default_factory=dict)
    photo: Photo | None = None

    @property
    def image(self) -> Image:
        """The picture as a PIL image: RGB, or RGBA where there is transparency."""
        from PIL import Image

        image = Image.fromarray(self.picture)
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        return image

    def save(
        self, path: str | Path, *, overwrite: bool = False, keep_metadata: bool = False, label: bool = True
    ) -> bool:
        """Write the picture in the format that the suffix names; return whether it was compressed with loss.

        Raises:
            OutputExists: the file is there and ``overwrite`` is False.
            UsageError: the suffix names no known format.
        """
        from qie_hub.edit import output
        from qie_hub.edit.image import Photo

        goal = Path(path)
        photo = self.photo or Photo(self.picture)
        encoded = output.encode(
            self.picture,
            photo,
            alpha=self.alpha,
            kind=output.kind_of_path(goal),
            label=self.label if label else None,
            keep_metadata=keep_metadata,
        )
        output.save(goal, encoded, overwrite=overwrite)
        return encoded.recompressed

    @property
    def label(self) -> str:
        """What stands in the metadata of a saved picture."""
        operations = ", ".join(item.operation.ability for item in self.plan.operations)
        return f"edited with qie_hub ({self.pack}: {operations})"


class Editor:
    """Owns the runtime host. Thread-safe; close it before the hub."""

    def __init__(self, hub: Hub, *, on_event: Sink = ignore) -> None:
        from qie_hub.runtime.host import Host

        self._hub = hub
        self._sink = on_event
        self._host = Host(hub.clock, on_event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait for running edits and unload."""
        self._host.close()

    def plan(self, picture: Source, sentence: str, **choices: Any) -> EditPlan:
        """Say what an edit would do: operations, regions and candidates; nothing is executed.

        Args:
            picture: see `EditRequest`.
            sentence: Chinese or English.
            choices: the other fields of `EditRequest`.

        Raises:
            EditRefused: no installed pack can do this, or the sentence is not understood.
            NotInstalled: no pack is installed.
        """
        request = EditRequest(picture, sentence, **choices)
        source = _Source.read(request)
        chosen, instruction = self._choose(request)
        with self._pipeline(chosen, None) as pipeline:
            return pipeline.plan(source.input(instruction), _never)

    def edit(
        self,
        picture: Source,
        sentence: str,
        *,
        on_event: Sink | None = None,
        cancel: CancelToken | None = None,
        choose: Choose | None = None,
        **choices: Any,
    ) -> EditResult:
        """Edit a picture.

        Args:
            picture: see `EditRequest`.
            sentence: Chinese or English.
            on_event: hears stages; default is the editor's sink.
            cancel: a token whose ``cancel()`` stops the edit from any thread.
            choose: asked when several places fit and no ``pick`` was given.
            choices: the other fields of `EditRequest`.

        Raises:
            EditRefused: outside the packs' abilities, not found, ambiguous, too hard or not understood.
            NotInstalled: no pack is installed.
            TrustError, Tampered: the installed pack may not run.
            BadPicture: the picture cannot be read.
        """
        request = EditRequest(picture, sentence, **choices)
        source = _Source.read(request)
        chosen, instruction = self._choose(request)
        result = self._run(_Run(source, chosen, instruction, on_event or self._sink, cancel, choose))
        self._hub.after_edit()
        return result

    def _run(self, run: _Run) -> EditResult:
        watch = _Watch(self._hub.clock.monotonic, run.sink, len(run.instruction.operations))
        run.sink(PackChosen(str(run.chosen.ref), run.chosen.reason))
        with self._pipeline(run.chosen, run.cancel) as pipeline:
            watch.begin("plan", 0)
            given = run.source.input(run.instruction)
            check = _never if run.cancel is None else run.cancel.check
            plan, given = _settle(pipeline, given, check, run.choose)
            output = pipeline.edit(given, plan, watch.begin, check)
            watch.end()
        return EditResult(
            picture=output.picture,
            alpha=output.alpha,
            mask=output.mask,
            regions=output.regions,
            plan=plan,
            pack=run.chosen.ref,
            generation=run.chosen.generation,
            timings=watch.spent,
            checks=output.checks,
            photo=run.source.photo,
        )

    @contextmanager
    def _pipeline(self, chosen: _Chosen, cancel: CancelToken | None) -> Iterator[Pipeline]:
        from qie_hub.runtime.host import PackKey
        from qie_hub.runtime.sessions import PackSessions

        with self._hub.admitted(chosen.ref, chosen.generation) as admitted:

            def load() -> tuple[PackSessions, Pipeline]:
                pack = _open(admitted, self._hub.settings.threads)
                return pack, chosen.factory.create(pack)

            key = PackKey(chosen.ref, chosen.generation, admitted.variant.id)
            with self._host.lease(key, load, cancel=cancel) as pipeline:
                yield pipeline

    def _choose(self, request: EditRequest) -> tuple[_Chosen, Instruction]:
        """Take the pack that was asked for, else the default, else the first that has every ability."""
        installed = self._hub.runnable()
        candidates = [self._hub.installation(request.pack)] if request.pack is not None else installed
        if not candidates:
            raise NotInstalled(hint="NOTHING_INSTALLED", ref=None, closest=())
        first: Instruction | None = None
        for position, pack in enumerate(candidates):
            factory = self._hub.plugins.pipeline(pack.pipeline)
            instruction = factory.understand(request.sentence)
            first = first or instruction
            if instruction.problem is None and instruction.abilities <= set(pack.abilities):
                reason = "asked" if request.pack is not None else "default" if position == 0 else "ability"
                return _Chosen(pack.ref, pack.generation, factory, reason), instruction
        raise self._refusal(first, candidates)

    def _refusal(self, instruction: Instruction | None, candidates: Sequence[Installation]) -> EditRefused:
        if instruction is None or instruction.problem is not None:
            return EditRefused(
                hint="NOT_UNDERSTOOD",
                reason="not_understood",
                language=instruction.language if instruction else None,
                sentence=instruction.sentence if instruction else "",
                clause=instruction.problem_clause if instruction else None,
                candidates=list(instruction.candidates) if instruction else [],
            )
        able = {ability for pack in candidates for ability in pack.abilities}
        lacking = sorted(instruction.abilities - able) or sorted(instruction.abilities)
        could = self._hub.able(instruction.abilities)
        tiers = self._hub.tiers_for(instruction.abilities)
        return EditRefused(
            hint="COULD_INSTALL" if could else "COULD_TIER" if tiers else "COULD_NOBODY",
            reason="out_of_ability",
            language=instruction.language,
            sentence=instruction.sentence,
            abilities=lacking,
            able=sorted(able),
            could=[str(ref) for ref in could],
            tiers=list(tiers),
        )


@dataclass(frozen=True, slots=True)
class _Chosen:
    ref: PackRef
    generation: int
    factory: PipelineFactory
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    source: _Source
    chosen: _Chosen
    instruction: Instruction
    sink: Sink
    cancel: CancelToken | None
    choose: Choose | None


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """A request whose pictures are decoded."""

    request: EditRequest
    photo: Photo
    mask: Picture | None
    with_pictures: tuple[Picture, ...]

    @classmethod
    def read(cls, request: EditRequest) -> _Source:
        from qie_hub.edit import image

        mask = None if request.mask is None else image.read(request.mask).picture[:, :, 0]
        others = tuple(image.read(item).picture for item in request.with_pictures)
        return cls(request, image.read(request.picture), mask, others)

    def input(self, instruction: Instruction) -> PipelineInput:
        from qie_hub.ports import PipelineInput

        return PipelineInput(
            picture=self.photo.picture,
            instruction=instruction,
            alpha=self.photo.alpha,
            pick=self.request.pick,
            box=self.request.box,
            mask=self.mask,
            with_pictures=self.with_pictures,
            seed=self.request.seed,
        )


class _Watch:
    """Turns a pipeline's stage calls into events and milliseconds by stage."""

    def __init__(self, monotonic: Callable[[], float], sink: Sink, operations: int) -> None:
        self._monotonic = monotonic
        self._sink = sink
        self._operations = operations
        self._stage: str | None = None
        self._since = 0.0
        self.spent: dict[str, int] = {}

    def begin(self, stage: str, operation: int) -> None:
        self.end()
        self._stage, self._since = stage, self._monotonic()
        self._sink(StageStarted(stage, operation, self._operations))

    def end(self) -> None:
        if self._stage is not None:
            spent = round((self._monotonic() - self._since) * 1000)
            self.spent[self._stage] = self.spent.get(self._stage, 0) + spent
        self._stage = None


def _settle(
    pipeline: Pipeline, given: PipelineInput, check: Callable[[], None], choose: Choose | None
) -> tuple[EditPlan, PipelineInput]:
    """Plan; where several places fit, ask once and plan again with the answer."""
    from dataclasses import replace

    plan = pipeline.plan(given, check)
    ambiguous = given.pick is None and any(item.candidates and not item.regions for item in plan.operations)
    if not ambiguous:
        return plan, given
    pick = None if choose is None else choose(plan)
    if pick is None:
        raise EditRefused(
            hint="AMBIGUOUS",
            reason="ambiguous",
            language=given.instruction.language,
            sentence=given.instruction.sentence,
            candidates=[region.label for item in plan.operations for region in item.candidates],
        )
    given = replace(given, pick=pick)
    return pipeline.plan(given, check), given


def _open(admitted: Admitted, threads: int | None) -> Any:
    from qie_hub.runtime.sessions import PackSessions

    return PackSessions(admitted.manifest, admitted.variant, admitted.root, threads=threads)


def _never() -> None:
    """The check of an edit that nobody can cancel."""
