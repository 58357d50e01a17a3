"""A micro-benchmark of about a second, in a child process, at shapes that packs use.

Four figures (`Figures`): fp32 convolutions on all threads and on one, int8 products, and weights read per second.
Each is the work of one run over the fastest run of a span: what the device can do, not what it happened to do beside
other programs. A quota of control groups is counted in afterwards, since it is known exactly and a burst hides it.

The result is cached by processor, threads, quota and runtime version; another key is measured anew.

Example (the child, by hand)::

    $ python -m qie_hub.device.bench 2
    {"bandwidth": 9312, "fp32": 61230, "int8": 170113, "serial": 33950}
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from qie_hub import atomic
from qie_hub.clock import Clock, SystemClock
from qie_hub.device import onnxbytes
from qie_hub.device.host import run_bounded
from qie_hub.device.providers import CPU, child_command, session
from qie_hub.errors import FormatError, ProviderError
from qie_hub.formats import canonical
from qie_hub.formats.device import DeviceProfile
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.speed import Figures

SCHEMA: Final = 1
SPAN: Final = 0.15
"""Seconds for each figure: longer than a period of the usual quota, so that some runs are not throttled."""

ROUNDS: Final = 2
"""All figures are taken so often and the best of each counts: other programs come and go."""

TIMEOUT: Final = 60.0
CHANNELS: Final = 48
SIDE: Final = 64
"""A 3x3 convolution of 48 channels over 64x64: the shape of small super-resolution and detection nets."""

MULTIPLY_ADDS: Final = CHANNELS * CHANNELS * 9 * SIDE * SIDE

ROWS, DEPTH, WIDTH = 256, 768, 768
"""A quantised product of 256 rows: attention and mixing layers of small transformers."""

TALL, BROAD = 4096, 6144
"""96 MiB of weights for one row: more than the caches of a server hold, so that memory is what is measured."""

Runner = Callable[[Sequence[str], float], str]


def key(profile: DeviceProfile) -> str:
    """Name what figures depend on."""
    parts = (
        profile.cpu_model or profile.soc, profile.arch, profile.threads, profile.cpu_quota_millis,
        profile.onnxruntime_version,
    )  # fmt: skip
    return "|".join(str(part) for part in parts)[:1000]


def cached(profile: DeviceProfile, cache: Path) -> Figures | None:
    """Return the figures that hold for this device as it is now."""
    try:
        figures = _read(cache.read_bytes())
    except (OSError, FormatError):
        return None
    return figures if figures.key == key(profile) else None


def measure(profile: DeviceProfile, cache: Path, *, runner: Runner | None = None, timeout: float = TIMEOUT) -> Figures:
    """Measure in a child process, write the figures to ``cache`` and return them.

    Args:
        profile: the device; its threads and key.
        cache: a JSON file below ``home/derived``.
        runner: runs a command with a timeout; the real one by default.
        timeout: seconds after which the child is given up.

    Raises:
        ProviderError: the runtime is absent, crashed or did not end in time.
    """
    threads = profile.threads or 1
    try:
        answer = json.loads((runner or run_bounded)(child_command("qie_hub.device.bench", str(threads)), timeout))
        rates = {name: max(1, int(answer[name])) for name in _FIGURES}
        figures = Figures(key(profile), threads, **under_quota(rates, threads, profile.cpu_quota_millis))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ProviderError(
            hint="BENCH_FAILED", provider=CPU, detail=f"{type(error).__name__}: {error}"[:300]
        ) from None
    with contextlib.suppress(OSError):  # a read-only home costs the next call a second, not this one its answer
        atomic.write(cache, canonical.dumps({"schema": SCHEMA, "figures": figures.to_json()}))
    return figures


_FIGURES: Final = ("fp32", "int8", "serial", "bandwidth")


def _read(data: bytes) -> Figures:
    issues = Issues("figures")
    fields = Fields(canonical.loads(data, what="figures"), issues)
    fields.integer("schema", low=SCHEMA, high=SCHEMA)
    figures = Figures.read(fields.inner("figures"))
    issues.raise_any()
    return figures


# -- the child ------------------------------------------------------------------------------------------------


def convolution() -> bytes:
    """X[1,48,64,64] -> 3x3 convolution -> Y of the same shape."""
    shape = (1, CHANNELS, SIDE, SIDE)
    weights = onnxbytes.tensor("W", onnxbytes.FLOAT, (CHANNELS, CHANNELS, 3, 3), _floats(CHANNELS * CHANNELS * 9))
    return onnxbytes.model(
        [onnxbytes.node("Conv", ("X", "W"), ("Y",), {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1)})],
        inputs=[onnxbytes.value("X", onnxbytes.FLOAT, shape)],
        outputs=[onnxbytes.value("Y", onnxbytes.FLOAT, shape)],
        weights=[weights],
    )


def quantised_product() -> bytes:
    """X[256,768] -> uint8 on the fly -> times int8 W[768,768] -> Y int32."""
    cycle = bytes((number * 7) % 255 for number in range(255))
    raw = (cycle * (DEPTH * WIDTH // 255 + 1))[: DEPTH * WIDTH]
    return onnxbytes.model(
        [
            onnxbytes.node("DynamicQuantizeLinear", ("X",), ("Q", "scale", "zero")),
            onnxbytes.node("MatMulInteger", ("Q", "W", "zero"), ("Y",)),
        ],
        inputs=[onnxbytes.value("X", onnxbytes.FLOAT, (ROWS, DEPTH))],
        outputs=[onnxbytes.value("Y", onnxbytes.INT32, (ROWS, WIDTH))],
        weights=[onnxbytes.tensor("W", onnxbytes.INT8, (DEPTH, WIDTH), raw)],
    )


def weight_reader() -> bytes:
    """X[1,4096] -> times W[4096,6144] -> Y. W comes from outside: a constant would be copied before it is read."""
    given = {"X": (1, TALL), "W": (TALL, BROAD)}
    return onnxbytes.model(
        [onnxbytes.node("MatMul", ("X", "W"), ("Y",))],
        inputs=[onnxbytes.value(name, onnxbytes.FLOAT, shape) for name, shape in given.items()],
        outputs=[onnxbytes.value("Y", onnxbytes.FLOAT, (1, BROAD))],
        weights=[],
    )


def rate(run: Callable[[], object], work: int, span: float, clock: Clock) -> int:
    """Return work per second in the fastest run of ``span`` seconds, after one run to warm up."""
    run()
    start = clock.monotonic()
    fastest = float("inf")
    while fastest == float("inf") or clock.monotonic() - start < span:
        before = clock.monotonic()
        run()
        fastest = min(fastest, clock.monotonic() - before)
    return int(work / max(fastest, 1e-9))


def under_quota(rates: Mapping[str, int], threads: int, quota_millis: int | None) -> dict[str, int]:
    """Count a quota in: what runs on ``threads`` threads gets at most ``quota_millis`` thousandths of a core."""
    if quota_millis is None:
        return dict(rates)
    return {
        name: max(1, value * min(1000 * width, quota_millis) // (1000 * width))
        for name, value in rates.items()
        for width in (1 if name == "serial" else threads,)
    }


def figures_of(threads: int, clock: Clock) -> dict[str, int]:
    """Measure all figures here. Only for the child: it imports ONNX Runtime."""
    million = 1_000_000
    row, product = {"X": (1, TALL), "W": (TALL, BROAD)}, {"X": (ROWS, DEPTH)}
    runs = {
        "fp32": (_convolving(threads), MULTIPLY_ADDS, million),
        "serial": (on_one_thread(), MULTIPLY_ADDS, million),
        "int8": (_runner(quantised_product(), product, threads), ROWS * DEPTH * WIDTH, million),
        "bandwidth": (_runner(weight_reader(), row, threads), TALL * BROAD * 4, 1 << 20),
    }
    rounds = [{name: rate(run, work, SPAN, clock) for name, (run, work, _) in runs.items()} for _ in range(ROUNDS)]
    return {name: max(one[name] for one in rounds) // unit for name, (_, _, unit) in runs.items()}


def on_one_thread() -> Callable[[], object]:
    """Return the run behind the figure ``serial``: `MULTIPLY_ADDS` in a convolution. Imports ONNX Runtime."""
    return _convolving(1)


def _convolving(threads: int) -> Callable[[], object]:
    return _runner(convolution(), {"X": (1, CHANNELS, SIDE, SIDE)}, threads)


def _runner(graph: bytes, shapes: Mapping[str, tuple[int, ...]], threads: int) -> Callable[[], Any]:
    import numpy as np

    running = session(graph, CPU, threads=threads)
    feeds = {name: np.resize(np.linspace(-1, 1, 17, dtype=np.float32), shape) for name, shape in shapes.items()}
    return lambda: running.run(None, feeds)


def _floats(count: int) -> bytes:
    import numpy as np

    return (np.arange(count, dtype=np.float32) % 17 / 17 - 0.5).astype("<f4").tobytes()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures_of(int(sys.argv[1]), SystemClock()), sort_keys=True) + "\n")
