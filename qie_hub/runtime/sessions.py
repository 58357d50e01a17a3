"""The only door to ONNX Runtime: sessions made from the verified files of one installed pack.

Invariants:

* A graph is opened on first use, once, and shared by all threads; files that the variant does not list are absent.
* With ``one_stage_at_a_time`` opening a graph first closes those of other stages: memory for one stage suffices.
* The execution provider is the one that was asked for. An unavailable one is a `ProviderError`; there is no silent
  step down to the CPU.
* No session is destroyed while a graph runs in it (that crashes the process): ``close`` refuses new runs and waits.
* Packs of one host whose graph and weights are the same files, opened in the same way, share one session.
* Only qie_hub's errors leave; ONNX Runtime's own log stays silent.

The memory arena and memory patterns are off: an arena never shrinks, and a device that swaps packs needs the
memory back (docs/runtime.md has figures). A pack may set per variant, in ``pipeline.settings["runtime"]``:
``prepack`` (false leaves weights memory-mapped and shared between the resolutions of a tier) and ``dimensions``
(free dimensions of its graphs by name, for the resolution).

Example::

    with PackSessions(manifest, variant, generation_dir) as pack:
        [boxes] = pack.session("ocr/det.onnx").run({"x": picture})
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from qie_hub.errors import DeviceMemory, EditCancelled, InferenceError, LoadError, NotFound, ProviderError
from qie_hub.events import PackLoading
from qie_hub.runtime import cancel, memory
from qie_hub.runtime.commons import Commons, Take, identity_of
from qie_hub.runtime.rungate import RunGate

try:
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors
except ImportError as error:
    raise ProviderError(hint="NO_RUNTIME", provider=None, available=[]) from error

if TYPE_CHECKING:
    from qie_hub.formats.manifest import Manifest, Variant
    from qie_hub.ports import Array

CPU: Final = "CPUExecutionProvider"
VERSION: Final[str] = ort.__version__
T = TypeVar("T")
_FATAL_ONLY: Final = 4
_NO_WEIGHTS: Final = (".onnx", ".json", ".txt", ".png", ".otf", ".ttf")
_MEMORY_WORDS: Final = ("bad_alloc", "failed to allocate", "out of memory", "storage size overflowed")
_ORT_ERRORS: Final[tuple[type[Exception], ...]] = (
    *(kind for kind in vars(ort_errors).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    RuntimeError,
    ValueError,
    TypeError,
    MemoryError,
)

ort.set_default_logger_severity(_FATAL_ONLY)
ort.disable_telemetry_events()


def available_providers() -> tuple[str, ...]:
    """The execution providers that this build of ONNX Runtime has (having one does not prove that it works)."""
    return tuple(ort.get_available_providers())


class GraphSession:
    """One graph of a pack. See `ports.Session`.

    A handle that outlives the ONNX Runtime session behind it: when the pack released that (memory, stages that
    take turns, idleness), the next ``run`` opens it again.
    """

    def __init__(self, pack: PackSessions, name: str, opened: Any) -> None:
        self.name = name
        self.input_names: tuple[str, ...] = tuple(node.name for node in opened.get_inputs())
        self.output_names: tuple[str, ...] = tuple(node.name for node in opened.get_outputs())
        self.metadata: Mapping[str, str] = MappingProxyType(dict(opened.get_modelmeta().custom_metadata_map))
        self.inputs: tuple[tuple[str, str, tuple[int | str | None, ...]], ...] = tuple(
            (node.name, node.type, tuple(node.shape)) for node in opened.get_inputs()
        )
        """Name, ONNX Runtime type (``tensor(float)``) and dimensions of each input; a free one is a name or None."""
        self._pack = pack

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Run the graph once; returns the outputs in the graph's order.

        Raises:
            InferenceError: the graph refused the feeds or failed.
            DeviceMemory: memory ran out.
            EditCancelled: the token bound to this thread was cancelled.
            Closed: the pack was closed.
        """
        token = cancel.current()
        options = ort.RunOptions()
        options.log_severity_level = _FATAL_ONLY
        with self._pack.running(self.name) as live:
            if token is None:
                return self._pack.first_run(self.name, lambda: self._run(live, feeds, options))
            with token.stopping(lambda: setattr(options, "terminate", True)):
                token.check()
                try:
                    return self._pack.first_run(self.name, lambda: self._run(live, feeds, options))
                except InferenceError:
                    if token.cancelled:
                        raise EditCancelled(graph=self.name) from None
                    raise

    def _run(self, live: Any, feeds: Mapping[str, Array], options: ort.RunOptions) -> list[Array]:
        try:
            return list(live.run(list(self.output_names), dict(feeds), options))
        except _ORT_ERRORS as error:
            kind = DeviceMemory if _is_memory(error) else InferenceError
            raise kind(graph=self.name, problem=_shorten(error)) from None


class PackSessions:
    """A pack's files and the sessions made from them. See `ports.LoadedPack`. Thread-safe."""

    def __init__(
        self,
        manifest: Manifest,
        variant: Variant,
        root: Path,
        *,
        provider: str = CPU,
        threads: int | None = None,
        components: Mapping[str, PackSessions] = MappingProxyType({}),
    ) -> None:
        """Open nothing yet.

        Args:
            manifest: the verified manifest.
            variant: the installed variant of it.
            root: the directory that holds the files under their manifest paths.
            provider: the ONNX Runtime execution provider that every graph must run on.
            threads: threads within one graph; None takes the cores that this process may use.
            components: admitted components by name; they are closed, released and measured with this pack.

        Raises:
            ProviderError: this build of ONNX Runtime lacks the provider.
        """
        if provider not in available_providers():
            raise ProviderError(provider=provider, available=list(available_providers()))
        self.manifest = manifest
        self.variant = variant
        self.settings: Mapping[str, Any] = MappingProxyType(dict(variant.pipeline.settings))
        self.provider = provider
        self.threads = threads or usable_cores()
        self.one_stage_at_a_time = False
        self.commons = Commons()
        self._components = dict(components)
        self._root = root
        self._names = frozenset(variant.files)
        self._stages = {file.path: file.stage for file in manifest.files}
        self._lock = threading.Lock()
        self._handles: dict[str, GraphSession] = {}
        self._live: dict[str, Any] = {}
        self._loaded: dict[str, int | None] = {}
        self._ran: dict[str, int | None] = {}
        self._gate = RunGate()

    def path(self, name: str) -> Path:
        """The path of a file of this pack.

        Raises:
            NotFound: the variant lists no such file.
        """
        if name not in self._names:
            raise NotFound(what="file", name=name, closest=())
        return self._root / name

    def session(self, name: str) -> GraphSession:
        """The session of graph ``name``; opened on first use, then shared.

        Raises:
            NotFound: the variant lists no such file.
            LoadError: ONNX Runtime refused the graph.
            DeviceMemory: memory ran out while loading.
            ProviderError: the provider did not take the session.
            Closed: the pack was closed.
        """
        self.path(name)
        if name not in self._handles:
            with self.running(name) as live, self._lock:
                self._handles.setdefault(name, GraphSession(self, name, live))
        return self._handles[name]

    def component(self, name: str) -> PackSessions | None:
        """A component that is installed beside this pack; None if it is not."""
        return self._components.get(name)

    def share(self, commons: Commons, *, staged: bool) -> None:
        """Join a host: use what its packs have in common, and let stages take turns in memory if it says so."""
        for pack in (self, *self._components.values()):
            pack.commons, pack.one_stage_at_a_time = commons, staged

    @contextmanager
    def running(self, name: str) -> Iterator[Any]:
        """Within the block ONNX Runtime's session of ``name`` is open and stays so."""
        while True:
            with self._gate:
                live = self._live.get(name)
                if live is not None:
                    yield live
                    return
            self._load(name)

    @property
    def graphs(self) -> tuple[str, ...]:
        """The graphs of the variant in loading order."""
        files = self.manifest.files_of(self.variant)
        return tuple(file.path for file in files if file.path.endswith(".onnx"))

    def graphs_of(self, stage: str) -> tuple[str, ...]:
        """The graphs of one stage."""
        return tuple(name for name in self.graphs if self._stages[name] == stage)

    @property
    def loaded(self) -> tuple[str, ...]:
        """The graphs that are open in ONNX Runtime now."""
        return tuple(self._live.copy())

    @property
    def memory(self) -> Mapping[str, int | None]:
        """Proportional bytes by stage that is open: what the process grew by while its graphs opened and first ran.

        None for a stage whose figure is not known: something else went on meanwhile.
        """
        found: dict[str, int | None] = {}
        for name in self.loaded:
            loaded, ran, stage = self._loaded.get(name), self._ran.get(name, 0), self._stages.get(name, "understand")
            known = found.get(stage, 0)
            found[stage] = None if loaded is None or ran is None or known is None else known + loaded + ran
        for part in self._components.values():
            for stage, taken in part.memory.items():
                known = found.get(stage, 0)
                found[stage] = None if taken is None or known is None else known + taken
        return found

    def first_run(self, name: str, run: Callable[[], T]) -> T:
        """Carry out a run of an open graph; the first one is measured: mapped weights come into memory with it."""
        if name in self._ran:
            return run()
        with self.commons.meter.take(memory.proportional) as take:
            result = run()
            _settle(take)
        self._ran[name] = take.grown
        return result

    def release(self, names: Sequence[str] | None = None) -> None:
        """Close these graphs (all by default) once no run is active; the next use opens them again."""
        with self._gate.paused(), self._lock:
            for name in tuple(self._live) if names is None else names:
                self._live.pop(name, None)
                self._ran.pop(name, None)
        if names is None:
            for part in self._components.values():
                part.release()

    def close(self) -> None:
        """Refuse new runs, wait for the active ones, close every graph. May be called twice."""
        self._gate.close()
        with self._lock:
            self._live.clear()
        for part in self._components.values():
            part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _load(self, name: str) -> None:
        if self.one_stage_at_a_time:
            others = [other for other in self.loaded if self._stages[other] != self._stages[name]]
            if others:
                self.release(others)
        self.commons.sink(PackLoading(str(self.manifest.ref), name, len(self._live), len(self.graphs)))
        with self._gate, self._lock:
            if name not in self._live:
                with self.commons.meter.take(memory.proportional) as take:
                    self._live[name] = self._shared(name)
                    _settle(take)
                self._loaded[name] = take.grown

    def _shared(self, name: str) -> Any:
        """The session that another pack of this host has open over the same files, or a new one."""
        weights = sorted(other for other in self._names if not other.endswith(_NO_WEIGHTS))
        files = identity_of(self.path(file) for file in (name, *weights))
        if files is None:
            return self._open(name)
        key = (files, self.provider, self.threads, repr(self.settings.get("runtime")))
        return self.commons.sessions.get(key, lambda: self._open(name))

    def _open(self, name: str) -> Any:
        try:
            session = ort.InferenceSession(
                os.fspath(self.path(name)), self._options(), providers=[self.provider], enable_fallback=0
            )
        except _ORT_ERRORS as error:
            kind = DeviceMemory if _is_memory(error) else LoadError
            raise kind(graph=name, problem=_shorten(error)) from None
        session.disable_fallback()
        if self.provider not in session.get_providers():
            raise ProviderError(provider=self.provider, available=list(session.get_providers()))
        return session

    def _options(self) -> ort.SessionOptions:
        wishes = self.settings.get("runtime", {})
        options = ort.SessionOptions()
        options.log_severity_level = _FATAL_ONLY
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if wishes.get("prepack") is False:
            options.add_session_config_entry("session.disable_prepacking", "1")
        for dimension, size in wishes.get("dimensions", {}).items():
            options.add_free_dimension_override_by_name(dimension, size)
        return options


def _settle(take: Take) -> None:
    """What the C library keeps of the work itself is not the graph's memory."""
    if take.alone:
        memory.give_back(cycles=False)


def usable_cores() -> int:
    """The cores that this process may be scheduled on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _MEMORY_WORDS)


def _shorten(error: Exception) -> str:
    return " ".join(str(error).split())[:400]
