from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import onnx
import pytest

from qie_hub.device import bench
from qie_hub.errors import ProviderError
from qie_hub.formats.device import DeviceProfile
from qie_hub.formats.speed import REFERENCE, Figures, normalise, predict, predict_variant, predictions
from tests.support.index_rows import row, variant

DEVICE = DeviceProfile(cpu_model="X", arch="x86_64", logical_cores=4, onnxruntime_version="1.32.0")
RATES = {"fp32": 50_000, "int8": 200_000, "serial": 40_000, "bandwidth": 10_000}


class StepClock:
    """A clock that a measured run moves by hand."""

    def __init__(self) -> None:
        self.hand = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.hand

    def sleep(self, seconds: float) -> None:
        self.hand += seconds


def answering(rates: object) -> bench.Runner:
    def run(command: Sequence[str], timeout: float) -> str:
        if isinstance(rates, Exception):
            raise rates
        return json.dumps(rates)

    return run


def test_this_machine_is_measured_in_a_child_and_remembered(tmp_path: Path) -> None:
    cache = tmp_path / "derived" / "figures.json"
    device = replace(DEVICE, logical_cores=1)
    figures = bench.measure(device, cache)
    assert figures.threads == 1
    assert 500 < figures.fp32 < 10_000_000
    assert figures.int8 > 500
    assert figures.bandwidth > 100
    assert bench.cached(device, cache) == figures


@pytest.mark.parametrize(
    "change", [{"onnxruntime_version": "1.33.0"}, {"cpu_quota_millis": 1000}, {"cpu_model": "Y"}, {"logical_cores": 2}]
)
def test_figures_hold_for_one_processor_quota_and_runtime(tmp_path: Path, change: dict[str, object]) -> None:
    cache = tmp_path / "f.json"
    bench.measure(DEVICE, cache, runner=answering(RATES))
    assert bench.cached(DEVICE, cache) is not None
    assert bench.cached(replace(DEVICE, **change), cache) is None


@pytest.mark.parametrize(
    "answer", [TimeoutError("late"), ChildProcessError(-4, "SIGILL"), {}, {"fp32": None}, FileNotFoundError("python")]
)
def test_a_benchmark_that_fails_is_a_provider_error_and_writes_nothing(tmp_path: Path, answer: object) -> None:
    with pytest.raises(ProviderError) as caught:
        bench.measure(DEVICE, tmp_path / "f.json", runner=answering(answer))
    assert caught.value.hint == "BENCH_FAILED"
    assert list(tmp_path.iterdir()) == []


def test_the_fastest_run_counts_and_not_what_other_programs_left() -> None:
    clock, steps = StepClock(), iter([0.5, 0.25, 0.5, 0.0625, 0.25, 0.25])
    assert bench.rate(lambda: clock.sleep(next(steps)), 100, 0.875, clock) == 1600


def test_a_quota_is_counted_in_by_the_threads_that_share_it() -> None:
    assert bench.under_quota(RATES, 4, None) == RATES
    assert bench.under_quota(RATES, 2, 1000) == {"fp32": 25_000, "int8": 100_000, "serial": 40_000, "bandwidth": 5_000}
    assert bench.under_quota(RATES, 1, 500)["serial"] == 20_000
    assert bench.under_quota(RATES, 1, 1500) == RATES


@pytest.mark.parametrize("graph", [bench.convolution(), bench.quantised_product(), bench.weight_reader()])
def test_the_graphs_are_valid(graph: bytes) -> None:
    onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)


@pytest.mark.parametrize("precision", ["fp32", "int8", "int4", "exotic"])
@pytest.mark.parametrize("pipeline", ["lite", "qwen_image_edit"])
def test_where_it_was_measured_the_prediction_is_the_measurement(pipeline: str, precision: str) -> None:
    here = Figures("k", 2, 54_000, 210_000, 53_000, 18_000)
    assert predict(normalise(40_000, here, pipeline, precision), here, pipeline, precision) == pytest.approx(
        40_000, abs=2
    )
    twice = Figures("k", 4, 108_000, 420_000, 106_000, 36_000)
    slow, fast = (predict(10_000, figures, pipeline, precision) for figures in (here, twice))
    assert fast == pytest.approx(slow / 2, abs=1)
    assert predict(1234, REFERENCE, pipeline, precision) == 1234


def test_nothing_is_predicted_for_what_nobody_measured() -> None:
    assert predict_variant(variant(edit_ms=None), REFERENCE) is None
    assert predict_variant(variant(edit_ms=900), None) is None
    assert predict_variant(variant(edit_ms=900, provider="CUDAExecutionProvider"), REFERENCE) is None
    assert predict_variant(variant(edit_ms=900), REFERENCE) == 900
    rows = [row("pro", 512, variant("timed", edit_ms=900), variant("not")), row("pro", 1024, variant(edit_ms=3600))]
    assert list(predictions(rows, REFERENCE).values()) == [900, 3600]
    assert predictions(rows, None) == {}
