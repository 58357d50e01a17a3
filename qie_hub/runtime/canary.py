"""The canary: a child process opens every graph of a new pack and runs it once, before the pack may serve.

The gate knows forms; only running shows a defect of a kernel or memory that depends on inputs. Invariants:

* a crash, a refused graph or excessive memory ends the child, never the caller, and never leaves it behind;
* memory means *anonymous* memory, so that gigabytes of mapped weights pass; the limit is what the manifest states
  for the variant plus a base for the interpreter;
* time is no proof of harm: a slow device gives ``UNPROVED``, not an error. So does a graph that refuses every tiny
  input; a pack can state shapes in ``pipeline.settings["canary"]`` (graph path -> input name -> shape).

Example::

    if prove(staged_dir, manifest, variant, clock=clock) is Proof.UNPROVED:
        sink(Warned("CANARY_UNPROVED", {"pack": str(manifest.ref)}))
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from qie_hub.errors import DeviceMemory, InferenceError, LoadError, ProviderError, QieHubError, UnsafeContent
from qie_hub.formats.manifest import Manifest
from qie_hub.runtime import child, memory

if TYPE_CHECKING:
    from qie_hub.clock import Clock
    from qie_hub.formats.manifest import Variant

POLL_SECONDS: Final = 0.02
_LIMIT_SLACK: Final = 1 << 30
_ERRORS: Final[Mapping[str, type[QieHubError]]] = {
    kind.code: kind for kind in (LoadError, DeviceMemory, InferenceError, ProviderError)
}


class Proof(StrEnum):
    """What the canary could show."""

    PASSED = "passed"
    UNPROVED = "unproved"


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for all graphs together; ``base`` bytes of anonymous memory beside what the variant states."""

    seconds: float = 120.0
    base: int = 128 << 20

    def memory_for(self, variant: Variant) -> int:
        """Bytes of anonymous memory that a child may hold."""
        return self.base + max(variant.peak_ram, variant.requirements.peak_memory)


def prove(
    root: Path,
    manifest: Manifest,
    variant: Variant,
    *,
    clock: Clock,
    limits: Limits | None = None,
    provider: str = "CPUExecutionProvider",
) -> Proof:
    """Open and run every graph of the variant once, in a child process.

    Raises:
        LoadError: a graph was refused or crashed the child (``signal``): the pack must not be used.
        UnsafeContent: the child asked for more memory than the manifest states.
        DeviceMemory: the system killed the child: this device has not enough memory now.
        ProviderError: the execution provider is absent.
    """
    bounds = limits or Limits()
    task = {"root": str(root), "manifest": manifest.to_json(), "variant": variant.id, "provider": provider,
            "data_limit": _data_limit(manifest, variant, bounds), "seconds": bounds.seconds}  # fmt: skip
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as asked:
        asked.write(json.dumps(task).encode())
        asked.seek(0)
        process = subprocess.Popen(
            child.command(__name__), stdin=asked, stdout=said, stderr=subprocess.DEVNULL, cwd=root
        )
        try:
            ended = _watch(process, clock, bounds, bounds.memory_for(variant))
        finally:
            process.kill()
            process.wait()
        return _judge(manifest, process.returncode, ended, _lines(said), bounds.memory_for(variant))


def _data_limit(manifest: Manifest, variant: Variant, bounds: Limits) -> int:
    """The hard limit of writable mappings, against a jump between two looks of the parent.

    ONNX Runtime maps weights privately writable, so their size counts here though they cost no memory.
    """
    return bounds.memory_for(variant) + sum(file.size for file in manifest.files_of(variant)) + _LIMIT_SLACK


def _watch(process: subprocess.Popen[bytes], clock: Clock, bounds: Limits, limit: int) -> str:
    """Look at the child until it ends or must end: exited, memory or time."""
    deadline = clock.monotonic() + bounds.seconds
    while process.poll() is None:
        if (memory.anonymous(process.pid) or 0) > limit:
            return "memory"
        if clock.monotonic() > deadline:
            return "time"
        clock.sleep(POLL_SECONDS)
    return "exited"


def _lines(said: IO[bytes]) -> list[dict[str, Any]]:
    said.seek(0)
    whole = [line for line in said.read().split(b"\n")[:-1] if line.startswith(b"{")]
    return [json.loads(line) for line in whole]


def _judge(manifest: Manifest, code: int, ended: str, lines: list[dict[str, Any]], limit: int) -> Proof:
    pack = str(manifest.ref)
    graph = next((line["graph"] for line in reversed(lines) if "graph" in line), None)
    if ended == "time":
        return Proof.UNPROVED
    if ended == "memory":
        raise UnsafeContent(
            pack=pack, issues=[f"{graph}: asks for more than the {limit} bytes that its manifest states"]
        )
    last = lines[-1] if lines else {}
    if "unproved" in last:
        return Proof.UNPROVED if last["unproved"] else Proof.PASSED
    if "error" in last:
        _raise(pack, last["error"], limit)
    if code == -signal.SIGKILL:
        raise DeviceMemory(graph=graph, problem="the system ended the trial run")
    name = signal.Signals(-code).name if code < 0 else None
    raise LoadError(hint="CRASHED", graph=graph, problem="the trial run crashed", signal=name, code=code)


def _raise(pack: str, error: dict[str, Any], limit: int) -> None:
    if error["code"] == DeviceMemory.code:
        graph = error["data"].get("graph")
        raise UnsafeContent(
            pack=pack, issues=[f"{graph}: asks for more than the {limit} bytes that its manifest states"]
        )
    raise _ERRORS.get(error["code"], LoadError)(**error["data"])


# -- the child ----------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """The child's whole life: read the task from stdin, say one JSON line per graph, then the outcome."""
    del arguments
    task = json.load(sys.stdin.buffer)
    _limit_self(task["data_limit"], task["seconds"])
    try:
        _say(unproved=_run_all(task))
    except QieHubError as error:
        _say(error={"code": error.code, "data": error.data})
    return 0


def _run_all(task: Mapping[str, Any]) -> list[str]:
    from qie_hub.runtime.sessions import PackSessions

    manifest = Manifest.from_bytes(json.dumps(task["manifest"]).encode())
    variant = manifest.variant(task["variant"])
    stated = variant.pipeline.settings.get("canary", {})
    unproved = []
    with PackSessions(manifest, variant, Path(task["root"]), provider=task["provider"]) as pack:
        for graph in pack.graphs:
            _say(graph=graph)
            if not _run_once(pack.session(graph), stated.get(graph, {})):
                unproved.append(graph)
            pack.release([graph])
    return unproved


def _run_once(session: Any, stated: Mapping[str, Sequence[int]]) -> bool:
    from qie_hub.runtime.feeds import SIZES, feeds

    for size in SIZES:
        try:
            session.run(feeds(session, size, stated))
        except InferenceError:
            continue
        return True
    return False


def _limit_self(data: int, seconds: float) -> None:
    if os.name != "posix":
        return
    import resource

    for kind, value in (
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_CPU, int(seconds) * 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
