from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from qie_hub.clock import SystemClock
from qie_hub.digest import Digest
from qie_hub.errors import DeviceMemory, LoadError, UnsafeContent
from qie_hub.formats.manifest import Manifest, Variant
from qie_hub.runtime import gate
from qie_hub.runtime.canary import Limits, Proof, prove
from tests.support import graphs
from tests.support.graphs import constant, external, floats, ints, model

CLOCK = SystemClock()


def stuck() -> bytes:
    """A graph whose only run never ends: a loop of a billion rounds, whatever the input."""
    graph = graphs.endless()
    graph.graph.input.remove(graph.graph.input[0])
    graph.graph.initializer.append(constant("n", 10**9, np.int64))
    return graph.SerializeToString()


def packed(root: Path, files: Mapping[str, bytes], **more: object) -> tuple[Path, Manifest, Variant]:
    manifest, variant = graphs.pack(root, files, **more)  # type: ignore[arg-type]  # passed through as they are
    return root, manifest, variant


def children() -> set[int]:
    """The processes that this one started and has not waited for."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def kill_the_child(number: int) -> threading.Thread:
    """Send a signal to the next child of this process as soon as it runs our code."""
    before = children()

    def work() -> None:
        while True:
            for pid in children() - before:
                if b"qie_hub.runtime.canary" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, number)
                    return
            CLOCK.sleep(0.01)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_sound_pack_passes_whatever_its_inputs_look_like(tmp_path: Path) -> None:
    recogniser = model(
        [helper.make_node("Relu", ["x"], ["y"])], [floats("x", "n", 3, 48, "w")], [floats("y", "n", 3, 48, "w")]
    )
    tokens = model([helper.make_node("Cast", ["ids"], ["y"], to=1)], [ints("ids", 1, "t")], [floats("y", 1, "t")])
    fixed = model(
        [helper.make_node("Reshape", ["x", "s"], ["y"])], [floats("x", 1, "c", "h", "w")], [floats("y", 3, 25600)],
        [constant("s", [3, 25600], np.int64)],
    )  # fmt: skip
    root, manifest, variant = packed(
        tmp_path,
        {
            "a.onnx": graphs.affine().SerializeToString(),
            "rec.onnx": recogniser.SerializeToString(),
            "ids.onnx": tokens.SerializeToString(),
            "needs160.onnx": fixed.SerializeToString(),
            "note.txt": b"no graph",
        },
    )
    assert prove(root, manifest, variant, clock=CLOCK) is Proof.PASSED


def test_a_pack_states_the_shapes_that_nobody_can_guess(tmp_path: Path) -> None:
    odd = model(
        [helper.make_node("Reshape", ["x", "s"], ["y"])], [floats("x", None, None)], [floats("y", 7, 11)],
        [constant("s", [7, 11], np.int64)],
    ).SerializeToString()  # fmt: skip
    root, manifest, variant = packed(tmp_path / "a", {"odd.onnx": odd})
    assert prove(root, manifest, variant, clock=CLOCK) is Proof.UNPROVED
    stated = {"canary": {"odd.onnx": {"x": [7, 11]}}}
    root, manifest, variant = packed(tmp_path / "b", {"odd.onnx": odd}, settings=stated)
    assert prove(root, manifest, variant, clock=CLOCK) is Proof.PASSED


def test_a_graph_that_the_runtime_refuses_quarantines_the_pack(tmp_path: Path) -> None:
    wrong = model([helper.make_node("NoSuchOperator", ["x"], ["y"])], [floats("x", 4)], [floats("y", 4)])
    root, manifest, variant = packed(tmp_path, {"a.onnx": wrong.SerializeToString()})
    with pytest.raises(LoadError) as caught:
        prove(root, manifest, variant, clock=CLOCK)
    assert caught.value.data["graph"] == "a.onnx"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGABRT])
def test_a_crash_quarantines_the_pack_and_names_the_signal(tmp_path: Path, number: signal.Signals) -> None:
    root, manifest, variant = packed(tmp_path, {"stuck.onnx": stuck()})
    killer = kill_the_child(number)
    with pytest.raises(LoadError) as caught:
        prove(root, manifest, variant, clock=CLOCK, limits=Limits(seconds=60))
    killer.join(5)
    assert caught.value.data["signal"] == number.name


def test_being_killed_by_the_system_is_a_lack_of_memory_and_no_verdict_on_the_pack(tmp_path: Path) -> None:
    root, manifest, variant = packed(tmp_path, {"stuck.onnx": stuck()})
    killer = kill_the_child(signal.SIGKILL)
    with pytest.raises(DeviceMemory):
        prove(root, manifest, variant, clock=CLOCK, limits=Limits(seconds=60))
    killer.join(5)


def test_a_graph_that_never_ends_leaves_the_pack_unproved_and_no_process_behind(tmp_path: Path) -> None:
    before = children()
    root, manifest, variant = packed(tmp_path, {"stuck.onnx": stuck()})
    assert prove(root, manifest, variant, clock=CLOCK, limits=Limits(seconds=2)) is Proof.UNPROVED
    assert children() == before


def test_memory_beyond_what_the_manifest_states_is_unsafe(tmp_path: Path) -> None:
    root, manifest, variant = packed(
        tmp_path, {"greedy.onnx": graphs.boundless(1 << 16).SerializeToString()}, peak_ram=64 << 20
    )
    gate.check(root, manifest, variant)
    with pytest.raises(UnsafeContent) as caught:
        prove(root, manifest, variant, clock=CLOCK)
    assert "greedy.onnx" in str(caught.value.data["issues"])


def test_the_same_memory_passes_when_the_manifest_states_it(tmp_path: Path) -> None:
    root, manifest, variant = packed(
        tmp_path, {"greedy.onnx": graphs.boundless(1 << 16).SerializeToString()}, peak_ram=2 << 30
    )
    assert prove(root, manifest, variant, clock=CLOCK) is Proof.PASSED


def test_gigabytes_of_mapped_weights_pass_a_limit_of_megabytes(tmp_path: Path) -> None:
    size = 3 << 30
    with (tmp_path / "big.data").open("wb") as file:
        file.truncate(size)
    data = model(
        [helper.make_node("Gather", ["w", "x"], ["y"])], [ints("x", 4)], [floats("y", 4)],
        [external("w", (size // 4,), "big.data")],
    ).SerializeToString()  # fmt: skip
    (tmp_path / "big.onnx").write_bytes(data)
    files = {"big.onnx": (len(data), Digest.of(data)), "big.data": (size, Digest.of(b""))}
    manifest, variant = graphs.manifest_for(files, peak_ram=16 << 20)
    gate.check(tmp_path, manifest, variant)
    assert prove(tmp_path, manifest, variant, clock=CLOCK) is Proof.PASSED


def test_the_child_never_imports_from_the_folder_it_looks_at(tmp_path: Path) -> None:
    root, manifest, variant = packed(tmp_path, {"a.onnx": graphs.affine().SerializeToString()})
    for name in ("qie_hub", "numpy", "json"):
        (root / name).mkdir()
        (root / name / "__init__.py").write_text("import os; os.abort()")
    assert prove(root, manifest, variant, clock=CLOCK) is Proof.PASSED
    shutil.rmtree(root / "qie_hub")
