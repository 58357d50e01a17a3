"""Opening one pack: sessions, pipeline, warm-up, proof.

A `PackSource` is a value that says all a host needs; it can be pickled, so that a host in a worker process opens the
same pack in the same way.

Example::

    source = PackSource(manifest, "cpu-fp32", generation_dir, factory)
    pack, pipeline = source()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from qie_hub.errors import ProviderError
from qie_hub.events import Sink, Warned, ignore
from qie_hub.formats.manifest import Manifest, Variant
from qie_hub.ports import Pipeline, PipelineFactory
from qie_hub.runtime import golden
from qie_hub.runtime.commons import Commons
from qie_hub.runtime.golden import Memo
from qie_hub.runtime.policy import Need
from qie_hub.runtime.sessions import CPU, PackSessions

Loaded: TypeAlias = tuple[PackSessions, Pipeline]
Load: TypeAlias = "Callable[[], Loaded] | PackSource"


@dataclass(frozen=True, slots=True)
class Component:
    """An installed, admitted component that is opened beside a pack."""

    manifest: Manifest
    variant_id: str
    root: Path

    @property
    def variant(self) -> Variant:
        """The installed variant."""
        return self.manifest.variant(self.variant_id)


@dataclass(frozen=True, slots=True)
class PackSource:
    """How one installed pack is opened, with the components beside it.

    ``providers`` are tried in order; a step down is told, never silent. ``memo`` remembers passed golden edits; None
    does them at every load.
    """

    manifest: Manifest
    variant_id: str
    root: Path
    factory: PipelineFactory
    providers: tuple[str, ...] = (CPU,)
    threads: int | None = None
    memo: Memo | None = None
    components: tuple[Component, ...] = ()

    @property
    def variant(self) -> Variant:
        """The installed variant."""
        return self.manifest.variant(self.variant_id)

    @property
    def need(self) -> Need:
        """What the signed manifests say about memory: a component comes on top of every stage of the pack."""
        own = Need.of(self.variant.requirements)
        more = sum(part.variant.requirements.peak_memory for part in self.components)
        return Need(own.total + more, own.stage + more)

    def __call__(self, sink: Sink = ignore) -> Loaded:
        """Make sessions and pipeline; no graph is opened yet.

        Raises:
            ProviderError: none of the providers is there.
        """
        pack = self._sessions(sink)
        return pack, self.factory.create(pack)

    def prove(self, pack: PackSessions, pipeline: Pipeline) -> None:
        """Do the golden edit, unless it passed here before.

        Raises:
            LoadError: it did not come out as expected.
        """
        golden.prove(pack, pipeline, self.factory.understand, self.memo)

    def _sessions(self, sink: Sink) -> PackSessions:
        missing: list[ProviderError] = []
        for provider in self.providers:
            try:
                pack = self._opened(provider)
            except ProviderError as error:
                missing.append(error)
                continue
            for absent in missing:
                facts = {"pack": str(self.manifest.ref), "wanted": absent.data.get("provider"), "provider": provider}
                sink(Warned("PROVIDER_FALLBACK", facts))
            return pack
        raise missing[0] if missing else ProviderError(provider=None, available=[])

    def _opened(self, provider: str) -> PackSessions:
        parts = {
            part.manifest.name: PackSessions(
                part.manifest, part.variant, part.root, provider=provider, threads=self.threads
            )
            for part in self.components
        }
        return PackSessions(
            self.manifest, self.variant, self.root, provider=provider, threads=self.threads, components=parts
        )


def need_of(load: Load) -> Need:
    """What a pack needs; nothing stated means that everything fits."""
    return load.need if isinstance(load, PackSource) else Need()


def open_pack(load: Load, sink: Sink, *, staged: bool, commons: Commons) -> Loaded:
    """Make the sessions and open the graphs of the first stage.

    Args:
        load: how the pack is opened.
        sink: hears of another provider.
        staged: its stages take turns in memory.
        commons: of the host.

    Raises:
        RuntimeFault: it did not work; nothing stays open.
    """
    pack, pipeline = load(sink) if isinstance(load, PackSource) else load()
    pack.share(commons, staged=staged)
    try:
        for graph in pack.graphs_of("understand"):
            pack.session(graph)
    except BaseException:
        pack.close()
        raise
    return pack, pipeline


def warm_up(load: Load, pack: PackSessions, pipeline: Pipeline, *, ahead: bool = False) -> None:
    """Run what the pipeline runs first, then the golden edit.

    Args:
        load: what the pack was opened with.
        pack: the open pack.
        pipeline: bound to it.
        ahead: open every other graph too, so that no edit finds a stage that still has to load.

    Raises:
        RuntimeFault: it did not work; the pack is closed.
    """
    try:
        pipeline.warm_up()
        if isinstance(load, PackSource):
            load.prove(pack, pipeline)
        if ahead:
            open_all(pack)
    except BaseException:
        pack.close()
        raise


def open_all(pack: PackSessions) -> None:
    """Open every graph, stage by stage.

    Raises:
        RuntimeFault: a graph did not open; the others stay as they are.
    """
    for graph in pack.graphs:
        pack.session(graph)
