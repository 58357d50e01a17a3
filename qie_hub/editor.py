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

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from qie_hub.errors import EditRefused, NotInstalled, ProviderError, QieHubError, Revoked, Tampered, TrustError
from qie_hub.events import PackChosen, Predicted, Sink, Warned, ignore
from qie_hub.formats.operation import EditPlan, Instruction
from qie_hub.hosting import Announcer, PowerWatch, host_for, is_named
from qie_hub.packref import PackRef

try:
    from qie_hub.edit import companions
    from qie_hub.edit.foretell import LONG, foretell
    from qie_hub.edit.request import DecodedRequest, EditRequest, Source
    from qie_hub.edit.result import EditResult, StageWatch
    from qie_hub.edit.settling import Choose, never, preview, settle
except ImportError as missing:
    # The core installs without the edit engine; who wants to edit is told what to install.
    raise ProviderError(hint="INSTALL_EDIT", kind="edit", missing=missing.name) from missing

if TYPE_CHECKING:
    from qie_hub.hub import Hub
    from qie_hub.install.admit import Admitted
    from qie_hub.install.installed import Installation
    from qie_hub.install.job import Job
    from qie_hub.ports import Pipeline, PipelineFactory, PipelineInput
    from qie_hub.runtime.cancel import CancelToken
    from qie_hub.runtime.host import Host, PackKey
    from qie_hub.runtime.loading import PackSource
    from qie_hub.runtime.status import HostState
    from qie_hub.worker import Worker

__all__ = ["EditRequest", "EditResult", "Editor", "Understood"]

FALLBACK_TIER = "ultra-lite"


class Editor:
    """Owns the runtime host. Thread-safe; close it before the hub."""

    def __init__(
        self, hub: Hub, *, on_event: Sink = ignore, isolate: bool | None = None, host: Host | Worker | None = None
    ) -> None:
        """Take a hub.

        Args:
            hub: whose packs edit.
            on_event: hears loads, stages and warnings.
            isolate: load packs in a child process, so that memory really returns and a crash of a native kernel
                costs an edit one repetition; None leaves it to the setting ``worker``.
            host: where packs are loaded instead.
        """
        self._hub = hub
        self._sink = on_event
        self._swapped: PackRef | None = None
        self._keys: dict[tuple[PackRef, int], set[PackKey]] = {}
        self._power = PowerWatch(hub)
        hub.residents.append(self._resident)
        self._host = host or host_for(hub, on_event, isolate=isolate)
        self._notice = Announcer(hub, self._host.state)
        self._kept: dict[PackKey, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait for running edits and unload."""
        self._host.close()
        self._notice.close()
        with suppress(ValueError):  # a second close
            self._hub.residents.remove(self._resident)

    def _resident(self) -> int:
        """Bytes that packs in this editor's host would give back."""
        return sum(pack.bytes for pack in self._host.state().packs if not pack.kept)

    def swap(self, ref: str | PackRef) -> PackRef:
        """Edit with another installed pack from now on; returns when it is loaded, warm and proved.

        Edits that run go on with the pack that they began with. On failure the old pack still serves.

        Raises:
            NotInstalled: it is not installed.
            TrustError, Tampered: it may not run.
            RuntimeFault: it did not load, or its golden edit came out wrong.
        """
        item = self._hub.installation(ref)
        chosen = self._chosen(item, "asked")
        with self._ready(chosen) as (key, source, _):
            self._name_fallback()
            self._host.swap(key, source)
        self._swapped = chosen.ref.unversioned
        self._notice.changed()
        return chosen.ref

    def prefetch(self, ref: str | PackRef | None = None) -> None:
        """Load and warm a pack in the background (the default one, or ``ref``), so that the first edit is fast.

        Raises:
            NotInstalled: it is not installed.
            TrustError, Tampered: it may not run.
        """
        item = self._hub.installation(ref) if ref is not None else next(iter(self._packs()), None)
        if item is None:
            raise NotInstalled(hint="NOTHING_INSTALLED", ref=None, closest=())
        chosen = self._chosen(item, "asked")
        with self._ready(chosen) as (key, source, _):
            self._host.prefetch(key, source)
        self._notice.changed()

    def keep(self, ref: str | PackRef, *, kept: bool = True) -> None:
        """Hold a pack in memory once it is loaded, against idleness and other packs; or no longer.

        Raises:
            NotInstalled: it is not installed.
            TrustError, Tampered: it may not run.
        """
        with self._ready(self._chosen(self._hub.installation(ref), "asked")) as (key, _, _):
            self._keep(key, kept=kept)
        self._notice.changed()

    def upgrade(self, ref: str | PackRef, *, on_failure: Callable[[QieHubError], None] | None = None) -> Job:
        """Install a pack while edits go on with the one that serves, and move over to it when it is warm.

        Args:
            ref: the better pack.
            on_failure: told if it could not be installed or did not load; the old pack goes on serving.

        Returns:
            The job of the install; `state` shows when the pack serves.
        """
        job = self._hub.install(ref, on_event=self._sink)

        def move_over() -> None:
            try:
                self.swap(job.wait().ref)
            except QieHubError as error:
                self._sink(Warned("UPGRADE_FAILED", {"ref": str(ref), "code": error.code}))
                if on_failure is not None:
                    on_failure(error)

        threading.Thread(target=move_over, name=f"upgrade {ref}", daemon=True).start()
        return job

    def state(self) -> HostState:
        """What is loaded, memory by stage, leases, last errors."""
        return self._host.state()

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
        source = DecodedRequest.read(request, self._power.limits().work)
        chosen, instruction = self._choose(request)
        with self._leased(chosen, None) as (pipeline, _):
            return pipeline.plan(source.input(instruction), never)

    def understand(self, sentence: str, pack: PackRef | None = None) -> Understood:
        """What a sentence asks for, and which installed pack would do it; no picture is needed, nothing is loaded.

        Raises:
            EditRefused: no installed pack can do this, or the sentence is not understood.
            NotInstalled: no pack is installed.
        """
        chosen, instruction = self._able(sentence, pack)
        return Understood(instruction, chosen.ref, chosen.generation)

    def edit(
        self,
        picture: Source,
        sentence: str,
        *,
        on_event: Sink | None = None,
        cancel: CancelToken | None = None,
        choose: Choose | None = None,
        preview: bool = False,
        **choices: Any,
    ) -> EditResult:
        """Edit a picture.

        Args:
            picture: see `EditRequest`.
            sentence: Chinese or English.
            on_event: hears stages; default is the editor's sink.
            cancel: a token whose ``cancel()`` stops the edit from any thread.
            choose: asked when several places fit and no ``pick`` was given.
            preview: send a `Preview` (the same edit of a reduced copy) first, where that comes sooner than the result.
            choices: the other fields of `EditRequest`.

        Raises:
            EditRefused: outside the packs' abilities, not found, ambiguous, too hard or not understood.
            NotInstalled: no pack is installed.
            TrustError, Tampered: the installed pack may not run.
            BadPicture: the picture cannot be read.
            UsageError: the sentence speaks of more further pictures than were given, or of none of them.
        """
        request = EditRequest(picture, sentence, **choices)
        source = DecodedRequest.read(request, self._power.limits().work)
        chosen, instruction = self._choose(request)
        result = self._run(_Run(source, chosen, instruction, on_event or self._sink, cancel, choose, preview))
        self._hub.after_edit()
        self._notice.changed()
        return result

    def _run(self, run: _Run) -> EditResult:
        watch = StageWatch(self._hub.clock.monotonic, run.sink, len(run.instruction.operations))
        run.sink(PackChosen(str(run.chosen.ref), run.chosen.reason))
        with self._leased(run.chosen, run.cancel) as (pipeline, admitted):
            watch.begin("plan", 0)
            given = run.source.input(run.instruction)
            check = never if run.cancel is None else run.cancel.check
            plan, given = settle(pipeline, given, check, run.choose)
            if run.preview:
                watch.begin("preview", 0)
                preview(pipeline, given, plan, run.sink, check)
            self._tell_time(run, plan, given, admitted)
            output = pipeline.edit(given, plan, watch.begin, check)
            watch.end()
        self._tell_left_out(run, output.checks.get("left_out"))
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
            pack_digest=admitted.receipt.manifest,
        )

    def _tell_time(self, run: _Run, plan: EditPlan, given: PipelineInput, admitted: Admitted) -> None:
        """Say before a long edit how long it will take."""
        seconds = foretell(plan, given, admitted.variant, run.chosen.factory, self._power.figures)
        if seconds is not None and seconds >= LONG:
            run.sink(Predicted(str(run.chosen.ref), seconds))

    def _tell_left_out(self, run: _Run, names: object) -> None:
        """Say which part of the work the device's heat or power kept from an edit."""
        for name in names if isinstance(names, list | tuple) else ():
            run.sink(Warned(f"LEFT_OUT_{str(name).upper()}", {"pack": str(run.chosen.ref)}))

    @contextmanager
    def _admitted(self, chosen: _Chosen) -> Iterator[Admitted]:
        """Hold and check a generation; one that turns out to be revoked is also unloaded when its edits end."""
        with ExitStack() as stack:
            try:
                admitted = stack.enter_context(self._hub.admitted(chosen.ref, chosen.generation))
            except Revoked as error:
                for key in self._keys.get((chosen.ref, chosen.generation), ()):
                    self._host.recall(key, error)
                raise
            yield admitted

    @contextmanager
    def _leased(self, chosen: _Chosen, cancel: CancelToken | None) -> Iterator[tuple[Pipeline, Admitted]]:
        from qie_hub.errors import DeviceMemory

        with self._ready(chosen) as (key, source, admitted), ExitStack() as stack:
            self._host.throttle(self._power.limits())
            try:
                pipeline = stack.enter_context(self._host.lease(key, source, cancel=cancel))
            except DeviceMemory:
                if not source.components:
                    raise
                names = sorted(part.manifest.name for part in source.components)
                self._sink(Warned("COMPONENT_NO_ROOM", {"components": names, "pack": str(chosen.ref)}))
                plain = self._key(chosen, ()), self._source_of(chosen, admitted, ())
                pipeline = stack.enter_context(self._host.lease(*plain, cancel=cancel))
            yield pipeline, admitted

    @contextmanager
    def _ready(self, chosen: _Chosen) -> Iterator[tuple[PackKey, PackSource, Admitted]]:
        """Hold and check a generation and its components; say by what the host knows them and how it opens them."""
        with self._admitted(chosen) as admitted, self._hub.components(admitted, on_event=self._sink) as parts:
            key = self._key(chosen, parts)
            if key not in self._kept and is_named(chosen.ref, self._hub.settings.keep):
                self._keep(key, kept=True)
            yield key, self._source_of(chosen, admitted, parts), admitted

    def _keep(self, key: PackKey, *, kept: bool) -> None:
        self._host.keep(key, kept=kept)
        self._kept[key] = kept

    def _key(self, chosen: _Chosen, parts: Sequence[Admitted]) -> PackKey:
        """By what the host knows a pack with these components; remembered, so that a recall reaches it."""
        from qie_hub.runtime.host import PackKey

        components = tuple(f"{part.receipt.ref}#{part.receipt.generation}" for part in parts)
        key = PackKey(chosen.ref, chosen.generation, chosen.variant, components)
        self._keys.setdefault((chosen.ref, chosen.generation), set()).add(key)
        return key

    def _source_of(self, chosen: _Chosen, admitted: Admitted, parts: Sequence[Admitted]) -> PackSource:
        """How the host opens a pack that was admitted, with its components beside it."""
        from qie_hub.runtime.golden import Memo
        from qie_hub.runtime.loading import Component, PackSource

        return PackSource(
            admitted.manifest,
            admitted.variant.id,
            admitted.root,
            chosen.factory,
            threads=self._hub.settings.threads or self._power.limits().threads,
            memo=Memo(self._hub.settings.home / "derived" / "golden", self._power.device),
            components=tuple(Component(part.manifest, part.variant.id, part.root) for part in parts),
        )

    def _name_fallback(self) -> None:
        """The smallest tier is the pack of last resort."""
        for item in self._hub.runnable():
            if item.tier == FALLBACK_TIER:
                chosen = self._chosen(item, "fallback")
                with suppress(TrustError, Tampered), self._ready(chosen) as (key, source, _):
                    self._host.fallback(key, source)
                return

    def _packs(self) -> tuple[Installation, ...]:
        """Packs that can edit: the one swapped to, the default, then the newest first."""
        return tuple(sorted(self._hub.runnable(), key=lambda item: item.ref.unversioned != self._swapped))

    def _chosen(self, item: Installation, reason: str) -> _Chosen:
        factory = self._hub.plugins.pipeline(item.pipeline)
        return _Chosen(item.ref, item.generation, item.variant, factory, reason)

    def _choose(self, request: EditRequest) -> tuple[_Chosen, Instruction]:
        chosen, instruction = self._able(request.sentence, request.pack)
        companions.check(instruction, len(request.with_pictures))
        return chosen, instruction

    def _able(self, sentence: str, asked: PackRef | None) -> tuple[_Chosen, Instruction]:
        """Take the pack that was asked for, else the default, else the first that has every ability."""
        candidates = [self._hub.installation(asked)] if asked is not None else self._packs()
        if not candidates:
            raise NotInstalled(hint="NOTHING_INSTALLED", ref=None, closest=())
        first: Instruction | None = None
        for position, pack in enumerate(candidates):
            factory = self._hub.plugins.pipeline(pack.pipeline)
            instruction = factory.understand(sentence)
            first = first or instruction
            if instruction.problem is None and instruction.abilities <= set(pack.abilities):
                reason = "asked" if asked is not None else "default" if position == 0 else "ability"
                return self._chosen(pack, reason), instruction
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
        short = sorted(str(pack.ref) for pack in candidates if pack.tier in tiers)
        hint = "COULD_FULLER" if short else "COULD_TIER" if tiers else "COULD_NOBODY"
        return EditRefused(
            hint="COULD_INSTALL" if could else hint,
            reason="out_of_ability",
            language=instruction.language,
            sentence=instruction.sentence,
            abilities=lacking,
            able=sorted(able),
            could=[str(ref) for ref in could],
            tiers=list(tiers),
            short=short,
        )


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence asks for, and the installed generation that would do it."""

    instruction: Instruction
    pack: PackRef
    generation: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    ref: PackRef
    generation: int
    variant: str
    factory: PipelineFactory
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    source: DecodedRequest
    chosen: _Chosen
    instruction: Instruction
    sink: Sink
    cancel: CancelToken | None
    choose: Choose | None
    preview: bool
