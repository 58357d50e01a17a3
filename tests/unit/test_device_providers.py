from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from qie_hub.device import onnxbytes, providers
from qie_hub.device.host import run_bounded
from qie_hub.formats.device import Accelerator, DeviceProfile

DEVICE = DeviceProfile(
    arch="x86_64",
    cpu_model="X",
    onnxruntime_version="1.32.0",
    providers=("CUDAExecutionProvider", "CPUExecutionProvider"),
    accelerators=(Accelerator("nvidia", "discrete", "RTX", driver="550"),),
)
CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"


def test_the_cpu_provider_is_proved_by_running_a_graph_in_a_child(tmp_path: Path) -> None:
    cache = tmp_path / "derived" / "proofs.json"
    proofs = providers.prove(DEVICE, cache, providers=(CPU, CUDA))
    assert proofs[CPU].proved
    assert [device.split()[0] for device in proofs[CPU].devices] == ["CPU"]
    assert proofs[CUDA].outcome == "absent"
    assert providers.cached(DEVICE, cache) == proofs


def test_the_probe_graph_is_valid_onnx_and_computes_what_is_expected() -> None:
    from onnx.reference import ReferenceEvaluator

    task = providers.probe()
    model = onnx.load_from_string(task.graph)
    onnx.checker.check_model(model, full_check=True)
    import numpy as np

    (result,) = ReferenceEvaluator(model).run(None, {"X": np.asarray(task.feed, np.float32)})
    assert result.tolist() == [list(row) for row in task.expected]
    assert max(max(row) for row in task.expected) > 0


def test_attributes_of_nodes_are_written_as_onnx_reads_them() -> None:
    data = onnxbytes.node("Conv", ("x", "w"), ("y",), {"group": 300, "strides": (2, 1)})
    node = onnx.NodeProto.FromString(data)
    assert {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute} == {
        "group": 300,
        "strides": [2, 1],
    }


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"outcome": "refused", "detail": "fell back"}, "refused"),
        ({"outcome": "wrong", "detail": "relative error 0.5"}, "wrong"),
        (TimeoutError("late"), "timeout"),
        (ChildProcessError(-4, ""), "crashed"),
        ("no json", "broken"),
        ({}, "broken"),
    ],
)
def test_every_way_to_fail_is_an_outcome_and_only_a_timeout_is_tried_again(
    tmp_path: Path, answer: object, outcome: str
) -> None:
    calls = []

    def runner(command: Sequence[str], timeout: float) -> str:
        calls.append(command[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else json.dumps(answer)

    for _ in range(2):
        proof = providers.prove(DEVICE, tmp_path / "p.json", providers=(CUDA,), runner=runner)[CUDA]
        assert (proof.outcome, proof.proved) == (outcome, False)
    assert len(calls) == (2 if outcome == "timeout" else 1)
    if isinstance(answer, ChildProcessError):
        assert proof.detail == "SIGILL"


def test_a_proof_holds_for_one_runtime_driver_and_device_only(tmp_path: Path) -> None:
    def runner(command: Sequence[str], timeout: float) -> str:
        return '{"outcome": "proved", "detail": null}'

    cache = tmp_path / "p.json"
    providers.prove(DEVICE, cache, runner=runner)
    assert set(providers.cached(DEVICE, cache)) == {CPU, CUDA}
    assert CUDA not in providers.cached(replace(DEVICE, accelerators=(Accelerator("nvidia", driver="551"),)), cache)
    assert providers.cached(replace(DEVICE, onnxruntime_version="1.33.0"), cache) == {}
    cache.write_bytes(b"{}")
    assert providers.cached(DEVICE, cache) == {}


def test_a_child_that_never_ends_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        run_bounded(["sleep", "60"], 0.05)


def test_a_child_killed_by_a_signal_says_which() -> None:
    with pytest.raises(ChildProcessError) as caught:
        run_bounded(["sh", "-c", "kill -ILL $$"], 5)
    assert caught.value.args[0] == -4
