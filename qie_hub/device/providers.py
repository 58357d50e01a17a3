"""Execution providers that are proved, not promised.

A provider counts when a child process ran a small graph on it with CPU fallback forbidden and the numbers agree.
ONNX Runtime's own list says only what the package was built with: construction may fail or fall back silently.

Invariants:

* ONNX Runtime is imported in the child only: on a CPU that its binaries do not support it dies before it can say so.
* A crash, a hang and wrong numbers are outcomes, not errors.
* A proof holds for one key (runtime version, provider, driver, device); another key needs another proof.

Example (the child, by hand)::

    $ python -m qie_hub.device.providers CPUExecutionProvider
    {"detail": null, "devices": ["CPU AMD"], "outcome": "proved", "providers": [...], "version": "1.32.0"}
"""

from __future__ import annotations

import contextlib
import json
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qie_hub import atomic
from qie_hub.device import onnxbytes
from qie_hub.device.host import run_bounded
from qie_hub.errors import FormatError
from qie_hub.formats import canonical
from qie_hub.formats.device import DRIVES, DeviceProfile, ProviderProof
from qie_hub.formats.fields import Fields, Issues

SCHEMA: Final = 1
TIMEOUT: Final = 30.0
"""Seconds for one proof: a first start of CUDA or TensorRT takes many (Ollama allows 30 s, 90 s at bootstrap)."""

CPU: Final = "CPUExecutionProvider"
TOLERANCE: Final = 1e-2
"""Largest relative error: some accelerators multiply in half precision or TF32."""

Runner = Callable[[Sequence[str], float], str]


@dataclass(frozen=True, slots=True)
class Probe:
    """A small graph and what it must compute: Y = Relu(X x W), X 4x8 and W 8x8 of small whole numbers."""

    graph: bytes
    feed: tuple[tuple[float, ...], ...]
    expected: tuple[tuple[float, ...], ...]


def key(profile: DeviceProfile, provider: str) -> str:
    """Name what a proof of ``provider`` depends on: runtime version, provider, its device and driver."""
    devices = [item for item in profile.accelerators or () if item.vendor in DRIVES.get(provider, ())]
    parts = [f"{item.name}/{item.driver}" for item in devices] or [str(profile.cpu_model)]
    return "|".join((str(profile.onnxruntime_version), provider, str(profile.arch), *sorted(parts)))[:1000]


def cached(profile: DeviceProfile, cache: Path) -> dict[str, ProviderProof]:
    """Return the proofs that hold for this device as it is now; an unreadable cache holds none."""
    try:
        proofs = _read(cache.read_bytes())
    except (OSError, FormatError):
        return {}
    return {name: proof for name, proof in proofs.items() if proof.key == key(profile, name)}


def prove(
    profile: DeviceProfile,
    cache: Path,
    *,
    providers: Iterable[str] | None = None,
    runner: Runner | None = None,
    timeout: float = TIMEOUT,
) -> dict[str, ProviderProof]:
    """Return a proof for each provider, from ``cache`` or by trying; new ones are written to ``cache``.

    Args:
        profile: the device; its declared providers are tried unless ``providers`` names others.
        cache: a JSON file below ``home/derived``.
        providers: names of ONNX Runtime execution providers.
        runner: runs a command with a timeout; the real one by default.
        timeout: seconds for each provider.

    A timeout is not cached: the next call tries again.
    """
    known = cached(profile, cache)
    proofs = dict(known)
    for name in providers if providers is not None else profile.providers or ():
        if name not in proofs:
            proofs[name] = _try(name, key(profile, name), runner or _run, timeout)
    lasting = {name: proof for name, proof in proofs.items() if proof.outcome != "timeout"}
    if lasting != known:
        with contextlib.suppress(OSError):  # a read-only home costs a second try later, not the verb
            atomic.write(cache, _write(lasting))
    return proofs


def probe() -> Probe:
    """Build the graph. Whole numbers up to 8 make every product exact in half precision too."""
    weights = tuple(tuple(float((row * 3 + column * 5) % 7 - 3) for column in range(8)) for row in range(8))
    feed = tuple(tuple(float((row + column * 2) % 5 - 2) for column in range(8)) for row in range(4))
    expected = tuple(
        tuple(max(0.0, sum(x * weights[k][column] for k, x in enumerate(row))) for column in range(8)) for row in feed
    )
    raw = struct.pack("<64f", *(number for row in weights for number in row))
    graph = onnxbytes.model(
        [onnxbytes.node("MatMul", ("X", "W"), ("P",)), onnxbytes.node("Relu", ("P",), ("Y",))],
        inputs=[onnxbytes.value("X", onnxbytes.FLOAT, (4, 8))],
        outputs=[onnxbytes.value("Y", onnxbytes.FLOAT, (4, 8))],
        weights=[onnxbytes.tensor("W", onnxbytes.FLOAT, (8, 8), raw)],
    )
    return Probe(graph, feed, expected)


def child_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package in a child, wherever the package lies."""
    place = str(Path(__file__).resolve().parents[2])
    start = f"import sys, runpy; sys.path.insert(0, {place!r}); sys.argv[0] = {module!r}; "
    return [sys.executable, "-c", f"{start}runpy.run_module({module!r}, run_name='__main__')", *arguments]


def session(graph: bytes, provider: str, *, threads: int = 0) -> Any:
    """Open a session on exactly one provider. Only for child processes: it imports ONNX Runtime here."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider != CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return onnxruntime.InferenceSession(graph, options, providers=[provider])


def _try(name: str, proof_key: str, runner: Runner, timeout: float) -> ProviderProof:
    try:
        answer = json.loads(runner(child_command("qie_hub.device.providers", name), timeout))
        return ProviderProof(str(answer["outcome"]), proof_key, answer["detail"], tuple(answer.get("devices", ())))
    except TimeoutError as error:
        return ProviderProof("timeout", proof_key, str(error))
    except ChildProcessError as error:
        return ProviderProof("crashed", proof_key, _crash(error))
    except (OSError, ValueError, LookupError, TypeError) as error:
        return ProviderProof("broken", proof_key, f"{type(error).__name__}: {error}"[:500])


def _run(command: Sequence[str], timeout: float) -> str:
    return run_bounded(command, timeout)


def _crash(error: ChildProcessError) -> str:
    code, words = error.args[0], str(error.args[1]) if len(error.args) > 1 else ""
    if isinstance(code, int) and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit {code}: {words.splitlines()[-1] if words else ''}"[:500]


def _judge(name: str) -> dict[str, Any]:
    """The child's work: try one provider and say what came of it."""
    try:
        import numpy as np
        import onnxruntime
    except ImportError as error:
        return {"outcome": "broken", "detail": str(error)[:500]}
    facts = {
        "version": onnxruntime.__version__,
        "providers": onnxruntime.get_available_providers(),
        "devices": _devices(onnxruntime, name),
    }
    if name not in facts["providers"]:
        return {"outcome": "absent", "detail": None, **facts}
    task = probe()
    try:
        running = session(task.graph, name)
        if running.get_providers()[0] != name:
            return {"outcome": "refused", "detail": f"fell back to {running.get_providers()[0]}", **facts}
        (result,) = running.run(None, {"X": np.asarray(task.feed, np.float32)})
    except Exception as error:  # noqa: BLE001 - the edge of a foreign library; every way to fail is an outcome
        return {"outcome": "refused", "detail": f"{type(error).__name__}: {error}"[:500], **facts}
    expected = np.asarray(task.expected, np.float32)
    error_size = float(np.max(np.abs(result - expected)) / np.max(np.abs(expected)))
    if not error_size <= TOLERANCE:
        return {"outcome": "wrong", "detail": f"relative error {error_size:.3g}", **facts}
    return {"outcome": "proved", "detail": None, **facts}


def _devices(onnxruntime: Any, name: str) -> list[str]:
    """What the runtime lists for a provider: newer ones know devices, and not of every provider."""
    listed: list[Any] = getattr(onnxruntime, "get_ep_devices", list)()
    found = [item.device for item in listed if item.ep_name == name]
    return [f"{str(device.type).rpartition('.')[2]} {device.vendor}".strip() for device in found]


def _write(proofs: Mapping[str, ProviderProof]) -> bytes:
    return canonical.dumps({"schema": SCHEMA, "proofs": {name: proof.to_json() for name, proof in proofs.items()}})


def _read(data: bytes) -> dict[str, ProviderProof]:
    issues = Issues("proofs")
    fields = Fields(canonical.loads(data, what="proofs"), issues)
    fields.integer("schema", low=SCHEMA, high=SCHEMA)
    proofs = fields.table("proofs", lambda inner, name: ProviderProof.read(inner.inner(name)))
    issues.raise_any()
    return proofs


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_judge(sys.argv[1]), sort_keys=True) + "\n")
